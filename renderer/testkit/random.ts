/** 0 to 1 from two integers, the same in every run (mulberry32's finaliser). */
export function noise(seed: number, n: number): number {
  let a = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(n | 0, 0xc2b2ae35)) | 0
  a = Math.imul(a ^ (a >>> 15), 1 | a)
  a ^= a + Math.imul(a ^ (a >>> 7), 61 | a)
  return ((a ^ (a >>> 14)) >>> 0) / 4294967296
}
