import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mosquittoMissing, startMosquitto } from '../electron/testkit/mosquitto.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { expect, test } from './harness/test.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { SyncPage } from './pages/sync-page.ts'
import { VibrationPage } from './pages/vibration-page.ts'

const fault = { assetId: 'pump-101', name: 'Feed pump 101', pointId: 'pump-101.de.accel' }
const plots = ['Live waveform, Waveform', 'Spectrum', 'Envelope spectrum'] as const

test('every page in both themes and two sizes, on real data', async ({ launch }) => {
  test.setTimeout(300_000)
  const broker = mosquittoMissing() === undefined ? await startMosquitto() : undefined
  const destinations = broker ? ['now', 'bulk'] : ['bulk']
  try {
    const running = await launch(broker ? { args: ['--broker', broker.url] } : {})
    const { window } = running
    const app = new AppPage(window)
    const overview = new OverviewPage(window)
    const alerts = new AlertsPage(window)
    const sync = new SyncPage(window)
    const vibration = new VibrationPage(window)
    const inspector = new Inspector(running.app, window)

    await app.live()
    await expect(overview.blind).toHaveCount(0, generous)
    await expect(overview.tile(fault.assetId)).toHaveAccessibleName(/Not acknowledged/, generous)

    await test.step('settings', async () => {
      const settings = await app.open('settings')
      await expect(settings.getByText('Built-in simulated plant')).toBeVisible()
      await inspector.look('settings-servers')
      await inspector.tab(12)

      const endpointUrl = String(await window.evaluate('millwright.host.state().then((s) => s.plant.endpointUrl)'))
      await settings.getByRole('button', { name: 'Add a server' }).click()
      await settings.getByLabel('Address of the server').fill(endpointUrl)
      await settings.getByRole('button', { name: 'Ask what it offers' }).click()
      await settings.getByRole('radio', { name: /No security/ }).check(generous)
      await settings.getByLabel('Reason').fill('the same plant once more, for this test')
      await settings.getByLabel('Id', { exact: true }).fill('second')
      await inspector.look('settings-add')
      await settings.getByRole('button', { name: 'Save and connect' }).click()
      await expect(settings.locator('.server-state')).toHaveText('Connected', generous)

      await settings.getByRole('tab', { name: 'Browse and map' }).click()
      const tree = settings.getByRole('tree')
      await settings.getByRole('combobox', { name: 'Server' }).selectOption('second')
      for (const name of [/^Plant/, /^Feed pump 101/, /accel|drive end/i]) {
        await tree.getByRole('treeitem', { name }).first().click()
      }
      await expect(settings.getByLabel('Point id')).toHaveValue(/./)
      await expect(settings.getByLabel('Kind')).toHaveValue('waveform')
      await expect(tree).toContainText('Float array')
      const said = settings.getByRole('region', { name: 'What the server says of this node' })
      await expect(said).toContainText('Good', generous)
      await inspector.look('settings-browse')

      await settings.getByRole('tab', { name: 'Certificates' }).click()
      await expect(settings.getByText('This application')).toBeVisible()
      await inspector.look('settings-certificates')
      await settings.getByRole('tab', { name: 'Appearance' }).click()
      await inspector.look('settings-appearance')
    })

    await test.step('vibration', async () => {
      await app.open('vibration')
      await vibration.point(fault.pointId).click()
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
      await inspector.look('vibration', async () => {
        for (const plot of plots) {
          await expect(vibration.mark(plot)).toContainText('LIVE', generous)
          await expect.poll(async () => (await vibration.painted(plot)).series, generous).toBeGreaterThan(100)
        }
      })
      await inspector.tab(12)
    })

    await test.step('machines', async () => {
      const machines = await app.open('machine')
      await expect(machines.getByRole('row')).toHaveCount(8)
      await inspector.look('machines')
      await app.open('overview')
      await overview.tile(fault.assetId).click()
      await expect(window.getByRole('heading', { name: fault.name, level: 1 })).toBeVisible()
      await expect(window.locator('main .value-number').first()).toHaveText(/\d/)
      await inspector.look('machine')
      await inspector.tab(12)
    })

    await test.step('plant structure', async () => {
      await window.evaluate(`location.hash = '#/assets?of=asset:${fault.assetId}'`)
      await expect(window.getByRole('heading', { name: fault.name, level: 2 })).toBeVisible()
      await inspector.look('assets')
      await window.evaluate(`location.hash = '#/assets?of=point:${fault.pointId}'`)
      await expect(window.getByText('What is measured')).toBeVisible()
      await inspector.look('assets-point')
      await window.evaluate(`location.hash = '#/templates'`)
      await expect(window.getByRole('rowheader', { name: /electric motor/ })).toBeVisible(generous)
      await inspector.look('templates')
    })

    await test.step('alerts', async () => {
      await app.open('alerts')
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await inspector.look('alerts')
      await inspector.tab(12)
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await window.keyboard.press('a')
      await expect(window.getByRole('dialog')).toBeVisible()
      await inspector.look('alerts-acknowledge')
      await window.keyboard.press('Escape')
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await alerts.acknowledge('On my way')
      await window.getByRole('tab', { name: /Awaiting outcome/ }).click()
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await inspector.look('alerts-awaiting')
      await window.keyboard.press('l')
      await expect(window.getByRole('dialog')).toBeVisible()
      await inspector.look('alerts-label')
      await window.keyboard.press('Escape')
      await window.getByRole('tab', { name: 'Journal', exact: true }).click()
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await inspector.look('alerts-journal')
    })

    await test.step('overview and palette', async () => {
      await app.open('overview')
      await expect(overview.tiles).toHaveCount(7)
      await inspector.look('overview')
      await inspector.tab(12)
      await window.keyboard.press('Control+k')
      await window.keyboard.type('pump 101')
      await expect(window.getByRole('dialog').getByRole('option').first()).toContainText(fault.name)
      await inspector.look('palette')
      await window
        .getByRole('dialog')
        .getByRole('option', { name: /^Machine/ })
        .first()
        .click()
      await expect(window.getByRole('heading', { name: fault.name, level: 1 })).toBeVisible()
    })

    await test.step('storage', async () => {
      await app.open('sync')
      await window.getByRole('button', { name: 'What is kept' }).click()
      await expect(window.getByRole('heading', { name: 'Storage', level: 1 })).toBeVisible()
      await expect(window.getByRole('row', { name: /^Waveforms/ })).toContainText('35 days', generous)
      await expect(window.getByText('are set aside for the last writes')).toBeVisible(generous)
      await inspector.look('storage')
      await inspector.tab(12)
    })

    await test.step('sync', async () => {
      await app.open('sync')
      for (const id of destinations)
        await expect(sync.destination(id)).toContainText(/everything is confirmed|receipts arrive/, generous)
      await inspector.look('sync')
      await inspector.tab(12)
      await app.wan(false)
      // A fault elsewhere, so that there is something to deliver.
      await app.play('mixed', '14400')
      for (const id of destinations) await expect(sync.destination(id)).toContainText('Not delivering since', generous)
      await inspector.look('sync-wan-off')
      await app.wan(true)
    })
  } finally {
    await broker?.stop()
  }
})

test('the first run of an empty plant file leads to a first server', async ({ launch }) => {
  const folder = freshFolder()
  try {
    const plant = join(folder, 'plant.json')
    const empty = { lines: [], servers: [], assets: [], points: [], alerts: [], sync: [] }
    const identity = { id: 'plant-a', name: 'Plant A', timeZone: 'Europe/Berlin' }
    writeFileSync(plant, JSON.stringify({ schema: 'millwright/plant@1', plant: identity, ...empty }))
    const running = await launch({ plant })
    const { window } = running
    const inspector = new Inspector(running.app, window)
    await expect(window.getByRole('heading', { name: 'Welcome' })).toBeVisible(generous)
    await inspector.look('first-run')
    const app = new AppPage(window)
    for (const page of ['machine', 'vibration', 'alerts', 'sync'] as const) {
      await app.open(page)
      await inspector.look(`empty-${page}`)
    }
    await window.evaluate(`location.hash = '#/assets'`)
    await expect(window.getByRole('heading', { name: 'Plant structure', level: 1 })).toBeVisible()
    await inspector.look('empty-assets')
    await app.open('overview')
    await window.getByRole('button', { name: 'Add a server' }).click()
    await expect(window.getByLabel('Address of the server')).toBeFocused()
  } finally {
    removeFolder(folder)
  }
})
