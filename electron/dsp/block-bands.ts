import type { Samples } from '../../shared/domain/intake.ts'
import type { Fft, FloatTransform } from '../../shared/domain/transforms.ts'
import type { RollingSpectrum } from './rolling-spectrum.ts'

/** How a block is cut into a low band (shaft orders, velocity) and an envelope, both at a few kHz. */
export interface BandPlan {
  readonly blockSize: number
  /** samples of overlap on each side; the envelope is late by this much */
  readonly margin: number
  readonly frameSize: number
  readonly lowDivider: number
  readonly bandDivider: number
  readonly averaged: number
  readonly firstBin: number
  readonly endBin: number
}

/** Largest power of two up to `limit` that divides both sizes. */
function divider(limit: number, ...sizes: number[]): number {
  let found = 1
  while (found * 2 <= limit && sizes.every((size) => size % (found * 2) === 0)) found *= 2
  return found
}

/** Velocity needs lines up to 1000 Hz and the brick-wall filter some room above them. */
const LOW_RATE_HZ = 2900
/** Fault lines of interest end near 1 kHz (three harmonics of an inner race at 3600 rpm). */
const ENVELOPE_RATE_HZ = 2900

const LONG_BLOCK = 8192
/** Sizes that divide by this let the slow signals be eight times slower; others leave them at twice the rate they need. */
const FRAME_STEP = 512

function evenlyDivided(fft: Fft, atLeast: number): number {
  const smallest = fft.fastSize(atLeast)
  for (let size = smallest; size < 1.25 * atLeast; size = fft.fastSize(size + 1))
    if (size % FRAME_STEP === 0) return size
  return smallest
}

const OCTAVES = 4

export function planBands(
  fft: Fft,
  blockSize: number,
  sampleRateHz: number,
  bandHz: readonly [number, number],
): BandPlan {
  // A quarter of short blocks; long ones need no more than the filters ring (30 ms at 25.6 kHz), and a longer frame costs time.
  const isLong = blockSize > LONG_BLOCK
  const margin = Math.floor(blockSize / 32) * (isLong ? 1 : 8)
  const frameSize = isLong ? evenlyDivided(fft, blockSize + 2 * margin) : fft.fastSize(blockSize + 2 * margin)
  const firstBin = Math.max(1, Math.ceil((bandHz[0] * frameSize) / sampleRateHz))
  const endBin = Math.min(frameSize / 2, Math.ceil((bandHz[1] * frameSize) / sampleRateHz))
  const lowDivider = divider(Math.min(sampleRateHz / LOW_RATE_HZ, frameSize / 32), blockSize, margin, frameSize / 32)
  const bandLimit = Math.min(frameSize / Math.max(1, endBin - firstBin), frameSize / 16)
  const bandDivider = divider(bandLimit, blockSize, margin, frameSize / 16)
  const averaged = divider(sampleRateHz / bandDivider / ENVELOPE_RATE_HZ, blockSize / bandDivider)
  return { blockSize, margin, frameSize, lowDivider, bandDivider, averaged, firstBin, endBin }
}

/**
 * Cuts continuous blocks into the two slow signals. Frames overlap by a quarter block on each side and only their middle is
 * kept: filtering each block alone would wrap its ends around and draw a false line at the block rate and its multiples.
 */
export class BlockBands {
  /** RMS of the four octaves below half the sample rate, from the highest down, and of the rest; NaN before the second block */
  readonly octaveRms = new Float64Array(OCTAVES + 1).fill(Number.NaN)
  readonly #plan: BandPlan
  readonly #frame: FloatTransform
  readonly #low: FloatTransform
  readonly #band: FloatTransform
  readonly #tail: Float32Array
  readonly #fade: Float32Array
  /** transform of the taper at the lines of the lowest band, where an offset leaves its own, and the sum of its squares */
  readonly #taper: Float32Array
  readonly #taperSquares: number
  readonly #octaveBins: Int32Array
  #primed = false

  constructor(fft: Fft, plan: BandPlan) {
    this.#plan = plan
    this.#frame = fft.real(plan.frameSize)
    this.#low = fft.real(plan.frameSize / plan.lowDivider)
    this.#band = fft.complex(plan.frameSize / plan.bandDivider)
    this.#tail = new Float32Array(2 * plan.margin)
    const half = plan.margin >> 1
    this.#fade = Float32Array.from({ length: half }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / half))
    const used = 2 * plan.margin + plan.blockSize
    this.#frame.input.fill(1, 0, used)
    this.#frame.input.fill(0, used)
    this.#fadeEnds(used)
    this.#taperSquares = this.#frame.input.reduce((sum, value) => sum + value * value, 0)
    this.#frame.forward()
    this.#taper = this.#frame.output.slice(0, (2 * plan.frameSize) >> (OCTAVES + 1))
    this.#octaveBins = Int32Array.from({ length: OCTAVES + 1 }, (_, octave) => plan.frameSize >> (octave + 1))
  }

  reset(): void {
    this.#primed = false
    this.octaveRms.fill(Number.NaN)
  }

  /** Appends one block to both records. The first block after a reset only fills the overlap. */
  push(samples: Samples, low: RollingSpectrum, envelope: RollingSpectrum): void {
    const { blockSize } = this.#plan
    const tail = this.#tail
    if (this.#primed) {
      this.#transformFrame(samples)
      this.#measureOctaves()
      this.#emitEnvelope(envelope)
      // Last: where nothing is divided, the low band's transform is the frame's own and overwrites its spectrum.
      this.#emitLow(low)
    }
    // Plain loops: a view made for `set` would be garbage with every block.
    for (let i = 0, from = blockSize - tail.length; i < tail.length; i += 1) tail[i] = samples[from + i] as number
    this.#primed = true
  }

  #transformFrame(samples: Samples): void {
    const { blockSize, frameSize } = this.#plan
    const input = this.#frame.input
    const tail = this.#tail
    const used = tail.length + blockSize
    input.set(tail)
    input.set(samples, tail.length)
    input.fill(0, used, frameSize)
    this.#fadeEnds(used)
    this.#frame.forward()
  }

  #fadeEnds(used: number): void {
    const { input } = this.#frame
    const fade = this.#fade
    for (let i = 0; i < fade.length; i += 1) {
      const weight = fade[i] as number
      input[i] = (input[i] as number) * weight
      input[used - 1 - i] = (input[used - 1 - i] as number) * weight
    }
  }

  /** By Parseval on the frame's spectrum; an offset (a probe's gap) is taken off with the lines that the taper gives it. */
  #measureOctaves(): void {
    const spectrum = this.#frame.output
    const scale = 2 / (this.#plan.frameSize * this.#taperSquares)
    for (let octave = 0; octave < OCTAVES; octave += 1) {
      const end = 2 * (this.#octaveBins[octave] as number)
      // Two chains: one alone waits four cycles for every addition.
      let powerA = 0
      let powerB = 0
      for (let i = end / 2; i < end; i += 2) {
        const re = spectrum[i] as number
        const im = spectrum[i + 1] as number
        powerA += re * re
        powerB += im * im
      }
      this.octaveRms[octave] = Math.sqrt((powerA + powerB) * scale)
    }
    const taper = this.#taper
    const offset = (spectrum[0] as number) / (taper[0] as number)
    let power = 0
    for (let i = 4; i < taper.length; i += 1) {
      const value = (spectrum[i] as number) - offset * (taper[i] as number)
      power += value * value
    }
    this.octaveRms[OCTAVES] = Math.sqrt(power * scale)
  }

  #emitLow(low: RollingSpectrum): void {
    const { blockSize, margin, frameSize, lowDivider } = this.#plan
    const spectrum = this.#frame.output
    const { input, size } = this.#low
    for (let i = 0; i < size; i += 1) input[i] = spectrum[i] as number
    input[1] = 0
    this.#low.inverse()
    const { output } = this.#low
    const end = (margin + blockSize) / lowDivider
    for (let i = margin / lowDivider; i < end; i += 1) low.push((output[i] as number) / frameSize)
  }

  #emitEnvelope(envelope: RollingSpectrum): void {
    const { blockSize, margin, frameSize, bandDivider, averaged, firstBin, endBin } = this.#plan
    const spectrum = this.#frame.output
    const { input } = this.#band
    const filled = 2 * Math.max(0, endBin - firstBin)
    for (let i = 0, from = 2 * firstBin; i < filled; i += 1) input[i] = spectrum[from + i] as number
    input.fill(0, filled)
    this.#band.inverse()
    const { output } = this.#band
    const end = (margin + blockSize) / bandDivider
    const scale = 2 / frameSize / averaged
    for (let i = margin / bandDivider; i < end; i += averaged) {
      let sum = 0
      for (let j = i; j < i + averaged; j += 1) {
        const re = output[2 * j] as number
        const im = output[2 * j + 1] as number
        sum += Math.sqrt(re * re + im * im)
      }
      envelope.push(sum * scale)
    }
  }
}
