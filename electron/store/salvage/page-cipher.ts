import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { poly1305 } from '@noble/ciphers/_poly1305.js'
import { pageSize } from '../wal-layout.ts'

/** Behind the content of an encrypted page: 16 bytes of nonce, 16 of tag. */
export const reservedBytes = 32
const nonceBytes = 16
/** Bytes of page 1 that stay readable: the cipher's salt and the page size. */
const plainHeaderBytes = 24
const noBytes = Buffer.alloc(64)

/** ChaCha20 with the 32-bit counter of RFC 8439, which wraps; OpenSSL would carry it into the nonce. */
function chacha20(key: Uint8Array | KeyObject, nonce: Uint8Array, counter: number, data: Uint8Array): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32LE(counter, 0)
  iv.set(nonce.subarray(0, 12), 4)
  const before = (2 ** 32 - counter) * 64
  if (before < data.length) {
    return Buffer.concat([
      chacha20(key, nonce, counter, data.subarray(0, before)),
      chacha20(key, nonce, 0, data.subarray(before)),
    ])
  }
  return createCipheriv('chacha20', key, iv).update(data)
}

/**
 * The content of a page as SQLite3MC stores it ("chacha20": a one-time key from the page's nonce and number, ChaCha20, Poly1305
 * over ciphertext and nonce), or null when its MAC does not hold. Without a key every page passes. Why not through SQLite:
 * it refuses the whole file for one flipped bit of page 1, and everything below one page of a tree.
 */
export function openPage(stored: Uint8Array, number: number, key: Uint8Array | null): Buffer | null {
  if (key === null) return Buffer.from(stored)
  const content = pageSize - reservedBytes
  const nonce = stored.subarray(content, content + nonceBytes)
  const view = new DataView(nonce.buffer, nonce.byteOffset, nonceBytes)
  const counter = (view.getUint32(12, true) ^ number) >>> 0
  const once = chacha20(keyObject(key), nonce, counter, noBytes)
  // Node has Poly1305 inside its AEAD only, whose one-time key always begins at block 0; SQLite3MC's does not.
  const tag = poly1305(stored.subarray(0, content + nonceBytes), once.subarray(0, 32))
  if (Buffer.compare(tag, stored.subarray(content + nonceBytes, pageSize)) !== 0) return null
  const from = number === 1 ? plainHeaderBytes : 0
  const open = chacha20(once.subarray(32, 64), nonce, (counter + 1) >>> 0, stored.subarray(from, content))
  return from === 0 ? open : Buffer.concat([stored.subarray(0, from), open])
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>()

/** Half of the time of a page went into looking at the key's bytes anew. */
function keyObject(key: Uint8Array): KeyObject {
  let known = keyObjects.get(key)
  if (!known) keyObjects.set(key, (known = createSecretKey(key)))
  return known
}

/** Bytes of a page that hold content. */
export function usableBytes(key: Uint8Array | null): number {
  return key === null ? pageSize : pageSize - reservedBytes
}
