/**
 * Float64 transforms of any length for whole records. Powers of two: Stockham radix 4, no bit reversal. Other lengths:
 * Bluestein's chirp convolution on the next power of two. The tolerances against the reference (0.5 % of a line, ten lines that
 * may be 60 dB below the largest) rule out float32 here; a record is transformed once, so speed comes second (about 50 ms for
 * 121 265 samples).
 */
export interface Complex64 {
  readonly re: Float64Array
  readonly im: Float64Array
}

interface Radix4Plan {
  readonly cosine: Float64Array
  readonly sine: Float64Array
  readonly scratchRe: Float64Array
  readonly scratchIm: Float64Array
}

interface ChirpPlan {
  readonly size: number
  readonly cosine: Float64Array
  readonly sine: Float64Array
  readonly kernel: Complex64
  readonly work: Complex64
}

const radix4Plans = new Map<number, Radix4Plan>()
const chirpPlans = new Map<number, ChirpPlan>()
/** Lengths differ from file to file; more than a few plans of 2^19 points would only hold memory. */
const PLANS_KEPT = 4

function keep<T>(cache: Map<number, T>, size: number, plan: T): T {
  if (cache.size >= PLANS_KEPT) {
    const oldest = cache.keys().next().value
    if (oldest !== undefined) cache.delete(oldest)
  }
  cache.set(size, plan)
  return plan
}

function radix4Plan(size: number): Radix4Plan {
  const known = radix4Plans.get(size)
  if (known !== undefined) return known
  const cosine = new Float64Array(size)
  const sine = new Float64Array(size)
  for (let k = 0; k < size; k += 1) {
    cosine[k] = Math.cos((2 * Math.PI * k) / size)
    sine[k] = -Math.sin((2 * Math.PI * k) / size)
  }
  return keep(radix4Plans, size, { cosine, sine, scratchRe: new Float64Array(size), scratchIm: new Float64Array(size) })
}

function radix4Pass(
  xr: Float64Array,
  xi: Float64Array,
  yr: Float64Array,
  yi: Float64Array,
  plan: Radix4Plan,
  n: number,
  s: number,
): void {
  const quarter = n / 4
  const { cosine, sine } = plan
  const step = s * quarter
  for (let p = 0; p < quarter; p += 1) {
    const c1 = cosine[p * s] as number
    const s1 = sine[p * s] as number
    const c2 = cosine[2 * p * s] as number
    const s2 = sine[2 * p * s] as number
    const c3 = cosine[3 * p * s] as number
    const s3 = sine[3 * p * s] as number
    const from = s * p
    const to = 4 * s * p
    for (let q = 0; q < s; q += 1) {
      const a = from + q
      const b = a + step
      const c = b + step
      const d = c + step
      const sumRe = (xr[a] as number) + (xr[c] as number)
      const sumIm = (xi[a] as number) + (xi[c] as number)
      const difRe = (xr[a] as number) - (xr[c] as number)
      const difIm = (xi[a] as number) - (xi[c] as number)
      const bdRe = (xr[b] as number) + (xr[d] as number)
      const bdIm = (xi[b] as number) + (xi[d] as number)
      const turnRe = (xi[d] as number) - (xi[b] as number)
      const turnIm = (xr[b] as number) - (xr[d] as number)
      const u1Re = difRe - turnRe
      const u1Im = difIm - turnIm
      const u2Re = sumRe - bdRe
      const u2Im = sumIm - bdIm
      const u3Re = difRe + turnRe
      const u3Im = difIm + turnIm
      const o = to + q
      yr[o] = sumRe + bdRe
      yi[o] = sumIm + bdIm
      yr[o + s] = u1Re * c1 - u1Im * s1
      yi[o + s] = u1Re * s1 + u1Im * c1
      yr[o + 2 * s] = u2Re * c2 - u2Im * s2
      yi[o + 2 * s] = u2Re * s2 + u2Im * c2
      yr[o + 3 * s] = u3Re * c3 - u3Im * s3
      yi[o + 3 * s] = u3Re * s3 + u3Im * c3
    }
  }
}

function radix2Pass(xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array, s: number): void {
  for (let q = 0; q < s; q += 1) {
    const aRe = xr[q] as number
    const aIm = xi[q] as number
    const bRe = xr[q + s] as number
    const bIm = xi[q + s] as number
    yr[q] = aRe + bRe
    yi[q] = aIm + bIm
    yr[q + s] = aRe - bRe
    yi[q + s] = aIm - bIm
  }
}

/** In-place forward transform of a power-of-two length. */
function forwardPowerOfTwo(re: Float64Array, im: Float64Array): void {
  const size = re.length
  const plan = radix4Plan(size)
  let xr = re
  let xi = im
  let yr = plan.scratchRe
  let yi = plan.scratchIm
  let stride = 1
  for (let n = size; n > 1;) {
    if (n === 2) {
      radix2Pass(xr, xi, yr, yi, stride)
      n = 1
    } else {
      radix4Pass(xr, xi, yr, yi, plan, n, stride)
      n /= 4
      stride *= 4
    }
    ;[xr, yr] = [yr, xr]
    ;[xi, yi] = [yi, xi]
  }
  if (xr !== re) {
    re.set(xr)
    im.set(xi)
  }
}

function chirpPlan(length: number): ChirpPlan {
  const known = chirpPlans.get(length)
  if (known !== undefined) return known
  let size = 1
  while (size < 2 * length - 1) size *= 2
  const cosine = new Float64Array(length)
  const sine = new Float64Array(length)
  const kernel = { re: new Float64Array(size), im: new Float64Array(size) }
  for (let k = 0; k < length; k += 1) {
    // k*k modulo 2N keeps the angle small: cos(pi k^2 / N) of a raw k^2 near 1e10 would lose six digits.
    const angle = (Math.PI * ((k * k) % (2 * length))) / length
    cosine[k] = Math.cos(angle)
    sine[k] = -Math.sin(angle)
    kernel.re[k] = Math.cos(angle)
    kernel.im[k] = Math.sin(angle)
    if (k > 0) {
      kernel.re[size - k] = Math.cos(angle)
      kernel.im[size - k] = Math.sin(angle)
    }
  }
  forwardPowerOfTwo(kernel.re, kernel.im)
  const work = { re: new Float64Array(size), im: new Float64Array(size) }
  return keep(chirpPlans, length, { size, cosine, sine, kernel, work })
}

function forwardBluestein(re: Float64Array, im: Float64Array): void {
  const length = re.length
  const { size, cosine, sine, kernel, work } = chirpPlan(length)
  const { re: wr, im: wi } = work
  wr.fill(0, length)
  wi.fill(0, length)
  for (let k = 0; k < length; k += 1) {
    const c = cosine[k] as number
    const s = sine[k] as number
    wr[k] = (re[k] as number) * c - (im[k] as number) * s
    wi[k] = (re[k] as number) * s + (im[k] as number) * c
  }
  forwardPowerOfTwo(wr, wi)
  for (let k = 0; k < size; k += 1) {
    const a = wr[k] as number
    const b = wi[k] as number
    const c = kernel.re[k] as number
    const d = kernel.im[k] as number
    wr[k] = a * c - b * d
    wi[k] = a * d + b * c
  }
  // The inverse is the forward transform with the parts exchanged.
  forwardPowerOfTwo(wi, wr)
  for (let k = 0; k < length; k += 1) {
    const c = cosine[k] as number
    const s = sine[k] as number
    const a = (wr[k] as number) / size
    const b = (wi[k] as number) / size
    re[k] = a * c - b * s
    im[k] = a * s + b * c
  }
}

const isPowerOfTwo = (size: number): boolean => size > 0 && Number.isInteger(Math.log2(size))

/** Unscaled forward transform in place, any length. */
export function complexForward64(re: Float64Array, im: Float64Array): void {
  if (re.length !== im.length) throw new RangeError(`real part has ${re.length} values, imaginary part ${im.length}`)
  if (re.length < 2) return
  if (isPowerOfTwo(re.length)) forwardPowerOfTwo(re, im)
  else forwardBluestein(re, im)
}

/** Inverse in place, scaled by 1/N, any length. */
export function complexInverse64(re: Float64Array, im: Float64Array): void {
  complexForward64(im, re)
  const scale = 1 / re.length
  for (let k = 0; k < re.length; k += 1) {
    re[k] = (re[k] as number) * scale
    im[k] = (im[k] as number) * scale
  }
}

/** Bins 0..floor(N/2) of a real signal, unscaled, any length. */
export function realForward64(signal: Float64Array): Complex64 {
  const length = signal.length
  const bins = (length >> 1) + 1
  if (length % 2 === 1 || length < 4) {
    const re = Float64Array.from(signal)
    const im = new Float64Array(length)
    complexForward64(re, im)
    return { re: re.slice(0, bins), im: im.slice(0, bins) }
  }
  return realForwardEven(signal, length / 2)
}

/** Two real samples as one complex number: half the length, then the halves are separated. */
function realForwardEven(signal: Float64Array, half: number): Complex64 {
  const zr = new Float64Array(half)
  const zi = new Float64Array(half)
  for (let k = 0; k < half; k += 1) {
    zr[k] = signal[2 * k] as number
    zi[k] = signal[2 * k + 1] as number
  }
  complexForward64(zr, zi)
  const re = new Float64Array(half + 1)
  const im = new Float64Array(half + 1)
  for (let k = 0; k <= half; k += 1) {
    const here = k === half ? 0 : k
    const mirror = k === 0 ? 0 : half - k
    const evenRe = ((zr[here] as number) + (zr[mirror] as number)) / 2
    const evenIm = ((zi[here] as number) - (zi[mirror] as number)) / 2
    const oddRe = ((zi[here] as number) + (zi[mirror] as number)) / 2
    const oddIm = ((zr[mirror] as number) - (zr[here] as number)) / 2
    const angle = (Math.PI * k) / half
    const c = Math.cos(angle)
    const s = -Math.sin(angle)
    re[k] = evenRe + oddRe * c - oddIm * s
    im[k] = evenIm + oddRe * s + oddIm * c
  }
  return { re, im }
}
