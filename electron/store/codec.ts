import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/**
 * Columns as bytes, exact for every bit pattern (NaN payloads, -0). A 64-bit column is XORed with its previous entry, a 32-bit
 * column is taken as differences modulo 2^32; then the bytes are laid out plane by plane and compressed. Both steps work on
 * integer views: a float that travels through a JavaScript number may lose its NaN payload. Little-endian, as every platform
 * that Node supports here.
 */
const encodings = { constant: 0, zstd: 1, plain: 2, deflate: 3 } as const

const headerBytes = 5
/** Below this compression costs more than it saves. */
const leastToCompress = 256
/**
 * A call of zstd sets up its context for 64 us (decompress, Node 24), one of inflate takes 13 us in all for 800 bytes; a day of
 * small ticks is 432,000 of them. Above 16 KiB zstd's speed wins.
 */
const leastForZstd = 16 * 1024
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

function section(encoding: number, body: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(encoding, 0)
  header.writeUInt32LE(body.byteLength, 1)
  return [header, body]
}

function packed(planes: Uint8Array): Uint8Array[] {
  if (planes.byteLength >= leastToCompress) {
    const large = planes.byteLength >= leastForZstd
    const small = large ? zstdCompressSync(planes, zstdOptions) : deflateRawSync(planes, { level: 1 })
    if (small.byteLength < planes.byteLength) return section(large ? encodings.zstd : encodings.deflate, small)
  }
  return section(encodings.plain, planes)
}

/** `words` holds two 32-bit words an entry. */
export function encode64(words: Uint32Array): Uint8Array[] {
  const count = words.length >>> 1
  const planes = new Uint8Array(count * 8)
  let previousLow = 0
  let previousHigh = 0
  let changed = 0
  for (let i = 0; i < count; i++) {
    const low = words[i * 2] as number
    const high = words[i * 2 + 1] as number
    const a = low ^ previousLow
    const b = high ^ previousHigh
    previousLow = low
    previousHigh = high
    if (i > 0) changed |= a | b
    planes[i] = a
    planes[count + i] = a >>> 8
    planes[2 * count + i] = a >>> 16
    planes[3 * count + i] = a >>> 24
    planes[4 * count + i] = b
    planes[5 * count + i] = b >>> 8
    planes[6 * count + i] = b >>> 16
    planes[7 * count + i] = b >>> 24
  }
  if (changed === 0) return section(encodings.constant, bytesOf(words.slice(0, 2)))
  return packed(planes)
}

export function encode32(words: Uint32Array): Uint8Array[] {
  const count = words.length
  const planes = new Uint8Array(count * 4)
  let previous = 0
  let changed = 0
  for (let i = 0; i < count; i++) {
    const word = words[i] as number
    const difference = (word - previous) | 0
    previous = word
    if (i > 0) changed |= difference
    planes[i] = difference
    planes[count + i] = difference >>> 8
    planes[2 * count + i] = difference >>> 16
    planes[3 * count + i] = difference >>> 24
  }
  if (changed === 0) return section(encodings.constant, bytesOf(words.slice(0, 1)))
  return packed(planes)
}

export interface Section {
  encoding: number
  body: Uint8Array
}

/** Splits a payload into its sections without decompressing any. Throws when the lengths do not add up. */
export function sectionsOf(payload: Uint8Array, from = 0): Section[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const sections: Section[] = []
  let at = from
  while (at < payload.byteLength) {
    if (at + headerBytes > payload.byteLength) throw new RangeError('a column header is cut off')
    const end = at + headerBytes + view.getUint32(at + 1, true)
    if (end > payload.byteLength) throw new RangeError('a column is cut off')
    sections.push({ encoding: view.getUint8(at), body: payload.subarray(at + headerBytes, end) })
    at = end
  }
  return sections
}

function planesOf({ encoding, body }: Section, length: number): Uint8Array {
  const planes = unpacked(encoding, body)
  if (planes.byteLength !== length)
    throw new RangeError(`a column has ${planes.byteLength} bytes in place of ${length}`)
  return planes
}

function unpacked(encoding: number, body: Uint8Array): Uint8Array {
  if (encoding === encodings.zstd) return zstdDecompressSync(body)
  if (encoding === encodings.deflate) return inflateRawSync(body)
  if (encoding === encodings.plain) return body
  throw new RangeError(`unknown column encoding ${encoding}`)
}

/** The words of a body that holds one entry; copied (`slice` of a Buffer would not), since a body need not be aligned. */
function wordsOf(body: Uint8Array, count: number): Uint32Array {
  if (body.byteLength !== count * 4) throw new RangeError('a constant column has the wrong size')
  return new Uint32Array(new Uint8Array(body).buffer)
}

export function decode64(from: Section, count: number): Uint32Array {
  const words = new Uint32Array(count * 2)
  if (from.encoding === encodings.constant) {
    const [low = 0, high = 0] = wordsOf(from.body, 2)
    for (let i = 0; i < count; i++) {
      words[i * 2] = low
      words[i * 2 + 1] = high
    }
    return words
  }
  const p = planesOf(from, count * 8)
  let low = 0
  let high = 0
  for (let i = 0; i < count; i++) {
    low ^= word(p, i, count)
    high ^= word(p, 4 * count + i, count)
    words[i * 2] = low
    words[i * 2 + 1] = high
  }
  return words
}

function word(planes: Uint8Array, at: number, stride: number): number {
  return (
    (planes[at] as number) |
    ((planes[at + stride] as number) << 8) |
    ((planes[at + 2 * stride] as number) << 16) |
    ((planes[at + 3 * stride] as number) << 24)
  )
}

export function decode32(from: Section, count: number): Uint32Array {
  const words = new Uint32Array(count)
  if (from.encoding === encodings.constant) return words.fill(wordsOf(from.body, 1)[0] ?? 0)
  const planes = planesOf(from, count * 4)
  let value = 0
  for (let i = 0; i < count; i++) {
    value = (value + word(planes, i, count)) | 0
    words[i] = value
  }
  return words
}

export function decode8(from: Section, count: number): Uint8Array {
  if (from.encoding === encodings.constant) return new Uint8Array(count).fill(from.body[0] ?? 0)
  return new Uint8Array(planesOf(from, count))
}

export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** The same memory seen as 32-bit words. */
export function wordView(array: Float64Array | Float32Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.byteLength / 4)
}
