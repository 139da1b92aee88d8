import fs from 'node:fs'
import path from 'node:path'
import type { BearingOrders } from '../../../shared/domain/bearings.ts'
import { HISTORY_SCHEMA, type HistoryTime } from '../../../shared/domain/backtest.ts'
import { FaultList, HistoryFaults, isJson, isPositive, quote, type Json } from './backtest-faults.ts'
import { readTables, type HistoryTables } from './backtest-tables.ts'
import { historySeconds } from './backtest-time.ts'

export interface HistorySnapshot {
  readonly file: string
  readonly offset: number
  readonly samples: number
  readonly t: HistoryTime
  readonly timeS: number
  readonly rpm: number | null
}

export type History =
  | {
      readonly kind: 'snapshots'
      readonly sampleRateHz: number
      readonly bearing: BearingOrders | null
      readonly snapshots: readonly HistorySnapshot[]
    }
  | { readonly kind: 'tables'; readonly rpm: number | null; readonly tables: HistoryTables }

/** Shorter pieces have no octave bands. */
const SHORTEST = 256

function readIndex(file: string): Json {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const why =
      code === 'ENOENT'
        ? 'does not exist: check the path'
        : code === 'EISDIR'
          ? 'is a folder: name the index file in it'
          : `cannot be read (${code}): check its rights`
    throw new HistoryFaults([`${file} ${why}.`])
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new HistoryFaults([
      `${file} is not JSON (${error instanceof Error ? error.message : String(error)}): repair it or export it again.`,
    ])
  }
  if (!isJson(parsed)) throw new HistoryFaults([`${file} is JSON, but not an object: write a ${HISTORY_SCHEMA} index.`])
  return parsed
}

function bearingOf(index: Json, faults: FaultList): BearingOrders | null {
  const { bearing } = index
  if (bearing === undefined || bearing === null) return null
  const orders = ['bpfo', 'bpfi', 'bsf', 'ftf'] as const
  if (!isJson(bearing)) {
    faults.add(`bearing ${quote(bearing)}: write { "bpfo", "bpfi", "bsf", "ftf" } as events a shaft revolution.`)
    return null
  }
  for (const order of orders) {
    if (!isPositive(bearing[order]))
      faults.add(`bearing.${order} ${quote(bearing[order])}: give a positive number of events a shaft revolution.`)
  }
  const [bpfo, bpfi, bsf, ftf] = orders.map((order) => Number(bearing[order]))
  return { bpfo: bpfo ?? 0, bpfi: bpfi ?? 0, bsf: bsf ?? 0, ftf: ftf ?? 0 }
}

function rpmOf(value: unknown, where: string, faults: FaultList): number | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  faults.add(`${where} ${quote(value)}: give revolutions a minute, 0 or more, or leave it out.`)
  return null
}

/** Length in samples of each file that is named, so that no file is asked twice. */
class FileLengths {
  readonly #known = new Map<string, number | string>()
  readonly #told = new Set<string>()

  /** True once for each file: thousands of snapshots may share one that is missing. */
  isNews(file: string): boolean {
    const isNews = !this.#told.has(file)
    this.#told.add(file)
    return isNews
  }

  of(file: string): number | string {
    const known = this.#known.get(file)
    if (known !== undefined) return known
    const found = FileLengths.#look(file)
    this.#known.set(file, found)
    return found
  }

  static #look(file: string): number | string {
    if (path.extname(file).toLowerCase() !== '.f32')
      return `${file} is not .f32 (raw little-endian float32): convert the snapshots`
    try {
      const { size } = fs.statSync(file)
      if (size % 4 !== 0) return `${file} has ${size} bytes, no whole number of float32 samples: it may be cut short`
      return size / 4
    } catch {
      return `${file} does not exist or cannot be read: put it there or correct the path`
    }
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

interface SnapshotContext {
  readonly folder: string
  readonly rpm: number | null
  readonly lengths: FileLengths
  readonly faults: FaultList
}

function readSnapshot(entry: unknown, i: number, context: SnapshotContext): HistorySnapshot | null {
  const { faults, folder } = context
  const where = `snapshots[${i}]`
  if (!isJson(entry)) {
    faults.add(`${where} ${quote(entry)}: write { "file", "t" }, with "offset" and "samples" where files are shared.`)
    return null
  }
  const { file: name, offset = 0, samples, t } = entry
  const timeS = historySeconds(t)
  if ((typeof t !== 'string' && typeof t !== 'number') || Number.isNaN(timeS)) {
    faults.add(`${where}.t ${quote(t)}: give an ISO time or seconds from the start.`)
    return null
  }
  const rpm = rpmOf(entry['rpm'], `${where}.rpm`, faults) ?? context.rpm
  if (typeof name !== 'string' || name === '') {
    faults.add(`${where}.file ${quote(name)}: name a .f32 file, relative to the index.`)
    return null
  }
  const file = path.resolve(folder, name)
  const length = context.lengths.of(file)
  if (typeof length === 'string') {
    if (context.lengths.isNews(file)) faults.add(`${where}.file: ${length}.`)
    return null
  }
  if (!isCount(offset) || (samples !== undefined && !isCount(samples))) {
    faults.add(`${where}.offset ${quote(offset)}, samples ${quote(samples)}: both are whole numbers of samples.`)
    return null
  }
  const count = samples ?? length - offset
  if (offset + count > length) {
    faults.add(`${where} reaches to sample ${offset + count}, but ${name} holds ${length}: correct offset or samples.`)
    return null
  }
  if (count < SHORTEST) {
    faults.add(`${where} holds ${count} samples: at least ${SHORTEST} are needed for its bands.`)
    return null
  }
  return { file, offset, samples: count, t, timeS, rpm }
}

/** Reads and checks a `millwright/history@1` index. Throws `HistoryFaults` with every fault in it. */
export function readHistory(file: string): History {
  const index = readIndex(file)
  const faults = new FaultList()
  const folder = path.dirname(file)
  const { schema, snapshots, tables } = index
  if (schema !== undefined && schema !== HISTORY_SCHEMA)
    faults.add(`schema ${quote(schema)}: this version reads ${HISTORY_SCHEMA}.`)
  const rpm = rpmOf(index['rpm'], 'rpm', faults)
  if ((snapshots === undefined) === (tables === undefined)) {
    const both = snapshots !== undefined
    faults.add(
      `${file} has ${both ? 'both' : 'neither'} snapshots ${both ? 'and' : 'nor'} tables: give one of the two.`,
    )
    faults.throwIfAny()
  }
  if (tables !== undefined) {
    const read = readTables(index, folder, faults)
    faults.throwIfAny()
    if (read === null) throw new HistoryFaults([`${file} holds no table that can be read.`])
    return { kind: 'tables', rpm, tables: read }
  }
  const { sampleRateHz } = index
  if (!isPositive(sampleRateHz)) faults.add(`sampleRateHz ${quote(sampleRateHz)}: give the sample rate in Hz.`)
  const bearing = bearingOf(index, faults)
  if (!Array.isArray(snapshots) || snapshots.length === 0)
    faults.add(`snapshots ${quote(snapshots)}: list at least one.`)
  const context: SnapshotContext = { folder, rpm, lengths: new FileLengths(), faults }
  const list = Array.isArray(snapshots) ? snapshots : []
  const read = list.flatMap((entry: unknown, i) => readSnapshot(entry, i, context) ?? [])
  faults.throwIfAny()
  return { kind: 'snapshots', sampleRateHz: Number(sampleRateHz), bearing, snapshots: read }
}
