/** OPC UA status codes this room gives (OPC 10000-6, annex A.2). Info bits of the original stay. */
export const status = {
  uncertain: 0x40000000,
  /** UncertainEngineeringUnitsExceeded: outside the contract's expected range. */
  uncertainRange: 0x40940000,
  bad: 0x80000000,
  /** BadTypeMismatch: a block of another length than its contract says. */
  badLength: 0x80740000,
} as const

/** Worse quality wins: a mark never makes a value better than its source said. */
export function marked(original: number, mark: number): number {
  return original >>> 30 >= mark >>> 30 ? original : (mark | (original & 0xffff)) >>> 0
}
