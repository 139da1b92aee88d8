import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { z } from 'zod'
import { hasDisplay, startXvfb } from '../../scripts/lib/xvfb.mjs'
import { encodeWaveform } from '../../electron/files/waveform-file.ts'
import { open, testTwin, workers } from '../../electron/store/twin-fixtures.ts'
import { launchDriven, removeFolder, type Running } from '../harness/launch.ts'
import { runtimeName } from '../harness/runtime.ts'
import { sleep, temporaryFolder } from './children.ts'

const pointId = 'pump-101.de.accel'
const longSamples = 1_048_576
const rateHz = 25_600
const mapSpectra = 500
const mapLines = 3200
/** 2.56 a line, and one block more. */
const mapSamples = 8192
const trendMinutes = 2 * 365 * 24 * 60

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? Number.NaN

const numbers = z.array(z.number())
const times = z.object({ whole: numbers, work: numbers })

/** Asks the script in the page (desk-page.script.js). */
async function ask(window: Page, name: string, argument: unknown): Promise<unknown> {
  return window.evaluate(`deskBench.${name}(${JSON.stringify(argument)})`)
}

/** The page's policy refuses the evaluation that waiting for a condition of text would use. */
async function until(window: Page, condition: string): Promise<void> {
  const startedMs = performance.now()
  while ((await window.evaluate(`Boolean(${condition})`)) !== true) {
    if (performance.now() - startedMs > 180_000) throw new Error(`It did not come about: ${condition}`)
    await sleep(250)
  }
}

/** A million samples with one spike. */
async function importLong(window: Page): Promise<string> {
  const samples = Float32Array.from({ length: longSamples }, (_, n) => Math.sin(0.02 * n) * 0.2)
  samples[700_001] = 9
  const startUs = Date.now() * 1000 - 3 * 86_400e6
  const facts = { title: 'long', sampleRateHz: rateHz, unit: 'g', quantity: 'acceleration', startUs, rpm: 1772 }
  const bytes = encodeWaveform({ ...facts, samples, gaps: [] }, 'wav')
  return z.string().parse(await ask(window, 'importLong', [pointId, Buffer.from(bytes).toString('base64')]))
}

/** Two years of a value a minute in the twin, and how long the whole span takes to read for a plot. */
async function trendTimes(): Promise<number[]> {
  const files = testTwin()
  const twin = await open(files, { workers })
  try {
    await twin.points([{ id: 'temperature', assetId: 'pump', kind: 'scalar' }])
    await twin.sessionStart(0)
    const endUs = Date.now() * 1000
    const startUs = endUs - trendMinutes * 60e6
    const atOnce = 20_000
    for (let from = 0, number = 1; from < trendMinutes; from += atOnce, number++) {
      const count = Math.min(atOnce, trendMinutes - from)
      const sourceUs = Float64Array.from({ length: count }, (_, i) => Math.round(startUs + (from + i) * 60e6))
      const scalars = {
        count,
        pointKey: new Uint32Array(count).fill(1),
        sourceUs,
        sourceTick: new Uint8Array(count),
        serverUs: new Float64Array(count).fill(Number.NaN),
        receiveUs: sourceUs,
        value: Float64Array.from({ length: count }, (_, i) => 60 + 5 * Math.sin((from + i) / 700)),
        status: new Uint32Array(count),
      }
      await twin.commitTick({ number, atUs: sourceUs.at(-1) ?? 0, scalars, gaps: [], features: [] })
    }
    await sleep(5000)
    const taken: number[] = []
    for (let n = 0; n < 15; n++) {
      const startMs = performance.now()
      await twin.trend(1, startUs, endUs + n, 800)
      taken.push(performance.now() - startMs)
    }
    return taken
  } finally {
    await twin.close()
    fs.rmSync(files.dir, { recursive: true, force: true })
  }
}

/** What the vibration desk promises of large records, in the real Electron. */
export async function benchDesk(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const folder = temporaryFolder('bench-desk')
  const xvfb = hasDisplay() ? null : await startXvfb({ width: 1920, height: 1080 })
  let running: Running | null = null
  try {
    const trendMs = await trendTimes()
    running = await launchDriven(xvfb?.env ?? process.env, { dataDir: path.join(folder, 'data') })
    const { window } = running
    await until(window, "'millwrightBridge' in globalThis && /1 of 1 connected/.test(document.body.innerText)")
    await window.evaluate(fs.readFileSync(new URL('desk-page.script.js', import.meta.url), 'utf8'))
    // The point's first values, so that the page has a plant to show.
    await sleep(8000)
    await ask(window, 'importMany', [pointId, mapSpectra, mapSamples, rateHz])
    const longId = await importLong(window)
    const listed = `millwrightBridge.call('capture.list', { pointId: '${pointId}', limit: 5 }).then((a) => a.captures.map((c) => c.id))`
    const otherId = z
      .array(z.string())
      .parse(await window.evaluate(listed))
      .find((id) => id !== longId)
    const openMs = numbers.parse(await ask(window, 'openTimes', [longId, otherId, pointId, 7]))
    await sleep(3000)
    const zoom = times.parse(await ask(window, 'eventTimes', ['Stored waveform', 'zoom', 60]))
    const linked = times.parse(await ask(window, 'eventTimes', ['Spectrum', 'cursor', 60]))
    await window.getByLabel('What plot 1 shows').selectOption('map')
    await window.getByLabel('Layout').selectOption('1')
    await window.getByRole('region', { name: 'Colour map' }).focus()
    await window.getByRole('button', { name: 'Options of Colour map' }).click()
    await window.getByLabel('Spectra', { exact: true }).selectOption(String(mapSpectra))
    await window.getByLabel('Lines', { exact: true }).selectOption(String(mapLines))
    await window.keyboard.press('Escape')
    const filled = `/^500 spectra/.test(document.querySelector('section[aria-label="Colour map"] [data-part="mark"]')?.textContent ?? '')`
    await until(window, filled)
    const pan = z.object({ framesPerSecond: z.number(), drawMsP95: z.number() }).parse(await ask(window, 'panMap', 8))
    return {
      metrics: {
        runtime: runtimeName(),
        loadAverage: os.loadavg()[0],
        waveformSamples: longSamples,
        openMsMedian: median(openMs),
        openMsWorst: Math.max(...openMs),
        zoomMsMedian: median(zoom.whole),
        zoomMsP95: p95(zoom.whole),
        /** Of these, from the beginning of the frame: four plots drawn anew. */
        linkedCursorMsMedian: median(linked.work),
        linkedCursorMsP95: p95(linked.work),
        linkedCursorWithWaitMsP95: p95(linked.whole),
        mapSpectra,
        mapLines,
        mapFramesPerSecond: pan.framesPerSecond,
        mapDrawMsP95: pan.drawMsP95,
        trendMinutes,
        trendMsMedian: median(trendMs),
        trendMsWorst: Math.max(...trendMs),
      },
      ratios: {
        openToBudget: median(openMs) / 300,
        zoomToBudget: p95(zoom.whole) / 50,
        linkedToBudget: p95(linked.work) / 16,
        mapFramesToTarget: pan.framesPerSecond / 30,
        trendToBudget: median(trendMs) / 200,
      },
    }
  } finally {
    await running?.close()
    xvfb?.stop()
    removeFolder(folder)
  }
}
