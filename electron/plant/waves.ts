import { blockSamples, machines } from './machines.ts'
import { vibrationModel } from './scenarios.ts'
import { steadySpeed } from './signal/speed.ts'
import { vibrationBlock } from './signal/vibration.ts'

/** Plain channels for load tests: `--waveforms N`. */
export const waveRateHz = 25_600
/** Blocks in the ring: 2.56 s, in which the shaft turns a whole number of times, so the ring joins itself. */
const ringBlocks = 16
const turnsPerRing = 76
/** Counter steps are exact in float32: 20 bits of mantissa. */
const counterModulo = 2 ** 20

export interface WaveRing {
  /** Block `k` of channel `channel`; the caller owns it. */
  block(channel: number, k: number): Float32Array
}

/** One healthy pump, computed once; channels read it at different places and gains. */
export function createWaveRing(seed: number): WaveRing {
  const machine = machines[0]
  const point = machine?.waveforms[0]
  if (!machine || !point) throw new Error('the machine table is empty')
  const rpm = (turnsPerRing * waveRateHz * 60) / (ringBlocks * blockSamples)
  const model = {
    ...vibrationModel({ ...machine, ratedRpm: rpm }, point, steadySpeed(rpm, seed, 0), seed),
    sampleRateHz: waveRateHz,
  }
  const ring = Array.from({ length: ringBlocks }, (_, k) => vibrationBlock(model, k, []))
  return {
    block(channel, k) {
      const source = ring[(k + channel * 5) % ringBlocks]
      const gain = 0.8 + 0.05 * (channel % 8)
      const block = new Float32Array(blockSamples)
      for (let i = 0; i < blockSamples; i++) block[i] = gain * (source?.[i] ?? 0)
      block[0] = blockCounterSample(k)
      return block
    },
  }
}

/** What sample 0 of block `k` holds: the counter as a fraction below 1, small enough not to drown the signal. */
export function blockCounterSample(k: number): number {
  return (k % counterModulo) / counterModulo
}

/** The block counter in a received block of a `--waveforms` channel. */
export function blockCounterOf(block: Float32Array): number {
  return Math.round((block[0] ?? 0) * counterModulo)
}
