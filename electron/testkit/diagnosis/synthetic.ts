import type { BearingOrders } from '../../../shared/domain/bearings.ts'

/** Seeded numbers that are the same on every machine. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to 1 (mulberry32) */
  even(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.even()
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.even())) * Math.cos(2 * Math.PI * this.even())
  }
}

/** A line at a frequency, with its level as RMS velocity in mm/s; the signal is an acceleration in m/s2. */
export interface Tone {
  readonly hz: number
  readonly mmS: number
}

export interface Resonance {
  readonly hz: number
  /** share of critical damping */
  readonly damping: number
}

export interface SyntheticMachine {
  readonly sampleRateHz: number
  readonly seconds: number
  readonly tones: readonly Tone[]
  /** RMS of the noise in m/s2, and the resonances that colour it */
  readonly noiseMps2: number
  readonly resonances: readonly Resonance[]
}

/** Noise through two-pole resonators, to a given RMS. */
function colouredNoise({ sampleRateHz, seconds, noiseMps2, resonances }: SyntheticMachine, dice: Dice): Float64Array {
  const count = Math.round(sampleRateHz * seconds)
  const noise = Float64Array.from({ length: count }, () => dice.normal())
  const out = noise.map((value) => 0.1 * value)
  for (const { hz, damping } of resonances) {
    const radius = Math.exp((-2 * Math.PI * damping * hz) / sampleRateHz)
    const turn = 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz)
    // Unit gain at the top of the resonance, so that each counts alike.
    const gain = (1 - radius) * Math.sqrt(1 - turn / radius + radius * radius + 1e-9)
    let [last, before] = [0, 0]
    for (let i = 0; i < count; i += 1) {
      const value = gain * (noise[i] as number) + turn * last - radius * radius * before
      out[i] = (out[i] as number) + value
      before = last
      last = value
    }
  }
  let squares = 0
  for (const value of out) squares += value * value
  const scale = noiseMps2 / Math.sqrt(squares / count)
  return out.map((value) => value * scale)
}

/** An acceleration in m/s2: tones with random phases on coloured noise. */
export function syntheticMachine(machine: SyntheticMachine, dice: Dice): Float64Array {
  const signal = colouredNoise(machine, dice)
  for (const { hz, mmS } of machine.tones) {
    const amplitude = (mmS / 1000) * Math.SQRT2 * 2 * Math.PI * hz
    const phase = dice.between(0, 2 * Math.PI)
    const step = (2 * Math.PI * hz) / machine.sampleRateHz
    for (let i = 0; i < signal.length; i += 1)
      signal[i] = (signal[i] as number) + amplitude * Math.sin(step * i + phase)
  }
  return signal
}

export type SeededFault = 'outer-race' | 'inner-race' | 'rolling-element' | 'cage'

export interface SeededBearing {
  readonly fault: SeededFault
  readonly bearing: BearingOrders
  readonly shaftHz: number
  /** mean slip: the lines sit this share below their kinematic place */
  readonly slip: number
  /** spread of single intervals */
  readonly jitter: number
  readonly resonance: Resonance
  /** power of the impacts over that of everything else */
  readonly snrDb: number
  /** of an outer race: struck only while the whirl of the shaft presses the elements against it */
  readonly isOutsideLoadZone?: boolean
}

/** How hard the impact at time t is: the load zone is passed once a turn of what carries the damage. */
function loadOf({ fault, bearing, shaftHz, isOutsideLoadZone }: SeededBearing, t: number): number {
  if (fault === 'outer-race') return isOutsideLoadZone === true ? Math.max(0, Math.cos(2 * Math.PI * shaftHz * t)) : 1
  const turnHz = fault === 'inner-race' ? shaftHz : bearing.ftf * shaftHz
  return Math.max(0.1, 0.5 + 0.6 * Math.cos(2 * Math.PI * turnHz * t))
}

const strikeOrder = ({ fault, bearing }: SeededBearing): number =>
  ({ 'outer-race': bearing.bpfo, 'inner-race': bearing.bpfi, 'rolling-element': 2 * bearing.bsf, cage: bearing.ftf })[
    fault
  ]

/** Adds the impacts of a damaged bearing part to a signal, each ringing at a resonance, at a stated signal-to-noise ratio. */
export function seedFault(signal: Float64Array, sampleRateHz: number, seeded: SeededBearing, dice: Dice): Float64Array {
  const { hz, damping } = seeded.resonance
  const impacts = new Float64Array(signal.length)
  const meanS = 1 / (strikeOrder(seeded) * seeded.shaftHz * (1 - seeded.slip))
  const decay = 2 * Math.PI * damping * hz
  const length = Math.min(signal.length, Math.ceil((7 * sampleRateHz) / decay))
  // A rolling element forgets its angle: its intervals add up. A race keeps the pitch of the cage: they scatter about it.
  const wanders = seeded.fault === 'rolling-element'
  const seconds = signal.length / sampleRateHz
  let drift = 0
  for (let n = 0; n * meanS + drift < seconds; n += 1) {
    const t = n * meanS + drift + (wanders ? 0 : seeded.jitter * meanS * dice.normal())
    if (wanders) drift += seeded.jitter * meanS * dice.normal()
    if (t < 0) continue
    const height = loadOf(seeded, t)
    const start = Math.ceil(t * sampleRateHz)
    for (let i = start; i < Math.min(signal.length, start + length); i += 1) {
      const dt = i / sampleRateHz - t
      impacts[i] = (impacts[i] as number) + height * Math.exp(-decay * dt) * Math.sin(2 * Math.PI * hz * dt)
    }
  }
  const power = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0)
  const scale = Math.sqrt((10 ** (seeded.snrDb / 10) * power(signal)) / Math.max(power(impacts), 1e-300))
  return signal.map((value, i) => value + scale * (impacts[i] as number))
}

const smallBearing: BearingOrders = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.39828 }
const bearings: readonly BearingOrders[] = [
  smallBearing,
  { bpfo: 3.053, bpfi: 4.947, bsf: 1.994, ftf: 0.3817 },
  { bpfo: 7.0921, bpfi: 8.9079, bsf: 3.3575, ftf: 0.4433 },
  { bpfo: 5.1, bpfi: 6.9, bsf: 2.6, ftf: 0.425 },
  { bpfo: 9.47, bpfi: 11.53, bsf: 4.32, ftf: 0.451 },
]

export interface RandomMachine {
  readonly machine: SyntheticMachine
  readonly bearing: BearingOrders
  readonly shaftHz: number
  readonly mainsHz: number
}

/** A machine as they come: any rate, speed and length, harmonics of speed, a gear mesh now and then, mains, coloured noise. */
export function randomMachine(dice: Dice): RandomMachine {
  const rates = [10_000, 12_000, 16_384, 20_480, 25_600, 51_200]
  const sampleRateHz = rates[Math.trunc(dice.even() * rates.length)] ?? 25_600
  const bearing = bearings[Math.trunc(dice.even() * bearings.length)] ?? smallBearing
  const shaftHz = dice.between(5, Math.min(100, sampleRateHz / (7 * bearing.bpfi)))
  const seconds = Math.min(10, Math.max(0.5, (22 + 200 * dice.even()) / shaftHz))
  const mainsHz = dice.even() < 0.5 ? 50 : 60
  const level = 10 ** dice.between(-1.3, 0.4)
  const tones: Tone[] = []
  const fall = dice.between(0.3, 0.9)
  for (let k = 1; k <= 12; k += 1) tones.push({ hz: k * shaftHz, mmS: level * fall ** (k - 1) * dice.between(0.3, 1) })
  if (dice.even() < 0.5) {
    const teeth = Math.trunc(dice.between(17, 60))
    for (const [k, j] of [
      [1, 0],
      [1, -1],
      [1, 1],
      [2, 0],
    ] as const) {
      const hz = (k * teeth + j) * shaftHz
      if (hz < 0.4 * sampleRateHz) tones.push({ hz, mmS: (level * dice.between(0.05, 0.3)) / (k + Math.abs(j)) })
    }
  }
  if (dice.even() < 0.7) tones.push({ hz: 2 * mainsHz, mmS: level * dice.between(0.05, 0.5) })
  const nyquist = sampleRateHz / 2
  const resonances = Array.from({ length: 3 }, () => ({
    hz: dice.between(0.15, 0.8) * nyquist,
    damping: dice.between(0.01, 0.08),
  }))
  const noiseMps2 = 10 ** dice.between(-0.7, 1)
  return { machine: { sampleRateHz, seconds, tones, noiseMps2, resonances }, bearing, shaftHz, mainsHz }
}
