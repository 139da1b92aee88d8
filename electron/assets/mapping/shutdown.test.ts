import { describe, expect, it } from 'vitest'
import type { RunState, RunStateChange } from '../../../shared/domain/twin.ts'
import {
  columnsOfStop,
  judgeStops,
  levelsAt,
  readingOf,
  stopsOf,
  type JudgedTag,
  type OtherMachine,
} from './shutdown.ts'

const minuteUs = 60e6
const window = { fromUs: 0, toUs: 1000 * minuteUs }

function states(assetId: string, ...changes: [number, RunState][]): RunStateChange[] {
  return changes.map(([minute, state]) => ({ assetId, atUs: minute * minuteUs, state, rpm: Number.NaN }))
}

/** Runs, and stands from 100 to 120, from 300 to 330 and from 500 to 500.5. */
const own = states(
  'pump',
  [0, 'running'],
  [100, 'not-running'],
  [120, 'running'],
  [300, 'transient'],
  [301, 'not-running'],
  [330, 'running'],
  [500, 'not-running'],
  [500.5, 'running'],
)
const stops = stopsOf(own, window)
const always: OtherMachine = { assetId: 'fan', name: 'Fan', states: states('fan', [0, 'running']) }
const sameTime: OtherMachine = { assetId: 'belt', name: 'Belt', states: own }
const untold: OtherMachine = { assetId: 'hall', name: 'Hall', states: [] }

/** A tag whose level is a function of time, read as the engine reads it. */
function tag(level: (minute: number) => number, more: Partial<JudgedTag> = {}): JudgedTag {
  const levels = stops.map((stop) => {
    const { fromUs, toUs } = readingOf(stop)
    const widthUs = (toUs - fromUs) / columnsOfStop
    const tUs = Float64Array.from({ length: columnsOfStop }, (_, i) => fromUs + i * widthUs)
    return levelsAt(stop, { tUs, mean: tUs.map((us) => level((us + widthUs / 2) / minuteUs)) }, own)
  })
  return { pointId: 'p', quantity: 'acceleration', unit: 'g', isEvidence: false, levels, ...more }
}

const standsAt = (minute: number): boolean => (minute >= 100 && minute < 120) || (minute >= 301 && minute < 330)
const follows = (minute: number): number => (standsAt(minute) ? 0.02 : 1.3)

describe('stops of a machine', () => {
  it('are those of a minute and more that came after running, the newest of them', () => {
    expect(stops.map(({ fromUs, toUs }) => [fromUs / minuteUs, toUs / minuteUs])).toEqual([
      [100, 120],
      [301, 330],
    ])
    expect(stopsOf(states('x', [0, 'not-running'], [50, 'running']), window)).toEqual([])
    const many = Array.from({ length: 40 }, (_, i): [number, RunState] => [
      i * 20,
      i % 2 === 0 ? 'running' : 'not-running',
    ])
    expect(stopsOf(states('x', ...many), window)).toHaveLength(12)
    expect(stopsOf(states('x', [0, 'running'], [990, 'not-running']), window)[0]?.toUs).toBe(window.toUs)
  })
})

describe('what they say of a tag', () => {
  it('supports one that goes quiet each time while another machine runs on', () => {
    const found = judgeStops(tag(follows), stops, [always])
    expect(found).toMatchObject({ verdict: 'supports', stops: 2, quiet: 2 })
    expect(found.detail).toContain('1.3 g running, 0.02 g stopped')
    expect(found.detail).toContain('one other machine ran on')
  })

  it('takes the run-down out of the level, and does not mind the sign', () => {
    const runsDown = (minute: number): number =>
      minute >= 100 && minute < 106 ? -1.3 : minute >= 301 && minute < 308 ? -0.9 : -follows(minute)
    expect(judgeStops(tag(runsDown), stops, [always]).verdict).toBe('supports')
  })

  it('contradicts one that goes on', () => {
    const found = judgeStops(
      tag(() => 1.3),
      stops,
      [always],
    )
    expect(found).toMatchObject({ verdict: 'contradicts', quiet: 0 })
    expect(found.detail).toContain('may be of another one')
  })

  it('cannot tell machines apart that stand still together, or that nobody knows of', () => {
    const together = judgeStops(tag(follows), stops, [always, sameTime])
    expect(together.verdict).toBe('undecided')
    expect(together.detail).toContain('Belt stood still each time as well')
    expect(judgeStops(tag(follows), stops, [untold]).verdict).toBe('undecided')
    const some = judgeStops(tag(follows), stops, [always, untold])
    expect(some.verdict).toBe('supports')
    expect(some.detail).toContain('of 1 the run state is not known')
  })

  it('is not decided by one stop, by half of them, by nothing, by the evidence itself or by a slow quantity', () => {
    const verdictOf = (judged: JudgedTag) => judgeStops(judged, stops, [always]).verdict
    const once = (minute: number): number => (minute < 200 ? follows(minute) : 1.3)
    expect(verdictOf(tag(once))).toBe('undecided')
    expect(verdictOf(tag((minute) => (minute < 200 ? follows(minute) : Number.NaN)))).toBe('undecided')
    expect(verdictOf(tag(() => Number.NaN))).toBe('undecided')
    expect(verdictOf(tag(follows, { isEvidence: true }))).toBe('undecided')
    expect(verdictOf(tag(follows, { quantity: 'temperature' }))).toBe('undecided')
    expect(judgeStops({ ...tag(follows), levels: [] }, [], [always]).verdict).toBe('undecided')
  })
})
