/**
 * Byte planes: the lowest byte of every entry, then the next one. What varies little lands beside its like, which is what an
 * entropy coder behind it wants.
 */
export interface Planes {
  width: number
  bytes: Uint8Array
}

/** c log2 c for the counts of a histogram: 256 logarithms a plane would cost more than a small chunk's whole encoding. */
const tableSize = 16_385
const xLog2x = Float64Array.from({ length: tableSize }, (_, c) => (c === 0 ? 0 : c * Math.log2(c)))
const histogram = new Uint32Array(256)

/** Bytes an ideal entropy coder would need for the planes: the estimate by which layouts are compared. */
export function entropyBytes({ width, bytes }: Planes, count: number): number {
  let bits = 0
  for (let plane = 0; plane < width; plane++) {
    histogram.fill(0)
    const end = (plane + 1) * count
    for (let i = plane * count; i < end; i++) {
      const byte = bytes[i] as number
      histogram[byte] = (histogram[byte] as number) + 1
    }
    bits += weight(count)
    for (let byte = 0; byte < 256; byte++) bits -= weight(histogram[byte] as number)
  }
  return bits / 8
}

function weight(c: number): number {
  return c < tableSize ? (xLog2x[c] as number) : c * Math.log2(c)
}

export function widthOf(most: number): number {
  let width = 1
  while (width < 7 && most >= 256 ** width) width++
  return width
}

/** `residuals` are whole, from 0 to below 2^53. */
export function planesOfIntegers(residuals: Float64Array, most: number): Planes {
  const width = widthOf(most)
  const bytes = new Uint8Array(width * residuals.length)
  putPlanes(bytes, 0, width, residuals)
  return { width, bytes }
}

/** Into `bytes` from `at` on. */
export function putPlanes(bytes: Uint8Array, at: number, width: number, residuals: Float64Array): void {
  const count = residuals.length
  for (let i = 0; i < count; i++) {
    const r = residuals[i] as number
    const low = r >>> 0
    let to = at + i
    bytes[to] = low
    if (width === 1) continue
    bytes[(to += count)] = low >>> 8
    if (width === 2) continue
    bytes[(to += count)] = low >>> 16
    if (width === 3) continue
    bytes[(to += count)] = low >>> 24
    if (width === 4) continue
    const high = Math.floor(r / 0x1_0000_0000)
    for (let plane = 4; plane < width; plane++) bytes[(to += count)] = high >>> (8 * (plane - 4))
  }
}

export function integersOfPlanes({ width, bytes }: Planes, count: number): Float64Array {
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    let low = bytes[i] as number
    if (width > 1) low |= (bytes[count + i] as number) << 8
    if (width > 2) low |= (bytes[2 * count + i] as number) << 16
    if (width > 3) low |= (bytes[3 * count + i] as number) << 24
    out[i] = low >>> 0
  }
  if (width <= 4) return out
  for (let i = 0; i < count; i++) {
    let high = 0
    for (let plane = width - 1; plane >= 4; plane--) high = (high << 8) | (bytes[plane * count + i] as number)
    out[i] = (out[i] as number) + (high >>> 0) * 0x1_0000_0000
  }
  return out
}

/** `words` holds `perEntry` 32-bit words an entry, lowest first; XORed with the entry before when `chained`. */
export function planesOfWords(words: Uint32Array, perEntry: 1 | 2, chained: boolean): Planes {
  const count = words.length / perEntry
  const bytes = new Uint8Array(count * perEntry * 4)
  for (let part = 0; part < perEntry; part++) {
    const base = part * 4 * count
    let previous = 0
    for (let i = 0; i < count; i++) {
      const word = words[i * perEntry + part] as number
      const x = word ^ previous
      if (chained) previous = word
      bytes[base + i] = x
      bytes[base + count + i] = x >>> 8
      bytes[base + 2 * count + i] = x >>> 16
      bytes[base + 3 * count + i] = x >>> 24
    }
  }
  return { width: perEntry * 4, bytes }
}

export function wordsOfPlanes(bytes: Uint8Array, count: number, perEntry: 1 | 2, chained: boolean): Uint32Array {
  const words = new Uint32Array(count * perEntry)
  for (let part = 0; part < perEntry; part++) {
    const base = part * 4 * count
    let previous = 0
    for (let i = 0; i < count; i++) {
      const x =
        (bytes[base + i] as number) |
        ((bytes[base + count + i] as number) << 8) |
        ((bytes[base + 2 * count + i] as number) << 16) |
        ((bytes[base + 3 * count + i] as number) << 24)
      const word = x ^ previous
      if (chained) previous = word
      words[i * perEntry + part] = word
    }
  }
  return words
}
