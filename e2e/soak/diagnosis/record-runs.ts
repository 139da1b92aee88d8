import type { Analysis, Verdict } from '../../../shared/domain/analysis.ts'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { analyse, disguise, indexOf, readRecording, truthOf } from './recordings.ts'

export interface RecordRun {
  readonly id: string
  readonly set: string
  readonly truth: string
  /** how diagnosable experts found it: Y, P or N and 1 or 2; null: not graded */
  readonly grade: string | null
  readonly verdict: Verdict
  readonly confidence: number | null
  readonly rpm: number | null
  readonly speedAgrees: boolean | null
  readonly evidence: string
  /** the race that goes before the other in the candidates; null where there are none */
  readonly race: Verdict | null
  /** the same record with another gain and at another sample rate */
  readonly disguised: readonly Verdict[]
}

const isRace = (fault: Verdict): boolean => fault === 'outer-race' || fault === 'inner-race'

const firstRace = ({ diagnosis }: Analysis): Verdict | null =>
  diagnosis.candidates.find(({ fault }) => isRace(fault))?.fault ?? null

/** Verdict of every recording of `../shared/data`, as it is and in two disguises; null where the recordings are absent. */
export function runRecords(transforms: Transforms, folder: string): RecordRun[] | null {
  const records = indexOf(folder)
  if (records === null) return null
  return records.map((record) => {
    const recording = readRecording(folder, record)
    const asItIs = analyse(transforms, record, recording)
    const { diagnosis, speed } = asItIs
    // A standing machine's signal is steps of the converter, which another sample rate would smooth.
    const factors = record.label === 'stopped' ? [1, 1] : [0.98, 1.02]
    const disguised = factors.map((factor, i) => {
      const gain = i === 0 ? 0.01 : 100
      return analyse(transforms, record, disguise(recording, gain, factor)).diagnosis.verdict
    })
    return {
      id: record.id,
      set: record.dataset,
      truth: truthOf(record),
      grade: record.smith_randall_2015?.best ?? null,
      verdict: diagnosis.verdict,
      confidence: diagnosis.confidence,
      rpm: speed.usedRpm,
      speedAgrees: speed.agrees,
      evidence: diagnosis.evidence[0] ?? '',
      race: firstRace(asItIs),
      disguised,
    }
  })
}
