/** OPC UA status codes (OPC 10000-4, 7.39): severity in the two top bits, info bits in the low word. */
export type Quality = 'good' | 'uncertain' | 'bad'

export function qualityOf(status: number): Quality {
  const severity = status >>> 30
  return severity === 0 ? 'good' : severity === 1 ? 'uncertain' : 'bad'
}

/** InfoType DataValue plus the Overflow bit (OPC 10000-4, table 178): values were dropped from the server's queue. */
export const overflowBits = 0x0480

export function hasOverflow(status: number): boolean {
  return (status & overflowBits) === overflowBits
}

/**
 * Our own mark on a value that was read from a server's history after a gap: bit 12 is reserved and zero on the wire
 * (OPC 10000-4, table 178), so no server's status can carry it. Such values are never judged.
 */
export const backfilledBit = 0x1000

export function isBackfilled(status: number): boolean {
  return (status & backfilledBit) !== 0
}

/** The code without its info bits, which is what has a symbolic name. */
export function statusWithoutInfo(status: number): number {
  return (status & 0xffff0000) >>> 0
}

/** Limit bits, which hold only with InfoType DataValue: the value stands at that end of what it can be. */
export function limitOf(status: number): 'none' | 'low' | 'high' | 'constant' {
  if ((status & 0x0c00) !== 0x0400) return 'none'
  return (['none', 'low', 'high', 'constant'] as const)[(status >>> 8) & 3] ?? 'none'
}
