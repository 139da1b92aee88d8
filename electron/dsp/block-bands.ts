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

export function planBands(
  fft: Fft,
  blockSize: number,
  sampleRateHz: number,
  bandHz: readonly [number, number],
): BandPlan {
  const margin = Math.floor(blockSize / 32) * 8
  const frameSize = fft.fastSize(blockSize + 2 * margin)
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
  readonly #plan: BandPlan
  readonly #frame: FloatTransform
  readonly #low: FloatTransform
  readonly #band: FloatTransform
  readonly #tail: Float32Array
  readonly #fade: Float32Array
  #primed = false

  constructor(fft: Fft, plan: BandPlan) {
    this.#plan = plan
    this.#frame = fft.real(plan.frameSize)
    this.#low = fft.real(plan.frameSize / plan.lowDivider)
    this.#band = fft.complex(plan.frameSize / plan.bandDivider)
    this.#tail = new Float32Array(2 * plan.margin)
    const half = plan.margin >> 1
    this.#fade = Float32Array.from({ length: half }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / half))
  }

  reset(): void {
    this.#primed = false
  }

  /** Appends one block to both records. The first block after a reset only fills the overlap. */
  push(samples: Samples, low: RollingSpectrum, envelope: RollingSpectrum): void {
    const { blockSize } = this.#plan
    const tail = this.#tail
    if (this.#primed) {
      this.#transformFrame(samples)
      this.#emitEnvelope(envelope)
      // Last: where nothing is divided, the low band's transform is the frame's own and overwrites its spectrum.
      this.#emitLow(low)
    }
    tail.set(samples.subarray(blockSize - tail.length))
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
    const fade = this.#fade
    for (let i = 0; i < fade.length; i += 1) {
      const weight = fade[i] as number
      input[i] = (input[i] as number) * weight
      input[used - 1 - i] = (input[used - 1 - i] as number) * weight
    }
    this.#frame.forward()
  }

  #emitLow(low: RollingSpectrum): void {
    const { blockSize, margin, frameSize, lowDivider } = this.#plan
    const spectrum = this.#frame.output
    const { input, size } = this.#low
    input.set(spectrum.subarray(0, size))
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
    input.set(spectrum.subarray(2 * firstBin, 2 * firstBin + filled))
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
