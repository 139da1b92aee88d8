import type { Fft, FloatTransform } from '../../shared/domain/transforms.ts'
import { windowShape } from './windows.ts'

/**
 * A ring of the last `size` samples of a slow signal and its Hann amplitude spectrum. Blocks of 4096 samples at 25.6 kHz last
 * 0.16 s: a cage line at 12 Hz would be bin 2 of their envelope. Over 1.3 s it is bin 15.
 */
export class RollingSpectrum {
  readonly size: number
  readonly resolutionHz: number
  /** peak amplitudes; valid after `compute` */
  readonly amplitudes: Float32Array
  readonly #ring: Float32Array
  readonly #weights: Float32Array
  readonly #transform: FloatTransform
  #next = 0
  #filled = 0
  #rms = Number.NaN

  constructor(fft: Fft, size: number, sampleRateHz: number, gain: (hz: number) => number) {
    this.size = size
    this.resolutionHz = sampleRateHz / size
    this.#ring = new Float32Array(size)
    this.#weights = Float32Array.from(windowShape('hann', size).coefficients)
    this.#transform = fft.real(size)
    this.amplitudes = new Float32Array(size / 2)
    this.#gains = new Float32Array(size / 2)
    for (let k = 0; k < size / 2; k += 1) this.#gains[k] = (4 / size) * gain(k * this.resolutionHz)
  }

  readonly #gains: Float32Array

  get full(): boolean {
    return this.#filled >= this.size
  }

  /** RMS of the ring with its mean removed; valid after `compute` */
  get rms(): number {
    return this.#rms
  }

  push(value: number): void {
    this.#ring[this.#next] = value
    this.#next = this.#next + 1 === this.size ? 0 : this.#next + 1
    if (this.#filled < this.size) this.#filled += 1
  }

  /** Value that came `age` samples before the newest, between two of them by a straight line; within 0 and size - 2. */
  valueAt(age: number): number {
    const whole = Math.floor(age)
    const share = age - whole
    const at = this.#next - 1 - whole
    const newer = this.#ring[at < 0 ? at + this.size : at] as number
    const older = this.#ring[at < 1 ? at - 1 + this.size : at - 1] as number
    return newer + share * (older - newer)
  }

  reset(): void {
    this.#filled = 0
    this.#next = 0
  }

  compute(): void {
    const { size } = this
    const ring = this.#ring
    let sum = 0
    for (let i = 0; i < size; i += 1) sum += ring[i] as number
    const mean = sum / size
    const input = this.#transform.input
    const weights = this.#weights
    const next = this.#next
    const older = size - next
    let squares = 0
    for (let i = 0; i < older; i += 1) {
      const value = (ring[next + i] as number) - mean
      squares += value * value
      input[i] = value * (weights[i] as number)
    }
    for (let i = older; i < size; i += 1) {
      const value = (ring[i - older] as number) - mean
      squares += value * value
      input[i] = value * (weights[i] as number)
    }
    this.#rms = Math.sqrt(squares / size)
    this.#transform.forward()
    const output = this.#transform.output
    const { amplitudes } = this
    amplitudes[0] = 0
    for (let k = 1; k < amplitudes.length; k += 1) {
      const re = output[2 * k] as number
      const im = output[2 * k + 1] as number
      amplitudes[k] = Math.sqrt(re * re + im * im) * (this.#gains[k] as number)
    }
  }
}
