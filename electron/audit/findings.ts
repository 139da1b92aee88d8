import type { AuditFinding } from '../../shared/domain/audit.ts'
import type { GapCause } from '../../shared/domain/intake.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import { countedGaps, wholeOf, type Account } from './account.ts'
import type { ClockSkew } from './clock-skew.ts'
import { spanOf } from './coarse.ts'
import type { PointInput } from './input.ts'
import { clip, intersect, lengthUs, subtract, union, type Span } from './spans.ts'
import { canSpike, leastSpike, spikesIn, spikyColumns, type Spike } from './spikes.ts'
import { counted, iso, lasting, number } from './words.ts'

/** Of one kind; what is left is one finding that stands for the rest. */
const mostOfOne = 20

function finding(
  kind: AuditFinding['kind'],
  { fromUs, toUs }: Span,
  detail: string,
  more: Partial<AuditFinding> = {},
): AuditFinding {
  return { kind, from: iso(fromUs), to: iso(toUs), detail, penalty: 0, ...more }
}

/** The longest `mostOfOne`, in order of time, and the rest. */
function longest<S extends Span>(spans: readonly S[]): { told: S[]; rest: S[] } {
  if (spans.length <= mostOfOne) return { told: [...spans], rest: [] }
  const byLength = spans.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs))
  const told = byLength.slice(0, mostOfOne).toSorted((a, b) => a.fromUs - b.fromUs)
  return { told, rest: byLength.slice(mostOfOne) }
}

function around(spans: readonly Span[]): Span {
  return {
    fromUs: Math.min(...spans.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...spans.map(({ toUs }) => toUs)),
  }
}

export function gapFindings(input: PointInput): AuditFinding[] {
  const { window, due, point } = input
  const byException = point.contract.deadband !== undefined
  const byCause = new Map<GapCause, (Span & { detail: string; count: number | null })[]>()
  for (const { cause, startUs, endUs, detail, count } of countedGaps(input.gaps, byException)) {
    for (const span of intersect(clip([{ fromUs: startUs, toUs: endUs ?? window.toUs }], window), due)) {
      const known = byCause.get(cause)
      if (known) known.push({ ...span, detail, count })
      else byCause.set(cause, [{ ...span, detail, count }])
    }
  }
  return [...byCause].flatMap(([cause, spans]) => {
    const { told, rest } = longest(spans)
    const out = told.map(({ detail, count, ...span }) =>
      finding('gap', span, `Gap (${cause}) of ${lasting(span.toUs - span.fromUs)}: ${detail}`, {
        cause,
        ...(count === null ? {} : { count }),
      }),
    )
    if (rest.length > 0) {
      const us = rest.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0)
      const detail = `${counted(rest.length, 'shorter gap')} (${cause}), ${lasting(us)} in all.`
      out.push(finding('gap', around(rest), detail, { cause }))
    }
    return out
  })
}

/** Values that were due, did not come, and for which no gap row stands. */
export function missingFindings({ window, due, point }: PointInput, account: Account): AuditFinding[] {
  const { expected, delivered, repeated, bad } = account.values
  if (point.contract.deadband !== undefined || expected === 0) return []
  const cadenceUs = point.contract.updateCadenceMs * 1000
  const gapUs = lengthUs(intersect(union(account.segments.filter(({ state }) => state === 'gap')), due))
  const short = Math.round(expected - delivered - repeated - bad - gapUs / cadenceUs)
  const holes = longest(intersect(account.unexplained, due).filter(({ fromUs, toUs }) => toUs - fromUs > 3 * cadenceUs))
  const out = holes.told.map((span) =>
    finding('missing', span, `Nothing came for ${lasting(span.toUs - span.fromUs)}, and no gap row says why.`),
  )
  if (holes.rest.length > 0) {
    const us = lengthUs(union(holes.rest))
    const detail = `${counted(holes.rest.length, 'shorter hole')} without a gap row, ${lasting(us)} in all.`
    out.push(finding('missing', around(holes.rest), detail))
  }
  if (out.length === 0 && short > Math.max(2, 0.02 * expected)) {
    const detail = `${short} of ${expected} values that were due at one every ${number(point.contract.updateCadenceMs)} ms did not come, spread over the time; no gap row says why.`
    out.push(finding('missing', window, detail, { count: short }))
  }
  return out
}

export function qualityFindings({ window }: PointInput, account: Account): AuditFinding[] {
  const { count, spans } = account.bad
  if (count === 0) return []
  const { told } = longest(spans)
  const span = told.length > 0 ? around(spans) : window
  const where = told.length > 1 ? `, in ${counted(spans.length, 'stretch', 'stretches')}` : ''
  return [finding('bad-quality', span, `${counted(count, 'value')} of bad quality${where}; none counts.`, { count })]
}

export function stillFindings({ point }: PointInput, account: Account): AuditFinding[] {
  const { unit } = point.contract
  const out: AuditFinding[] = []
  const { frozen, suspect, repeats } = account
  // A reconnect sends the last value once more: everyday.
  if (repeats.count > Math.max(2, 0.005 * account.values.expected)) {
    const detail = `${counted(repeats.count, 'value')} repeat a source time or are marked as the last usable value: the server sent them without its source having measured.`
    out.push(finding('heartbeat', around(repeats.spans), detail, { count: repeats.count }))
  }
  const remedy =
    'If this value may stand still, say so in its contract with a deadband; else look at sensor and source.'
  for (const { count, value, whole, ...span } of longest(frozen).told) {
    const long = lasting(span.toUs - span.fromUs)
    const detail = whole
      ? `The value stood at ${number(value)} ${unit} all the time (${counted(count, 'value')} in ${long}): nothing proves that its source is alive, and none counts. ${remedy}`
      : `The value stood at ${number(value)} ${unit} for ${long}, longer than the ${lasting(account.toleranceUs)} that are taken for life; its ${counted(count, 'repeat')} do not count. ${remedy}`
    out.push(finding('flatline', span, detail, { count }))
  }
  for (const { value, ...span } of longest(suspect.filter(isSuspicious)).told) {
    const detail = `The value has stood at ${number(value)} ${unit} for ${lasting(span.toUs - span.fromUs)}; its contract allows that, so nothing is subtracted.`
    out.push(finding('flatline', { fromUs: span.fromUs, toUs: span.toUs }, detail))
  }
  return out
}

/** A day: shorter ones of a tag that may stand still are its everyday. */
function isSuspicious({ fromUs, toUs }: Span): boolean {
  return toUs - fromUs >= 86_400e6
}

export function rangeFindings(input: PointInput): AuditFinding[] {
  const { expectedRange, unit } = input.point.contract
  const [low, high] = expectedRange
  const whole = wholeOf(input)
  const breaches: (Span & { worst: number; count: number })[] = []
  const add = (fromUs: number, toUs: number, worst: number, count: number): void => {
    const last = breaches.at(-1)
    const over = (v: number): number => Math.max(low - v, v - high)
    if (last && fromUs <= last.toUs) {
      last.toUs = toUs
      last.count += count
      if (over(worst) > over(last.worst)) last.worst = worst
    } else breaches.push({ fromUs, toUs, worst, count })
  }
  if (whole) {
    const holdUs = 1.5 * input.point.contract.updateCadenceMs * 1000
    for (let i = 0; i < whole.count; i++) {
      const value = whole.value[i] as number
      if (qualityOf(whole.status[i] as number) === 'bad' || !(value < low || value > high)) continue
      const tUs = whole.tUs[i] as number
      add(tUs, Math.min(tUs + holdUs, input.window.toUs), value, 1)
    }
  } else {
    const { coarse } = input
    for (let i = 0; i < coarse.tUs.length; i++) {
      if ((coarse.count[i] as number) === 0) continue
      const [min, max] = [coarse.min[i] as number, coarse.max[i] as number]
      if (min >= low && max <= high) continue
      const span = spanOf(coarse, i, input.window)
      add(span.fromUs, span.toUs, low - min > max - high ? min : max, 0)
    }
  }
  if (breaches.length === 0) return []
  const share = lengthUs(breaches) / (input.window.toUs - input.window.fromUs)
  const count = breaches.reduce((sum, breach) => sum + breach.count, 0)
  const { told, rest } = longest(breaches)
  return told.map(({ worst, ...span }, i) => {
    const values = whole ? `${counted(span.count, 'value')} ` : 'Values '
    const more =
      i === 0 && rest.length > 0 ? ` ${counted(rest.length, 'shorter breach', 'shorter breaches')} besides.` : ''
    const detail = `${values}outside ${number(low)} to ${number(high)} ${unit}, ${number(worst)} at worst.${more}`
    const total = i === 0 ? { penalty: Math.min(0.5, Math.max(0.02, share)), ...(whole ? { count } : {}) } : {}
    return finding('range', { fromUs: span.fromUs, toUs: span.toUs }, detail, total)
  })
}

export function spikeFindings(input: PointInput): AuditFinding[] {
  const { contract } = input.point
  if (!canSpike(contract)) return []
  const spikes: Spike[] = input.fine.flatMap((part) => spikesIn(part, contract)).sort((a, b) => a.tUs - b.tUs)
  const unread = wholeOf(input)
    ? 0
    : spikyColumns(input.coarse, contract).filter((i) => {
        const span = spanOf(input.coarse, i, input.window)
        return lengthUs(subtract([span], union(input.fine))) > 0
      }).length
  if (spikes.length === 0) return []
  const [first, last] = [spikes[0] as Spike, spikes.at(-1) as Spike]
  const worst = spikes.reduce((a, b) => (Math.abs(b.value - b.usual) > Math.abs(a.value - a.usual) ? b : a))
  const most = unread > 0 ? `At least ${spikes.length}` : String(spikes.length)
  const rest =
    unread > 0
      ? ` ${counted(unread, 'more stretch', 'more stretches')} of ${lasting((input.window.toUs - input.window.fromUs) / input.coarse.tUs.length)} look alike and were not read value by value.`
      : ''
  const detail = `${most} ${spikes.length === 1 ? 'spike' : 'spikes'} of ${number(leastSpike(contract))} ${contract.unit} or more against the values around; the largest ${number(worst.value)} where ${number(worst.usual)} is usual, at ${iso(worst.tUs)}.${rest}`
  const days = Math.max(1, (input.window.toUs - input.window.fromUs) / 86_400e6)
  const penalty = Math.min(0.2, (0.01 * (spikes.length + unread)) / days)
  return [
    finding('spikes', { fromUs: first.tUs, toUs: last.tUs + contract.updateCadenceMs * 1000 }, detail, {
      count: spikes.length,
      penalty,
    }),
  ]
}

/** Beyond it a clock is wrong (C13); beyond `blocksS` its machine cannot be compared with others in time. */
const toldS = 1
const blocksS = 60

export function clockFindings({ window, point }: PointInput, skew: ClockSkew | null): AuditFinding[] {
  if (!skew || point.contract.timestampSource === 'receive' || Math.abs(skew.median) <= toldS) return []
  const late = skew.median > 0
  // In batches a value is as old as its batch when it comes, by its contract.
  if (late && skew.median <= toldS + (point.contract.batchMs ?? 0) / 1000) return []
  const by = `${number(Math.abs(skew.median))} s (median of ${counted(skew.count, 'value')}, scatter ${number(skew.spread)} s)`
  const what = late
    ? `Values came ${by} after their time stamp`
    : `Values are stamped ${by} ahead of the time at which they came`
  const blocked = Math.abs(skew.median) > blocksS
  const then = blocked
    ? ': too much to compare this machine with others in time. Set the clock of the source.'
    : late
      ? ': the clock of the source is behind, or its values wait on their way.'
      : ': the clock of the source is ahead.'
  return [finding('clock-skew', window, `${what}${then}`, { penalty: blocked ? 0.3 : 0.1 })]
}

/** End of a plant file's day, in the plant's time zone, as microseconds. */
export function endOfDayUs(date: string, timeZone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`) + 86_400_000
  return (midnight - offsetMs(midnight, timeZone)) * 1000
}

function offsetMs(atMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const part = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
  const get = (name: Intl.DateTimeFormatPartTypes): number => part.get(name) ?? 0
  const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
  return local - Math.floor(atMs / 1000) * 1000
}

const soonUs = 30 * 86_400e6

export function calibrationFindings({ sensor, window, timeZone, point }: PointInput): AuditFinding[] {
  if (!sensor) {
    if (point.sensorId === undefined) return []
    const detail = `Its sensor "${point.sensorId}" is not in the plant file's list of sensors.`
    return [finding('calibration', window, detail)]
  }
  if (sensor.calibrationDue === undefined) {
    return [
      finding('calibration', window, `The plant file does not say when sensor "${sensor.id}" is due for calibration.`),
    ]
  }
  const dueUs = endOfDayUs(sensor.calibrationDue, timeZone)
  if (dueUs <= window.toUs) {
    const detail = `Sensor "${sensor.id}" was due for calibration on ${sensor.calibrationDue}, ${lasting(window.toUs - dueUs)} ago.`
    return [
      finding('calibration', { fromUs: Math.max(window.fromUs, dueUs), toUs: window.toUs }, detail, { penalty: 0.1 }),
    ]
  }
  if (dueUs - window.toUs > soonUs) return []
  return [finding('calibration', window, `Sensor "${sensor.id}" is due for calibration on ${sensor.calibrationDue}.`)]
}
