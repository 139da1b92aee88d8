import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

test('an audit of the running plant: asked for, looked through by keyboard, reasons with their times', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const running = await launch()
  const { window } = running
  const app = new AppPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  const page = await app.open('quality')
  await expect(page.getByRole('heading', { name: 'No audit has been made since the engine started' })).toBeVisible(
    generous,
  )
  await inspector.look('quality-empty')
  await page.getByRole('button', { name: 'Audit now' }).last().click()
  const list = page.getByRole('grid', { name: 'Scores, worst first' })
  await expect(list.getByRole('row').nth(1)).toBeVisible(generous)
  await expect(page.getByRole('status', { name: 'Result of the audit' })).toContainText(/tags below 95 %/)
  await inspector.look('quality-lines')

  await list.getByRole('row').nth(1).focus()
  await window.keyboard.press('Enter')
  await expect(list.getByRole('columnheader', { name: 'Machine' })).toBeVisible()
  await inspector.look('quality-machines')
  await list.getByRole('row').nth(1).focus()
  await window.keyboard.press('Enter')
  await expect(list.getByRole('columnheader', { name: 'Tag' })).toBeVisible()
  await expect(page.getByText('that were due').first()).toBeVisible(generous)
  await expect(page.locator('.quality-findings')).toContainText('the mapping is a draft')
  await inspector.look('quality-tags')
  await list.getByRole('row').nth(1).focus()
  await window.keyboard.press('Backspace')
  await expect(list.getByRole('columnheader', { name: 'Machine' })).toBeVisible()

  await page.getByRole('radio', { name: 'Tags' }).check({ force: true })
  await page.getByRole('searchbox', { name: 'Name, id or finding' }).fill('speed')
  await expect(list.getByRole('row').nth(1)).toContainText('speed')
  await page.getByRole('searchbox').fill('nothing has this name')
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible()
  await inspector.tab(12)
})
