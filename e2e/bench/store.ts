import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTwin, openTwinForReading, type Twin } from '../../electron/store/api.ts'
import { inTransaction, openForReading, openForWriting, pageSize, run } from '../../electron/store/database.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { benchState } from './state.ts'

/**
 * A plant of 500 points at 10 Hz, in equal parts: slow temperatures (hundredths of a degree, a random walk), noisy pressures
 * (thousandths of a bar), counters, setpoints and booleans that change now and then. The clock of a point ticks in milliseconds
 * and is a millisecond late one time in eight; server times follow within 3 ms; receive times are one per message of 5 s. One
 * sample in 2000 is bad.
 */
const POINTS = 500
const PER_TICK = 50
const CADENCE_US = 100_000
const TICK_SAMPLES = POINTS * PER_TICK
const START_US = Date.UTC(2026, 0, 1) * 1000
const PIXELS = 1600
/** At most so many ticks handed in and not yet committed. */
const IN_FLIGHT = 4

class Plant {
  #seed = 9
  #tick = 0
  readonly #state = new Float64Array(POINTS).fill(1000)

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }

  #value(point: number): number {
    const before = this.#state[point] as number
    const draw = this.#random()
    let next = before
    const kind = point % 5
    if (kind === 0) next = before + (draw < 0.25 ? -1 : draw > 0.75 ? 1 : 0)
    else if (kind === 1) next = 4200 + Math.round(40 * (draw + this.#random() - 1))
    else if (kind === 2) next = before + (draw < 0.3 ? 1 : 0)
    else if (draw < 0.001) next = kind === 3 ? 500 + Math.floor(draw * 1e6) : 1 - (before % 2)
    this.#state[point] = next
    return kind === 0 ? next / 100 : kind === 1 ? next / 1000 : kind === 4 ? next % 2 : next
  }

  /** The next 5 s of the whole plant, in the order a server would send them: a message per sampling instant. */
  next(): ScalarColumns {
    const columns: ScalarColumns = {
      count: TICK_SAMPLES,
      pointKey: new Uint32Array(TICK_SAMPLES),
      sourceUs: new Float64Array(TICK_SAMPLES),
      sourceTick: new Uint8Array(TICK_SAMPLES),
      serverUs: new Float64Array(TICK_SAMPLES),
      receiveUs: new Float64Array(TICK_SAMPLES),
      value: new Float64Array(TICK_SAMPLES),
      status: new Uint32Array(TICK_SAMPLES),
    }
    const startUs = START_US + this.#tick++ * PER_TICK * CADENCE_US
    const receiveUs = startUs + PER_TICK * CADENCE_US + Math.floor(this.#random() * 20) * 1000
    let row = 0
    for (let i = 0; i < PER_TICK; i++) {
      for (let point = 0; point < POINTS; point++, row++) {
        const draw = this.#random()
        const sourceUs = startUs + i * CADENCE_US + (draw < 0.125 ? 1000 : 0)
        columns.pointKey[row] = point + 1
        columns.sourceUs[row] = sourceUs
        columns.serverUs[row] = sourceUs + (Math.floor(draw * 32) % 4) * 1000
        columns.receiveUs[row] = receiveUs
        columns.value[row] = this.#value(point)
        columns.status[row] = draw > 0.9995 ? 0x80050000 : 0
      }
    }
    return columns
  }
}

function quantile(times: number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN
}

async function fill(twin: Twin, plant: Plant, fromTick: number, toTick: number): Promise<number> {
  const waiting = new Set<Promise<unknown>>()
  const start = performance.now()
  for (let number = fromTick + 1; number <= toTick; number++) {
    const scalars = plant.next()
    const commit: Promise<unknown> = twin
      .commitTick({ number, atUs: START_US + number * PER_TICK * CADENCE_US, scalars, gaps: [], features: [] })
      .then(() => waiting.delete(commit))
    waiting.add(commit)
    if (waiting.size >= IN_FLIGHT) await Promise.race(waiting)
  }
  await Promise.all(waiting)
  // What is not in chunks at the end would be work that the figure leaves out.
  const due = toTick - limits.compaction.samples / TICK_SAMPLES
  while ((await twin.counts()).compactedTicks < due) await sleep(20)
  return ((toTick - fromTick) * TICK_SAMPLES) / ((performance.now() - start) / 1000)
}

interface Reads {
  coldMedianMs: number
  coldP95Ms: number
  warmMedianMs: number
  warmP95Ms: number
}

/** Trends of spans from a minute to everything; cold: a connection of its own that has read nothing yet. */
async function reads(file: string, key: Uint8Array, ticks: number): Promise<Reads> {
  const allUs = ticks * PER_TICK * CADENCE_US
  const cold: number[] = []
  const warm: number[] = []
  for (let turn = 0; turn < 20; turn++) {
    const spanUs = Math.max(60e6, Math.round(allUs / 4 ** (turn % 5)))
    const fromUs = START_US + Math.floor(((allUs - spanUs) * turn) / 20)
    const point = 1 + ((turn * 37) % POINTS)
    const twin = openTwinForReading({ file, key })
    for (const times of [cold, warm]) {
      const start = performance.now()
      await twin.trend(point, fromUs, fromUs + spanUs, PIXELS)
      times.push(performance.now() - start)
    }
    await twin.close()
  }
  return {
    coldMedianMs: quantile(cold, 0.5),
    coldP95Ms: quantile(cold, 0.95),
    warmMedianMs: quantile(warm, 0.5),
    warmP95Ms: quantile(warm, 0.95),
  }
}

/** Commits of 25,000 values every 200 ms, compaction beside them: a quarter more than an edge box is asked to take. */
async function paced(twin: Twin, plant: Plant, fromTick: number, ticks: number): Promise<number[]> {
  const times: number[] = []
  for (let number = fromTick + 1; number <= fromTick + ticks; number++) {
    const scalars = plant.next()
    const start = performance.now()
    const atUs = START_US + number * PER_TICK * CADENCE_US
    await twin.commitTick({ number, atUs, scalars, gaps: [], features: [] })
    times.push(performance.now() - start)
    await sleep(Math.max(0, limits.tickMs - (performance.now() - start)))
  }
  return times
}

/** Bytes of the same mix as a row each, encrypted with the same cipher. */
function rowPerSample(dir: string, key: Uint8Array): number {
  const file = path.join(dir, 'rows.db')
  const db = openForWriting(file, key)
  db.exec(
    'CREATE TABLE sample (point INTEGER, source_us INTEGER, server_us INTEGER, receive_us INTEGER, value REAL, status INTEGER)',
  )
  const plant = new Plant()
  const ticks = 12
  for (let turn = 0; turn < ticks; turn++) {
    const c = plant.next()
    inTransaction(db, () => {
      for (let i = 0; i < c.count; i++) {
        const row = [c.pointKey[i], c.sourceUs[i], c.serverUs[i], c.receiveUs[i], c.value[i], c.status[i]]
        run(db, 'INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?)', ...row.map((value) => value ?? null))
      }
    })
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  const bytes = fs.statSync(file).size / (ticks * TICK_SAMPLES)
  fs.rmSync(file)
  return bytes
}

/** Without the free pages that the next ticks will take. */
function usedBytes(file: string, key: Uint8Array): number {
  const db = openForReading(file, key)
  const pages = (name: string): number => Number(db.pragma(name, { simple: true }))
  const used = (pages('page_count') - pages('freelist_count')) * pageSize
  db.close()
  return used
}

/** 10^8 samples take longer than a bench may: STORE_BENCH_SAMPLES=1e8 asks for them. */
export async function benchStore(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-bench-store-'))
  const file = path.join(dir, 'twin.db')
  const key = Uint8Array.from(randomBytes(32))
  const workers = {
    writer: new URL('../../electron/store/writer.worker.ts', import.meta.url),
    reader: new URL('../../electron/store/reader.worker.ts', import.meta.url),
    compactor: new URL('../../electron/store/compactor.worker.ts', import.meta.url),
  }
  const sizes = [1e6, 1e7, 1e8]
  const most = Number(process.env['STORE_BENCH_SAMPLES'] ?? 1e7)
  const metrics: Record<string, unknown> = {}
  const found: Reads[] = []
  try {
    const rowBytes = rowPerSample(dir, key)
    let twin = await openTwin({ file, key, workers })
    await twin.points(
      Array.from({ length: POINTS }, (_, i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' as const })),
    )
    await twin.sessionStart(START_US)
    const plant = new Plant()
    let ticks = 0
    for (const size of sizes.filter((wanted) => wanted <= most)) {
      const to = size / TICK_SAMPLES
      metrics[`writtenPerSecondTo${size}`] = await fill(twin, plant, ticks, to)
      ticks = to
      const read = await reads(file, key, ticks)
      found.push(read)
      metrics[`trendAt${size}`] = read
    }
    const commits = await paced(twin, plant, ticks, 60)
    metrics['pacedCommitP95Ms'] = quantile(commits, 0.95)
    metrics['pacedCommitMaxMs'] = Math.max(...commits)
    ticks += commits.length
    await twin.close()
    const bytesPerSample = fs.statSync(file).size / (ticks * TICK_SAMPLES)
    metrics['usedBytesPerSample'] = usedBytes(file, key) / (ticks * TICK_SAMPLES)
    const start = performance.now()
    twin = await openTwin({ file, key, workers })
    metrics['openMs'] = performance.now() - start
    await twin.close()
    const rssMiB = process.memoryUsage().rss / 2 ** 20
    const state = await benchState()
    const [first, last] = [found[0], found.at(-1)]
    return {
      metrics: {
        ...metrics,
        bytesPerSample,
        bytesPerRow: rowBytes,
        rssMiB,
        ...state.metrics,
      },
      ratios: {
        readGrowth: first && last ? last.coldMedianMs / first.coldMedianMs : Number.NaN,
        bytesToRowPerSample: bytesPerSample / rowBytes,
        ...state.ratios,
      },
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
