import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { z } from 'zod'
import { decodeRecording } from '../electron/files/recording.ts'
import { encodeWaveform } from '../electron/files/waveform-file.ts'
import { freshFolder, removeFolder } from './harness/launch.ts'
import { expect, test } from './harness/test.ts'
import { generous } from './pages/app-page.ts'
import { Inspector } from './pages/inspector.ts'
import { plotPlant, recordings, runUp } from './pages/plot-recordings.ts'
import { VibrationPage } from './pages/vibration-page.ts'

const imported = z.object({ captureId: z.string() })

interface Stored {
  pointId: string
  samples: Float32Array
  rateHz: number
  unit: string
  quantity: string
  startUs: number
  rpm: number | null
}

/** Through the window's own import, without its dialog. */
async function store(window: Page, { pointId, rateHz, ...facts }: Stored): Promise<string> {
  const bytes = encodeWaveform({ ...facts, title: pointId, sampleRateHz: rateHz, gaps: [] }, 'uffb')
  const base64 = Buffer.from(bytes).toString('base64')
  const script = `(async () => {
    const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (letter) => letter.charCodeAt(0))
    const none = { column: null, sampleRateHz: null, unit: null, startUs: null, rpm: null, reason: '' }
    const asked = { pointId: ${JSON.stringify(pointId)}, name: 'a.uff', bytes, ...none }
    return millwrightBridge.call('capture.import', asked)
  })()`
  return imported.parse(await window.evaluate(script)).captureId
}

async function show(window: Page, pointId: string, captureId: string): Promise<void> {
  const hash = `#/vibration?point=${encodeURIComponent(pointId)}&capture=${encodeURIComponent(captureId)}`
  await window.evaluate(`location.hash = ${JSON.stringify(hash)}`)
}

/** Which plot stands where, in a square. */
async function square(window: Page, kinds: readonly string[]): Promise<void> {
  await window.getByLabel('Layout').selectOption('4-square')
  for (const [i, kind] of kinds.entries()) await window.getByLabel(`What plot ${i + 1} shows`).selectOption(kind)
}

const readout = (plot: Locator): Locator => plot.locator('[data-part="readout"]')

/** The engine answers. */
async function opened(window: Page): Promise<void> {
  const asked = `(async () => {
    try {
      await millwrightBridge.call('capture.list', { pointId: 'accel', limit: 1 })
      return true
    } catch {
      return false
    }
  })()`
  await expect.poll(() => window.evaluate(asked), generous).toBe(true)
}

test('every plot of real recordings, looked at', async ({ launch }) => {
  test.setTimeout(300_000)
  const folder = freshFolder()
  try {
    const plant = join(folder, 'plant.json')
    writeFileSync(plant, plotPlant)
    const running = await launch({ plant })
    const { window } = running
    const vibration = new VibrationPage(window)
    const inspector = new Inspector(running.app, window)
    await opened(window)

    const nowUs = Date.now() * 1000
    const bearing: string[] = []
    for (const [i, record] of recordings().entries())
      bearing.push(await store(window, { ...record, pointId: 'accel', startUs: nowUs - (30 - i) * 86_400e6 }))
    await window.evaluate(
      `millwrightBridge.call('health.reset', { assetId: 'pump', pointIds: ['accel'], reason: 'bearing replaced' })`,
    )
    const asked = `millwrightBridge.call('plot.strip', { pointId: 'accel', fromUs: 0, toUs: Date.now() * 1000 + 60e6 })`
    const strip = z.object({ breaks: z.array(z.object({ kind: z.string(), words: z.string() })) })
    expect(strip.parse(await window.evaluate(asked)).breaks).toContainEqual({
      kind: 'baseline',
      words: expect.stringMatching(/^bearing replaced/),
    })
    const shaft = runUp()
    const startUs = nowUs - 3600e6
    const common = { rateHz: shaft.rateHz, startUs, unit: 'um', quantity: 'displacement', rpm: null }
    const probe = await store(window, { ...common, pointId: 'x', samples: shaft.x })
    await store(window, { ...common, pointId: 'y', samples: shaft.y })
    await store(window, { ...common, pointId: 'pulse', samples: shaft.pulse })

    await test.step('a damaged outer race: selection, cursors on its lines, notes, diagnosis', async () => {
      await show(window, 'accel', bearing.at(-1) ?? '')
      const wave = vibration.plot('Stored waveform')
      await expect(wave).toBeVisible(generous)
      const line = vibration.findings.getByRole('button', { name: /^1×.*Hz/ }).first()
      await expect(vibration.findings).toContainText(/Outer race \(BPFO\)[^(]*[3-9] of \d lines found/, generous)
      await line.click(generous)
      await vibration.plot('Envelope spectrum').focus()
      await window.keyboard.press('p')
      await window.keyboard.press('h')
      await window.keyboard.press('m')
      await wave.focus()
      await window.keyboard.press('p')
      await window.keyboard.press('d')
      for (let k = 0; k < 40; k++) await window.keyboard.press('ArrowRight')
      await expect(wave.locator('[data-part="statistics"]')).toContainText('kurtosis')
      await expect(window.getByRole('region', { name: 'Diagnosis' })).toHaveAttribute('aria-busy', 'false', generous)
      await window.getByLabel('Time span', { exact: true }).selectOption(String(90 * 86_400_000))
      await inspector.look('plots-outer-race')
    })

    await test.step('orders, cepstrum and maps', async () => {
      await square(window, ['orders', 'cepstrum', 'map', 'envelope-map'])
      await expect(vibration.mark('Order spectrum')).toContainText('turns a piece', generous)
      await expect(vibration.mark('Cepstrum')).toContainText('samples', generous)
      await expect(vibration.mark('Colour map')).toHaveText(/^\d+ spectra$/, generous)
      await expect(vibration.mark('Envelope map')).toHaveText(/^\d+ spectra$/, generous)
      await inspector.look('plots-orders-cepstrum-maps')
      await vibration.plot('Colour map').getByRole('button', { name: 'Options of Colour map' }).click()
      await window.getByLabel('Rows').selectOption('speed')
      await window.getByLabel('Drawn as').selectOption('cascade')
      await inspector.look('plots-map-options')
      await window.keyboard.press('Escape')
      await inspector.look('plots-map-speed')
    })

    await test.step('compared, and the difference', async () => {
      await square(window, ['waveform', 'spectrum', 'envelope', 'trend'])
      await window.getByRole('button', { name: "Draw another stored waveform's spectra over these" }).click()
      await window.getByRole('button', { name: 'With the oldest' }).click()
      await expect(window.getByRole('list', { name: 'Compared with' }).getByRole('button')).toHaveCount(1, generous)
      await window.keyboard.press('Escape')
      await inspector.look('plots-compared')
      await vibration.plot('Spectrum').getByRole('button', { name: 'Options of Spectrum' }).click()
      await window.getByLabel('Difference instead of overlay').check()
      await window.getByLabel('Scale').selectOption('decibel')
      await inspector.look('plots-difference-options')
      await window.keyboard.press('Escape')
      await inspector.look('plots-difference')
    })

    await test.step('the run-up of a shaft: orbit, full spectrum, Bode, polar plot, centreline', async () => {
      await show(window, 'x', probe)
      await square(window, ['orbit', 'full-spectrum', 'bode', 'polar'])
      await expect(vibration.mark('Polar')).toContainText('points', generous)
      await vibration.plot('Bode').focus()
      await window.keyboard.press('p')
      await vibration.plot('Full spectrum').focus()
      await window.keyboard.press('ArrowRight')
      await inspector.look('plots-shaft')
      await square(window, ['waveform', 'orders', 'polar', 'centreline'])
      await expect(vibration.mark('Shaft centreline')).toContainText('points', generous)
      await vibration.plot('Polar').focus()
      await window.keyboard.press('p')
      await inspector.look('plots-run-up')
    })

    await test.step('import and export', async () => {
      await vibration.plot('Stored waveform').click({ button: 'right' })
      await expect(window.getByRole('button', { name: 'Drawing (SVG)' })).toBeVisible()
      await inspector.look('plots-export')
      await window.keyboard.press('Escape')
      await window.getByRole('button', { name: 'Import', exact: true }).click()
      await inspector.look('plots-import')
      const csv = ['value', ...Array.from({ length: 5000 }, (_, n) => Math.sin(n / 9).toFixed(4))].join('\n')
      await window
        .getByRole('dialog')
        .getByLabel('File (CSV, WAV, UFF 58, NPY)')
        .setInputFiles({ name: 'analyser.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
      await expect(window.getByRole('dialog')).toContainText('5,000 samples', generous)
      await inspector.look('plots-import-chosen')
      await window.keyboard.press('Escape')
    })
  } finally {
    removeFolder(folder)
  }
})

/** Presses Tab until it stands there, as somebody without a mouse does. */
async function tabTo(window: Page, target: Locator, most = 120): Promise<void> {
  await expect(target).toBeVisible(generous)
  for (let stop = 0; stop < most; stop++) {
    if ((await target.and(window.locator(':focus')).count()) > 0) return
    await window.keyboard.press('Tab')
  }
  throw new Error(`Tab does not reach ${String(target)}.`)
}

test('every task on a plot without a mouse', async ({ launch }) => {
  test.setTimeout(300_000)
  const folder = freshFolder()
  try {
    const plant = join(folder, 'plant.json')
    writeFileSync(plant, plotPlant)
    const into = freshFolder()
    const running = await launch({ plant, env: { MILLWRIGHT_SAVE_INTO: into } })
    const { window } = running
    const vibration = new VibrationPage(window)
    const press = async (...keys: readonly string[]): Promise<void> => {
      for (const key of keys) await window.keyboard.press(key)
    }
    await opened(window)
    const nowUs = Date.now() * 1000
    const [older, newer] = [recordings().at(0), recordings().at(-1)]
    if (!older || !newer) throw new Error('There is no recording.')
    await store(window, { ...older, pointId: 'accel', startUs: nowUs - 40 * 86_400e6 })
    await store(window, { ...newer, pointId: 'accel', startUs: nowUs - 86_400e6 })

    await test.step('open a waveform from the list', async () => {
      await press('Control+3')
      await tabTo(window, window.locator('.capture-item').first())
      await press('Enter')
      await expect(vibration.plot('Stored waveform')).toBeVisible(generous)
      await expect(vibration.mark('Envelope spectrum')).toContainText('Hann', generous)
    })

    await test.step('cursors of a spectrum: peak, harmonics, sidebands, band, difference; zoom and back', async () => {
      const plot = vibration.plot('Envelope spectrum')
      const words = readout(plot)
      await tabTo(window, plot)
      await press('ArrowRight', 'p')
      await expect(words).toContainText(/^[\d.]+ Hz/)
      const before = await words.innerText()
      await press('Alt+ArrowRight')
      await expect(words).not.toHaveText(before)
      await press('h')
      await expect(words).toContainText('harmonics')
      await press('h', 's')
      await expect(words).toContainText('sidebands')
      await press('Control+Shift+ArrowRight', 's', 'b')
      await expect(words).toContainText('RMS')
      const band = await words.innerText()
      await press(']', ']')
      await expect(words).not.toHaveText(band)
      await press('b', 'd', 'ArrowRight', 'ArrowRight')
      await expect(words).toContainText('\u0394')
      await press('Control+c')
      await expect(window.getByText('The readout is on the clipboard.')).toBeVisible()
      const whole = (await vibration.painted('Envelope spectrum')).hash
      await press('+', '+', '+')
      await expect.poll(async () => (await vibration.painted('Envelope spectrum')).hash).not.toBe(whole)
      await press('0', 'Escape')
      await expect(words).toContainText('Click or press an arrow key')
    })

    await test.step('selection of a waveform, its statistics, and along a zoomed one', async () => {
      const plot = vibration.plot('Stored waveform')
      await tabTo(window, plot)
      await press('p', 'd', ...Array.from({ length: 10 }, () => 'ArrowRight'))
      await expect(plot.locator('[data-part="statistics"]')).toContainText('crest')
      await press('+', '+', '+', '+', '+')
      const before = (await vibration.painted('Stored waveform')).hash
      // Beyond the edge of the view it moves along.
      await press(...Array.from({ length: 130 }, () => 'ArrowRight'))
      await expect.poll(async () => (await vibration.painted('Stored waveform')).hash).not.toBe(before)
      await press('0')
    })

    await test.step('a mark and a note', async () => {
      const notes = window.getByRole('region', { name: 'Notes' })
      await tabTo(window, vibration.plot('Spectrum'))
      await press('ArrowRight', 'p', 'm')
      await expect(notes.getByRole('listitem')).toHaveCount(1, generous)
      await press('n')
      const dialog = window.getByRole('dialog')
      await tabTo(window, dialog.getByLabel('Note'))
      await window.keyboard.type('Resonance of the housing')
      await tabTo(window, dialog.getByRole('button', { name: 'Save' }))
      await press('Enter')
      await expect(notes).toContainText('Resonance of the housing', generous)
    })

    await test.step('comparison', async () => {
      await tabTo(window, window.getByRole('button', { name: "Draw another stored waveform's spectra over these" }))
      await press('Enter')
      await tabTo(window, window.getByRole('button', { name: 'With the oldest' }))
      await press('Enter')
      const compared = window.getByRole('list', { name: 'Compared with' }).getByRole('button')
      await expect(compared).toHaveCount(1, generous)
      await press('Escape')
      await tabTo(window, compared)
      await press('Enter')
      await expect(compared).toHaveCount(0)
    })

    await test.step('layout, and what a plot shows; what it cannot is greyed with its reason', async () => {
      const layout = window.getByLabel('Layout')
      await tabTo(window, layout)
      await press('ArrowDown')
      await expect(layout).toHaveValue('4-square')
      const kind = window.getByLabel('What plot 4 shows')
      await expect(kind.locator('option[value="orbit"]')).toBeDisabled()
      await expect(kind.locator('option[value="orbit"]')).toHaveText('Orbit: needs a second probe across (pairPointId)')
      await tabTo(window, kind)
      await press('c')
      await expect(kind).toHaveValue('map')
      await expect(kind).toBeFocused()
      await press('c')
      await expect(kind).toHaveValue('cepstrum')
      const cepstrum = vibration.plot('Cepstrum')
      await expect(vibration.mark('Cepstrum')).toContainText('samples', generous)
      await tabTo(window, cepstrum)
      await press('p')
      await expect(readout(cepstrum)).toContainText(/^[\d.]+ ms/)
      await press('f')
      await expect(vibration.plot('Envelope spectrum')).toHaveCount(0)
      await press('f')
      await expect(vibration.plot('Envelope spectrum')).toBeVisible()
    })

    await test.step('export by the menu key, from where the focus comes back', async () => {
      const plot = vibration.plot('Spectrum')
      await tabTo(window, plot)
      await press('Shift+F10')
      const values = window.getByRole('button', { name: 'Values (CSV)' })
      await tabTo(window, values)
      await press('Enter')
      // Until it is written to its end.
      const rows = (): number =>
        readdirSync(into)
          .filter((name) => name.endsWith('.csv'))
          .reduce((count, name) => count + readFileSync(join(into, name), 'utf8').split('\n').length, 0)
      await expect.poll(rows, generous).toBeGreaterThan(1000)
      await tabTo(window, window.getByRole('button', { name: 'Waveform (Universal File 58b)' }))
      await press('Enter')
      await expect.poll(() => readdirSync(into).filter((file) => file.endsWith('.uff')).length, generous).toBe(1)
      await press('Escape')
      await expect(plot).toBeFocused()
    })

    await test.step('import of what was exported: the same samples', async () => {
      const name = readdirSync(into).find((file) => file.endsWith('.uff')) ?? ''
      // What every sample of the waveform takes, which is more than it has while it is being written.
      const least = 4 * newer.samples.length
      await expect.poll(() => readFileSync(join(into, name)).length, generous).toBeGreaterThan(least)
      const bytes = readFileSync(join(into, name))
      await tabTo(window, window.getByRole('button', { name: 'Import', exact: true }))
      await press('Enter')
      const dialog = window.getByRole('dialog')
      const file = dialog.getByLabel('File (CSV, WAV, UFF 58, NPY)')
      await tabTo(window, file)
      // The dialog that the space bar opens here is the operating system's.
      await file.setInputFiles({ name: 'again.uff', mimeType: 'application/octet-stream', buffer: bytes })
      const count = decodeRecording('again.uff', bytes).samples.length
      await expect(dialog).toContainText(`${count.toLocaleString('en')} samples`, generous)
      await tabTo(window, dialog.getByLabel('Where it comes from'))
      await window.keyboard.type('by keyboard')
      await tabTo(window, dialog.getByRole('button', { name: 'Store' }))
      await press('Enter')
      await expect(window.locator('.capture-item.focused')).toContainText('by keyboard', generous)
    })
    removeFolder(into)
  } finally {
    removeFolder(folder)
  }
})
