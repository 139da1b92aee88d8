import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { outcomes, type AlertOccurrence } from '../../../shared/domain/alert.ts'
import {
  canAcknowledge,
  clockText,
  countdownOf,
  isActive,
  isAwaitingOutcome,
  keyOfOutcome,
  outcomeOfKey,
} from './criteria.ts'
import { holdOrder, keepSelection, moveOfKey, moveSelection, type TableMove } from './table-model.ts'

const second = 1_000_000

function occurrence(over: Partial<AlertOccurrence> = {}): AlertOccurrence {
  return {
    id: 'o1',
    ruleId: 'r1',
    assetId: 'pump-101',
    pointId: 'pump-101.de.accel',
    feature: 'rms',
    state: 'unacknowledged',
    level: 'warning',
    priority: 'high',
    raisedUs: 0,
    changedUs: 0,
    value: 2.4,
    limit: 2,
    peakValue: 2.4,
    repeats: 0,
    respondByUs: 900 * second,
    acknowledgedUs: null,
    acknowledgedBy: null,
    acknowledgeComment: null,
    returnedUs: null,
    outcome: null,
    labelledUs: null,
    labelledBy: null,
    labelNote: null,
    configHash: 'h',
    contract: {
      meaning: 'm',
      cause: 'c',
      consequence: 'c',
      action: 'a',
      recipient: 'r',
      respondWithinMin: 15,
      priority: 'high',
    },
    ...over,
  }
}

describe('countdown', () => {
  it('runs down to the moment of response, is tight in the last fifth, then counts up', () => {
    expect(countdownOf(occurrence(), 0)).toEqual({ kind: 'remaining', seconds: 900, tight: false })
    expect(countdownOf(occurrence(), 719 * second)).toMatchObject({ kind: 'remaining', tight: false })
    expect(countdownOf(occurrence(), 721 * second)).toMatchObject({ kind: 'remaining', tight: true })
    expect(countdownOf(occurrence(), 960 * second)).toEqual({ kind: 'overdue', seconds: 60 })
  })

  it('stops with the acknowledgement and says whether it was in time', () => {
    const acknowledgedAt = (s: number) => occurrence({ acknowledgedUs: s * second, state: 'acknowledged' })
    expect(countdownOf(acknowledgedAt(100), 5000 * second)).toEqual({ kind: 'met' })
    expect(countdownOf(acknowledgedAt(1000), 5000 * second)).toEqual({ kind: 'late', seconds: 100 })
  })

  it('writes clocks of fixed form', () => {
    expect([0, 59.9, 61, 3600, 86_399, 86_400 + 4 * 3600 + 600].map(clockText)).toEqual([
      '0:00',
      '0:59',
      '1:01',
      '1:00:00',
      '23:59:59',
      '1 d 04:10',
    ])
  })
})

describe('states of an occurrence', () => {
  it('awaits its outcome from the acknowledgement until the label, whether or not the signal returned', () => {
    expect(isAwaitingOutcome(occurrence())).toBe(false)
    expect(isAwaitingOutcome(occurrence({ acknowledgedUs: 1 }))).toBe(true)
    expect(isAwaitingOutcome(occurrence({ acknowledgedUs: 1, returnedUs: 2 }))).toBe(true)
    expect(isAwaitingOutcome(occurrence({ acknowledgedUs: 1, outcome: 'true-positive' }))).toBe(false)
  })

  it('is active while the limit is exceeded or nobody has seen it', () => {
    expect(isActive(occurrence())).toBe(true)
    expect(isActive(occurrence({ returnedUs: 2 }))).toBe(true)
    expect(isActive(occurrence({ acknowledgedUs: 1, returnedUs: 2 }))).toBe(false)
    expect(canAcknowledge(occurrence({ returnedUs: 2 }))).toBe(true)
    expect(canAcknowledge(occurrence({ acknowledgedUs: 1 }))).toBe(false)
  })

  it('digits 1 to 5 are the five outcomes, and nothing else is', () => {
    expect(outcomes.map((outcome) => outcomeOfKey(keyOfOutcome(outcome)))).toEqual([...outcomes])
    for (const key of ['0', '6', 'a', '', '12', 'Enter']) expect(outcomeOfKey(key)).toBeNull()
  })
})

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 30 })
const moves = fc.constantFrom<TableMove>('up', 'down', 'first', 'last', 'page-up', 'page-down')

describe('alert table', () => {
  it('every move ends on a row that exists', () => {
    fc.assert(
      fc.property(ids, fc.option(fc.string({ maxLength: 3 }), { nil: null }), moves, (rows, selected, move) => {
        const next = moveSelection({ ids: rows, selected }, move)
        if (rows.length === 0) expect(next).toBeNull()
        else expect(rows).toContain(next)
      }),
    )
  })

  it('moves by one, by ten and to the ends', () => {
    const rows = Array.from({ length: 25 }, (_, i) => `r${i}`)
    const from = (selected: string, move: TableMove) => moveSelection({ ids: rows, selected }, move)
    expect([from('r3', 'up'), from('r3', 'down'), from('r3', 'first'), from('r3', 'last')]).toEqual([
      'r2',
      'r4',
      'r0',
      'r24',
    ])
    expect([from('r3', 'page-down'), from('r20', 'page-down'), from('r3', 'page-up')]).toEqual(['r13', 'r24', 'r0'])
    expect(['ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'x'].map(moveOfKey)).toEqual([
      'up',
      'down',
      'first',
      'last',
      'page-up',
      'page-down',
      null,
    ])
  })

  it('an arriving row never moves the selection to another alert', () => {
    fc.assert(
      fc.property(ids, ids, fc.nat(), (rows, arriving, pick) => {
        const selected = rows[pick % Math.max(1, rows.length)] ?? null
        const next = [...new Set([...arriving, ...rows])]
        if (selected !== null) expect(keepSelection({ ids: rows, selected }, next)).toBe(selected)
      }),
    )
  })

  it('when the selected row leaves, its successor is chosen, else its predecessor', () => {
    expect(keepSelection({ ids: ['a', 'b', 'c'], selected: 'b' }, ['a', 'c'])).toBe('c')
    expect(keepSelection({ ids: ['a', 'b', 'c'], selected: 'c' }, ['a', 'b'])).toBe('b')
    expect(keepSelection({ ids: ['a', 'b'], selected: 'b' }, ['x', 'y'])).toBe('x')
    expect(keepSelection({ ids: ['a'], selected: 'a' }, [])).toBeNull()
    expect(keepSelection({ ids: [], selected: null }, ['x'])).toBe('x')
  })

  it('held rows keep their order and newcomers follow, none lost, none twice', () => {
    fc.assert(
      fc.property(ids, ids, (shown, arriving) => {
        const next = holdOrder(shown, arriving)
        expect(next.toSorted()).toEqual(arriving.toSorted())
        expect(next.filter((id) => shown.includes(id))).toEqual(shown.filter((id) => arriving.includes(id)))
      }),
    )
  })
})
