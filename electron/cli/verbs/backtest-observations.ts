import fs from 'node:fs'
import type { HistoryTime } from '../../../shared/domain/backtest.ts'
import type { Observation } from '../../diagnosis/warning/health-monitor.ts'
import { watchedFeature } from '../../diagnosis/warning/watched-features.ts'
import { checkSignal } from '../../diagnosis/signal-quality.ts'
import { FEWEST_REVOLUTIONS, resolvesFaultLines, snapshotFeatures } from '../../dsp/snapshot-features.ts'
import type { History, HistorySnapshot } from './backtest-index.ts'

export interface TimedObservation {
  readonly observation: Observation
  readonly t: HistoryTime
}

/** Reads pieces of files that follow one another; only the current file stays open. */
class SampleReader {
  #file = ''
  #handle: number | null = null

  read({ file, offset, samples }: HistorySnapshot): { values: Float64Array; invalid: number } {
    if (this.#file !== file || this.#handle === null) {
      this.close()
      this.#handle = fs.openSync(file, 'r')
      this.#file = file
    }
    const bytes = Buffer.alloc(4 * samples)
    const got = fs.readSync(this.#handle, bytes, 0, bytes.length, 4 * offset)
    const values = new Float64Array(samples)
    let invalid = 0
    for (let i = 0; i < samples; i += 1) {
      const value = 4 * i + 4 <= got ? bytes.readFloatLE(4 * i) : Number.NaN
      if (Number.isFinite(value)) values[i] = value
      else invalid += 1
    }
    return { values, invalid }
  }

  close(): void {
    if (this.#handle !== null) fs.closeSync(this.#handle)
    this.#handle = null
  }
}

function* fromSnapshots(history: Extract<History, { kind: 'snapshots' }>): Generator<TimedObservation> {
  const { sampleRateHz, bearing, snapshots } = history
  const reader = new SampleReader()
  try {
    for (const [index, snapshot] of snapshots.entries()) {
      const { values, invalid } = reader.read(snapshot)
      const signal = checkSignal(values, invalid, sampleRateHz)
      const quality = signal.sensorFault
        ? 'unusable'
        : signal.onlyQuantisation
          ? 'standing'
          : signal.clipped
            ? 'clipped'
            : 'good'
      const { rpm, t, timeS } = snapshot
      const features = snapshotFeatures(values, { sampleRateHz, rpm, bearing })
      yield { observation: { index, timeS, rpm, features, quality }, t }
    }
  } finally {
    reader.close()
  }
}

const speedColumn = (names: readonly string[]): string | undefined => names.find((name) => /^(rpm|speed)$/i.test(name))

function* fromTables({ tables, rpm }: Extract<History, { kind: 'tables' }>): Generator<TimedObservation> {
  const names = [...tables.features.keys()]
  const speed = speedColumn(names)
  for (let index = 0; index < tables.rows; index += 1) {
    const value = (name: string): number => tables.features.get(name)?.[index] ?? Number.NaN
    const features = Object.fromEntries(names.filter((name) => name !== speed).map((name) => [name, value(name)]))
    const measured = speed === undefined ? Number.NaN : value(speed)
    const observation: Observation = {
      index,
      timeS: tables.timeS[index] ?? Number.NaN,
      rpm: Number.isNaN(measured) ? rpm : Math.max(0, measured),
      features,
      quality: 'good',
    }
    yield { observation, t: tables.t[index] ?? index }
  }
}

/** The history as the machine would have delivered it, one observation after the other. */
export function observations(history: History): Generator<TimedObservation> {
  return history.kind === 'snapshots' ? fromSnapshots(history) : fromTables(history)
}

/** What the history cannot give, in a sentence each, before anything is judged. */
export function limitations(history: History): string[] {
  if (history.kind === 'tables') {
    const names = [...history.tables.features.keys()]
    const ignored = names.filter((name) => name !== speedColumn(names) && watchedFeature(name) === null)
    return ignored.length === 0
      ? []
      : [`Not watched, since what they tell is in the others or has no agreed meaning: ${ignored.join(', ')}.`]
  }
  const { sampleRateHz, bearing, snapshots } = history
  const [first] = snapshots
  if (first === undefined) return []
  if (bearing === null) return ['No bearing is given: fault lines are not watched.']
  if (first.rpm === null) return ['No speed is given: fault lines are not watched.']
  if (resolvesFaultLines(first.samples, { sampleRateHz, rpm: first.rpm, bearing })) return []
  const revolutions = ((first.samples / sampleRateHz) * first.rpm) / 60
  return [
    `A snapshot holds ${revolutions.toFixed(1)} shaft revolutions, and ${FEWEST_REVOLUTIONS} are needed to tell fault lines apart: they are not watched.`,
  ]
}
