import type { CaptureGap } from '../../shared/domain/twin.ts'
import type { View } from './cursor-maths.ts'
import { MinMaxPyramid } from './min-max-pyramid.ts'

interface Piece {
  firstSample: number
  count: number
  /** Seconds from the start of the record. */
  startS: number
}

/** Columns to draw: each sample while they are few, minimum and maximum of each column otherwise. */
export interface WaveColumns {
  exact: boolean
  seconds: Float64Array
  /** NaN where samples are missing, so that no line is drawn across a gap. */
  min: Float32Array
  max: Float32Array
}

export interface WaveStatistics {
  count: number
  seconds: number
  mean: number
  rms: number
  /** Of the deviation from the mean, as the three below. */
  peak: number
  peakToPeak: number
  crest: number
  kurtosis: number
  min: number
  max: number
}

/** A stored waveform for drawing: any view of it costs its columns, not its samples. */
export class WaveRecord {
  readonly samples: Float32Array
  readonly sampleRateHz: number
  readonly durationS: number
  readonly #pieces: Piece[]
  readonly #pyramid: MinMaxPyramid

  constructor(samples: Float32Array, sampleRateHz: number, gaps: readonly CaptureGap[]) {
    this.samples = samples
    this.sampleRateHz = sampleRateHz
    this.#pyramid = new MinMaxPyramid(samples)
    this.#pieces = piecesOf(samples.length, sampleRateHz, gaps)
    const last = this.#pieces.at(-1)
    this.durationS = last ? last.startS + Math.max(0, last.count - 1) / sampleRateHz : 0
  }

  get range(): { min: number; max: number } {
    return this.#pyramid.range(0, this.samples.length)
  }

  get largest(): number {
    const { min, max } = this.range
    return Math.max(Math.abs(min), Math.abs(max))
  }

  /** Sample nearest to a time; within a gap the nearer edge. */
  indexAt(seconds: number): number {
    let best = 0
    let distance = Number.POSITIVE_INFINITY
    for (const { firstSample, count, startS } of this.#pieces) {
      const within = Math.min(count - 1, Math.max(0, Math.round((seconds - startS) * this.sampleRateHz)))
      const off = Math.abs(startS + within / this.sampleRateHz - seconds)
      if (off < distance) {
        distance = off
        best = firstSample + within
      }
    }
    return best
  }

  secondsAt(index: number): number {
    const piece = this.#pieces.findLast(({ firstSample }) => firstSample <= index) ?? this.#pieces[0]
    return piece ? piece.startS + (index - piece.firstSample) / this.sampleRateHz : 0
  }

  columns({ min: fromS, max: toS }: View, width: number): WaveColumns {
    const perColumn = ((toS - fromS) * this.sampleRateHz) / Math.max(1, width)
    return perColumn <= 2 ? this.#exact(fromS, toS) : this.#binned(fromS, toS, width)
  }

  #exact(fromS: number, toS: number): WaveColumns {
    const seconds: number[] = []
    const values: number[] = []
    for (const { firstSample, count, startS } of this.#pieces) {
      const first = Math.max(0, Math.floor((fromS - startS) * this.sampleRateHz) - 1)
      const last = Math.min(count - 1, Math.ceil((toS - startS) * this.sampleRateHz) + 1)
      if (first > last) continue
      if (seconds.length > 0) {
        seconds.push(startS + (first - 0.5) / this.sampleRateHz)
        values.push(Number.NaN)
      }
      for (let i = first; i <= last; i++) {
        seconds.push(startS + i / this.sampleRateHz)
        values.push(this.samples[firstSample + i] ?? Number.NaN)
      }
    }
    const drawn = Float32Array.from(values)
    return { exact: true, seconds: Float64Array.from(seconds), min: drawn, max: drawn }
  }

  #binned(fromS: number, toS: number, width: number): WaveColumns {
    const step = (toS - fromS) / width
    const seconds = new Float64Array(width)
    const min = new Float32Array(width).fill(Number.NaN)
    const max = new Float32Array(width).fill(Number.NaN)
    for (let column = 0; column < width; column++) seconds[column] = fromS + (column + 0.5) * step
    for (const { firstSample, count, startS } of this.#pieces) {
      const endS = startS + count / this.sampleRateHz
      const firstColumn = Math.max(0, Math.floor((startS - fromS) / step))
      const lastColumn = Math.min(width - 1, Math.ceil((endS - fromS) / step))
      for (let column = firstColumn; column <= lastColumn; column++) {
        const from = Math.max(0, Math.ceil((fromS + column * step - startS) * this.sampleRateHz - 1e-6))
        const to = Math.min(count, Math.ceil((fromS + (column + 1) * step - startS) * this.sampleRateHz - 1e-6))
        if (from >= to) continue
        const range = this.#pyramid.range(firstSample + from, firstSample + to)
        min[column] = Number.isNaN(min[column] ?? Number.NaN) ? range.min : Math.min(min[column] ?? 0, range.min)
        max[column] = Number.isNaN(max[column] ?? Number.NaN) ? range.max : Math.max(max[column] ?? 0, range.max)
      }
    }
    return { exact: false, seconds, min, max }
  }

  /** Of the samples between two times, both included. */
  statistics(fromS: number, toS: number): WaveStatistics {
    const [from, to] = [this.indexAt(Math.min(fromS, toS)), this.indexAt(Math.max(fromS, toS))]
    const count = to - from + 1
    let sum = 0
    for (let i = from; i <= to; i++) sum += this.samples[i] ?? 0
    const mean = sum / count
    let [second, fourth, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = from; i <= to; i++) {
      const value = this.samples[i] ?? 0
      const squared = (value - mean) ** 2
      second += squared
      fourth += squared * squared
      if (value < low) low = value
      if (value > high) high = value
    }
    const variance = second / count
    const rms = Math.sqrt(variance + mean * mean)
    const peak = Math.max(high - mean, mean - low)
    return {
      count,
      seconds: Math.abs(toS - fromS),
      mean,
      rms,
      peak,
      peakToPeak: high - low,
      crest: variance > 0 ? peak / Math.sqrt(variance) : Number.NaN,
      kurtosis: variance > 0 ? fourth / count / (variance * variance) : Number.NaN,
      min: low,
      max: high,
    }
  }
}

function piecesOf(count: number, sampleRateHz: number, gaps: readonly CaptureGap[]): Piece[] {
  const inner = gaps.filter(({ atSample }) => atSample > 0 && atSample < count)
  const pieces: Piece[] = []
  let lateS = 0
  let firstSample = 0
  for (const gap of [...inner, null]) {
    const end = gap?.atSample ?? count
    pieces.push({ firstSample, count: end - firstSample, startS: firstSample / sampleRateHz + lateS })
    firstSample = end
    if (gap) lateS += (gap.endUs - gap.startUs) / 1e6
  }
  return pieces
}
