import { crc32 } from 'node:zlib'

/** The vector of a stored row. Copies, since a blob need not be aligned to four bytes. */
export function valuesOf(payload: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(new Uint8Array(payload).buffer)
}

export function checksumOfPayload(payload: Uint8Array): number {
  return crc32(payload)
}
