import type { SqlValue } from '../database.ts'
import type { DamagedFile } from './damaged-file.ts'

/** Kinds of pages: sqlite.org/fileformat2.html, section 1.6. */
const indexInterior = 2
const tableInterior = 5
const indexLeaf = 10
const tableLeaf = 13
const fileHeaderBytes = 100

export interface Row {
  /** NaN in an index. */
  rowid: number
  /** null: a page of its payload cannot be read. */
  values: SqlValue[] | null
}

function varint(page: Buffer, at: number): { value: number; next: number } {
  let value = 0
  for (let i = 0; i < 8; i++) {
    const byte = page[at + i] ?? 0
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, next: at + i + 1 }
  }
  // Nine bytes: a negative or very large number, as two's complement.
  const all = BigInt.asIntN(64, (BigInt(value) << 8n) | BigInt(page[at + 8] ?? 0))
  return { value: Number(all), next: at + 9 }
}

function headerAt(number: number): number {
  return number === 1 ? fileHeaderBytes : 0
}

export function isTableLeaf(page: Buffer): boolean {
  return page[0] === tableLeaf
}

interface Cells {
  kind: number
  cells: number[]
  /** Of an interior page, the last child. */
  right: number
}

function cellsOf(page: Buffer, number: number): Cells | null {
  const start = headerAt(number)
  const kind = page[start] ?? 0
  if (![indexInterior, tableInterior, indexLeaf, tableLeaf].includes(kind)) return null
  const count = page.readUInt16BE(start + 3)
  const interior = kind === indexInterior || kind === tableInterior
  const first = start + (interior ? 12 : 8)
  if (first + count * 2 > page.length) return null
  const cells = Array.from({ length: count }, (_, i) => page.readUInt16BE(first + i * 2))
  if (cells.some((at) => at < first || at + 4 > page.length)) return null
  return { kind, cells, right: interior ? page.readUInt32BE(start + 8) : 0 }
}

/** Pages of the tree under `root`, the root included; those that cannot be read go to `holes`. */
export function* pagesUnder(file: DamagedFile, root: number, holes = new Set<number>()): Generator<number> {
  const stack = [root]
  const seen = new Set<number>()
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    if (seen.has(number)) continue
    seen.add(number)
    const page = file.page(number)
    const found = page && cellsOf(page, number)
    if (!page || !found) {
      holes.add(number)
      continue
    }
    yield number
    if (found.kind !== tableInterior && found.kind !== indexInterior) continue
    stack.push(found.right)
    for (const at of found.cells.toReversed()) stack.push(page.readUInt32BE(at))
  }
}

/** The rows of one page; none on an interior page of a table. */
export function* rowsOn(file: DamagedFile, number: number): Generator<Row> {
  const page = file.page(number)
  const found = page && cellsOf(page, number)
  if (!page || !found || found.kind === tableInterior) return
  for (const cell of found.cells) {
    const isTable = found.kind === tableLeaf
    const length = varint(page, found.kind === indexInterior ? cell + 4 : cell)
    const id = isTable ? varint(page, length.next) : { value: Number.NaN, next: length.next }
    const payload = payloadOf(file, page, id.next, length.value, isTable)
    yield { rowid: id.value, values: payload && valuesOf(payload) }
  }
}

/** The bytes of a record, with those on overflow pages (section 1.5). */
function payloadOf(file: DamagedFile, page: Buffer, at: number, length: number, isTable: boolean): Buffer | null {
  const usable = file.usable
  if (length < 0 || length > 1e9) return null
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23
  if (length <= most) return at + length <= page.length ? page.subarray(at, at + length) : null
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const fit = least + ((length - least) % (usable - 4))
  const local = fit <= most ? fit : least
  if (at + local + 4 > page.length) return null
  const parts = [page.subarray(at, at + local)]
  let next = page.readUInt32BE(at + local)
  for (let left = length - local; left > 0;) {
    const more = next === 0 ? null : file.page(next)
    if (!more) return null
    next = more.readUInt32BE(0)
    parts.push(more.subarray(4, 4 + Math.min(left, usable - 4)))
    left -= usable - 4
  }
  return Buffer.concat(parts)
}

/** A record's values (section 2.1). */
function valuesOf(payload: Buffer): SqlValue[] | null {
  const header = varint(payload, 0)
  const types: number[] = []
  for (let at = header.next; at < header.value;) {
    const type = varint(payload, at)
    types.push(type.value)
    at = type.next
  }
  let at = header.value
  const values: SqlValue[] = []
  for (const type of types) {
    const bytes = bytesOfType(type)
    if (at + bytes > payload.length) return null
    values.push(valueOf(payload, at, type, bytes))
    at += bytes
  }
  return values
}

const integerBytes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0]

function bytesOfType(type: number): number {
  return type < 12 ? (integerBytes[type] ?? 0) : Math.floor((type - 12) / 2)
}

function valueOf(payload: Buffer, at: number, type: number, bytes: number): SqlValue {
  if (type === 0) return null
  if (type === 7) return payload.readDoubleBE(at)
  if (type === 6) return Number(payload.readBigInt64BE(at))
  if (type < 6) return payload.readIntBE(at, bytes)
  if (type === 8 || type === 9) return type - 8
  const content = payload.subarray(at, at + bytes)
  return type % 2 === 0 ? content : content.toString('utf8')
}

/** Pages that hold nothing now: the list that page 1 begins. null when it cannot be followed to its end. */
export function freePages(file: DamagedFile): Set<number> | null {
  const first = file.page(1)
  if (!first) return null
  const free = new Set<number>()
  let trunk = first.readUInt32BE(32)
  while (trunk !== 0) {
    const page = file.page(trunk)
    if (!page || free.has(trunk)) return null
    free.add(trunk)
    const count = page.readUInt32BE(4)
    if (count > page.length / 4 - 2) return null
    for (let i = 0; i < count; i++) free.add(page.readUInt32BE(8 + i * 4))
    trunk = page.readUInt32BE(0)
  }
  return free.size === first.readUInt32BE(36) ? free : null
}
