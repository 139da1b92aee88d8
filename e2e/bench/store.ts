import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTwin, openTwinForReading, type Twin } from '../../electron/store/api.ts'
import { limits } from '../../shared/domain/limits.ts'
import { parquetBytesPerSample } from './parquet-size.ts'
import { manyPoints } from './store-many.ts'
import { Plant, POINTS, START_US, TICK_SAMPLES, TICK_US } from './store-plant.ts'
import { benchState } from './state.ts'
import { captures, cpuMs, quantile, recovery, rowPerSample, usedBytes, workers, type Where } from './store-twin.ts'

const PIXELS = 1600
const TREND_TURNS = 60
/** 10^7 samples: a size a sample does not change with more of them. */
const PARQUET_TICKS = 1e7 / TICK_SAMPLES
/** At most so many ticks handed in and not yet committed. */
const IN_FLIGHT = 4
/** Ticks behind the last run of compaction while trends are read: half of what a run takes. */
const TAIL_TICKS = Math.floor(limits.compaction.samples / TICK_SAMPLES / 2)

interface Fill {
  perSecond: number
  cpuUsPerSample: number
  commitP95Ms: number
  rssPeak: number
}

async function fill(twin: Twin, plant: Plant, fromTick: number, toTick: number): Promise<Fill> {
  const waiting = new Set<Promise<unknown>>()
  const times: number[] = []
  let rssPeak = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  for (let number = fromTick + 1; number <= toTick; number++) {
    const asked = performance.now()
    const scalars = plant.next()
    const commit: Promise<unknown> = twin
      .commitTick({ number, atUs: START_US + number * TICK_US, scalars, gaps: [], features: [] })
      .then(() => {
        times.push(performance.now() - asked)
        return waiting.delete(commit)
      })
    waiting.add(commit)
    if (waiting.size >= IN_FLIGHT) await Promise.race(waiting)
    if (number % 8 === 0) rssPeak = Math.max(rssPeak, process.memoryUsage.rss())
  }
  await Promise.all(waiting)
  // What is not in chunks at the end, but for less than a run of it, would be work that the figure leaves out.
  while ((await twin.compaction()).waitingSamples >= limits.compaction.samples) await sleep(20)
  const samples = (toTick - fromTick) * TICK_SAMPLES
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: samples / seconds,
    cpuUsPerSample: (user + system) / samples,
    commitP95Ms: quantile(times, 0.95),
    rssPeak,
  }
}

interface Reads {
  coldMedianMs: number
  coldP95Ms: number
  warmMedianMs: number
  warmP95Ms: number
  /** Processor time of the same reads, which other work on the machine does not lengthen as much. */
  coldCpuP95Ms: number
  warmCpuP95Ms: number
}

/**
 * Trends of spans from a minute to everything, from the beginning to now; cold: a connection of its own that has read nothing
 * yet. A third of them reach into the newest batches.
 */
async function reads({ file, key }: Where, ticks: number): Promise<Reads> {
  const allUs = ticks * TICK_US
  const cold: number[] = []
  const warm: number[] = []
  const coldCpu: number[] = []
  const warmCpu: number[] = []
  for (let turn = 0; turn < TREND_TURNS; turn++) {
    const spanUs = Math.max(60e6, Math.round(allUs / 4 ** (turn % 7)))
    const fromUs = START_US + Math.floor((allUs - spanUs) * ((turn % 10) / 9))
    const point = 1 + ((turn * 37) % POINTS)
    const twin = openTwinForReading({ file, key })
    for (const [times, cpu] of [[cold, coldCpu] as const, [warm, warmCpu] as const]) {
      const start = performance.now()
      const cpuStart = cpuMs()
      await twin.trend(point, fromUs, fromUs + spanUs, PIXELS)
      times.push(performance.now() - start)
      cpu.push(cpuMs() - cpuStart)
    }
    await twin.close()
  }
  return {
    coldMedianMs: quantile(cold, 0.5),
    coldP95Ms: quantile(cold, 0.95),
    warmMedianMs: quantile(warm, 0.5),
    warmP95Ms: quantile(warm, 0.95),
    coldCpuP95Ms: quantile(coldCpu, 0.95),
    warmCpuP95Ms: quantile(warmCpu, 0.95),
  }
}

/** Commits of 25,000 values every 200 ms, compaction beside them: a quarter more than an edge box is asked to take. */
async function paced(twin: Twin, plant: Plant, fromTick: number, ticks: number): Promise<Record<string, number>> {
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (let number = fromTick + 1; number <= fromTick + ticks; number++) {
    const scalars = plant.next()
    const start = performance.now()
    await twin.commitTick({ number, atUs: START_US + number * TICK_US, scalars, gaps: [], features: [] })
    times.push(performance.now() - start)
    await sleep(Math.max(0, limits.tickMs - (performance.now() - start)))
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    pacedCommitP95Ms: quantile(times, 0.95),
    pacedCommitMaxMs: Math.max(...times),
    pacedCpuUsPerSample: (user + system) / (ticks * TICK_SAMPLES),
  }
}

async function openingMs({ file, key }: Where): Promise<number> {
  const times: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    const start = performance.now()
    const twin = await openTwin({ file, key, workers })
    times.push(performance.now() - start)
    await twin.close()
  }
  return quantile(times, 0.5)
}

function sizesUpTo(most: number): number[] {
  const sizes = [1e6, 1e7, 1e8].filter((size) => size <= most)
  return sizes.length > 0 ? sizes : [most]
}

interface Result {
  metrics: Record<string, unknown>
  ratios: Record<string, number>
}

/** The same data once more, for the size of it in Parquet. */
function* ticksOf(count: number): Generator<ReturnType<Plant['next']>> {
  const plant = new Plant()
  for (let tick = 0; tick < count; tick++) yield plant.next()
}

async function measure(where: Where, sizes: readonly number[]): Promise<Result> {
  const metrics: Record<string, unknown> = {}
  const found: Reads[] = []
  const bytesPerRow = rowPerSample(where)
  const plant = new Plant()
  const rssBefore = process.memoryUsage.rss()
  let rssPeak = 0
  const twin = await openTwin({ ...where, workers })
  await twin.points(Array.from({ length: POINTS }, (_, i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' as const })))
  await twin.commitConfig({ hash: 'bench', text: '{}', author: 'bench', reason: 'bench', atUs: START_US })
  await twin.sessionStart(START_US)
  let ticks = 0
  for (const size of sizes) {
    const written = await fill(twin, plant, ticks, Math.round(size / TICK_SAMPLES))
    ticks = Math.round(size / TICK_SAMPLES)
    rssPeak = Math.max(rssPeak, written.rssPeak)
    metrics[`writtenTo${size}`] = written
    // The ticks behind the last run belong to what a trend of now has to read.
    await fill(twin, plant, ticks, ticks + TAIL_TICKS)
    ticks += TAIL_TICKS
    const read = await reads(where, ticks)
    found.push(read)
    metrics[`trendAt${size}`] = read
  }
  Object.assign(metrics, await paced(twin, plant, ticks, 60))
  ticks += 60
  await twin.close()
  const bytesPerSample = fs.statSync(where.file).size / (ticks * TICK_SAMPLES)
  metrics['bytesPerSample'] = bytesPerSample
  metrics['usedBytesPerSample'] = usedBytes(where) / (ticks * TICK_SAMPLES)
  metrics['bytesPerRow'] = bytesPerRow
  const parquet = parquetBytesPerSample(ticksOf(Math.min(ticks, PARQUET_TICKS)))
  metrics['parquetBytesPerSample'] = parquet
  metrics['memoryGrowthMB'] = (rssPeak - rssBefore) / 1e6
  metrics['openMs'] = await openingMs(where)
  metrics['manyPoints'] = await manyPoints({ ...where, file: path.join(where.dir, 'many.db') })
  metrics['recoveryMs'] = await recovery(where, ticks, 100)
  const again = await openTwin({ ...where, workers })
  metrics['captureMBPerSecond'] = await captures(again, 'bench')
  await again.close()
  const [first, last] = [found[0], found.at(-1)]
  const state = await benchState()
  return {
    metrics: { ...metrics, ...state.metrics },
    ratios: {
      ...state.ratios,
      readGrowth: first && last ? last.coldP95Ms / first.coldP95Ms : Number.NaN,
      readGrowthOfMedians: first && last ? last.coldMedianMs / first.coldMedianMs : Number.NaN,
      bytesToRowPerSample: bytesPerSample / bytesPerRow,
      bytesToParquet: bytesPerSample / parquet,
    },
  }
}

/** Up to 10^7 samples; 10^8 take longer than a bench may and are asked for by `--samples=1e8`. */
export async function benchStore(): Promise<Result> {
  const given = process.argv.find((arg) => arg.startsWith('--samples='))?.slice('--samples='.length)
  const most = Number(given ?? 1e7)
  if (!(most >= TICK_SAMPLES)) throw new RangeError(`--samples=${given}: give a number from ${TICK_SAMPLES} on.`)
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-bench-store-'))
  try {
    const where = { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
    return await measure(where, sizesUpTo(most))
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
