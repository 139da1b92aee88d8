import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { instantiate, shippedTemplates } from '../electron/assets/index.ts'
import type { PlantFile } from '../shared/domain/plant-file.ts'
import type { Template, TemplateSite } from '../shared/domain/template.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { root } from './harness/runtime.ts'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

const waveform = 'pump-101.de.accel'

/** Where the focus is, as a screen reader would say it. */
const focusedName = `(() => {
  const at = document.activeElement
  const label = at.labels?.[0]?.innerText ?? at.closest('label')?.querySelector('span')?.innerText
  return at.getAttribute('aria-label') ?? label ?? at.innerText ?? ''
})()`

class Keys {
  readonly #window: Page
  constructor(window: Page) {
    this.#window = window
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.#window.keyboard.press(key)
  }

  async type(text: string): Promise<void> {
    await this.#window.keyboard.type(text)
  }

  /** Tab until a control of this name has the focus. */
  async tabTo(name: string | RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    for (let stop = 0; stop < 80; stop++) {
      const said = String(await this.#window.evaluate(focusedName)).trim()
      if (typeof name === 'string' ? said === name : name.test(said)) return
      await this.press(key)
    }
    throw new Error(`80 stops, and none was "${String(name)}".`)
  }

  /** From anywhere to an entry of the tree: search, first hit, open it, on into its form. */
  async toEntry(search: string): Promise<void> {
    await this.tabTo('Find', 'Shift+Tab')
    await this.press('Control+a')
    await this.type(search)
    await expect(this.#window.getByRole('status').filter({ hasText: /\d found/ })).toBeVisible()
    await this.press('ArrowDown', 'Enter', 'Enter')
  }
}

test('by keyboard alone: a fact and a contract are edited, looked at, saved and taken back; a clash loses nothing', async ({
  launch,
}) => {
  test.setTimeout(300_000)
  const running = await launch()
  const { window, dataDir } = running
  const app = new AppPage(window)
  const inspector = new Inspector(running.app, window)
  const keys = new Keys(window)
  const dialog = window.getByRole('dialog')
  const main = window.getByRole('main')
  await app.live()

  await test.step('the tree', async () => {
    await keys.press('Control+k')
    await expect(dialog.getByRole('combobox')).toBeFocused(generous)
    await keys.type('Plant structure')
    await expect(dialog.getByRole('option').first()).toContainText('Plant structure')
    await keys.press('Enter')
    await expect(window.getByRole('heading', { name: 'Plant structure', level: 1 })).toBeVisible()
    await inspector.look('assets-tree')
    await inspector.tab(10)
    await keys.toEntry('feed pump 101')
    await expect(main.getByRole('heading', { name: 'Feed pump 101', level: 2 })).toBeVisible()
    await expect(window.getByRole('tab', { name: 'Facts' })).toBeFocused()
    await inspector.look('assets-machine')
  })

  await test.step('a fact', async () => {
    await keys.tabTo('Serial number')
    await keys.press('Control+a')
    await keys.type('SN-4711')
    await expect(main.getByText('1 change not saved')).toBeVisible()
    await keys.press('Control+s')
    await expect(dialog.getByRole('row', { name: /Serial number .* SN-4711/ })).toBeVisible(generous)
    await keys.type('read from the plate')
    await inspector.look('assets-review')
    await keys.press('Enter')
    await expect(window.getByText('Saved: edit of Feed pump 101.')).toBeVisible(generous)
    await expect(main.getByText('No changes')).toBeVisible(generous)
    // The keyboard is back in the field, and the promise of the toast holds there as well.
    await expect(main.getByLabel('Serial number')).toBeFocused()
    await keys.press('Control+z')
    await expect(window.getByText('Taken back: edit of Feed pump 101.')).toBeVisible(generous)
    await expect(main.getByLabel('Serial number')).toHaveValue('9971-0101', generous)
    for (const tab of ['Failure modes', 'Components and shafts', 'Run state'] as const) {
      await keys.tabTo(
        tab === 'Failure modes' ? 'Facts' : tab === 'Components and shafts' ? 'Failure modes' : 'Components and shafts',
        'Shift+Tab',
      )
      await keys.press('ArrowRight')
      await expect(window.getByRole('tab', { name: tab })).toHaveAttribute('data-state', 'active')
      await inspector.look(`assets-${tab.toLowerCase().replaceAll(' ', '-')}`)
    }
  })

  await test.step('a contract, with a breach first', async () => {
    await keys.toEntry(waveform)
    await expect(window.getByRole('tab', { name: 'Contract', exact: true })).toBeFocused()
    await inspector.look('assets-contract')
    await keys.tabTo('Expected range, g, upper end')
    await keys.press('Control+a')
    await keys.type('-900')
    await keys.press('Control+s')
    await expect(dialog.getByRole('alert')).toContainText('would be outside it', generous)
    await inspector.look('assets-breach')
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled()
    await keys.press('Escape')
    await expect(main.locator('.field-fault')).toContainText('would be outside it')
    await keys.tabTo('Expected range, g, upper end')
    await keys.press('Control+a')
    await keys.type('61')
    await keys.press('Control+s')
    await expect(dialog.getByText('Nothing in the plant file speaks against it.')).toBeVisible(generous)
    await expect(dialog.getByRole('row', { name: /Version 1 2/ })).toBeVisible()
    await keys.type('a rougher pump')
    await keys.press('Enter')
    await expect(window.getByText(/^Saved: edit of .*drive end/i)).toBeVisible(generous)
    await expect(main.getByText('Version 2; saving makes version 3')).toBeVisible(generous)
  })

  await test.step('its source and its sensor', async () => {
    await keys.tabTo('Contract', 'Shift+Tab')
    await keys.press('ArrowRight')
    await expect(main.getByLabel('Node id')).toBeVisible()
    await inspector.look('assets-source')
    await keys.press('ArrowRight')
    await expect(main.getByRole('heading', { name: 'Which sensor' })).toBeVisible()
    await inspector.look('assets-sensor')
    await keys.tabTo('Enter a new sensor')
    await keys.press('Enter')
    await inspector.look('assets-sensor-add')
    await keys.press('Escape')
    await expect(main.getByRole('button', { name: 'Enter a new sensor' })).toBeFocused()
    // The field of that name, then the tab.
    await keys.tabTo('Sensor', 'Shift+Tab')
    await keys.press('Shift+Tab')
    await keys.tabTo('Sensor', 'Shift+Tab')
  })

  await test.step('its versions, and back', async () => {
    await keys.press('ArrowRight')
    const rows = main.getByRole('row')
    await expect(rows.filter({ hasText: 'Version 2' })).toContainText('a rougher pump', generous)
    await expect(rows.filter({ hasText: 'Expected range' })).toContainText('61')
    await inspector.look('assets-versions')
    await keys.press('Control+z')
    await expect(window.getByText(/^Taken back: edit of/)).toBeVisible(generous)
    await expect(rows.filter({ hasText: 'in force' })).toContainText('Version 1', generous)
    await expect(rows.filter({ hasText: 'in force' })).toContainText('Undo')
  })

  await test.step('a clash with the file on disk', async () => {
    await keys.tabTo('Contract versions', 'Shift+Tab')
    await keys.press('Home')
    await keys.tabTo('Expected range, g, upper end')
    await keys.press('Control+a')
    await keys.type('70')
    const file = join(dataDir, 'plant.json')
    const plant = JSON.parse(readFileSync(file, 'utf8')) as PlantFile
    const contract = plant.points.find(({ id }) => id === waveform)?.contract
    if (!contract) throw new Error('The simulated plant has no such contract.')
    contract.expectedRange = [contract.expectedRange[0], 65]
    writeFileSync(file, JSON.stringify(plant, null, 2))
    const clash = main.getByRole('alert', { name: 'Changed by somebody else meanwhile' })
    await expect(clash).toContainText('The plant file on disk was edited', generous)
    await expect(clash).toContainText('65')
    await inspector.look('assets-clash')
    await keys.tabTo('Keep mine: -50 to 70')
    await keys.press('Enter')
    await keys.press('Control+s')
    await expect(dialog.getByRole('row', { name: /Expected range .*65 .*70/ })).toBeVisible(generous)
    await keys.type('the rougher pump is here')
    await keys.press('Enter')
    await expect(window.getByText(/^Saved: edit of .*drive end/i).last()).toBeVisible(generous)
    await expect(main.getByText('No changes')).toBeVisible(generous)
    await expect(main.getByText('Version 2; saving makes version 3')).toBeVisible(generous)
  })

  await test.step('out of service and back', async () => {
    await keys.toEntry('fan 202')
    await keys.tabTo('Add a point', 'Shift+Tab')
    await keys.press('Enter')
    await expect(dialog.getByLabel('Name')).toBeFocused()
    await keys.type('Oil temperature')
    await expect(dialog.getByLabel('Id', { exact: true })).toHaveValue('fan-202.oil-temperature')
    await inspector.look('assets-add-point')
    await keys.press('Escape')
    await expect(main.getByRole('button', { name: 'Add a point' })).toBeFocused()
    await keys.tabTo('Take out of service')
    await keys.press('Enter')
    await expect(dialog.getByText(/the ids stay taken/)).toBeVisible()
    await keys.type('scrapped after the fire')
    await inspector.look('assets-retire')
    await keys.press('Enter')
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeEnabled(generous)
    await keys.press('Enter')
    await expect(main.getByText('scrapped after the fire')).toBeVisible(generous)
    await keys.tabTo('Bring back into service')
    await keys.press('Enter')
    await expect(dialog.getByText('Nothing in the plant file speaks against it.')).toBeVisible(generous)
    await keys.type('it runs again')
    await keys.press('Enter')
    await expect(window.getByText('Saved: edit of Exhaust fan 202.').last()).toBeVisible(generous)
  })
})

const site = (assetId: string, name: string): TemplateSite => ({
  assetId,
  name,
  lineId: 'line-1',
  serverId: 'opc-1',
  identity: { manufacturer: 'ABB', model: 'M3BP', commissionedOn: '2024-05-01', criticality: 3 },
  facts: { ratedRpm: 1482, powerKw: 11, ratedCurrentA: 21 },
  components: { 'de-bearing': { bearing: '6308' } },
  nodes: Object.fromEntries(['de.radial', 'speed', 'current'].map((id) => [id, `nsu=urn:plant;s=${assetId}.${id}`])),
})

/** Two motors of the shipped template; the second has a limit of its own. Nobody answers at the server's address. */
function twoMotors(template: Template): PlantFile {
  const machines = [site('m-1', 'Agitator motor 1'), site('m-2', 'Agitator motor 2')].map((one) =>
    instantiate(template, one),
  )
  const alerts = machines.flatMap((one) => one.alerts)
  const own = alerts.find(({ id }) => id === 'm-2.de.radial.bpfo-high')
  if (own) own.limits = { warning: 17, alarm: 24 }
  const security = { mode: 'None', policy: 'None', reason: 'test' } as const
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'Two motors', timeZone: 'Europe/Berlin' },
    lines: [{ id: 'line-1', name: 'Mixing' }],
    servers: [{ id: 'opc-1', endpointUrl: 'opc.tcp://127.0.0.1:9', security, user: { type: 'anonymous' } }],
    assets: machines.map(({ asset }) => asset),
    points: machines.flatMap(({ points }) => points),
    alerts,
    sync: [],
    templates: [{ ...template }],
  }
}

test('a newer template is brought along; one machine takes it over, the other declines', async ({ launch }) => {
  test.setTimeout(240_000)
  const template = shippedTemplates(join(root, 'resources/templates')).find(({ family }) => family === 'motor')
  if (!template) throw new Error('There is no template for a motor.')
  const next = structuredClone(template)
  next.version += 1
  const alert = next.alerts.find(({ id }) => id === 'de.radial.bpfo-high')
  if (alert) alert.alert['limits'] = { warning: 16, alarm: 22 }
  const folder = freshFolder()
  try {
    const plant = join(folder, 'plant.json')
    const newer = join(folder, 'motor.json')
    writeFileSync(plant, JSON.stringify(twoMotors(template), null, 2))
    writeFileSync(newer, JSON.stringify(next))
    const running = await launch({ plant })
    const { window } = running
    const inspector = new Inspector(running.app, window)
    const keys = new Keys(window)
    const main = window.getByRole('main')
    const dialog = window.getByRole('dialog')
    await expect(window.locator('main')).toBeVisible(generous)
    await expect(window.getByRole('button', { name: 'Connections to OPC UA servers' })).toContainText('lost', generous)
    await keys.press('Control+k')
    await expect(dialog.getByRole('combobox')).toBeFocused(generous)
    await keys.type('Templates')
    await expect(dialog.getByRole('option').first()).toContainText('Templates')
    await keys.press('Enter')
    await expect(main.getByText('Every machine is on the newest version of its template')).toBeVisible(generous)
    await inspector.look('templates-empty')
    await main.locator('input[type="file"]').setInputFiles(newer)
    await expect(window.getByText('Version 2 is here; it proposes changes on 2 machines.')).toBeVisible({
      timeout: 8000,
    })
    await expect(main.getByRole('heading', { name: /version 1 to 2/ })).toBeVisible(generous)
    for (const name of [/^Agitator motor 1/, /^Agitator motor 2/]) {
      await keys.tabTo(name)
      await keys.press('Enter')
    }
    await expect(main.getByText(/17 here, 16 in the template/)).toBeVisible()
    await inspector.look('templates-proposals')
    await inspector.tab(10)

    await keys.tabTo('Choose Agitator motor 1', 'Shift+Tab')
    await keys.press('Space')
    await keys.tabTo('Accept for 1 chosen', 'Shift+Tab')
    await keys.press('Enter')
    await expect(dialog.getByRole('row', { name: /warning .*18 .*16/i })).toBeVisible(generous)
    await keys.type('limits agreed with the maker')
    await keys.press('Enter')
    await expect(main.locator('summary').filter({ hasText: 'Agitator motor 1' })).toHaveCount(0, generous)

    await keys.tabTo('Choose Agitator motor 2')
    await keys.press('Space')
    await keys.tabTo('Decline for 1 chosen', 'Shift+Tab')
    // A dialog that is given up leads back to what opened it.
    await keys.press('Enter')
    await expect(dialog.getByRole('textbox')).toBeFocused(generous)
    await keys.press('Escape')
    await expect(main.getByRole('button', { name: 'Decline for 1 chosen' })).toBeFocused()
    await keys.press('Enter')
    await expect(dialog.getByText('Nothing in the plant file speaks against it.')).toBeVisible(generous)
    await keys.type('it is let ')
    // Somebody else writes the plant file meanwhile: what is being said here stays.
    const meanwhile = JSON.parse(readFileSync(plant, 'utf8')) as PlantFile
    meanwhile.plant.name = 'Both motors'
    writeFileSync(plant, JSON.stringify(meanwhile, null, 2))
    await expect(window.getByRole('banner').getByText('Both motors')).toBeVisible(generous)
    await keys.type('run out')
    await expect(dialog.getByRole('textbox')).toHaveValue('it is let run out')
    await keys.press('Enter')
    await expect(main.getByText('Every machine is on the newest version of its template')).toBeVisible(generous)
    const written = JSON.parse(readFileSync(plant, 'utf8')) as PlantFile
    expect(written.assets.map(({ templateReview }) => [templateReview?.decision, templateReview?.reason])).toEqual([
      ['accepted', 'limits agreed with the maker'],
      ['declined', 'it is let run out'],
    ])
    expect(written.templates?.[0]?.['version']).toBe(2)
    const limits = (id: string) => written.alerts.find((one) => one.id === `${id}.de.radial.bpfo-high`)?.limits
    expect([limits('m-1'), limits('m-2')]).toEqual([
      { warning: 16, alarm: 22 },
      { warning: 17, alarm: 24 },
    ])
  } finally {
    removeFolder(folder)
  }
})
