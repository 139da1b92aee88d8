import type { Gap } from '../../../shared/domain/intake.ts'

/** What one run of a server has counted: count `from + n` has the time `startMs + n * tickMs`. */
export interface ServerRun {
  from: number
  startMs: number
  tickMs: number
  last: number
}

export interface AccountedRow {
  value: number
  sourceUs: number
}

export interface Account {
  values: number
  /** Counted by the server, not received, and within a gap. */
  missing: number
  gaps: number
  /** In words, empty when everything is accounted for. */
  faults: string[]
}

/**
 * Received values and gaps of one point against the server's own log: each count from the first to the last that came is
 * here once, or lies within a gap; each gap runs from one value that came to the next one that came; nothing else is here.
 */
export function account(
  name: string,
  runs: readonly ServerRun[],
  live: readonly AccountedRow[],
  backfilled: readonly AccountedRow[],
  gaps: readonly Gap[],
): Account {
  const faults: string[] = []
  // The last count of a run that was killed is known to a tick or two.
  const runOf = (value: number): ServerRun | undefined => runs.findLast(({ from }) => value > from)
  const timeOf = (value: number, { from, startMs, tickMs }: ServerRun): number =>
    (startMs + (value - from) * tickMs) * 1_000
  const times = new Set<number>()
  const seen = new Set<number>()
  for (const { sourceUs } of live) times.add(sourceUs)
  for (const { value, sourceUs } of [...live, ...backfilled]) {
    // Before its first count a server holds a 0 of its own.
    if (value === 0) continue
    const run = runOf(value)
    if (!run) faults.push(`${name}: ${value} was never counted`)
    else if (timeOf(value, run) !== sourceUs) faults.push(`${name}: ${value} has another time than it was counted at`)
    if (seen.has(value)) faults.push(`${name}: ${value} came twice`)
    seen.add(value)
  }
  for (const { startUs, endUs, cause } of gaps) {
    const ends = endUs ?? Number.POSITIVE_INFINITY
    if (endUs === null) faults.push(`${name}: a gap (${cause}) has no end`)
    // Silence before the first value begins with the engine.
    const before = endUs !== null && endUs <= (live[0]?.sourceUs ?? 0)
    if (!before && !times.has(startUs)) faults.push(`${name}: a gap (${cause}) does not begin at a value that came`)
    if (endUs !== null && !times.has(endUs)) faults.push(`${name}: a gap (${cause}) does not end at a value that came`)
    for (const { value, sourceUs } of live)
      if (sourceUs > startUs && sourceUs < ends) faults.push(`${name}: ${value} came and lies within a gap (${cause})`)
  }
  const counted = live.map(({ value }) => value).filter((value) => value > 0)
  const [first, last] = [Math.min(...counted), Math.max(...counted)]
  let missing = 0
  for (const run of runs)
    for (let value = Math.max(run.from + 1, first); value <= Math.min(run.last, last); value += 1) {
      if (seen.has(value)) continue
      missing += 1
      const us = timeOf(value, run)
      if (!gaps.some(({ startUs, endUs }) => startUs < us && us < (endUs ?? Number.POSITIVE_INFINITY)))
        faults.push(`${name}: ${value} is missing and no gap says so`)
    }
  return { values: seen.size, missing, gaps: gaps.length, faults: faults.slice(0, 20) }
}
