import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { PlantFile } from '../shared/domain/plant-file.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { engineOf } from './harness/process-tree.ts'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'

/** Somebody else writes the plant file; done when the window knows. */
async function renamePlant(window: Page, dataDir: string, name: string): Promise<void> {
  const file = join(dataDir, 'plant.json')
  const plant = JSON.parse(readFileSync(file, 'utf8')) as PlantFile
  plant.plant.name = name
  writeFileSync(file, JSON.stringify(plant, null, 2))
  await expect(window.getByRole('banner').getByText(name, { exact: true }).first()).toBeVisible(generous)
}

test('what is typed and asked stays when the plant file changes and when the engine is started again', async ({
  launch,
}) => {
  test.skip(process.platform === 'win32', 'signals of POSIX')
  test.setTimeout(240_000)
  const running = await launch()
  const { window, dataDir } = running
  const app = new AppPage(window)
  const main = window.getByRole('main')
  const dialog = window.getByRole('dialog')
  await app.live()
  const killEngine = async (): Promise<void> => {
    process.kill(engineOf(running.app.process().pid), 'SIGKILL')
    await expect(app.band).toContainText(/was restarted at/, generous)
    await app.live()
  }

  await test.step('the wizard of a new machine', async () => {
    await app.open('machine')
    await window.getByRole('button', { name: 'New machine' }).click()
    await main.getByRole('radio', { name: /Centrifugal pump/ }).check()
    await main.getByLabel('Name', { exact: true }).fill('Condensate pump 109')
    await main.getByLabel('Rated power (kW)').fill('22')
    await renamePlant(window, dataDir, 'Plant of the north')
    await killEngine()
    await app.band.getByRole('button', { name: 'I have read this' }).click()
    await expect(app.band).toBeHidden()
    await expect(main.getByLabel('Name', { exact: true })).toHaveValue('Condensate pump 109')
    await expect(main.getByLabel('Rated power (kW)')).toHaveValue('22')
  })

  await test.step('a server that is being added', async () => {
    await app.open('settings')
    await main.getByRole('button', { name: 'Add a server' }).click()
    await main.getByLabel('Address of the server').fill('opc.tcp://press-4:4840')
    await renamePlant(window, dataDir, 'Plant of the south')
    await expect(main.getByLabel('Address of the server')).toHaveValue('opc.tcp://press-4:4840')
  })

  await test.step('a dialog and a draft', async () => {
    await window.evaluate(`location.hash = '#/assets?of=asset:fan-202'`)
    await main.getByLabel('Serial number').fill('SN-1')
    await main.getByRole('button', { name: 'Add a point' }).click()
    await dialog.getByLabel('Name').fill('Oil temperature')
    await renamePlant(window, dataDir, 'Plant of the east')
    await killEngine()
    await expect(dialog.getByLabel('Name')).toHaveValue('Oil temperature')
    await window.keyboard.press('Escape')
    await expect(main.getByLabel('Serial number')).toHaveValue('SN-1')
  })

  await test.step('the list of tags, as it was looked for', async () => {
    const page = await app.open('quality')
    await page.getByRole('button', { name: 'Audit now' }).last().click()
    const list = page.getByRole('grid', { name: 'Scores, worst first' })
    await expect(list.getByRole('row').nth(1)).toBeVisible(generous)
    await page.getByRole('radio', { name: 'Tags' }).check({ force: true })
    await page.getByRole('searchbox').fill('speed')
    await renamePlant(window, dataDir, 'Plant of the west')
    await expect(page.getByRole('searchbox')).toHaveValue('speed')
    await app.open('overview')
    await app.open('quality')
    await page.getByRole('radio', { name: 'Tags' }).check({ force: true })
    await expect(page.getByRole('searchbox')).toHaveValue('speed')
  })
})

test('the overview is come back to where it stood', async ({ launch }) => {
  test.setTimeout(120_000)
  const folder = freshFolder()
  try {
    const plant = join(folder, 'plant.json')
    const security = { mode: 'None', policy: 'None', reason: 'nobody answers there' }
    const assets = Array.from({ length: 240 }, (_, i) => ({
      id: `fan-${i + 1}`,
      lineId: `line-${1 + (i % 12)}`,
      family: 'fan',
      name: `Fan ${i + 1}`,
    }))
    const lines = Array.from({ length: 12 }, (_, i) => ({ id: `line-${i + 1}`, name: `Line ${i + 1}` }))
    const servers = [{ id: 'a', endpointUrl: 'opc.tcp://127.0.0.1:9', security, user: { type: 'anonymous' } }]
    const identity = { id: 'many', name: 'Many fans', timeZone: 'UTC' }
    const empty = { points: [], alerts: [], sync: [] }
    const text = { schema: 'millwright/plant@1', plant: identity, lines, servers, assets, ...empty }
    writeFileSync(plant, JSON.stringify(text))
    const { window } = await launch({ plant })
    const tiles = window.locator('.tile-scroll')
    const topPx = (): Promise<number> => tiles.evaluate((element) => element.scrollTop)
    await expect(window.locator('[data-tile]').first()).toBeVisible(generous)
    await tiles.hover()
    await window.mouse.wheel(0, 500)
    await expect.poll(topPx).toBeGreaterThan(300)
    const stood = await topPx()
    await window.keyboard.press('Control+4')
    await expect(window.locator('main[data-page="alerts"]')).toBeVisible()
    await window.goBack()
    await expect.poll(topPx).toBe(stood)
  } finally {
    removeFolder(folder)
  }
})
