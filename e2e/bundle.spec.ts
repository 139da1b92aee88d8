import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleOf, newSigningKey, openBundle, parsePlantFile, readable, signBundle } from '../electron/assets/index.ts'
import { root } from './harness/runtime.ts'
import { expect, test } from './harness/test.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'

const namespace = 'nsu=urn:millwright:plant;s='

/** A machine of the example plant, as another plant would send it. */
function bundleText(): string {
  const { plant, configHash } = parsePlantFile(readFileSync(join(root, 'resources/examples/full-plant.json'), 'utf8'))
  const made = { name: 'Pumps of the example', madeAt: '2026-11-20T08:00:00Z', machines: ['pump-101'], configHash }
  return JSON.stringify(signBundle(bundleOf(plant, made), createPrivateKey(newSigningKey())))
}

test('a machine of another plant: its signer compared, the site asked, every change listed, taken over and taken back', async ({
  launch,
}) => {
  test.setTimeout(240_000)
  const folder = mkdtempSync(join(tmpdir(), 'millwright-bundle-'))
  const text = bundleText()
  writeFileSync(join(folder, 'pumps.json'), text)
  writeFileSync(join(folder, 'altered.json'), text.replace('Pumps of the example', 'Pumps of nobody'))
  const running = await launch()
  const { window } = running
  const app = new AppPage(window)
  const inspector = new Inspector(running.app, window)
  await app.live()
  await app.open('machine')
  await window.getByRole('button', { name: 'New machine' }).click()
  await window.getByRole('button', { name: 'From a signed bundle' }).click()
  const page = window.getByRole('main')
  await inspector.look('bundle-empty')

  await page.getByLabel('Bundle file').setInputFiles(join(folder, 'altered.json'))
  await expect(page.getByText(/^The file was altered after it was signed, and is refused/)).toBeVisible(generous)
  await page.getByLabel('Bundle file').setInputFiles(join(folder, 'pumps.json'))
  await expect(page.getByText(readable(openBundle(text, 'it').signer))).toBeVisible(generous)
  await expect(page.getByText('Give at least one machine a name first.')).toBeVisible()

  await page.getByLabel('Name here').fill('Pump of another plant')
  await expect(page.getByLabel('Id here')).toHaveValue('pump-of-another-plant')
  await page.getByLabel('Id here').fill('pump-7')
  await page.getByLabel('Pattern of the NodeIds').fill('')
  await expect(
    page.getByText('Say the node of "de.x" of pump-7 in "nodes" or by "nodePattern", or name it in "without".'),
  ).toBeVisible(generous)
  await inspector.look('bundle-missing')
  await page.getByLabel('Pattern of the NodeIds').fill(`${namespace}pump-101.{point}`)
  await expect(page.getByText(/changes; 4 of 4 contracts word for word as they were signed\.$/)).toBeVisible(generous)
  const take = page.getByRole('button', { name: 'Take over' })
  await expect(take).toBeDisabled()
  await page.getByRole('checkbox', { name: /^I have compared this fingerprint/ }).press('Space')
  await expect(take).toBeEnabled()
  await inspector.look('bundle-ready')
  await inspector.tab(20)

  await take.press('Enter')
  const heading = window.getByRole('heading', { name: 'Pump of another plant', exact: true, level: 1 })
  await expect(heading).toBeVisible(generous)
  await heading.click()
  await window.keyboard.press('Control+z')
  await expect(window.getByText('Taken back: bundle Pumps of the example taken over.')).toBeVisible(generous)
  await expect(heading).toHaveCount(0, generous)
  rmSync(folder, { recursive: true, force: true })
})
