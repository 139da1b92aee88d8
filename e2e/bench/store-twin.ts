import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openTwin, type Twin } from '../../electron/store/api.ts'
import { inTransaction, openForReading, openForWriting, pageSize, run } from '../../electron/store/database.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Capture } from '../../shared/domain/twin.ts'
import { root } from './children.ts'
import { Plant, START_US, TICK_SAMPLES, TICK_US } from './store-plant.ts'

/** The engine's threads as they are shipped: from the sources, each would carry the compiler that strips types. */
const built = (name: string): URL => pathToFileURL(path.join(root, 'out', 'engine', `store-${name}.js`))
export const workers = { writer: built('writer'), reader: built('reader'), compactor: built('compactor') }

export interface Where {
  dir: string
  file: string
  key: Uint8Array
}

export function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN
}

/** Of this thread: what other work on the machine does not lengthen as much. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Bytes a sample of the same mix as a row each, encrypted with the same cipher. */
export function rowPerSample({ dir, key }: Where): number {
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
export function usedBytes({ file, key }: Where): number {
  const db = openForReading(file, key)
  const pages = (name: string): number => Number(db.pragma(name, { simple: true }))
  const used = (pages('page_count') - pages('freelist_count')) * pageSize
  db.close()
  return used
}

/** 40 captures of 15 s at 25.6 kHz as a 16-bit converter gives them; megabytes of float32 samples handed in a second. */
export async function captures(twin: Twin, configHash: string): Promise<number> {
  const samples = new Float32Array(15 * 25_600)
  let seed = 1
  for (let i = 0; i < samples.length; i++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    const noise = seed / 2 ** 32 - 0.5
    samples[i] = Math.round(8000 * Math.sin(i / 13) + 4000 * Math.sin(i / 3.1) + 3000 * noise) / 4096
  }
  const how: Omit<Capture, 'id' | 'sourceUs'> = {
    pointKey: 1,
    cause: 'schedule',
    reason: 'bench',
    occurrenceId: null,
    sampleRateHz: 25_600,
    samples,
    gaps: [],
    rpm: 1772,
    runState: 'running',
    unit: 'g',
    contractVersion: 1,
    configHash,
  }
  const count = 40
  while ((await twin.compaction()).waitingSamples >= limits.compaction.samples) await sleep(20)
  const start = performance.now()
  let before: Promise<void> = Promise.resolve()
  for (let i = 0; i < count; i++) {
    // One on its way while the next is made ready, as an engine with several channels has it.
    const next = twin.putCapture({ ...how, id: `c${i}`, sourceUs: START_US + i })
    await before
    before = next
  }
  await before
  return (count * samples.byteLength) / 1e6 / ((performance.now() - start) / 1000)
}

/** A child that writes at full rate is killed after `receipts`; then the time from opening to the first receipt. */
export async function recovery({ file, key }: Where, fromTick: number, receipts: number): Promise<number> {
  const script = fileURLToPath(new URL('./store-child.ts', import.meta.url))
  const hex = Buffer.from(key).toString('hex')
  const child = spawn(process.execPath, [script, file, hex, String(fromTick)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.on('exit', resolve))
  let last = 0
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line)
    if (last >= receipts) child.kill('SIGKILL')
  }
  await ended
  if (last < receipts) throw new Error(`The child ended by itself after ${last} receipts.`)
  const tick = new Plant(fromTick + last).next()
  const start = performance.now()
  const twin = await openTwin({ file, key, workers })
  const atUs = START_US + (fromTick + last + 10) * TICK_US
  await twin.sessionStart(atUs)
  await twin.commitTick({ number: 1, atUs, scalars: tick, gaps: [], features: [] })
  const took = performance.now() - start
  await twin.close()
  return took
}
