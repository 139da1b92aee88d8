import fs from 'node:fs'
import path from 'node:path'
import type { Analysis, AnalysisUnit, Verdict } from '../../../shared/domain/analysis.ts'
import { unknownMachine } from '../../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { defaultEnvelopeBand } from '../../../electron/dsp/envelope.ts'
import { analyseRecording } from '../../../electron/engine/recording-analysis.ts'

interface IndexRecord {
  readonly id: string
  readonly file: string
  readonly dataset: string
  readonly label: string
  readonly units?: string
  readonly fs_hz: number | null
  readonly fs_hz_estimate?: number
  readonly rpm?: number
  readonly rpm_estimate?: number
  readonly segment_length?: number
  readonly bearing?: Record<'BPFO' | 'BPFI' | 'BSF' | 'FTF', number>
  readonly smith_randall_2015?: { readonly best: string }
}

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
  /** the same record with another gain and at another sample rate */
  readonly disguised: readonly Verdict[]
}

const truths: Readonly<Record<string, string>> = {
  normal: 'normal',
  inner: 'inner-race',
  outer: 'outer-race',
  ball: 'rolling-element',
  stopped: 'not-running',
  gear_broken_tooth: 'gear',
}

/** Band-limited interpolation: sinc under a Hann window of 2 x 16 samples. */
function resample(samples: Float64Array, factor: number): Float64Array {
  const taps = 16
  const cutoff = Math.min(1, factor)
  return Float64Array.from({ length: Math.floor(samples.length * factor) - 1 }, (_, i) => {
    const t = i / factor
    const to = Math.min(samples.length - 1, Math.floor(t + taps))
    let sum = 0
    for (let n = Math.max(0, Math.ceil(t - taps)); n <= to; n += 1) {
      const x = t - n
      const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x)
      sum += (samples[n] as number) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / taps))
    }
    return sum
  })
}

interface Disguise {
  readonly gain: number
  readonly factor: number
}

function analyse(transforms: Transforms, folder: string, record: IndexRecord, { gain, factor }: Disguise): Analysis {
  const raw = fs.readFileSync(path.join(folder, record.file))
  const whole = Float64Array.from(new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4), (value) => value * gain)
  const piece = record.segment_length ?? whole.length
  const pieces: Float64Array[] = []
  for (let at = 0; at + piece <= whole.length; at += piece)
    pieces.push(factor === 1 ? whole.subarray(at, at + piece) : resample(whole.subarray(at, at + piece), factor))
  const length = pieces[0]?.length ?? 0
  const samples = new Float64Array(length * pieces.length)
  for (const [i, one] of pieces.entries()) samples.set(one, i * length)
  const sampleRateHz = factor * (record.fs_hz ?? record.fs_hz_estimate ?? Number.NaN)
  const unit: AnalysisUnit = /^g\b/.test(record.units ?? '') ? 'g' : 'unknown'
  const { bearing } = record
  const orders = bearing && { bpfo: bearing.BPFO, bpfi: bearing.BPFI, bsf: bearing.BSF, ftf: bearing.FTF }
  return analyseRecording(transforms, {
    samples,
    invalid: 0,
    sampleRateHz,
    bandHz: defaultEnvelopeBand(sampleRateHz),
    pieceLength: record.segment_length === undefined ? null : length,
    unit,
    rpm: record.rpm ?? record.rpm_estimate ?? null,
    bearing: orders ? { name: null, source: null, verified: null, orders } : null,
    mainsHz: 60,
    machine: null,
    facts: unknownMachine,
    ownVelocityMmS: null,
  })
}

/** Verdict of every recording of `../shared/data`, as it is and in two disguises; null where the recordings are absent. */
export function runRecords(transforms: Transforms, folder: string): RecordRun[] | null {
  const index = path.join(folder, 'index.json')
  if (!fs.existsSync(index)) return null
  const { records } = JSON.parse(fs.readFileSync(index, 'utf8')) as { records: IndexRecord[] }
  return records.map((record) => {
    const { diagnosis, speed } = analyse(transforms, folder, record, { gain: 1, factor: 1 })
    // A standing machine's signal is steps of the converter, which another sample rate would smooth.
    const factors = record.label === 'stopped' ? [1, 1] : [0.98, 1.02]
    const disguised = factors.map((factor, i) => {
      const gain = i === 0 ? 0.01 : 100
      return analyse(transforms, folder, record, { gain, factor }).diagnosis.verdict
    })
    return {
      id: record.id,
      set: record.dataset,
      truth: truths[record.label] ?? record.label,
      grade: record.smith_randall_2015?.best ?? null,
      verdict: diagnosis.verdict,
      confidence: diagnosis.confidence,
      rpm: speed.usedRpm,
      speedAgrees: speed.agrees,
      evidence: diagnosis.evidence[0] ?? '',
      disguised,
    }
  })
}
