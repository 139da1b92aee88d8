import { crc32 } from 'node:zlib'
import { runStates, type RunState } from '../../../shared/domain/twin.ts'
import { decodeColumn, encodeTimes, encodeValues } from '../chunk-columns.ts'
import { bodiesOf, part } from '../packing.ts'
import { entropyBytes, planesOfWords, wordsOfPlanes } from '../chunk-planes.ts'
import { bytesOf, wordView } from '../codec.ts'

/** Feature rows of one point as columns, ordered by time, then sequence. `values` has a column per feature. */
export interface FeatureColumns {
  count: number
  seq: Float64Array
  tUs: Float64Array
  spanUs: Float64Array
  rpm: Float64Array
  runState: RunState[]
  configRef: Float64Array
  createdUs: Float64Array
  values: Float32Array[]
}

/** What a trend needs of a feature's column without unpacking it; NaN where no row has the feature. */
export interface FeatureHead {
  badCount: number
  min: number
  max: number
  sum: number
}

const forms = { constant: 0, raw: 1, difference: 2 } as const

/**
 * 32-bit floats, every bit kept (NaN payloads, -0): as they are, or as differences of their words with small ones of either sign
 * made small. A noisy level is smallest as it is, a value that creeps as differences.
 */
export function encodeSingles(column: Float32Array): Uint8Array {
  const words = wordView(column)
  if (words.every((word) => word === words[0])) {
    return part([Uint8Array.of(forms.constant), bytesOf(words.slice(0, 1))])
  }
  const differences = new Uint32Array(words.length)
  let previous = 0
  for (let i = 0; i < words.length; i++) {
    const d = ((words[i] as number) - previous) | 0
    differences[i] = (d << 1) ^ (d >> 31)
    previous = words[i] as number
  }
  const raw = planesOfWords(words, 1, false)
  const apart = planesOfWords(differences, 1, false)
  const isRaw = entropyBytes(raw, words.length) <= entropyBytes(apart, words.length)
  return part([Uint8Array.of(isRaw ? forms.raw : forms.difference), isRaw ? raw.bytes : apart.bytes])
}

export function decodeSingles(packed: Uint8Array, count: number): Float32Array<ArrayBuffer> {
  const [form, body] = bodiesOf(packed, 2)
  if (!form || !body) throw new RangeError('a column of features is cut off')
  if (form[0] === forms.constant) {
    if (body.byteLength !== 4) throw new RangeError('a constant column of features has the wrong size')
    const [word = 0] = new Uint32Array(new Uint8Array(body).buffer)
    return new Float32Array(new Uint32Array(count).fill(word).buffer)
  }
  if (body.byteLength !== count * 4) throw new RangeError('a column of features has the wrong size')
  const words = Uint32Array.from(wordsOfPlanes(body, count, 1, false))
  if (form[0] === forms.raw) return new Float32Array(words.buffer)
  if (form[0] !== forms.difference) throw new RangeError(`unknown form ${form[0]} of a column of features`)
  let value = 0
  for (let i = 0; i < count; i++) {
    const d = words[i] as number
    value = (value + ((d >>> 1) ^ -(d & 1))) | 0
    words[i] = value
  }
  return new Float32Array(words.buffer)
}

/** Times apart from the rest: a trend needs nothing else. */
export function encodeRowTimes({ tUs }: FeatureColumns): Uint8Array {
  return part([encodeTimes(tUs, null).body])
}

export function decodeRowTimes(packed: Uint8Array, count: number): Float64Array {
  const [body] = bodiesOf(packed, 1)
  if (!body) throw new RangeError('a chunk of features lacks its times')
  return decodeColumn(body, count, noReference)
}

const plainColumns = 6

/** What a row has beside its time and values, and columns of values that are packed already. */
export function encodeRows(rows: Omit<FeatureColumns, 'values'>, columns: readonly Uint8Array[]): Uint8Array {
  const states = Uint8Array.from(rows.runState, (state) => runStates.indexOf(state))
  const plain = part([
    encodeTimes(rows.seq, null).body,
    encodeTimes(rows.spanUs, null).body,
    encodeValues(rows.rpm).body,
    states.every((state) => state === states[0]) ? states.slice(0, 1) : states,
    encodeTimes(rows.configRef, null).body,
    encodeTimes(rows.createdUs, rows.tUs).body,
  ])
  const lengths = Buffer.alloc(4 * (columns.length + 1))
  for (const [i, body] of [plain, ...columns].entries()) lengths.writeUInt32LE(body.byteLength, i * 4)
  const head = Buffer.alloc(2)
  head.writeUInt16LE(columns.length)
  return Buffer.concat([head, lengths, plain, ...columns])
}

/** The packed pieces of a payload: the plain columns, then those of the features it holds. */
export function piecesOf(payload: Uint8Array): { plain: Uint8Array; values: Uint8Array[] } {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const count = view.getUint16(0, true)
  const pieces: Uint8Array[] = []
  let at = 2 + 4 * (count + 1)
  for (let i = 0; i <= count; i++) {
    const end = at + view.getUint32(2 + i * 4, true)
    if (end > payload.byteLength) throw new RangeError('a chunk of features is cut off')
    pieces.push(payload.subarray(at, end))
    at = end
  }
  const [plain, ...values] = pieces
  if (!plain) throw new RangeError('a chunk of features is empty')
  return { plain, values }
}

export function decodePlain(
  plain: Uint8Array,
  tUs: Float64Array,
  count: number,
): Omit<FeatureColumns, 'count' | 'tUs' | 'values'> {
  const [seq, span, rpm, states, config, created] = bodiesOf(plain, plainColumns)
  if (!seq || !span || !rpm || !states || !config || !created)
    throw new RangeError('a chunk of features lacks a column')
  const column = (body: Uint8Array): Float64Array => decodeColumn(body, count, () => tUs)
  return {
    seq: column(seq),
    spanUs: column(span),
    rpm: column(rpm),
    runState: Array.from({ length: count }, (_, i) => stateOf(states[states.length === 1 ? 0 : i])),
    configRef: column(config),
    createdUs: column(created),
  }
}

function stateOf(code: number | undefined): RunState {
  const state = runStates[code ?? -1]
  if (!state) throw new RangeError(`a chunk of features has an unknown run state ${code}`)
  return state
}

function noReference(): Float64Array {
  throw new RangeError('a column of features refers to one that it has not')
}

export function featureHead(column: Float32Array): FeatureHead {
  let min = Infinity
  let max = -Infinity
  let sum = 0
  let badCount = 0
  for (const v of column) {
    if (!Number.isFinite(v)) {
      badCount++
      continue
    }
    sum += v
    if (v < min) min = v
    if (v > max) max = v
  }
  // SQLite stores -0 as 0.
  if (badCount === column.length) return { badCount, min: Number.NaN, max: Number.NaN, sum: Number.NaN }
  return { badCount, min: min + 0, max: max + 0, sum: sum + 0 }
}

/** Over the payload and the numbers beside it, so that a row whose numbers were altered does not pass either. */
export function checksumOf(place: readonly number[], ...payloads: readonly Uint8Array[]): number {
  let sum = crc32(new Uint8Array(Float64Array.from(place).buffer))
  for (const payload of payloads) sum = crc32(payload, sum)
  return sum
}
