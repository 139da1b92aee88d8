import { bytesOf, wordView } from './codec.ts'
import { Scratch } from './scratch.ts'
import {
  entropyBytes,
  integersOfPlanes,
  planesOfIntegers,
  planesOfWords,
  putPlanes,
  widthOf,
  wordsOfPlanes,
  type Planes,
} from './chunk-planes.ts'

/**
 * A float64 column in the form that an entropy coder makes smallest. Every form gives back the same 64 bits: integers are used
 * only where each entry is proven to come back, the others work on integer views, since a NaN's payload does not survive a trip
 * through a JavaScript number.
 */
const forms = {
  constant: 0,
  integers: 1,
  difference: 2,
  scaled: 3,
  scaledSingle: 4,
  xor: 5,
  raw: 6,
  xorSingle: 7,
  rawSingle: 8,
} as const

export interface Encoded {
  /** Bytes before the entropy coder. */
  body: Uint8Array
  /** Bytes expected behind it. */
  cost: number
}

/** Within it a difference of two entries, and one of two such, is exact. */
const widestRange = 2 ** 50
const integerHead = 1 + 8 + 8 + 8 + 8 + 1 + 1

function isConstant(words: Uint32Array): boolean {
  const [low, high] = words
  for (let i = 2; i < words.length; i += 2) if (words[i] !== low || words[i + 1] !== high) return false
  return true
}

function constantOf(column: Float64Array): Encoded {
  return { body: Buffer.concat([Uint8Array.of(forms.constant), bytesOf(column.subarray(0, 1))]), cost: 9 }
}

/** Whether every entry is a whole number that differences keep exact; -0 is none, since it would come back as 0. */
function areIntegers(column: Float64Array): boolean {
  let least = Infinity
  let most = -Infinity
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    if (Math.floor(v) !== v || (v === 0 && 1 / v < 0)) return false
    if (v < least) least = v
    if (v > most) most = v
  }
  return least >= -Number.MAX_SAFE_INTEGER && most <= Number.MAX_SAFE_INTEGER && most - least <= widestRange
}

/** The largest step that all entries share: clocks that tick in milliseconds need no microseconds. */
function commonStep(column: Float64Array): number {
  let step = 0
  for (let i = 1; i < column.length && step !== 1; i++) {
    const d = Math.abs((column[i] as number) - (column[i - 1] as number))
    if (d === 0) continue
    // Whole 32-bit remainders take a tenth of the time of a float's.
    const rest = step > 0 && step <= 0x7fff_ffff && d <= 0x7fff_ffff ? (d | 0) % (step | 0) : step > 0 ? d % step : 0
    if (step === 0) step = d
    else if (rest !== 0) step = greatestCommon(step, rest)
  }
  return step === 0 ? 1 : step
}

function greatestCommon(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

const scratch = { wholes: new Scratch(), steps: new Scratch(), residuals: new Scratch() }

interface Range {
  least: number
  most: number
}

/**
 * Order 0: the entries; 1: their differences; 2: the differences of those. The first `order` entries stay out of it: they are the
 * seeds, kept in the head.
 */
function residuals(steps: Float64Array, order: number, out: Float64Array): Range {
  let least = Infinity
  let most = -Infinity
  let before = 0
  let difference = 0
  for (let i = 0; i < out.length; i++) {
    const step = steps[i] as number
    const d = step - before
    const r = order === 0 ? step : order === 1 ? d : d - difference
    before = step
    difference = d
    out[i] = r
    if (i < order) continue
    if (r < least) least = r
    if (r > most) most = r
  }
  if (least > most) least = most = 0
  for (let i = 0; i < order && i < out.length; i++) out[i] = least
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) - least
  return { least, most }
}

/** Entries by which forms are compared: the whole column would cost more time than a better choice saves room. */
const entriesTried = 400

/** Bytes that an entropy coder is expected to leave of `count` entries. */
function costOf(steps: Float64Array, order: number): number {
  const tried = Math.min(steps.length, entriesTried)
  const start = (steps.length - tried) >>> 1
  const out = scratch.residuals.of(tried)
  const { least, most } = residuals(steps.subarray(start, start + tried), order, out)
  return (entropyBytes(planesOfIntegers(out, most - least), tried) * steps.length) / tried
}

/** `column` must be `areIntegers`. `prefix` is what decoding needs to make the entries of these integers. */
function integersOf(prefix: Uint8Array, column: Float64Array, orders: readonly number[]): Encoded {
  const count = column.length
  const first = column[0] as number
  const step = commonStep(column)
  const steps = scratch.steps.of(count)
  for (let i = 0; i < count; i++) steps[i] = ((column[i] as number) - first) / step
  let order = orders[0] ?? 0
  let cost = Infinity
  for (const each of orders) {
    const tried = costOf(steps, each)
    if (tried < cost) [order, cost] = [each, tried]
    if (tried === 0) break
  }
  const out = scratch.residuals.of(count)
  const { least, most } = residuals(steps, order, out)
  // All alike: the planes are zeros and need not be there.
  const empty = least === most
  const width = empty ? 1 : widthOf(most - least)
  const at = prefix.length
  const body = new Uint8Array(at + integerHead + (empty ? 0 : width * count))
  const head = new DataView(body.buffer, at, integerHead)
  body.set(prefix)
  head.setFloat64(0, first, true)
  head.setFloat64(8, step, true)
  head.setFloat64(16, steps[1] ?? 0, true)
  head.setFloat64(24, least, true)
  head.setUint8(32, order)
  head.setUint8(33, width)
  head.setUint8(34, empty ? 1 : 0)
  if (!empty) putPlanes(body, at + integerHead, width, out)
  return { body, cost: cost + prefix.length + integerHead }
}

function readIntegers(body: Uint8Array, count: number): Float64Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const first = view.getFloat64(0, true)
  const step = view.getFloat64(8, true)
  const second = view.getFloat64(16, true)
  const least = view.getFloat64(24, true)
  const order = view.getUint8(32)
  const width = view.getUint8(33)
  const empty = view.getUint8(34) === 1
  const bytes = body.subarray(integerHead)
  if (!empty && bytes.byteLength !== width * count) throw new RangeError('a column of a chunk has the wrong size')
  const out = empty ? new Float64Array(count) : integersOfPlanes({ width, bytes }, count)
  if (order === 0) {
    for (let i = 0; i < count; i++) out[i] = ((out[i] as number) + least) * step + first
    return out
  }
  let value = 0
  let difference = order === 2 ? second : 0
  const seeds = order
  for (let i = 0; i < count; i++) {
    const r = (out[i] as number) + least
    if (i === 0) value = 0
    else if (i < seeds) value = second
    else if (order === 2) value += difference += r
    else value += r
    out[i] = value * step + first
  }
  return out
}

const timeOrders = [2, 1] as const
const differenceOrders = [0, 1] as const
const valueOrders = [1, 0, 2] as const

/** Times: whole microseconds as a rule, at an even cadence or near to another column's. */
export function encodeTimes(column: Float64Array, reference: Float64Array | null): Encoded {
  if (isConstant(wordView(column))) return constantOf(column)
  if (!areIntegers(column)) return encodeFloats(column)
  const near = reference === null ? null : asDifference(column, reference)
  // A byte an entry is about a clock's jitter: looking further would cost more time than it saves room.
  if (near !== null && near.cost <= column.length) return near
  const own = integersOf(Uint8Array.of(forms.integers), column, timeOrders)
  return near !== null && near.cost < own.cost ? near : own
}

function asDifference(column: Float64Array, reference: Float64Array): Encoded | null {
  const apart = scratch.wholes.of(column.length)
  for (let i = 0; i < column.length; i++) apart[i] = (column[i] as number) - (reference[i] as number)
  if (!areIntegers(apart) || !areIntegers(reference)) return null
  return integersOf(Uint8Array.of(forms.difference), apart, differenceOrders)
}

/** Written out: a power computed by another version of the engine might differ in its last bit. */
const scales = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const
const mostDigits = scales.length - 1

/** Values: constant, decimal numbers as integers (also those that passed through a 32-bit float), XORed or raw floats. */
export function encodeValues(column: Float64Array): Encoded {
  if (isConstant(wordView(column))) return constantOf(column)
  const single = areSingles(column)
  const scaled = asDecimal(column, false) ?? (single ? asDecimal(column, true) : null)
  if (scaled && scaled.cost < column.length * 2) return scaled
  const floats = single ? encodeSingles(column) : encodeFloats(column)
  return scaled && scaled.cost <= floats.cost ? scaled : floats
}

function areSingles(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    // A NaN compares false: its payload may need all 64 bits.
    if (Math.fround(v) !== v) return false
  }
  return true
}

/** What comes back from integer `n`, the same way when encoding and when decoding. */
function decimal(n: number, scale: number, single: boolean): number {
  return single ? Math.fround(n / scale) : n / scale
}

function asDecimal(column: Float64Array, single: boolean): Encoded | null {
  let digits = 0
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    // -0 would come back as 0.
    if (!Number.isFinite(v) || (v === 0 && 1 / v < 0)) return null
    while (decimal(Math.round(v * (scales[digits] as number)), scales[digits] as number, single) !== v) {
      if (++digits > mostDigits) return null
    }
  }
  const scale = scales[digits] as number
  const integers = scratch.wholes.of(column.length)
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    const n = Math.round(v * scale)
    // An entry that was whole at fewer digits need not be at the final scale.
    if (decimal(n, scale, single) !== v) return null
    integers[i] = n === 0 ? 0 : n
  }
  if (!areIntegers(integers)) return null
  return integersOf(Uint8Array.of(single ? forms.scaledSingle : forms.scaled, digits), integers, valueOrders)
}

function smaller(count: number, a: [number, Planes], b: [number, Planes]): Encoded {
  const costs = [entropyBytes(a[1], count), entropyBytes(b[1], count)] as const
  const [form, planes] = costs[0] <= costs[1] ? a : b
  return { body: Buffer.concat([Uint8Array.of(form), planes.bytes]), cost: Math.min(...costs) + 1 }
}

function encodeFloats(column: Float64Array): Encoded {
  const words = wordView(column)
  return smaller(column.length, [forms.xor, planesOfWords(words, 2, true)], [forms.raw, planesOfWords(words, 2, false)])
}

function encodeSingles(column: Float64Array): Encoded {
  const words = wordView(Float32Array.from(column))
  return smaller(
    column.length,
    [forms.xorSingle, planesOfWords(words, 1, true)],
    [forms.rawSingle, planesOfWords(words, 1, false)],
  )
}

/** `reference` is asked for only where the column was stored as differences to it. */
export function decodeColumn(body: Uint8Array, count: number, reference: () => Float64Array): Float64Array {
  const form = body[0]
  const rest = body.subarray(1)
  if (form === forms.constant) return constantColumn(rest, count)
  if (form === forms.integers) return readIntegers(rest, count)
  if (form === forms.difference) {
    const out = readIntegers(rest, count)
    const from = reference()
    for (let i = 0; i < count; i++) out[i] = (out[i] as number) + (from[i] as number)
    return out
  }
  if (form === forms.scaled || form === forms.scaledSingle) return readScaled(rest, count, form === forms.scaledSingle)
  const wide = form === forms.xor || form === forms.raw
  if (!wide && form !== forms.xorSingle && form !== forms.rawSingle) throw new RangeError(`unknown column form ${form}`)
  if (rest.byteLength !== count * (wide ? 8 : 4)) throw new RangeError('a column of a chunk has the wrong size')
  const words = wordsOfPlanes(rest, count, wide ? 2 : 1, form === forms.xor || form === forms.xorSingle)
  return wide ? new Float64Array(words.buffer) : Float64Array.from(new Float32Array(words.buffer))
}

function constantColumn(bytes: Uint8Array, count: number): Float64Array {
  if (bytes.byteLength !== 8) throw new RangeError('a constant column of a chunk has the wrong size')
  const [low = 0, high = 0] = new Uint32Array(new Uint8Array(bytes).buffer)
  const words = new Uint32Array(count * 2)
  for (let i = 0; i < words.length; i += 2) {
    words[i] = low
    words[i + 1] = high
  }
  return new Float64Array(words.buffer)
}

function readScaled(body: Uint8Array, count: number, single: boolean): Float64Array {
  const scale = scales[body[0] ?? 0]
  if (scale === undefined) throw new RangeError(`unknown scale ${body[0]} of a column`)
  const out = readIntegers(body.subarray(1), count)
  if (single) for (let i = 0; i < count; i++) out[i] = decimal(out[i] as number, scale, true)
  else if (scale !== 1) for (let i = 0; i < count; i++) out[i] = decimal(out[i] as number, scale, false)
  return out
}
