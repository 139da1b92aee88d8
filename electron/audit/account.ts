import type { AuditSegment, PointAudit } from '../../shared/domain/audit.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { columnsOf, dueOfColumns, spanOf } from './coarse.ts'
import { columnsFor, type FineColumns, type PointInput } from './input.ts'
import { clip, intersect, lengthUs, paint, subtract, union, type Span } from './spans.ts'
import { mayStandStill, saysLastUsable, stillsOfColumns, stillsOfValues, toleranceUs, type Still } from './stillness.ts'

/** What became of each value that was due, and of each moment of the window. */
export interface Account {
  completeness: number | null
  values: PointAudit['values']
  segments: AuditSegment[]
  /** Within what was due, as `segments` has them. */
  accepted: Span[]
  unexplained: Span[]
  /** Stretches in which the value stood still for longer than this tag may; their values count for nothing. */
  frozen: Still[]
  /** The same of a tag that may stand still: told, not subtracted. */
  suspect: Still[]
  /** Values that repeat a source time, or whose status says that they repeat. */
  repeats: { count: number; spans: Span[] }
  bad: { count: number; spans: Span[] }
  /** Longest stillness that is taken for life. */
  toleranceUs: number
}

/** A column that has so much of what was due counts as delivered throughout; finer is looked at only where values were read. */
const fullColumn = 0.9

/** Equal values in a row, from which on they say something. */
const leastRepeats = 20

/** Stretch for which one value stands, until the next. */
function holdUs({ contract }: PointInput['point']): number {
  const cadence = contract.updateCadenceMs
  return Math.max(1.5 * cadence, contract.policy.staleAfterMs ?? 2 * cadence) * 1000
}

/** A silence of a tag that is sent by exception is no loss, as long as the link stood. */
export function countedGaps(gaps: readonly Gap[], byException: boolean): Gap[] {
  return gaps.filter(({ cause, endUs, startUs }) => !(byException && cause === 'missing') && endUs !== startUs)
}

export function gapSpans(gaps: readonly Gap[], window: Span): Span[] {
  return union(
    clip(
      gaps.map(({ startUs, endUs }) => ({ fromUs: startUs, toUs: endUs ?? window.toUs })),
      window,
    ),
  )
}

/** The stretch that was read when it is the whole window. */
export function wholeOf({ fine, window }: PointInput): FineColumns | null {
  return fine.find(({ fromUs, toUs }) => fromUs <= window.fromUs && toUs >= window.toUs) ?? null
}

/** How much of the time a value may stand still without saying anything: the machine does not run. */
function stopped({ runStates, window }: PointInput): Span[] {
  return runStates.flatMap(({ state, atUs }, i) =>
    state === 'not-running' ? clip([{ fromUs: atUs, toUs: runStates[i + 1]?.atUs ?? window.toUs }], window) : [],
  )
}

export function account(input: PointInput): Account {
  const { point, window, due, fine } = input
  const { contract } = point
  const whole = wholeOf(input)
  const columns = stillsOfColumns(input.coarse, window)
  const columnUs = (window.toUs - window.fromUs) / Math.max(1, input.coarse.tUs.length)
  const tolerance = toleranceUs(contract, fine, columns, columnUs)
  const idle = union(stopped(input))
  const byException = contract.deadband !== undefined
  const gaps = gapSpans(countedGaps(input.gaps, byException), window)
  // Where nothing came, nothing stood still either.
  const silent = union([...idle, ...gaps])
  const stills = (whole ? stillsOfValues(whole) : columns.stills).filter(
    (still) =>
      still.count > leastRepeats &&
      (lengthUs(subtract([still], silent)) > tolerance || (still.whole && isLong(still, window))),
  )
  const frozen = mayStandStill(contract) ? [] : stills
  const suspect = mayStandStill(contract) ? stills : []
  const rejected = union(frozen.flatMap((still) => subtract([provesNothing(still, window)], idle)))
  const seen = whole ? ofValues(whole, input, rejected) : ofColumns(input, rejected, gaps)
  const accepted = byException ? byLink(input, seen, gaps) : seen.accepted
  const notDue = subtract([window], due)
  const badOrRepeated = union([...rejected, ...seen.repeats.spans, ...seen.bad.spans])
  const segments: AuditSegment[] = paint(
    window,
    [
      { state: 'not-due', spans: notDue },
      { state: 'rejected', spans: rejected },
      { state: 'accepted', spans: accepted },
      { state: 'rejected', spans: badOrRepeated },
      { state: 'gap', spans: gaps },
    ],
    'unexplained',
  )
  const dueUs = lengthUs(due)
  const expected = dueUs / (contract.updateCadenceMs * 1000)
  const share = byException
    ? lengthUs(intersect(union(segments.filter(({ state }) => state === 'accepted')), due)) / dueUs
    : Math.min(1, seen.delivered / expected)
  return {
    completeness: dueUs > 0 ? share : null,
    values: {
      expected: Math.round(expected),
      delivered: Math.round(seen.delivered),
      repeated: Math.round(seen.repeats.count + seen.stood),
      bad: seen.bad.count,
    },
    segments,
    accepted: segments.filter(({ state }) => state === 'accepted'),
    unexplained: segments.filter(({ state }) => state === 'unexplained'),
    frozen,
    suspect,
    repeats: seen.repeats,
    bad: seen.bad,
    toleranceUs: tolerance,
  }
}

/** Nothing ever changed in most of the window: then not even the first value proves anything. */
function isLong({ fromUs, toUs }: Still, window: Span): boolean {
  return toUs - fromUs > (window.toUs - window.fromUs) / 2
}

function provesNothing(still: Still, window: Span): Span {
  // The value that began a stretch was news; where none was ever seen to begin, none was.
  return still.whole ? { fromUs: window.fromUs - 1, toUs: window.toUs } : { fromUs: still.fromUs, toUs: still.toUs }
}

interface Seen {
  delivered: number
  /** Values of stretches that stood still for too long. */
  stood: number
  accepted: Span[]
  repeats: { count: number; spans: Span[] }
  bad: { count: number; spans: Span[] }
}

function ofValues(whole: FineColumns, input: PointInput, rejected: readonly Span[]): Seen {
  const hold = holdUs(input.point)
  const { due, window } = input
  const kept: FineColumns = {
    ...whole,
    count: 0,
    tUs: new Float64Array(whole.count),
    status: new Uint32Array(whole.count),
    value: new Float64Array(whole.count),
  }
  const accepted: Span[] = []
  const repeats: Span[] = []
  const bad: Span[] = []
  const counts = { repeats: 0, bad: 0, stood: 0 }
  let rejecting = 0
  let [beforeUs, before] = [Number.NaN, Number.NaN]
  for (let i = 0; i < whole.count; i++) {
    const tUs = whole.tUs[i] as number
    const status = whole.status[i] as number
    const value = whole.value[i] as number
    const span = { fromUs: tUs, toUs: Math.min(tUs + hold, window.toUs) }
    while (rejecting < rejected.length && (rejected[rejecting] as Span).toUs < tUs) rejecting++
    const isFrozen = rejecting < rejected.length && (rejected[rejecting] as Span).fromUs < tUs
    if (qualityOf(status) === 'bad' || !Number.isFinite(value)) {
      counts.bad++
      bad.push(span)
      continue
    }
    if (saysLastUsable(status) || (tUs === beforeUs && value === before)) {
      counts.repeats++
      // Their own time stands still; they filled the time at which they came.
      const cameUs = Number.isFinite(whole.receiveUs[i]) ? Math.max(tUs, whole.receiveUs[i] as number) : tUs
      repeats.push({ fromUs: cameUs, toUs: Math.min(cameUs + hold, window.toUs) })
      continue
    }
    beforeUs = tUs
    before = value
    if (isFrozen) {
      counts.stood++
      continue
    }
    accepted.push(span)
    kept.tUs[kept.count] = tUs
    kept.value[kept.count] = value
    kept.count++
  }
  const columns = columnsOf(kept, columnsFor(window))
  return {
    delivered: deliveredIn(columns, input, due),
    stood: counts.stood,
    accepted: union(accepted),
    repeats: { count: counts.repeats, spans: union(repeats) },
    bad: { count: counts.bad, spans: union(bad) },
  }
}

/** Values of columns, of each at most what was due in it (and one, since edges fall anywhere). */
function deliveredIn(columns: PointInput['coarse'], { point, window }: PointInput, due: readonly Span[]): number {
  const cadenceUs = point.contract.updateCadenceMs * 1000
  const dueIn = dueOfColumns(columns, due, window)
  let delivered = 0
  for (let i = 0; i < columns.tUs.length; i++) {
    const count = columns.count[i] as number
    if (count === 0) continue
    const dueUs = dueIn[i] as number
    delivered += Math.min(count, dueUs / cadenceUs + (dueUs > 0 ? 1 : 0))
  }
  return Math.min(delivered, lengthUs(due) / cadenceUs)
}

function ofColumns(input: PointInput, rejected: readonly Span[], gaps: readonly Span[]): Seen {
  const { coarse, window, due, point } = input
  const cadenceUs = point.contract.updateCadenceMs * 1000
  const dueIn = dueOfColumns(coarse, due, window)
  const accepted: Span[] = []
  const bad: Span[] = []
  let [badCount, delivered, stood] = [0, 0, 0]
  for (let i = 0; i < coarse.tUs.length; i++) {
    const count = coarse.count[i] as number
    const badIn = coarse.badCount[i] as number
    if (count + badIn === 0) continue
    const span = spanOf(coarse, i, window)
    const dueUs = dueIn[i] as number
    badCount += badIn
    if (badIn > count) bad.push(span)
    if (count === 0) continue
    const free = rejected.length === 0 ? [span] : subtract([span], rejected)
    const share = lengthUs(free) / Math.max(1, span.toUs - span.fromUs)
    const dueHere = dueUs / cadenceUs
    const here = Math.min(count, dueHere + (dueUs > 0 ? 1 : 0)) * share
    delivered += here
    stood += count * (1 - share)
    if (here >= fullColumn * dueHere) accepted.push(...free)
    else accepted.push(...subtract(free, gaps))
  }
  const expected = lengthUs(due) / cadenceUs
  return {
    delivered: Math.min(delivered, expected),
    stood,
    accepted: union(accepted),
    repeats: { count: 0, spans: [] },
    bad: { count: badCount, spans: union(bad) },
  }
}

/** Sent by exception: silence says that nothing changed, while the link stands and where any value came at all. */
function byLink({ window }: PointInput, seen: Seen, gaps: readonly Span[]): Span[] {
  if (seen.accepted.length === 0) return []
  return union(subtract([window], union([...gaps, ...seen.repeats.spans, ...seen.bad.spans])))
}
