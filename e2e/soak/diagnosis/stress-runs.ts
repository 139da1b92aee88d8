import type { Verdict } from '../../../shared/domain/analysis.ts'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { Dice, syntheticMachine } from '../../../electron/testkit/diagnosis/synthetic.ts'
import { analyse, indexOf, readRecording, truthOf, type Recording } from './recordings.ts'

type Change = (recording: Recording, dice: Dice) => Recording[]

/** Each piece of a recording in several, or its many pieces dealt out. */
function cut(parts: number): Change {
  return (recording) =>
    Array.from({ length: parts }, (_, part) => {
      const { pieces } = recording
      if (pieces.length >= parts) {
        const share = Math.floor(pieces.length / parts)
        return { ...recording, pieces: pieces.slice(part * share, (part + 1) * share) }
      }
      const shorter = pieces.map((piece) => {
        const length = 2 * Math.floor(piece.length / parts / 2)
        return piece.slice(part * length, (part + 1) * length)
      })
      return { ...recording, pieces: shorter }
    })
}

function rmsOf(values: Float64Array): number {
  let squares = 0
  for (const value of values) squares += value * value
  return Math.sqrt(squares / Math.max(1, values.length))
}

/** Noise of three resonances of its own beside the recording, at a signal-to-noise ratio over the whole. */
function noisy(snrDb: number): Change {
  return (recording, dice) => {
    const { pieces, sampleRateHz } = recording
    const resonances = Array.from({ length: 3 }, () => ({
      hz: dice.between(0.1, 0.8) * (sampleRateHz / 2),
      damping: dice.between(0.02, 0.1),
    }))
    const changed = pieces.map((piece) => {
      const mean = piece.reduce((sum, value) => sum + value, 0) / piece.length
      const noiseMps2 = rmsOf(piece.map((value) => value - mean)) * 10 ** (-snrDb / 20)
      const seconds = piece.length / sampleRateHz
      const noise = syntheticMachine({ sampleRateHz, seconds, tones: [], noiseMps2, resonances }, dice)
      return piece.map((value, i) => value + (noise[i] ?? 0))
    })
    return [{ ...recording, pieces: changed }]
  }
}

function misread(factor: number): Change {
  return (recording) => [{ ...recording, rpm: recording.rpm === null ? null : recording.rpm * factor }]
}

const changes: readonly { readonly name: string; readonly change: Change }[] = [
  { name: 'as it is', change: (recording) => [recording] },
  { name: 'halves', change: cut(2) },
  { name: 'thirds', change: cut(3) },
  { name: 'noise at 6 dB', change: noisy(6) },
  { name: 'noise at 0 dB', change: noisy(0) },
  { name: 'noise at -6 dB', change: noisy(-6) },
  { name: 'written speed -2 %', change: misread(0.98) },
  { name: 'written speed -1 %', change: misread(0.99) },
  { name: 'written speed +1 %', change: misread(1.01) },
  { name: 'written speed +2 %', change: misread(1.02) },
]

export interface StressRuns {
  readonly change: string
  readonly faulty: number
  readonly right: number
  readonly undecided: number
  readonly normal: number
  /** a fault that is not there, on a damaged bearing */
  readonly wrong: readonly string[]
  readonly healthy: number
  /** a fault named on a healthy one */
  readonly accused: readonly string[]
}

const quiet: readonly Verdict[] = ['normal', 'undecided', 'not-running', 'unknown-fault']

/** The recordings with a bearing, made worse in stated ways: a verdict may be lost, another fault may not be found. */
export function runStress(transforms: Transforms, folder: string, seed: number): StressRuns[] | null {
  const records = indexOf(folder)?.filter(({ bearing, label }) => bearing !== undefined && label !== 'stopped')
  if (records === undefined) return null
  return changes.map(({ name, change }) => {
    const counted = { faulty: 0, right: 0, undecided: 0, normal: 0, healthy: 0 }
    const wrong: string[] = []
    const accused: string[] = []
    for (const [i, record] of records.entries()) {
      const truth = truthOf(record)
      for (const recording of change(readRecording(folder, record), new Dice(seed + i))) {
        const { verdict } = analyse(transforms, record, recording).diagnosis
        const isHealthy = truth === 'normal'
        const isAccusation = !quiet.includes(verdict) && verdict !== truth
        if (isHealthy) counted.healthy += 1
        else counted.faulty += 1
        if (isAccusation) (isHealthy ? accused : wrong).push(`${record.id}: ${verdict}`)
        else if (!isHealthy && verdict === truth) counted.right += 1
        else if (!isHealthy && verdict === 'normal') counted.normal += 1
        else if (!isHealthy) counted.undecided += 1
      }
    }
    return { change: name, ...counted, wrong, accused }
  })
}
