import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { blockSamples, machines } from '../../electron/plant/machines.ts'
import { createStory } from '../../electron/plant/story.ts'
import { createBlockAnalyzer } from '../../electron/dsp/block-features.ts'
import { createFft } from '../../electron/dsp/fft.ts'
import { readFftBytes } from '../../electron/engine/resources.ts'
import { openForReading, pageSize, type ReadDb } from '../../electron/store/database.ts'
import { featureTrend } from '../../electron/store/features/feature-trend.ts'
import { packScalars } from '../../electron/store/scalars-message.ts'
import { writerMethods, type WriterMethods } from '../../electron/store/writer-methods.ts'
import { bearingOrders } from '../../shared/domain/bearings.ts'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'

const START_US = Date.UTC(2026, 0, 1) * 1000
const ASSETS = 500
const SCALARS_PER_ASSET = 8
const TICK_US = 5e6
const PIXELS = 1600

type Metrics = Record<string, unknown>

function opened(dir: string, name: string, features = true): { writer: WriterMethods; file: string; key: Uint8Array } {
  const file = path.join(dir, name)
  const key = Uint8Array.from(randomBytes(32))
  const writer = writerMethods()
  const featureCompaction = features ? {} : { rows: 1e9 }
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null, featureCompaction })
  writer.commitConfig({ hash: 'h', text: '{}', author: 'bench', reason: 'bench', atUs: START_US - 1 })
  return { writer, file, key }
}

const none: ScalarColumns = {
  count: 0,
  pointKey: new Uint32Array(0),
  sourceUs: new Float64Array(0),
  sourceTick: new Uint8Array(0),
  serverUs: new Float64Array(0),
  receiveUs: new Float64Array(0),
  value: new Float64Array(0),
  status: new Uint32Array(0),
}

function scalars(count: number, number: number): ScalarColumns {
  const points = ASSETS * SCALARS_PER_ASSET
  const at = Float64Array.from({ length: count }, (_, i) => START_US + number * TICK_US + Math.floor(i / points) * 1e6)
  return {
    count,
    pointKey: Uint32Array.from({ length: count }, (_, i) => 1 + (i % points)),
    sourceUs: at,
    sourceTick: new Uint8Array(count),
    serverUs: at,
    receiveUs: at.map((tUs) => tUs + 3000),
    value: Float64Array.from({ length: count }, (_, i) => Math.round(1000 * Math.sin(i * number)) / 10),
    status: new Uint32Array(count),
  }
}

/** Real features of blocks of the simulated plant: a machine with a growing fault, noise that never repeats. */
async function plantFeatures(blocks: number): Promise<Float32Array[]> {
  const fft = await createFft(readFftBytes())
  const story = createStory('bearing-outer-race', 600, 7)
  const [machine] = machines
  const [point] = machine?.waveforms ?? []
  if (!machine || !point) throw new Error('The simulated plant has no waveform point.')
  const { sampleRateHz } = point
  const bearing = bearingOrders(machine.bearing)
  const analyzer = createBlockAnalyzer(fft, { sampleRateHz, blockSize: blockSamples, unitToMps2: 9.806_65, bearing })
  return Array.from({ length: blocks }, (_, k) =>
    Float32Array.from(analyzer.analyze(story.block(machine, point, 0, k), machine.ratedRpm)),
  )
}

function row(pointKey: number, tUs: number, values: Float32Array): FeatureRow {
  return { pointKey, tUs, spanUs: 341_333, values, rpm: 1480, runState: 'running', configHash: 'h' }
}

function commit(
  writer: WriterMethods,
  number: number,
  atUs: number,
  given: ScalarColumns,
  features: FeatureRow[],
): void {
  const runStates =
    number === 1
      ? Array.from({ length: ASSETS }, (_, i) => ({ assetId: `a${i}`, atUs, state: 'running' as const, rpm: 1480 }))
      : []
  writer.commitTick({ number, atUs, scalars: packScalars(given), gaps: [], features, runStates })
  while (writer.compactStep());
}

/** 500 machines with eight values a second and a vibration point each; read from disk by a process that has seen nothing of it. */
function plantState(dir: string, values: Float32Array): Metrics {
  const { writer, file, key } = opened(dir, 'plant.db')
  const assets = Array.from({ length: ASSETS }, (_, i) => `a${i}`)
  const wanted = assets.flatMap((assetId) =>
    Array.from({ length: SCALARS_PER_ASSET }, (_, i) => ({ id: `${assetId}.${i}`, assetId, kind: 'scalar' as const })),
  )
  writer.points(wanted)
  const waves = writer.points(assets.map((assetId) => ({ id: `${assetId}.w`, assetId, kind: 'waveform' })))
  writer.sessionStart(START_US)
  // Ends as far from the last snapshot of last values as it can: the worst case for whoever opens it.
  const ticks = 127
  for (let number = 1; number <= ticks; number++) {
    const atUs = START_US + number * TICK_US
    const features = number % 2 === 0 ? waves.map(({ key: pointKey }) => row(pointKey, atUs, values)) : []
    commit(writer, number, atUs, scalars(5 * ASSETS * SCALARS_PER_ASSET, number), features)
  }
  writer.close()
  const script = fileURLToPath(new URL('./state-child.ts', import.meta.url))
  const times = [0.2, 0.5, 0.8, 0.97].map((share) => String(START_US + Math.floor(ticks * share) * TICK_US))
  const runs = Array.from({ length: 5 }, () => {
    const out = execFileSync(process.execPath, [script, file, Buffer.from(key).toString('hex'), ...times])
    return JSON.parse(out.toString()) as { nowMs: number; past: number[]; held: number[]; processMs: number }
  })
  const median = (list: number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN
  return {
    plantStateAssets: ASSETS,
    plantStateHeld: runs[0]?.held,
    plantStateColdMs: median(runs.map(({ nowMs }) => nowMs)),
    plantStatePastMs: median(runs.flatMap(({ past }) => past)),
  }
}

function usedBytes(db: ReadDb): number {
  const pages = (name: string): number => Number(db.pragma(name, { simple: true }))
  return (pages('page_count') - pages('freelist_count')) * pageSize
}

/** Bytes a row with and without chunks, and how the trend of any span grows from 20,480 rows of a point to ten times as many. */
function featureStore(dir: string, vectors: readonly Float32Array[]): { metrics: Metrics; growth: number } {
  const sizes = [20_480, 204_800]
  const bytes = (compacted: boolean, rows: number): { perRow: number; trendMs: number } => {
    const { writer, file, key } = opened(dir, `features-${compacted}-${rows}.db`, compacted)
    const [point] = writer.points([{ id: 'w', assetId: 'a', kind: 'waveform' }])
    writer.sessionStart(START_US)
    const emptyBytes = usedBytes(writer.connection())
    const perTick = 1024
    for (let at = 0, number = 1; at < rows; at += perTick, number++) {
      const features = Array.from({ length: Math.min(perTick, rows - at) }, (_, i) =>
        row(point?.key ?? 1, START_US + (at + i) * 341_333, vectors[(at + i) % vectors.length] ?? new Float32Array(20)),
      )
      commit(writer, number, START_US + (at + perTick) * 341_333, none, features)
    }
    writer.close()
    const db = openForReading(file, key)
    const perRow = (usedBytes(db) - emptyBytes) / rows
    const endUs = START_US + rows * 341_333
    const times = [0.01, 0.05, 0.2, 0.5, 1].flatMap((share) =>
      Array.from({ length: 5 }, () => {
        const startMs = performance.now()
        featureTrend(db, point?.key ?? 1, 1, endUs - share * rows * 341_333, endUs, PIXELS)
        return performance.now() - startMs
      }),
    )
    db.close()
    fs.rmSync(file)
    return { perRow, trendMs: times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Number.NaN }
  }
  const plain = bytes(false, sizes[0] ?? 0)
  const [few, many] = sizes.map((rows) => bytes(true, rows))
  return {
    metrics: {
      featureBytesPerRow: plain.perRow,
      featureBytesPerRowInChunks: few?.perRow,
      featureTrendRowsP95Ms: plain.trendMs,
      featureTrendP95MsAt20480: few?.trendMs,
      featureTrendP95MsAt204800: many?.trendMs,
    },
    growth: (many?.trendMs ?? Number.NaN) / (few?.trendMs ?? Number.NaN),
  }
}

/** Twin state and feature rows; part of the store's bench. */
export async function benchState(): Promise<{ metrics: Metrics; ratios: Record<string, number> }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-bench-state-'))
  try {
    // As many as the smaller size, so that nothing repeats in what is weighed.
    const vectors = await plantFeatures(20_480)
    const state = plantState(dir, vectors[0] ?? new Float32Array(20))
    const { metrics, growth } = featureStore(dir, vectors)
    const bytes = Number(metrics['featureBytesPerRowInChunks']) / Number(metrics['featureBytesPerRow'])
    return { metrics: { ...state, ...metrics }, ratios: { featureTrendGrowth: growth, featureBytesToRows: bytes } }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
