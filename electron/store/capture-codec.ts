import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { CaptureCoding, Samples } from '../../shared/domain/twin.ts'
import { entropyBytes, planesOfWords, wordsOfPlanes, type Planes } from './chunk-planes.ts'
import { wordView } from './codec.ts'
import { findStep, type Step } from './capture-step.ts'

/**
 * Samples of a capture as bytes, in the narrowest form that gives every bit back. `int16`: whole multiples of one step, as an
 * analogue-to-digital converter delivers them, proven sample by sample while encoding; NaN, infinities, -0 and anything that
 * is no such multiple fall to the floats, whose words are copied. Then differences of order 0, 1 or 2 (integers) or with the
 * word before (floats), whichever is smaller, byte planes, zstd where it pays.
 */
const layout = 16
const codings = ['int16', 'float32', 'float64'] as const
/** layout, coding, 1 when the source was float64, order or chaining, 1 when compressed, form of the step, two bytes unused. */
const headerBytes = 8
const stepBytes = 16
/** Entries by which the cheaper layout of floats is chosen. */
const probeEntries = 4096
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export interface EncodedCapture {
  coding: CaptureCoding
  payload: Uint8Array
}

/** Layouts before this one began with a column encoding below 16. */
export function isCaptureLayout(payload: Uint8Array): boolean {
  return (payload[0] ?? 0) >= layout
}

export function encodeCapture(samples: Samples): EncodedCapture {
  const wide = samples instanceof Float64Array
  const step = findStep(samples)
  if (step) return finish('int16', wide, step.order, planesOf16(step.whole, step.order), step)
  const narrow = wide ? asFloat32(samples) : samples
  if (narrow) return floats('float32', wide, wordView(narrow), 1)
  return floats('float64', true, wordView(samples), 2)
}

function floats(coding: CaptureCoding, wide: boolean, words: Uint32Array, perEntry: 1 | 2): EncodedCapture {
  const probe = words.subarray(0, probeEntries * perEntry)
  const count = probe.length / perEntry
  const plain = entropyBytes(planesOfWords(probe, perEntry, false), count)
  const chained = entropyBytes(planesOfWords(probe, perEntry, true), count) < plain
  return finish(coding, wide, chained ? 1 : 0, planesOfWords(words, perEntry, chained), null)
}

function finish(
  coding: CaptureCoding,
  wide: boolean,
  order: number,
  { bytes }: Pick<Planes, 'bytes'>,
  step: Step | null,
): EncodedCapture {
  const small = zstdCompressSync(bytes, zstdOptions)
  const pays = small.byteLength < bytes.byteLength
  const body = pays ? small : bytes
  const front = step ? headerBytes + stepBytes : headerBytes
  const payload = new Uint8Array(front + body.byteLength)
  payload.set([layout, codings.indexOf(coding), wide ? 1 : 0, order, pays ? 1 : 0, step?.divides ? 1 : 0, 0, 0])
  if (step) {
    const view = new DataView(payload.buffer)
    view.setFloat64(headerBytes, step.size, true)
    view.setFloat64(headerBytes + 8, step.centre, true)
  }
  payload.set(body, front)
  return { coding, payload }
}

/** null when a value is not exactly a float32; a NaN is not, since its payload would be cut. */
function asFloat32(samples: Float64Array): Float32Array | null {
  for (const x of samples) if (Math.fround(x) !== x) return null
  return Float32Array.from(samples)
}

/** Differences modulo 2^16, folded so that small ones of either sign have a zero high byte. */
function planesOf16(whole: Int16Array, order: number): { bytes: Uint8Array } {
  const count = whole.length
  const bytes = new Uint8Array(count * 2)
  let before = 0
  let beforeThat = 0
  for (let i = 0; i < count; i++) {
    const v = whole[i] as number
    const expected = order === 0 ? 0 : order === 1 ? before : 2 * before - beforeThat
    const r = ((v - expected) << 16) >> 16
    const folded = (r << 1) ^ (r >> 15)
    bytes[i] = folded
    bytes[count + i] = folded >>> 8
    beforeThat = before
    before = v
  }
  return { bytes }
}

function wholeOf(bytes: Uint8Array, count: number, order: number): Int16Array {
  const whole = new Int16Array(count)
  let before = 0
  let beforeThat = 0
  for (let i = 0; i < count; i++) {
    const folded = (bytes[i] as number) | ((bytes[count + i] as number) << 8)
    const r = (folded >>> 1) ^ -(folded & 1)
    const expected = order === 0 ? 0 : order === 1 ? before : 2 * before - beforeThat
    const v = ((r + expected) << 16) >> 16
    whole[i] = v
    beforeThat = before
    before = v
  }
  return whole
}

/** The very samples that were encoded, as float32 or float64 as they came. Throws RangeError when the bytes do not add up. */
export function decodeCapture(payload: Uint8Array, count: number): Samples {
  const [kind, codingIndex = 0, wide, order = 0, compressed, divides] = payload
  const coding = codings[codingIndex]
  if (kind !== layout || coding === undefined || payload.byteLength < headerBytes) {
    throw new RangeError(`unknown capture layout ${kind}`)
  }
  const front = coding === 'int16' ? headerBytes + stepBytes : headerBytes
  const width = coding === 'int16' ? 2 : coding === 'float32' ? 4 : 8
  const body = payload.subarray(front)
  const bytes = compressed === 1 ? zstdDecompressSync(body) : body
  if (bytes.byteLength !== count * width) {
    throw new RangeError(`a capture has ${bytes.byteLength} bytes in place of ${count * width}`)
  }
  if (coding === 'float64') return new Float64Array(wordsOfPlanes(bytes, count, 2, order === 1).buffer)
  if (coding === 'float32') {
    const narrow = new Float32Array(wordsOfPlanes(bytes, count, 1, order === 1).buffer)
    return wide === 1 ? Float64Array.from(narrow) : narrow
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const size = view.getFloat64(headerBytes, true)
  const centre = view.getFloat64(headerBytes + 8, true)
  const whole = wholeOf(bytes, count, order)
  const samples = wide === 1 ? new Float64Array(count) : new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const k = (whole[i] as number) + centre
    samples[i] = divides === 1 ? k / size : k * size
  }
  return samples
}
