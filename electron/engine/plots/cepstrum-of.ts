import type { PlotCepstrum } from '../../../shared/protocol/plots.ts'
import { realCepstrum } from '../../dsp/cepstrum.ts'
import { PlotRefusal } from './plot-refusal.ts'
import { unbroken, type Record } from './spectrum-of.ts'

export type CepstrumLines = Pick<PlotCepstrum, 'values' | 'stepS' | 'averages' | 'pieceSamples'>

/** 2.56 s at 25.6 kHz: of shafts down to 50 rpm three turns lie within. */
const mostPiece = 65_536
const mostPieces = 16
const fewest = 256
/** The slowest family anybody reads off: a cage of a machine at 200 rpm. */
const longestS = 1

/**
 * Real cepstrum of a record; of a long one the mean over pieces that overlap by half, as logarithms of spectra are averaged.
 * Throws PlotRefusal in a sentence.
 */
export function cepstrumOf(record: Record): CepstrumLines {
  const { sampleRateHz } = record
  const runs = unbroken(record)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), runs[0] ?? record.samples)
  if (longest.length < fewest)
    throw new PlotRefusal(`The longest piece without a gap has ${longest.length} samples: a cepstrum needs ${fewest}.`)
  const length = Math.min(longest.length - (longest.length % 2), mostPiece)
  const starts: number[] = []
  for (let from = longest.length - length; from >= 0 && starts.length < mostPieces; from -= length >> 1)
    starts.push(from)
  const shown = Math.min(length >> 1, Math.floor(longestS * sampleRateHz)) + 1
  const sum = new Float64Array(shown)
  for (const from of starts) {
    const { values } = realCepstrum(Float64Array.from(longest.subarray(from, from + length)), sampleRateHz)
    for (let i = 0; i < shown; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0)
  }
  return {
    values: Float32Array.from(sum, (value) => value / starts.length),
    stepS: 1 / sampleRateHz,
    averages: starts.length,
    pieceSamples: length,
  }
}
