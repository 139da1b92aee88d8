import { constants, deflateRawSync, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

const packings = { plain: 0, deflate: 1, zstd: 2 } as const
/** As in codec.ts: below, the set-up of zstd's context outweighs its speed. */
const leastForZstd = 16 * 1024
/** Bodies are short: a smaller window and table are set up in three quarters of the time and pack the same. */
const deflateOptions = { level: 1, windowBits: 12, memLevel: 5 }
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const largestHint = 4 * 1024 * 1024

let joined = Buffer.alloc(64 * 1024)

/** Bodies with their lengths before them, compressed as one: most are too short to be worth a call each. */
export function part(bodies: readonly Uint8Array[]): Uint8Array {
  const plain = join(bodies)
  const large = plain.byteLength >= leastForZstd
  // Room for all of it: by default each call would take 16 KiB.
  const chunkSize = Math.max(64, plain.byteLength)
  const packed = large
    ? zstdCompressSync(plain, { ...zstdOptions, chunkSize })
    : deflateRawSync(plain, { ...deflateOptions, chunkSize })
  const smaller = packed.byteLength < plain.byteLength
  const body = smaller ? packed : plain
  const out = Buffer.allocUnsafe(5 + body.byteLength)
  out[0] = smaller ? (large ? packings.zstd : packings.deflate) : packings.plain
  out.writeUInt32LE(plain.byteLength, 1)
  out.set(body, 5)
  return out
}

/** In memory that the next call uses again. */
function join(bodies: readonly Uint8Array[]): Uint8Array {
  let size = bodies.length * 4
  for (const body of bodies) size += body.byteLength
  if (size > joined.byteLength) joined = Buffer.alloc(2 * size)
  let at = bodies.length * 4
  for (const [i, body] of bodies.entries()) {
    joined.writeUInt32LE(body.byteLength, i * 4)
    joined.set(body, at)
    at += body.byteLength
  }
  return joined.subarray(0, size)
}

export function bodiesOf(packed: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const size = view.getUint32(1, true)
  const plain = unpacked(packed[0], packed.subarray(5), size)
  if (plain.byteLength !== size) throw new RangeError('a part of a chunk has the wrong size')
  const lengths = new DataView(plain.buffer, plain.byteOffset, plain.byteLength)
  const bodies: Uint8Array[] = []
  let at = count * 4
  for (let i = 0; i < count; i++) {
    const end = at + lengths.getUint32(i * 4, true)
    if (end > plain.byteLength) throw new RangeError('a column of a chunk is cut off')
    bodies.push(plain.subarray(at, end))
    at = end
  }
  return bodies
}

function unpacked(packing: number | undefined, bytes: Uint8Array, size: number): Uint8Array {
  if (packing === packings.plain) return bytes
  if (packing !== packings.zstd && packing !== packings.deflate) {
    throw new RangeError(`unknown packing ${packing} of columns`)
  }
  try {
    // One buffer of the right size in place of several that are joined; a damaged size is only a hint too many.
    const options = { chunkSize: Math.min(Math.max(64, size), largestHint) }
    return packing === packings.zstd ? zstdDecompressSync(bytes, options) : inflateRawSync(bytes, options)
  } catch (error) {
    throw new RangeError('packed columns cannot be unpacked', { cause: error })
  }
}
