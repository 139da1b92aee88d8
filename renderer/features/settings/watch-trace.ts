/** The last values of a watched node, oldest first; NaN is a gap. */
export interface Trace {
  values: readonly number[]
}

export const emptyTrace: Trace = { values: [] }
/** Two minutes of reads, one a second. */
const kept = 120

export function addSample(trace: Trace, read: { number: number | null; status: number }): Trace {
  const isUsable = read.number !== null && Number.isFinite(read.number) && read.status >>> 30 < 2
  return { values: [...trace.values, isUsable ? (read.number ?? Number.NaN) : Number.NaN].slice(-kept) }
}

/** Between 0 and 1 over the trace's own range, with a tenth of air; a constant runs through the middle. */
export function scaled({ values }: Trace): { values: Float32Array; low: number | null; high: number | null } {
  const numbers = values.filter((value) => !Number.isNaN(value))
  if (numbers.length === 0) return { values: new Float32Array(values.length).fill(Number.NaN), low: null, high: null }
  const low = Math.min(...numbers)
  const high = Math.max(...numbers)
  const span = high - low
  const place = (value: number): number => (span === 0 ? 0.5 : 0.1 + (0.8 * (value - low)) / span)
  return { values: Float32Array.from(values, place), low, high }
}
