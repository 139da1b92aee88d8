import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { keyInFile, openTwinOf } from './readers/twin-reader.ts'

test('a backup is made and restored from the window; the old twin stays, the hole is recorded, values go on', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const running = await launch({ args: [keyInFile] })
  const { window, dataDir } = running
  const app = new AppPage(window)
  const overview = new OverviewPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  await expect(overview.blind).toHaveCount(0, generous)

  const settings = await app.open('settings')
  await settings.getByRole('tab', { name: 'Backups' }).click()
  const page = window.locator('main')
  await expect(page.getByRole('heading', { name: 'Backups', exact: true })).toBeVisible()
  await expect(page.getByText('There is no backup yet')).toBeVisible()
  await page.getByRole('button', { name: 'Make a backup now' }).click()
  const row = page.getByRole('row').filter({ hasText: 'On demand' })
  await expect(row).toHaveCount(1, generous)
  await inspector.look('backups')

  await row.getByRole('button', { name: 'Restore' }).click()
  const dialog = window.getByRole('dialog', { name: /in the place of the twin/ })
  const restore = dialog.getByRole('button', { name: 'Restore' })
  await expect(restore).toBeDisabled()
  await dialog.getByRole('checkbox').check()
  await inspector.look('backups-restore')
  await restore.click()
  await expect(page.getByRole('heading', { name: /^Restored,/ })).toBeVisible(generous)
  await inspector.look('backups-restored')

  await app.open('overview')
  await app.live()
  await expect(overview.blind).toHaveCount(0, generous)
  const twin = openTwinOf(dataDir)
  try {
    const restored = (await twin.gaps({})).filter(({ cause }) => cause === 'restored')
    expect(restored).not.toEqual([])
    expect(await twin.verify()).toEqual([])
  } finally {
    await twin.close()
  }
})
