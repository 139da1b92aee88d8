import { expect, test } from './harness/test.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'

const fault = { assetId: 'pump-101', name: 'Feed pump 101' }

test('an alert opens the machine as it was when it was raised, unmistakably past, and one key leads back', async ({
  launch,
}) => {
  test.setTimeout(180_000)
  const running = await launch()
  const { window } = running
  const app = new AppPage(window)
  const overview = new OverviewPage(window)
  const alerts = new AlertsPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  await expect(overview.tile(fault.assetId)).toHaveAccessibleName(/Not acknowledged/, generous)

  await app.open('alerts')
  await alerts.choose(alerts.rowsOf(fault.name).first())
  const raised = await window.locator('.alert-detail h2').textContent()
  await window.getByRole('button', { name: 'State when raised' }).click()

  const past = window.getByRole('region', { name: 'Time of this page' })
  await expect(past).toContainText('PAST')
  await expect(past).toContainText('Nothing on this page is live.')
  await expect(window.getByRole('heading', { name: `${fault.name}, as it was`, level: 1 })).toBeVisible(generous)
  const panel = (name: string) => window.getByRole('region', { name })
  await expect(panel('Alerts open at that time')).toContainText(raised ?? '')
  await expect(panel('Alerts open at that time')).toContainText('Not acknowledged')
  await expect(panel('What judged then')).toContainText('limits of the configuration')
  await expect(panel('What judged then')).toContainText(/[0-9a-f]{12}/)
  await expect(panel('Health at that time')).toContainText(/Warning\.|Alarm\./)
  await expect(panel('Values at that time').locator('.value-number').first()).toHaveText(/\d/)
  await expect(window.locator('main .level-mark').first()).toBeVisible()
  await inspector.look('moment')
  await inspector.tab(12)

  const shown = await past.locator('[data-past-time] strong').textContent()
  await past.getByRole('button', { name: '−1 h' }).click()
  await expect(past.locator('[data-past-time] strong')).not.toHaveText(shown ?? '')
  await expect(window.getByText(/Nothing was recorded yet at that time|did not run at this time/)).toBeVisible(generous)

  await window.keyboard.press('Escape')
  await expect(window.getByRole('heading', { name: fault.name, exact: true, level: 1 })).toBeVisible(generous)
  await expect(past).toHaveCount(0)
  await window.getByRole('button', { name: 'Look back' }).click()
  await expect(past).toContainText('PAST')
  await past.getByRole('button', { name: 'Back to live' }).click()
  await expect(window.getByRole('heading', { name: fault.name, exact: true, level: 1 })).toBeVisible(generous)
})
