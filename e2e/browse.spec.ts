import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

test('a connection is checked, searched, watched and mapped by the folder', async ({ launch }) => {
  test.setTimeout(240_000)
  const running = await launch()
  const { window } = running
  const app = new AppPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  const settings = await app.open('settings')

  await test.step('the doctor walks the whole way', async () => {
    await settings.getByRole('button', { name: 'Check this connection' }).click()
    const dialog = window.getByRole('dialog', { name: /^Check of/ })
    const steps = dialog.getByRole('list', { name: 'Steps of the check' }).getByRole('listitem')
    await expect(steps).toHaveCount(11)
    await expect(dialog.getByRole('status')).toHaveText('Every step passed: the connection is sound.', generous)
    await expect(steps.filter({ hasText: 'Data flow' })).toContainText('passed')
    await inspector.look('settings-doctor')
    await window.keyboard.press('Escape')
    await expect(dialog).toBeHidden()
  })

  await test.step('where nothing answers it says at which step, and what to do', async () => {
    await settings.getByRole('button', { name: 'Add a server' }).click()
    await settings.getByLabel('Address of the server').fill('opc.tcp://127.0.0.1:1')
    await settings.getByRole('button', { name: 'Ask what it offers' }).click()
    const dialog = window.getByRole('dialog', { name: /^Check of/ })
    await expect(dialog.getByRole('status')).toHaveText('The connection fails at: Network and port.', generous)
    await expect(dialog.getByText('Start the server, or correct the port')).toBeVisible()
    await inspector.look('settings-doctor-fault')
    await window.keyboard.press('Escape')
    await settings.getByRole('button', { name: 'Cancel' }).click()
  })

  await test.step('a tag is found by name, shown with everything the server says, and watched', async () => {
    await settings.getByRole('tab', { name: 'Browse and map' }).click()
    await settings.getByRole('searchbox').fill('temp')
    const found = settings.locator('.found-node')
    await expect(found.first()).toContainText(/temp/i, generous)
    await found.first().click()
    const panel = settings.getByRole('region', { name: 'What the server says of this node' })
    await expect(panel).toContainText('Good', generous)
    await expect(panel).toContainText('°C')
    for (const time of ['Source time', 'Server time']) await expect(panel.getByText(time)).toBeVisible()
    await panel.getByRole('button', { name: 'Watch' }).click()
    await panel.getByRole('button', { name: 'Plot' }).press('Enter')
    const plots = settings.getByRole('region', { name: 'Plots' })
    await expect(plots.getByRole('region', { name: /temp.*, last ten minutes/i })).toBeVisible()
    await expect(plots.getByText('Waiting')).toBeHidden(generous)
    const watch = settings.getByRole('region', { name: 'Watch list' })
    await expect(watch.locator('.watch-value')).toHaveText(/\d/, generous)
    await expect(watch.getByRole('img')).toHaveAccessibleName(/Last two minutes/)
    await settings.getByRole('searchbox').fill('')
  })

  await test.step('a tag is dragged to the watch list; the keyboard walks the tree', async () => {
    const tree = settings.getByRole('tree')
    for (const name of [/^Plant/, /^Feed pump 101, process/]) await tree.getByRole('treeitem', { name }).first().click()
    const watch = settings.getByRole('region', { name: 'Watch list' })
    await tree
      .getByRole('treeitem', { name: /Double/ })
      .last()
      .dragTo(watch)
    await expect(watch.locator('.watch-row')).toHaveCount(2)
    const plots = settings.getByRole('region', { name: 'Plots' })
    await tree
      .getByRole('treeitem', { name: /Double/ })
      .last()
      .dragTo(plots)
    await expect(plots.getByRole('region', { name: /, last ten minutes$/ })).toHaveCount(2)
    await plots
      .getByRole('button', { name: /^Take .* off the plots$/ })
      .first()
      .press('Enter')
    await expect(plots.getByRole('region', { name: /, last ten minutes$/ })).toHaveCount(1)
    await tree.press('Home')
    await tree.press('ArrowDown')
    const active = await tree.getAttribute('aria-activedescendant')
    await expect(tree.locator(`[id="${active}"]`)).toHaveClass(/entry/)
    await inspector.look('settings-browse-folder')
  })

  await test.step('a folder offers what is not mapped yet', async () => {
    await expect(settings.getByRole('heading', { name: 'Map a whole folder' })).toBeVisible()
    await expect(settings.getByText(/not mapped yet|nothing in here/)).toBeVisible(generous)
  })

  await test.step('a folder of another server is mapped as one change', async () => {
    const endpointUrl = String(await window.evaluate('millwright.host.state().then((s) => s.plant.endpointUrl)'))
    await settings.getByRole('tab', { name: 'Servers' }).click()
    await settings.getByRole('button', { name: 'Add a server' }).click()
    await settings.getByLabel('Address of the server').fill(endpointUrl)
    await settings.getByRole('button', { name: 'Ask what it offers' }).click()
    await settings.getByRole('radio', { name: /No security/ }).check(generous)
    await settings.getByLabel('Reason').fill('the same plant once more, for this test')
    await settings.getByLabel('Id', { exact: true }).fill('second')
    await settings.getByRole('button', { name: 'Save and connect' }).click()
    await expect(settings.locator('.server-state')).toHaveText('Connected', generous)
    await settings.getByRole('tab', { name: 'Browse and map' }).click()
    await settings.getByRole('combobox', { name: 'Server' }).selectOption('second')
    const tree = settings.getByRole('tree')
    for (const name of [/^Plant/, /^Feed pump 101, process/]) await tree.getByRole('treeitem', { name }).first().click()
    await expect(settings.getByText(/7 tags of Feed pump 101, process are not mapped yet/)).toBeVisible(generous)
    await expect(settings.getByLabel('Machine')).toHaveValue('pump-101')
    await inspector.look('settings-folder')
    const save = settings.getByRole('button', { name: /Save \d points? and collect/ })
    const words = (await save.textContent()) ?? ''
    await save.click()
    await expect(
      window.getByText(words.replace(' and collect', '').replace('Save ', '') + ' saved; values follow.'),
    ).toBeVisible(generous)
    await expect(tree.getByRole('treeitem', { name: /Speed .* pump-101\.speed-2/ })).toBeVisible(generous)
  })
})
