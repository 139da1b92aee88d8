import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { encodeWaveform } from '../electron/files/waveform-file.ts'
import { decodeRecording } from '../electron/files/recording.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { expect, test } from './harness/test.ts'
import { AlertsPage } from './pages/alerts-page.ts'
import { AppPage, generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { OverviewPage } from './pages/overview-page.ts'
import { VibrationPage } from './pages/vibration-page.ts'

const fault = { assetId: 'pump-101', name: 'Feed pump 101', pointId: 'pump-101.de.accel' }
const rateHz = 25_600
const dayUs = 86_400e6
const words = 'Impacts at the rate of the outer race'

/** A month ago the pump ran well: its shaft lines and noise, no impacts. */
function healthy(): Uint8Array {
  let state = 17
  const noise = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x40000000 - 1
  }
  const samples = Float32Array.from({ length: 4 * rateHz }, (_, n) => {
    const turn = (2 * Math.PI * 1772 * n) / rateHz / 60
    return 0.16 * Math.sin(turn) + 0.07 * Math.sin(2 * turn) + 0.05 * noise()
  })
  const startUs = Math.round(Date.now() * 1000 - 30 * dayUs)
  const facts = { title: 'Feed pump 101', sampleRateHz: rateHz, unit: 'g', quantity: 'acceleration', startUs }
  return encodeWaveform({ ...facts, samples, rpm: 1772, gaps: [] }, 'uffb')
}

const readHz = z.coerce.number()

test('an analyst goes from an alert to its evidence, and keeps what was seen', async ({ launch }) => {
  test.setTimeout(300_000)
  const into = freshFolder()
  try {
    const running = await launch({ env: { MILLWRIGHT_SAVE_INTO: into } })
    const { window } = running
    const app = new AppPage(window)
    const overview = new OverviewPage(window)
    const alerts = new AlertsPage(window)
    const vibration = new VibrationPage(window)
    const inspector = new Inspector(running.app, window)
    /** Hz; NaN, which equals and exceeds nothing, until the readout says one. */
    const cursor = async (plot: string): Promise<number> => {
      const text = await vibration.plot(plot).locator('[data-part="readout"]').innerText()
      return Number(/^([\d.]+) Hz/.exec(text)?.[1])
    }

    await test.step('from the alert to its evidence', async () => {
      await app.live()
      await expect(overview.tile(fault.assetId)).toHaveAccessibleName(/Not acknowledged/, generous)
      await app.open('alerts')
      await alerts.choose(alerts.rowsOf(fault.name).first())
      await window.keyboard.press('Enter')
      await vibration.point(fault.pointId).click(generous)
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
    })

    await test.step('live: peak hold, a cursor and zoom by keys, the menu of exports', async () => {
      const live = vibration.plot('Live waveform, Waveform')
      const words = live.locator('[data-part="readout"]')
      await expect(live.locator('[data-part="mark"]')).toContainText('LIVE', generous)
      await live.focus()
      await live.getByRole('button', { name: 'Options of Waveform' }).click()
      await window.getByLabel('Peak hold').check()
      await window.keyboard.press('Escape')
      await expect(words).toContainText(/held: .* to /, generous)
      await inspector.look('vibration-live-hold')
      await live.focus()
      await window.keyboard.press('+')
      await window.keyboard.press('ArrowLeft')
      await expect(words).toContainText(/ms · min/)
      await window.keyboard.press('Escape')
      await window.keyboard.press('0')
      await window.keyboard.press('Shift+F10')
      await expect(window.getByRole('button', { name: 'Values (CSV)' })).toBeVisible()
      await window.keyboard.press('Escape')
      await expect(live).toBeFocused()
    })

    await test.step('the waveform that the alarm kept', async () => {
      const kept = window.locator('.capture-item').filter({ hasText: 'at an alarm' }).first()
      await kept.click({ timeout: 60_000 })
      await expect(vibration.plot('Stored waveform')).toBeVisible(generous)
      await expect(vibration.mark('Envelope spectrum')).toContainText('Hann', generous)
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
    })

    await test.step('cursors on the fault lines, by the findings and by keys, linked over the plots', async () => {
      const line = vibration.findings.getByRole('button', { name: /^1×.*Hz/ }).first()
      const expected = readHz.parse(/([\d.]+) Hz/.exec(await line.innerText())?.[1])
      await line.click()
      const envelope = vibration.plot('Envelope spectrum')
      for (const plot of ['Spectrum', 'Envelope spectrum'])
        await expect.poll(async () => Math.abs((await cursor(plot)) - expected), generous).toBeLessThan(0.5)
      await envelope.focus()
      await window.keyboard.press('p')
      await window.keyboard.press('h')
      await expect(envelope.locator('[data-part="readout"]')).toContainText('harmonics')
      const before = await cursor('Envelope spectrum')
      await window.keyboard.press('Control+ArrowRight')
      await expect.poll(() => cursor('Envelope spectrum')).toBeGreaterThan(before)
      await expect.poll(async () => (await cursor('Spectrum')) - (await cursor('Envelope spectrum'))).toBe(0)
      await window.keyboard.press('p')
      await window.keyboard.press('s')
      await expect(envelope.locator('[data-part="readout"]')).toContainText('sidebands')
      await window.keyboard.press('b')
      await expect(envelope.locator('[data-part="readout"]')).toContainText('RMS')
      await window.keyboard.press('Control+c')
      await expect(window.getByText('The readout is on the clipboard.')).toBeVisible()
      await window.keyboard.press('b')
    })

    await test.step('compared with a month ago, whose recording is brought from a file', async () => {
      const at = window.url()
      await window.getByRole('button', { name: 'Import', exact: true }).click()
      const dialog = window.getByRole('dialog')
      await dialog
        .getByLabel('File (CSV, WAV, UFF 58, NPY)')
        .setInputFiles({ name: 'month-ago.uff', mimeType: 'application/octet-stream', buffer: Buffer.from(healthy()) })
      await expect(dialog).toContainText('102,400 samples', generous)
      await dialog.getByLabel('Where it comes from').fill('analyser of the contractor')
      await dialog.getByRole('button', { name: 'Store' }).click()
      await expect(window.locator('.capture-item.focused')).toContainText('imported', generous)
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)\s*nothing found/, generous)

      await window.evaluate(`location.hash = ${JSON.stringify(new URL(at).hash)}`)
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
      await window.getByRole('button', { name: "Draw another stored waveform's spectra over these" }).click()
      await window.getByRole('button', { name: 'With a month ago' }).click()
      await expect(window.getByRole('list', { name: 'Compared with' }).getByRole('button')).toHaveCount(1, generous)
      await window.keyboard.press('Escape')
    })

    await test.step('annotated: a marked peak and words, which stay', async () => {
      const envelope = vibration.plot('Envelope spectrum')
      await vibration.findings
        .getByRole('button', { name: /^1×.*Hz/ })
        .first()
        .click()
      await envelope.focus()
      await window.keyboard.press('m')
      const notes = window.getByRole('region', { name: 'Notes' })
      await expect(notes.getByRole('listitem')).toHaveCount(1, generous)
      await envelope.focus()
      await window.keyboard.press('n')
      await window.getByRole('dialog').getByLabel('Note').fill(words)
      await window.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
      await expect(notes).toContainText(words, generous)
      await inspector.look('vibration-evidence')
      await window.reload()
      await expect(window.getByRole('region', { name: 'Notes' })).toContainText(words, generous)
    })

    await test.step('exported: every sample of the waveform and the values of the plot', async () => {
      const plot = vibration.plot('Stored waveform')
      await plot.focus()
      await plot.getByRole('button', { name: 'Export Waveform' }).click()
      for (const what of ['Waveform (CSV)', 'Waveform (Universal File 58b)', 'Drawing (SVG)', 'Picture (PNG)']) {
        await window.getByRole('button', { name: what, exact: true }).click()
        await expect(window.getByText(/^Saved as/).last()).toBeVisible(generous)
      }
      await expect.poll(() => readdirSync(into).length, generous).toBe(4)
      const files = readdirSync(into)
      const [csv, uff] = ['.csv', '.uff'].map((ending) => {
        const name = files.find((file) => file.endsWith(ending)) ?? ''
        return decodeRecording(name, readFileSync(join(into, name)))
      })
      expect(csv?.sampleRateHz).toBe(uff?.sampleRateHz)
      expect(csv?.samples).toEqual(uff?.samples)
      expect(csv?.samples.length).toBeGreaterThan(50_000)
      const svg = readFileSync(join(into, files.find((file) => file.endsWith('.svg')) ?? ''), 'utf8')
      expect(svg).toMatch(/<path d="M/)
      await window.keyboard.press('Escape')
    })

    await test.step('every plot, looked at', async () => {
      await window.getByLabel('Layout').selectOption('4-square')
      await window.getByLabel('What plot 1 shows').selectOption('map')
      await window.getByLabel('What plot 4 shows').selectOption('envelope-map')
      await expect(vibration.mark('Colour map')).toHaveText(/^\d+ spectra$/, generous)
      await expect(vibration.mark('Envelope map')).toHaveText(/^\d+ spectra$/, generous)
      await inspector.look('vibration-square')
      await inspector.tab(20)
    })
  } finally {
    removeFolder(into)
  }
})
