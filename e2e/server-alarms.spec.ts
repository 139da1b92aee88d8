import { expect, test } from './harness/test.ts'
import { treeOf } from './harness/process-tree.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { keyInFile, openTwinOf } from './readers/twin-reader.ts'

test("a server's own alarms stand beside ours and are acknowledged and shelved on their server", async ({ launch }) => {
  test.setTimeout(240_000)
  const running = await launch({ args: [keyInFile] })
  const { window, dataDir } = running
  const app = new AppPage(window)
  const alerts = new AlertsPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  await app.play('unbalance', '14400')
  const page = await app.open('alerts')
  const trip = alerts.rows.filter({ hasText: 'The vibration switch of the fan has operated' })
  await expect(trip).toHaveCount(1, generous)
  await expect(trip).toContainText('Server')
  await expect(trip).toContainText('Active, not acknowledged')
  await alerts.choose(trip)
  await expect(alerts.detail).toContainText('What the server says')
  await inspector.look('server-alarms')

  // A asks the server; what is shown comes back from it.
  await window.keyboard.press('a')
  const acknowledge = window.getByRole('dialog', { name: 'Acknowledge this alarm on its server' })
  await expect(acknowledge.getByLabel('Comment')).toBeFocused()
  await window.keyboard.type('Fitter is on the way')
  await window.keyboard.press('Enter')
  await expect(acknowledge).toBeHidden(generous)
  await expect(trip).toContainText('Active, acknowledged, not confirmed', generous)
  await expect(alerts.detail).toContainText('Fitter is on the way')

  await alerts.choose(trip)
  await window.keyboard.press('s')
  const shelve = window.getByRole('dialog', { name: 'Shelve this alarm on its server' })
  await inspector.look('server-alarms-shelve')
  await shelve.getByRole('button', { name: 'Shelve', exact: true }).click()
  await expect(shelve).toBeHidden(generous)
  await expect(trip).toHaveCount(0, generous)
  await page.getByRole('tab', { name: /Shelved on servers/ }).click()
  await expect(trip).toContainText('shelved', generous)
  await page.getByRole('tab', { name: 'Server journal' }).click()
  await expect(alerts.rows.filter({ hasText: 'asked the server: Acknowledge' })).toHaveCount(1, generous)
  await inspector.look('server-journal')

  // A server that is not reached: what it had last is shown as that.
  await page.getByRole('tab', { name: /^Active/ }).click()
  const protection = alerts.rows.filter({ hasText: 'Motor protection: thermal overload' })
  await expect(protection).toContainText('Active, not acknowledged', generous)
  const plant = treeOf(running.app.process().pid ?? 0).find(({ command }) => / \S*plant\.js( |$)/.test(command))
  if (!plant) throw new Error('the simulated plant is not among the processes')
  process.kill(plant.pid, 'SIGSTOP')
  try {
    await expect(protection).toContainText('Not known since', generous)
    await expect(window.getByText(/server alarms? not known now/)).toBeVisible()
    await alerts.choose(protection)
    await expect(alerts.detail).toContainText('nothing can be asked of it')
    await inspector.look('server-alarms-unreachable')
  } finally {
    process.kill(plant.pid, 'SIGCONT')
  }
  await expect(protection).not.toContainText('Not known since', generous)

  const twin = openTwinOf(dataDir)
  try {
    const rows = (await twin.conditionEntries({ limit: 100 })).toReversed()
    const steps = rows
      .filter(({ conditionName }) => conditionName === 'Vibration switch')
      .flatMap(({ changes }) => changes)
    expect(steps.slice(0, 2)).toEqual(['activated', 'asked'])
    expect(steps).toEqual(expect.arrayContaining(['asked', 'acknowledged', 'commented', 'shelved']))
    const trail = await twin.audit({ limit: 100 })
    expect(trail.map(({ action }) => action)).toEqual(expect.arrayContaining(['alert.acknowledge', 'alert.shelve']))
    expect(await twin.verify()).toEqual([])
  } finally {
    await twin.close()
  }
})
