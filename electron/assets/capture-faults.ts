import type { Fault } from '../../shared/domain/fault.ts'
import { dayUs, tierCaps } from '../../shared/domain/plant-captures.ts'
import { items, number, part, text, type Raw } from './raw.ts'
import { meant } from './suggest.ts'

const kinds = ['schedules', 'onChange', 'onRunState'] as const

/** Points named by one entry exist and have a waveform. */
function pointFaults(entry: Raw, path: string, kindOf: ReadonlyMap<string, string | undefined>): Fault[] {
  const named: unknown = entry['points']
  if (!Array.isArray(named)) return []
  const waveforms = [...kindOf].flatMap(([id, kind]) => (kind === 'waveform' ? [id] : []))
  return named.flatMap((id: unknown, index): Fault[] => {
    if (typeof id !== 'string' || kindOf.get(id) === 'waveform') return []
    const at = `${path}.points[${index}]`
    const remedy = meant(id, waveforms, 'Name a waveform point, or leave "points" out for all of them.')
    if (!kindOf.has(id)) {
      const message = `${at} names the point "${id}", which is not in points.`
      return [{ path: at, code: 'dangling-reference', message, remedy }]
    }
    const kind = kindOf.get(id)
    // A kind that does not exist has been named where it stands.
    if (kind !== 'scalar' && kind !== 'event') return []
    const message = `${at} names "${id}", which is a ${kind} and has no waveform to capture.`
    return [{ path: at, code: 'no-waveform', message, remedy }]
  })
}

function scheduleFaults(captures: Raw): Fault[] {
  return items(captures, 'schedules').flatMap(([entry, index]): Fault[] => {
    const path = `captures.schedules[${index}]`
    const times: unknown = entry['at']
    if (entry['everyMin'] === undefined && times === undefined) {
      const message = `${path} does not say when: neither "everyMin" nor "at" is there.`
      const remedy = 'Add "everyMin": 60 for every hour, or "at": ["06:00"] for a time of day.'
      return [{ path, code: 'no-schedule', message, remedy }]
    }
    if (!Array.isArray(times)) return []
    return times.flatMap((time: unknown, at): Fault[] => {
      const first = times.indexOf(time)
      if (first === at) return []
      const message = `${path}.at names ${String(time)} twice.`
      return [{ path: `${path}.at[${at}]`, code: 'duplicate-time', message, remedy: 'Remove one of them.' }]
    })
  })
}

function changeFaults(captures: Raw, featureNames: readonly string[]): Fault[] {
  return items(captures, 'onChange').flatMap(([entry, index]): Fault[] => {
    const feature = text(entry, 'feature')
    if (feature === undefined || featureNames.includes(feature)) return []
    const path = `captures.onChange[${index}].feature`
    const message = `${path} is "${feature}", which is no feature of a waveform.`
    return [{ path, code: 'unknown-feature', message, remedy: meant(feature, featureNames, 'Name a feature.') }]
  })
}

function runStateFaults(captures: Raw): Fault[] {
  return items(captures, 'onRunState').flatMap(([entry, index]): Fault[] => {
    if (entry['entry'] !== false || entry['exit'] !== false) return []
    const path = `captures.onRunState[${index}]`
    const message = `${path} captures neither when the machine starts nor when it stops.`
    return [{ path, code: 'never-captured', message, remedy: 'Set "entry" or "exit" to true, or remove the entry.' }]
  })
}

/** Roll-ups stand for the values they were made of and cannot go before them. */
function retentionFaults(root: Raw): Fault[] {
  const retention = part(root, 'retention')
  const days = number(part(retention, 'aggregates'), 'maxAgeDays')
  if (days === undefined) return []
  const own = number(part(retention, 'scalars'), 'maxAgeDays')
  const scalars = own ?? tierCaps().scalars.maxAgeUs / dayUs
  if (days >= scalars) return []
  const path = 'retention.aggregates.maxAgeDays'
  const usual = own === undefined ? ', the usual' : ''
  const message = `${path} is ${days}, but the values that the aggregates are made of are kept for ${scalars} days${usual}.`
  return [
    { path, code: 'aggregates-before-values', message, remedy: `Set it to ${scalars} or more, or lower scalars.` },
  ]
}

/** What the schema cannot see of `captures` and `retention`. */
export function captureFaults(root: Raw, featureNames: readonly string[]): Fault[] {
  const captures = part(root, 'captures')
  const kindOf = new Map(
    items(root, 'points').flatMap(([point]): [string, string | undefined][] => {
      const id = text(point, 'id')
      return id === undefined ? [] : [[id, text(point, 'kind')]]
    }),
  )
  return [
    ...kinds.flatMap((kind) =>
      items(captures, kind).flatMap(([entry, index]) => pointFaults(entry, `captures.${kind}[${index}]`, kindOf)),
    ),
    ...scheduleFaults(captures),
    ...changeFaults(captures, featureNames),
    ...runStateFaults(captures),
    ...retentionFaults(root),
  ]
}
