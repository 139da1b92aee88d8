import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

const namespace = 'nsu=urn:millwright:plant;s='

test('a pump from its template, by keyboard alone where it is typed; live at once, and one key takes it back', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const running = await launch()
  const { window } = running
  const app = new AppPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()

  await app.open('machine')
  await window.getByRole('button', { name: 'New machine' }).click()
  await inspector.look('new-machine-empty')
  const form = window.getByRole('main')
  await form.getByRole('radio', { name: /Centrifugal pump/ }).check()
  await expect(form.getByText('Give the machine a name first.')).toBeVisible()
  await form.getByLabel('Name', { exact: true }).fill('Condensate pump 109')
  await expect(form.getByLabel('Id', { exact: true })).toHaveValue('condensate-pump-109')
  await form.getByLabel('Id', { exact: true }).fill('pump-101')
  await expect(form.getByText('There is a machine with this id already; give it another one.')).toBeVisible()
  await form.getByLabel('Id', { exact: true }).fill('pump-109')
  await expect(form.getByText('Say the rated speed in rpm.')).toBeVisible(generous)

  await form.getByLabel('Rated speed (rpm)').fill('17')
  await expect(form.getByText(/^The rated speed of 17 rpm lies outside/).first()).toBeVisible(generous)
  await inspector.look('new-machine-missing')
  for (const [label, value] of [
    ['Rated speed (rpm)', '1772'],
    ['Rated power (kW)', '22'],
    ['Rated motor current (A)', '41'],
    ['Rated discharge pressure (bar)', '6,5'],
    ['Drive-end bearing: designation', 'SKF 6209'],
    ['Manufacturer', 'KSB'],
  ] as const)
    await form.getByLabel(label, { exact: true }).fill(value)
  await expect(form.getByText(/The bearing "SKF 6209" .* is not in the bearing catalogue/)).toBeVisible(generous)
  await form.getByLabel('Drive-end bearing: designation', { exact: true }).fill('SKF 6205')
  await form.getByLabel('Pattern of the NodeIds').fill(`${namespace}pump-101.{point}`)
  await form.getByLabel('Node of drive end, radial').fill(`${namespace}pump-101.de.accel`)
  for (const name of [
    'drive end, axial',
    'non-drive end, radial',
    'drive-end bearing temperature',
    'discharge pressure',
  ])
    await form.getByRole('checkbox', { name, exact: true }).uncheck()
  await expect(form.getByText('Ready: 3 points with their contracts, and 3 alerts.')).toBeVisible(generous)
  await inspector.look('new-machine-ready')
  await inspector.tab(30)

  await form.getByRole('button', { name: 'Create the machine' }).press('Enter')
  const heading = window.getByRole('heading', { name: 'Condensate pump 109', exact: true, level: 1 })
  await expect(heading).toBeVisible(generous)
  const values = window.locator('.values-table tbody tr')
  await expect(
    values
      .filter({ hasText: /^Speed/ })
      .locator('.value-number')
      .first(),
  ).toHaveText(/\d/, generous)
  // Its server sends shorter blocks than the template expects: nothing is computed from them, and the row says why.
  await expect(values.filter({ hasText: 'Velocity RMS' })).toContainText(
    'its blocks are not as long as its contract says',
    generous,
  )

  await heading.click()
  await window.keyboard.press('Control+z')
  await expect(window.getByText('Taken back: new machine Condensate pump 109.')).toBeVisible(generous)
  await expect(heading).toHaveCount(0, generous)
  await app.open('machine')
  await expect(window.getByRole('gridcell', { name: 'Feed pump 101', exact: true })).toBeVisible(generous)
  await expect(window.getByRole('gridcell', { name: 'Condensate pump 109' })).toHaveCount(0)
})
