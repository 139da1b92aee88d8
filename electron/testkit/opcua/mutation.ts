const nasty = [0, 1, 2, 0x7f, 0x80, 0xff, 0x40, 0xc0]

/** The bytes with a few faults: other bytes, lengths of all sizes, pieces cut out, doubled or left off. */
export function mutated(bytes: Buffer, random: () => number, from = 0): Buffer {
  let out = Buffer.from(bytes)
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let faults = 1 + below(3); faults > 0 && out.length > from + 4; faults -= 1) {
    const at = from + below(out.length - from)
    const kind = below(6)
    if (kind === 0) out[at] = (out[at] ?? 0) ^ (1 << below(8))
    else if (kind === 1) out[at] = nasty[below(nasty.length)] ?? 0
    else if (kind === 2 && at + 4 <= out.length)
      out.writeInt32LE([-1, -2, 0, 1, 0x7fff_ffff, -0x8000_0000, 0xffff, out.length][below(8)] ?? 0, at)
    else if (kind === 3) out = out.subarray(0, at)
    else if (kind === 4) {
      const end = Math.min(out.length, at + 1 + below(16))
      out = Buffer.concat([out.subarray(0, end), out.subarray(at)])
    } else if (kind === 5)
      out = Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + 1 + below(8)))])
  }
  return out
}
