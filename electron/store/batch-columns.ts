import { bytesOf, wordView } from './codec.ts'
import { planesOfWords } from './chunk-planes.ts'
import { Scratch, ScratchWords } from './scratch.ts'

/**
 * Columns of a batch whose rows are grouped by point. A group is coded by itself, so that one point is read without adding up
 * all others: its first entry as it is, the rest against the entry before. Exact for any 64 bits: numbers are used only where
 * each entry is proven to come back.
 */
const forms = { constant: 0, offsets: 1, words: 2, apart: 3 } as const

/** Where each group begins, and the end of the last. */
export type Groups = Uint32Array

const scales = [1, 1e1, 1e2, 1e3, 1e4, 1e5] as const
const head = 1 + 8 + 1 + 1
const widest = 2 ** 32

const scratch = { numbers: new Scratch(), apart: new Scratch(), offsets: new ScratchWords(), words: new ScratchWords() }

function isConstant(words: Uint32Array): boolean {
  const [low, high] = words
  for (let i = 2; i < words.length; i += 2) if (words[i] !== low || words[i + 1] !== high) return false
  return true
}

/** Entries times `scale` as whole numbers, or null when one does not come back from it; -0 would come back as 0. */
function scaledBy(column: Float64Array, scale: number): Float64Array | null {
  if (scale === 1) return areWhole(column) ? column : null
  const out = scratch.numbers.of(column.length)
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    const n = Math.round(v * scale)
    if (n / scale !== v || (v === 0 && 1 / v < 0) || n > Number.MAX_SAFE_INTEGER || n < -Number.MAX_SAFE_INTEGER)
      return null
    out[i] = n
  }
  return out
}

function areWhole(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) {
    const v = column[i] as number
    // NaN fails the first, -0 the second.
    if (!(Math.floor(v) === v && v <= Number.MAX_SAFE_INTEGER && v >= -Number.MAX_SAFE_INTEGER)) return false
    if (v === 0 && 1 / v < 0) return false
  }
  return true
}

/** Steps from the least of the entries, when they fit 32 bits. */
function offsetsOf(numbers: Float64Array): { base: number; offsets: Uint32Array } | null {
  let least = Infinity
  let most = -Infinity
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i] as number
    if (n < least) least = n
    if (n > most) most = n
  }
  if (!(most - least < widest)) return null
  const offsets = scratch.offsets.of(numbers.length)
  for (let i = 0; i < numbers.length; i++) offsets[i] = (numbers[i] as number) - least
  return { base: least, offsets }
}

/** In place: each entry of a group but its first becomes the difference to the one before, small ones of either sign small. */
function chain(offsets: Uint32Array, groups: Groups): void {
  for (let g = 0; g + 1 < groups.length; g++) {
    const first = groups[g] as number
    for (let i = (groups[g + 1] as number) - 1; i > first; i--) {
      const d = ((offsets[i] as number) - (offsets[i - 1] as number)) | 0
      offsets[i] = (d << 1) ^ (d >> 31)
    }
  }
}

function widthOf(words: Uint32Array): number {
  let all = 0
  for (let i = 0; i < words.length; i++) all |= words[i] as number
  return all >>> 24 ? 4 : all >>> 16 ? 3 : all >>> 8 ? 2 : 1
}

function putPlanes(body: Uint8Array, at: number, width: number, words: Uint32Array): void {
  for (let plane = 0; plane < width; plane++) {
    const shift = plane * 8
    const start = at + plane * words.length
    for (let i = 0; i < words.length; i++) body[start + i] = (words[i] as number) >>> shift
  }
}

function offsetsBody(form: number, digits: number, numbers: Float64Array, groups: Groups | null): Uint8Array | null {
  const found = offsetsOf(numbers)
  if (!found) return null
  if (groups) chain(found.offsets, groups)
  const width = widthOf(found.offsets)
  const body = new Uint8Array(head + width * numbers.length)
  const view = new DataView(body.buffer)
  view.setUint8(0, form)
  view.setFloat64(1, found.base, true)
  view.setUint8(9, digits)
  view.setUint8(10, width)
  putPlanes(body, head, width, found.offsets)
  return body
}

/** Without `digits` more than 0 the entries must be whole. `reference`: they are near to that column. */
export function encodeGrouped(
  column: Float64Array,
  groups: Groups,
  mostDigits: number,
  reference: Float64Array | null,
): Uint8Array {
  const words = wordView(column)
  if (isConstant(words)) return Buffer.concat([Uint8Array.of(forms.constant), bytesOf(column.subarray(0, 1))])
  let numbers: Float64Array | null = null
  let digits = 0
  for (; digits <= mostDigits && numbers === null; digits++) numbers = scaledBy(column, scales[digits] ?? 1)
  if (numbers !== null) {
    const near = reference === null ? null : apartOf(numbers, reference)
    const body = near ?? offsetsBody(forms.offsets, digits - 1, numbers, groups)
    if (body) return body
  }
  return encodeWords(words, groups)
}

/** Differences to a column of whole numbers; a clock's distance is not chained. */
function apartOf(numbers: Float64Array, reference: Float64Array): Uint8Array | null {
  const apart = scratch.apart.of(numbers.length)
  for (let i = 0; i < apart.length; i++) {
    const d = (numbers[i] as number) - (reference[i] as number)
    if (Math.floor(d) !== d || d + (reference[i] as number) !== numbers[i]) return null
    apart[i] = d
  }
  return offsetsBody(forms.apart, 0, apart, null)
}

function encodeWords(words: Uint32Array, groups: Groups): Uint8Array {
  const chained = scratch.words.of(words.length)
  chained.set(words)
  for (let g = 0; g + 1 < groups.length; g++) {
    const first = 2 * (groups[g] as number)
    for (let i = 2 * (groups[g + 1] as number) - 1; i > first + 1; i--) {
      chained[i] = (words[i] as number) ^ (words[i - 2] as number)
    }
  }
  return Buffer.concat([Uint8Array.of(forms.words), planesOfWords(chained, 2, false).bytes])
}

/** A column as stored, any part of it decoded on demand. */
export class GroupedColumn {
  readonly #form: number
  readonly #count: number
  readonly #planes: Uint8Array
  readonly #base: number
  readonly #scale: number
  readonly #width: number
  readonly #constant: Uint8Array

  constructor(body: Uint8Array, count: number) {
    const form = body[0] ?? -1
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    this.#form = form
    this.#count = count
    this.#constant = body.subarray(1)
    this.#base = 0
    this.#scale = 1
    this.#width = 8
    this.#planes = this.#constant
    if (form === forms.offsets || form === forms.apart) {
      this.#base = view.getFloat64(1, true)
      this.#scale = scales[view.getUint8(9)] ?? 0
      this.#width = view.getUint8(10)
      this.#planes = body.subarray(head)
    } else if (form !== forms.constant && form !== forms.words) {
      throw new RangeError(`unknown form ${form} of a batch's column`)
    }
    const wanted = form === forms.constant ? 8 : this.#width * count
    if (this.#planes.byteLength !== wanted || this.#scale === 0) {
      throw new RangeError('a column of a batch has the wrong size')
    }
  }

  /**
   * Rows of the groups `from` to `to`. `reference`: the same rows of the column this one may be near to. `out`: where to, if it
   * shall not be an array of its own.
   */
  decode(
    groups: Groups,
    from: number,
    to: number,
    reference: Float64Array | null,
    out: Float64Array = new Float64Array((groups[to] as number) - (groups[from] as number)),
  ): Float64Array {
    const start = groups[from] as number
    if (this.#form === forms.constant) fillConstant(out, this.#constant)
    else if (this.#form === forms.words) this.#decodeWords(out, groups, from, to)
    else if (this.#form === forms.apart) {
      if (!reference) throw new RangeError('a column of a batch refers to one that it has not')
      for (let i = 0; i < out.length; i++) out[i] = this.#base + this.#offset(start + i) + (reference[i] as number)
    } else this.#decodeOffsets(out, groups, from, to)
    return out
  }

  #offset(row: number): number {
    const planes = this.#planes
    const count = this.#count
    let word = planes[row] as number
    if (this.#width > 1) word |= (planes[count + row] as number) << 8
    if (this.#width > 2) word |= (planes[2 * count + row] as number) << 16
    if (this.#width > 3) word |= (planes[3 * count + row] as number) << 24
    return word >>> 0
  }

  #decodeOffsets(out: Float64Array, groups: Groups, from: number, to: number): void {
    const start = groups[from] as number
    const base = this.#base
    const scale = this.#scale
    for (let g = from; g < to; g++) {
      const end = groups[g + 1] as number
      let row = groups[g] as number
      let value = this.#offset(row)
      for (;;) {
        out[row - start] = scale === 1 ? base + value : (base + value) / scale
        if (++row >= end) break
        const z = this.#offset(row)
        value = (value + ((z >>> 1) ^ -(z & 1))) >>> 0
      }
    }
  }

  #decodeWords(out: Float64Array, groups: Groups, from: number, to: number): void {
    const words = wordView(out)
    const start = groups[from] as number
    for (let g = from; g < to; g++) {
      const first = groups[g] as number
      const end = groups[g + 1] as number
      for (let row = first; row < end; row++) {
        const at = 2 * (row - start)
        const low = this.#word(row, 0)
        const high = this.#word(row, 4)
        words[at] = row > first ? low ^ (words[at - 2] as number) : low
        words[at + 1] = row > first ? high ^ (words[at - 1] as number) : high
      }
    }
  }

  #word(row: number, plane: number): number {
    const planes = this.#planes
    const count = this.#count
    const at = plane * count + row
    return (
      (planes[at] as number) |
      ((planes[at + count] as number) << 8) |
      ((planes[at + 2 * count] as number) << 16) |
      ((planes[at + 3 * count] as number) << 24)
    )
  }
}

function fillConstant(out: Float64Array, bytes: Uint8Array): void {
  const [low = 0, high = 0] = new Uint32Array(new Uint8Array(bytes).buffer)
  const words = wordView(out)
  for (let i = 0; i < words.length; i += 2) {
    words[i] = low
    words[i + 1] = high
  }
}

/** 32-bit words as they are; of width 0 when all are alike. */
export function encodeCodes(words: Uint32Array): Uint8Array {
  const first = words[0] ?? 0
  let i = 1
  while (i < words.length && words[i] === first) i++
  if (i >= words.length) return Buffer.concat([Uint8Array.of(0), bytesOf(Uint32Array.of(first))])
  const width = widthOf(words)
  const body = new Uint8Array(1 + width * words.length)
  body[0] = width
  putPlanes(body, 1, width, words)
  return body
}

/** Rows `from` to `to` of `count`. */
export function decodeCodes(body: Uint8Array, count: number, from: number, to: number): Uint32Array {
  const out = new Uint32Array(to - from)
  putCodes(body, count, from, to, out)
  return out
}

export function putCodes(
  body: Uint8Array,
  count: number,
  from: number,
  to: number,
  out: Uint32Array | Uint8Array,
): void {
  const width = body[0] ?? 5
  if (width > 4 || body.byteLength !== 1 + (width === 0 ? 4 : width * count)) {
    throw new RangeError('a column of codes of a batch has the wrong size')
  }
  out.fill(width === 0 ? new DataView(body.buffer, body.byteOffset).getUint32(1, true) : 0, 0, to - from)
  for (let plane = 0; plane < width; plane++) {
    const at = 1 + plane * count
    for (let i = from; i < to; i++)
      out[i - from] = (out[i - from] as number) | ((body[at + i] as number) << (8 * plane))
  }
}
