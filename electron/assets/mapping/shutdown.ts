import type { Contract } from '../../../shared/domain/plant-file.ts'
import type { RunStateChange } from '../../../shared/domain/twin.ts'
import type { MappingSuggestion } from '../../../shared/protocol/mapping.ts'
import { median } from '../../../shared/lib/median.ts'

/**
 * What the stops of a machine say of a tag: a signal of the machine goes quiet whenever it stands still. That alone proves
 * little where machines start and stop together, so each other machine must have run on in at least one of the stops.
 */
export interface TimeSpan {
  readonly fromUs: number
  readonly toUs: number
}

export interface OtherMachine {
  readonly assetId: string
  readonly name: string
  readonly states: readonly RunStateChange[]
}

/** Median of a tag before a stop, while its machine ran, and within it; null where too little came. */
export interface StopLevels {
  readonly running: number | null
  readonly stopped: number | null
}

/** A shorter one may be a dip of the speed. */
const leastStopUs = 60e6
/** What is read before a stop and of it, at most: the level is there within minutes. */
const mostReadUs = 3600e6
/** Of a stop, the part in which the machine still runs down. */
const runDown = 0.4
/** Newest first; more tell nothing new. */
export const mostStops = 12
/** Columns of one read: a minute's stop has ten of its own. */
export const columnsOfStop = 60
const leastColumns = 3
/** Quiet: no more than so much of its running level. Goes on: at least so much. */
const quietShare = 0.35
const goesOnShare = 0.8
const leastStops = 2

/** Quantities that stand still with the machine. Temperature, pressure and level outlast a stop. */
const stopping: ReadonlySet<Contract['quantity']> = new Set([
  'acceleration',
  'velocity',
  'displacement',
  'rotational-speed',
  'current',
  'power',
  'torque',
  'flow',
])

/** The newest stops that came after running, in order of time. */
export function stopsOf(states: readonly RunStateChange[], window: TimeSpan): TimeSpan[] {
  const stops: TimeSpan[] = []
  let hasRun = false
  states.forEach(({ state, atUs }, i) => {
    if (state === 'running') hasRun = true
    if (state !== 'not-running' || !hasRun) return
    hasRun = false
    const toUs = Math.min(states[i + 1]?.atUs ?? window.toUs, window.toUs)
    if (atUs >= window.fromUs && toUs - atUs >= leastStopUs) stops.push({ fromUs: atUs, toUs })
  })
  return stops.slice(-mostStops)
}

/** What to read of a tag for a stop: as long before it as it lasted, an hour at most. */
export function readingOf(stop: TimeSpan): TimeSpan {
  const us = Math.min(stop.toUs - stop.fromUs, mostReadUs)
  return { fromUs: stop.fromUs - us, toUs: stop.fromUs + us }
}

/** Levels of a tag around a stop, from columns over `readingOf(stop)`; NaN means that nothing came. */
export function levelsAt(
  stop: TimeSpan,
  columns: { readonly tUs: Float64Array; readonly mean: Float64Array },
  states: readonly RunStateChange[],
): StopLevels {
  const { fromUs, toUs } = readingOf(stop)
  const widthUs = (toUs - fromUs) / Math.max(1, columns.tUs.length)
  const quietFromUs = stop.fromUs + runDown * (toUs - stop.fromUs)
  const running: number[] = []
  const stopped: number[] = []
  columns.tUs.forEach((tUs, i) => {
    const level = Math.abs(columns.mean[i] ?? Number.NaN)
    if (!Number.isFinite(level)) return
    if (tUs >= quietFromUs) stopped.push(level)
    else if (tUs + widthUs <= stop.fromUs && stateAt(states, tUs) === 'running') running.push(level)
  })
  const middle = (levels: number[]): number | null => (levels.length < leastColumns ? null : median(levels))
  return { running: middle(running), stopped: middle(stopped) }
}

function stateAt(states: readonly RunStateChange[], tUs: number): RunStateChange['state'] {
  return states.findLast(({ atUs }) => atUs <= tUs)?.state ?? 'unknown'
}

/** Whether a machine ran all through a span; null where its state was not known. */
function ranThrough(states: readonly RunStateChange[], { fromUs, toUs }: TimeSpan): boolean | null {
  const within = states.filter(({ atUs }) => atUs > fromUs && atUs < toUs).map(({ state }) => state)
  const all = [stateAt(states, fromUs), ...within]
  return all.includes('unknown') ? null : all.every((state) => state === 'running')
}

export interface JudgedTag {
  readonly pointId: string
  readonly quantity: Contract['quantity']
  readonly unit: string
  /** The machine's run state is judged by this very tag. */
  readonly isEvidence: boolean
  /** One for each stop, in the same order. */
  readonly levels: readonly StopLevels[]
}

/** What the stops say of a tag, in words. */
export function judgeStops(
  tag: JudgedTag,
  stops: readonly TimeSpan[],
  others: readonly OtherMachine[],
): MappingSuggestion {
  const undecided = (detail: string, told = 0, quiet = 0): MappingSuggestion => ({
    pointId: tag.pointId,
    verdict: 'undecided',
    stops: told,
    quiet,
    detail,
  })
  if (tag.isEvidence)
    return undecided('The run state of the machine is judged by this tag, so a stop proves nothing about it.')
  if (!stopping.has(tag.quantity)) return undecided(`A ${tag.quantity} does not end with a stop; test it another way.`)
  const told = tag.levels.flatMap(({ running, stopped }, i) => {
    const stop = stops[i]
    return running === null || stopped === null || running === 0 || !stop ? [] : [{ stop, running, stopped }]
  })
  if (told.length === 0) return undecided('No stop of the machine has values of this tag before and within it.')
  const quiet = told.filter(({ running, stopped }) => stopped <= quietShare * running)
  const goesOn = told.filter(({ running, stopped }) => stopped >= goesOnShare * running)
  const levels = `${round(median(told.map(({ running }) => running)))} ${tag.unit} running, ${round(median(told.map(({ stopped }) => stopped)))} ${tag.unit} stopped`
  const counted = `${quiet.length} of ${told.length} ${told.length === 1 ? 'stop' : 'stops'}`
  if (goesOn.length >= leastStops && goesOn.length > told.length / 2) {
    const detail = `It went on in ${goesOn.length} of ${told.length} stops of this machine (${levels}): it may be of another one.`
    return { pointId: tag.pointId, verdict: 'contradicts', stops: told.length, quiet: quiet.length, detail }
  }
  if (quiet.length < told.length)
    return undecided(`It went quiet in ${counted} only (${levels}).`, told.length, quiet.length)
  if (told.length < leastStops)
    return undecided(`It went quiet in the only stop that can be judged (${levels}); two are needed.`, 1, 1)
  const alike = others.filter(({ states }) => quiet.every(({ stop }) => ranThrough(states, stop) === false))
  const unknown = others.filter(
    ({ states }) =>
      !quiet.some(({ stop }) => ranThrough(states, stop) === true) && !alike.some((each) => each.states === states),
  )
  if (alike.length > 0) {
    const names = alike.slice(0, 3).map(({ name }) => name)
    const more = alike.length > names.length ? ` and ${alike.length - names.length} more` : ''
    const detail = `It went quiet in ${counted} (${levels}), but ${names.join(', ')}${more} stood still each time as well: it cannot be told which of them it is of.`
    return undecided(detail, told.length, quiet.length)
  }
  const ranOn = others.length - unknown.length
  const seen =
    ranOn === 1
      ? 'one other machine ran on in at least one of them'
      : `${ranOn} other machines ran on in at least one of them`
  const hidden = unknown.length === 0 ? '' : `; of ${unknown.length} the run state is not known`
  if (ranOn === 0 && unknown.length > 0) {
    const detail = `It went quiet in ${counted} (${levels}), but of no other machine of its server the run state is known: it may be of one of them.`
    return undecided(detail, told.length, quiet.length)
  }
  const detail = `It went quiet in ${counted} of this machine (${levels}); ${others.length === 0 ? 'its server has no other machine' : `${seen}${hidden}`}.`
  return { pointId: tag.pointId, verdict: 'supports', stops: told.length, quiet: quiet.length, detail }
}

function round(value: number): string {
  return Number(value.toPrecision(3)).toString()
}
