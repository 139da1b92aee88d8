import type { Samples } from '../../shared/domain/twin.ts'

/** Every sample is `(whole[i] + centre) * size`, or divided by `size`, to the last bit. */
export interface Step {
  size: number
  /** How the source seems to have scaled: 1/3276.8 is no exact number, 3276.8 nearly is. */
  divides: boolean
  centre: number
  whole: Int16Array
  /** Order of differences that leaves the least. */
  order: 0 | 1 | 2
}

const widestSpan = 65_535
/** Beyond this a float32 does not tell one multiple from the next surely enough. */
const largestMultiple = 131_071
const probes = 24
/** Distance from a whole number up to which a probe passes: noise passes one in 64, 24 of them never. */
const closeness = 1 / 128

interface Extent {
  least: number
  most: number
  /** Smallest and largest magnitude that is not zero. */
  near: number
  far: number
}

/** null when something in it can be no multiple of anything: NaN, infinity, -0, or nothing but zeros. */
function extentOf(samples: Samples): Extent | null {
  let least = Infinity
  let most = -Infinity
  let near = Infinity
  let far = 0
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number
    if (x === 0) {
      if (1 / x < 0) return null
    } else {
      // False for NaN as well.
      if (!(x - x === 0)) return null
      const size = x < 0 ? -x : x
      if (size < near) near = size
      if (size > far) far = size
    }
    if (x < least) least = x
    if (x > most) most = x
  }
  return far > 0 ? { least, most, near, far } : null
}

/**
 * The step of a converter, if the samples have one. The smallest magnitude is some multiple m of it, so near/1, near/2 ... are
 * tried; at least span/65535 and far/131071 bound m. A few samples tell noise from multiples at once; the proof is made for all.
 */
export function findStep(samples: Samples): Step | null {
  const extent = extentOf(samples)
  if (!extent) return null
  const { least, most, near, far } = extent
  const smallest = Math.max((most - least) / widestSpan, far / largestMultiple)
  if (!(smallest > 0)) return null
  const mostParts = Math.floor((near / smallest) * (1 + 1e-6))
  const some = probesOf(samples)
  for (let m = 1; m <= mostParts; m++) {
    const guess = near / m
    if (!some.every((x) => isMultiple(x, guess))) continue
    const step = prove(samples, extent, guess)
    if (step) return step
  }
  return null
}

/** Spread over the whole, so that a quiet beginning does not pass for the rest. */
function probesOf(samples: Samples): number[] {
  const stride = Math.max(1, Math.floor(samples.length / probes))
  const some: number[] = []
  for (let i = 0; i < samples.length && some.length < probes; i += stride) some.push(samples[i] as number)
  return some
}

function isMultiple(x: number, step: number): boolean {
  const k = x / step
  const off = k - Math.round(k)
  return off < closeness && off > -closeness
}

function prove(samples: Samples, extent: Extent, guess: number): Step | null {
  const lowest = Math.round(extent.least / guess)
  const highest = Math.round(extent.most / guess)
  if (highest - lowest > widestSpan) return null
  const centre = Math.ceil((lowest + highest) / 2)
  const candidates = samples instanceof Float64Array ? wideSteps(extent, guess) : narrowSteps(samples, guess)
  for (const { size, divides } of candidates) {
    const whole = wholeOf(samples, size, divides, centre)
    if (whole) return { size, divides, centre, whole, order: orderOf(whole) }
  }
  return null
}

type Candidate = Pick<Step, 'size' | 'divides'>

const word = new Float32Array(1)
const bits = new Int32Array(word.buffer)

/** Half of the distance between a float32 and the one above it. */
function halfUlp(magnitude: number): number {
  word[0] = magnitude
  bits[0] = (bits[0] as number) + 1
  return (word[0] - magnitude) / 2
}

/** Each sample says between which steps its multiple would round to it; any step within all of these gives all bits back. */
function narrowSteps(samples: Float32Array, guess: number): Candidate[] {
  let low = 0
  let high = Infinity
  for (let i = 0; i < samples.length; i++) {
    const x = Math.abs(samples[i] as number)
    if (x === 0) continue
    const k = Math.round(x / guess)
    const half = halfUlp(x)
    if ((x - half) / k > low) low = (x - half) / k
    if ((x + half) / k < high) high = (x + half) / k
    if (low > high) return []
  }
  return [{ size: (low + high) / 2, divides: false }]
}

/** A float64 has no slack: the step must be found to the bit, so what a person would have written is tried first. */
function wideSteps({ far }: Extent, guess: number): Candidate[] {
  const k = Math.round(far / guess)
  const candidates: Candidate[] = []
  for (let digits = 1; digits <= 17; digits++) {
    candidates.push({ size: Number((far / k).toPrecision(digits)), divides: false })
    candidates.push({ size: Number((k / far).toPrecision(digits)), divides: true })
  }
  return candidates.filter(({ size }) => size > 0 && Number.isFinite(size))
}

/** null as soon as one sample would not come back. */
function wholeOf(samples: Samples, size: number, divides: boolean, centre: number): Int16Array | null {
  const whole = new Int16Array(samples.length)
  const narrow = samples instanceof Float32Array
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i] as number
    const k = Math.round(divides ? x * size : x / size)
    const back = divides ? k / size : k * size
    if ((narrow ? Math.fround(back) : back) !== x) return null
    const v = k - centre
    if (v < -32_768 || v > 32_767) return null
    whole[i] = v
  }
  return whole
}

/** By the sum of magnitudes, which orders the entropy of what vibration leaves. */
function orderOf(whole: Int16Array): 0 | 1 | 2 {
  let sum0 = 0
  let sum1 = 0
  let sum2 = 0
  let before = 0
  let beforeThat = 0
  for (let i = 0; i < whole.length; i++) {
    const v = whole[i] as number
    sum0 += Math.abs(v)
    sum1 += Math.abs(((v - before) << 16) >> 16)
    sum2 += Math.abs(((v - 2 * before + beforeThat) << 16) >> 16)
    beforeThat = before
    before = v
  }
  if (sum0 <= sum1 && sum0 <= sum2) return 0
  return sum1 <= sum2 ? 1 : 2
}
