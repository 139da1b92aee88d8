import fs from 'node:fs'
import path from 'node:path'
import type { Analysis, AnalysisUnit } from '../../../shared/domain/analysis.ts'
import { unknownMachine } from '../../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { defaultEnvelopeBand } from '../../../electron/dsp/envelope.ts'
import { analyseRecording } from '../../../electron/engine/recording-analysis.ts'

export interface IndexRecord {
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

/** A recording as it is, or in pieces of equal length. */
export interface Recording {
  readonly pieces: readonly Float64Array[]
  readonly sampleRateHz: number
  readonly rpm: number | null
}

export function indexOf(folder: string): readonly IndexRecord[] | null {
  const index = path.join(folder, 'index.json')
  if (!fs.existsSync(index)) return null
  const { records } = JSON.parse(fs.readFileSync(index, 'utf8')) as { records: IndexRecord[] }
  return records
}

export const truthOf = ({ label }: IndexRecord): string => truths[label] ?? label

export function readRecording(folder: string, record: IndexRecord): Recording {
  const raw = fs.readFileSync(path.join(folder, record.file))
  const whole = Float64Array.from(new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4))
  const piece = record.segment_length ?? whole.length
  const pieces: Float64Array[] = []
  for (let at = 0; at + piece <= whole.length; at += piece) pieces.push(whole.subarray(at, at + piece))
  return {
    pieces,
    sampleRateHz: record.fs_hz ?? record.fs_hz_estimate ?? Number.NaN,
    rpm: record.rpm ?? record.rpm_estimate ?? null,
  }
}

/** Another gain, at another sample rate. */
export function disguise({ pieces, sampleRateHz, rpm }: Recording, gain: number, factor: number): Recording {
  const changed = pieces.map((piece) => {
    const scaled = piece.map((value) => value * gain)
    return factor === 1 ? scaled : resample(scaled, factor)
  })
  return { pieces: changed, sampleRateHz: sampleRateHz * factor, rpm }
}

export function analyse(transforms: Transforms, record: IndexRecord, recording: Recording): Analysis {
  const { pieces, sampleRateHz, rpm } = recording
  const length = pieces[0]?.length ?? 0
  const samples = new Float64Array(length * pieces.length)
  for (const [i, one] of pieces.entries()) samples.set(one, i * length)
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
    rpm,
    bearing: orders ? { name: null, source: null, verified: null, orders } : null,
    mainsHz: 60,
    machine: null,
    facts: unknownMachine,
    rpmRange: null,
    ownVelocityMmS: null,
  })
}
