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
  // The keyboard goes on in the list that took the other one's place.
  await expect(list.getByRole('row').nth(1)).toBeFocused()
  await window.keyboard.press('Enter')
  await expect(list.getByRole('columnheader', { name: 'Tag' })).toBeVisible()
  await expect(page.getByText('that were due').first()).toBeVisible(generous)
  await expect(page.locator('.quality-findings')).toContainText('the mapping is a draft')
  await inspector.look('quality-tags')
  await expect(list.getByRole('row').nth(1)).toBeFocused()
  await window.keyboard.press('Backspace')
  await expect(list.getByRole('columnheader', { name: 'Machine' })).toBeVisible()
  await expect(list.locator('[aria-selected="true"]')).toBeFocused()

  await page.getByRole('radio', { name: 'Tags' }).check({ force: true })
  const shown = page.getByRole('status').filter({ hasText: /of \d+ tags?, worst first/ })
  const all = await list.getByRole('row').count()
  await list.getByRole('row').nth(1).focus()
  await window.keyboard.press('f')
  await expect(page.getByRole('checkbox', { name: /^Below the gate only/ })).toBeChecked()
  await expect(list.locator('[aria-selected="true"]')).toBeFocused()
  await window.keyboard.press('f')
  const state = page.getByLabel('State now', { exact: true })
  await expect(state.locator('option').filter({ hasText: /^Machine stopped/ })).toHaveCount(1, generous)
  await state.selectOption('stopped')
  await expect.poll(() => list.getByRole('row').count()).toBeLessThan(all)
  await expect(list.getByRole('row').nth(1)).toContainText('Machine stopped')
  await expect(shown).toContainText(`of ${all - 1} tags`)
  await inspector.look('quality-filtered')
  await state.selectOption('')
  await page.getByLabel('Found', { exact: true }).selectOption('mapping')
  await expect(list.getByRole('row').nth(1)).toContainText('Mapping')
  await page.getByLabel('Found', { exact: true }).selectOption('')
  await page.getByRole('searchbox', { name: 'Name, id or finding' }).fill('speed')
  await expect(list.getByRole('row').nth(1)).toContainText('speed')
  await page.getByRole('searchbox').fill('nothing has this name')
  await expect(page.getByRole('heading', { name: 'Nothing matches' })).toBeVisible()
  await inspector.tab(12)
})
