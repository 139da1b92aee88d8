import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { expect, test } from './harness/test.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { readPdf } from './readers/pdf-text.ts'

const fault = { assetId: 'pump-101', name: 'Feed pump 101', pointId: 'pump-101.de.accel' }
/** Half a minute of snapshots in the place of two weeks. */
const quick = { snapshotMin: 0.01, learnDays: 0, fewestSnapshots: 20 }

test('a baseline is learned and frozen by approval; an alert says why; its report is one printed page', async ({
  launch,
}) => {
  test.setTimeout(300_000)
  const running = await launch()
  const { window, dataDir } = running
  const app = new AppPage(window)
  const overview = new OverviewPage(window)
  const alerts = new AlertsPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()

  await test.step('the plant file asks for quick learning', async () => {
    const file = join(dataDir, 'plant.json')
    const alert = z.looseObject({ pointId: z.string(), limits: z.looseObject({}) })
    const plant = z.looseObject({ alerts: z.array(alert) }).parse(JSON.parse(readFileSync(file, 'utf8')))
    // Its limits are those of one band of speed; elsewhere nothing is judged.
    const alerts = plant.alerts.map((each) =>
      each.pointId === fault.pointId
        ? { ...each, limits: {}, limitsByState: [{ rpm: [1500, 2000], limits: each.limits }] }
        : each,
    )
    writeFileSync(file, JSON.stringify({ ...plant, alerts, earlyWarning: quick }, undefined, 2))
  })

  await test.step('what was learned awaits approval, and is frozen by name', async () => {
    await overview.tile(fault.assetId).click()
    await expect(window.getByText('1500 to 2000 rpm').first()).toBeVisible(generous)
    const panel = window.getByRole('region', { name: 'Baselines and early warning' })
    const approve = panel.getByRole('button', { name: 'Approve' }).first()
    await expect(panel.getByText('Learning').first()).toBeVisible(generous)
    await inspector.look('machine-learning', () => panel.scrollIntoViewIfNeeded())
    await expect(approve).toBeVisible({ timeout: 120_000 })
    await expect(panel.getByText('No advisory warnings until a baseline is approved.').first()).toBeVisible()
    await inspector.look('machine-proposed', () => panel.scrollIntoViewIfNeeded())
    await approve.focus()
    await window.keyboard.press('Enter')
    const dialog = window.getByRole('dialog', { name: 'Approve this baseline?' })
    await expect(dialog.getByLabel('Reason')).toBeFocused()
    await expect(dialog.getByRole('row', { name: /RMS/ }).first()).toBeVisible()
    // The tags that it rests on were audited for the time that was learned; until then it cannot be approved.
    await expect(dialog.getByRole('region', { name: /^Tags it rests on/ })).toContainText('Speed')
    await expect(dialog.getByRole('button', { name: 'Approve' })).toBeEnabled()
    await inspector.look('baseline-approve')
    await dialog.getByLabel('Reason').fill('known to be healthy')
    await window.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    await expect(panel.getByText(/^Frozen on/).first()).toBeVisible(generous)
    await inspector.look('machine-frozen', () => panel.scrollIntoViewIfNeeded())
  })

  await test.step('limits from two minutes of baseline are refused in a sentence', async () => {
    await window.getByRole('button', { name: 'Limits from baseline' }).first().click()
    const dialog = window.getByRole('dialog', { name: /^Limits from the baseline/ })
    await expect(dialog.getByRole('alert')).toContainText('14 are needed')
    await window.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('the alert says why, or what is missing', async () => {
    await app.open('alerts')
    await alerts.choose(alerts.rowsOf(fault.name).filter({ hasNotText: 'Advice' }).first())
    const why = alerts.detail.getByRole('region', { name: 'Why' })
    for (const part of [
      'What changed',
      'By how much',
      'Over which time',
      'Against which baseline',
      'Similar past cases',
    ])
      await expect(why.getByText(part, { exact: true })).toBeVisible(generous)
    await expect(why).toContainText(/rose/)
    await expect(alerts.detail.getByText(/^State detection, version \d+, from the value/)).toBeVisible()
    await expect(alerts.detail.getByText('1500 to 2000 rpm', { exact: false }).first()).toBeVisible()
    await inspector.look('alert-why', () => why.scrollIntoViewIfNeeded())
  })

  await test.step('what was found of one alert is told as a past case of the others like it', async () => {
    const axial = alerts
      .rowsOf(fault.name)
      .filter({ hasText: /overall vibration.*axial/ })
      .first()
    const radial = alerts
      .rowsOf(fault.name)
      .filter({ hasText: /overall vibration.*vertic/ })
      .first()
    await alerts.choose(axial)
    await alerts.risen()
    await alerts.acknowledge('looked at')
    await alerts.label('1', 'spall on the outer race')
    await alerts.choose(radial)
    const why = alerts.detail.getByRole('region', { name: 'Why' })
    await expect(why).toContainText('1 labelled: 1 True positive', generous)
    await expect(why).toContainText('“spall on the outer race”')
    await inspector.look('alert-similar', () => why.scrollIntoViewIfNeeded())
    await alerts.choose(alerts.rowsOf(fault.name).filter({ hasNotText: 'Advice' }).first())
  })

  const pdf = join(dataDir, 'report.pdf')
  await test.step('its report is saved as PDF by keyboard', async () => {
    await running.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath })
    }, pdf)
    await alerts.detail.getByRole('button', { name: 'Report' }).focus()
    await window.keyboard.press('Enter')
    const dialog = window.getByRole('dialog', { name: 'Report about this alert' })
    await expect(dialog.getByLabel('Owner')).toBeFocused()
    await dialog.getByLabel('Owner').fill('B. Meyer')
    await dialog.getByLabel('Due').fill('2027-02-01')
    await inspector.look('report-dialog')
    await dialog.getByLabel('Owner').focus()
    await window.keyboard.press('Enter')
    await expect(dialog).toBeHidden(generous)
    await expect(window.getByText(`Report saved: ${pdf}`)).toBeVisible()
  })

  await test.step('one page, with the finding, who and when, fault lines and the capture', async () => {
    const { pages, text } = readPdf(readFileSync(pdf))
    expect(pages).toBe(1)
    const words = text.replaceAll(/\s+/g, '')
    expect(words).toContain('Feedpump101')
    expect(words).toContain('B.Meyer')
    expect(words).toContain('2027-02-01')
    expect(words).toMatch(/BPFO\d×intheenvelope/)
    expect(words).toMatch(/capture/i)
  })
})
