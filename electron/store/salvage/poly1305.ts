/** 22 bits a limb: products and their sums stay below 2^53, so plain numbers do. */
const limb = 2 ** 22
const mask = limb - 1
const prime = (1n << 130n) - 5n

function limbsOf(w0: number, w1: number, w2: number, w3: number, out: Float64Array): void {
  out[0] = w0 & mask
  out[1] = ((w0 >>> 22) | (w1 << 10)) & mask
  out[2] = ((w1 >>> 12) | (w2 << 20)) & mask
  out[3] = (w2 >>> 2) & mask
  out[4] = ((w2 >>> 24) | (w3 << 8)) & mask
  out[5] = w3 >>> 14
}

/**
 * Poly1305 (RFC 8439, 2.5) of a message whose length is a multiple of 16. Node offers it only inside the AEAD, whose one-time
 * key always begins at block 0; SQLite3MC's does not. About 60 us for a page.
 */
export function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const keys = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const word = (at: number): number => keys.getUint32(at, true)
  const r = new Float64Array(6)
  limbsOf(word(0) & 0x0fffffff, word(4) & 0x0ffffffc, word(8) & 0x0ffffffc, word(12) & 0x0ffffffc, r)
  // 2^132 is 4 * 2^130, and 2^130 is 5.
  const s = r.map((value) => value * 20)
  const h = new Float64Array(6)
  const m = new Float64Array(6)
  for (let at = 0; at < message.byteLength; at += 16) {
    limbsOf(
      view.getUint32(at, true),
      view.getUint32(at + 4, true),
      view.getUint32(at + 8, true),
      view.getUint32(at + 12, true),
      m,
    )
    multiply(h, m, r, s)
  }
  let sum = 0n
  for (let i = 5; i >= 0; i--) sum = sum * BigInt(limb) + BigInt(h[i] as number)
  const pad = keys.getBigUint64(16, true) + (keys.getBigUint64(24, true) << 64n)
  const tag = ((sum % prime) + pad) & ((1n << 128n) - 1n)
  const out = Buffer.alloc(16)
  out.writeBigUInt64LE(tag & 0xffffffffffffffffn, 0)
  out.writeBigUInt64LE(tag >> 64n, 8)
  return out
}

/** h = (h + m + 2^128) * r, limbs carried. */
function multiply(h: Float64Array, m: Float64Array, r: Float64Array, s: Float64Array): void {
  const h0 = (h[0] as number) + (m[0] as number)
  const h1 = (h[1] as number) + (m[1] as number)
  const h2 = (h[2] as number) + (m[2] as number)
  const h3 = (h[3] as number) + (m[3] as number)
  const h4 = (h[4] as number) + (m[4] as number)
  const h5 = (h[5] as number) + (m[5] as number) + 0x40000
  const [r0, r1, r2, r3, r4, r5] = r as unknown as [number, number, number, number, number, number]
  const [, s1, s2, s3, s4, s5] = s as unknown as [number, number, number, number, number, number]
  carry(
    h,
    h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1,
    h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2,
    h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3,
    h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4,
    h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5,
    h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0,
  )
}

function carry(h: Float64Array, d0: number, d1: number, d2: number, d3: number, d4: number, d5: number): void {
  let c = Math.floor(d0 / limb)
  h[0] = d0 - c * limb
  d1 += c
  c = Math.floor(d1 / limb)
  h[1] = d1 - c * limb
  d2 += c
  c = Math.floor(d2 / limb)
  h[2] = d2 - c * limb
  d3 += c
  c = Math.floor(d3 / limb)
  h[3] = d3 - c * limb
  d4 += c
  c = Math.floor(d4 / limb)
  h[4] = d4 - c * limb
  d5 += c
  c = Math.floor(d5 / limb)
  h[5] = d5 - c * limb
  const low = h[0] + c * 20
  c = Math.floor(low / limb)
  h[0] = low - c * limb
  h[1] += c
}
