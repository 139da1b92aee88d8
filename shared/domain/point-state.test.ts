import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantities } from './plant-file.ts'
import {
  blockFaultKinds,
  conditionOfStatus,
  dependsOnRunning,
  isBefore,
  isJudged,
  pointCondition,
  pointStateReasons,
  pointStates,
  sampleCondition,
  type PointFacts,
} from './point-state.ts'
import { qualityOf } from './status-code.ts'
import { runStates } from './twin.ts'

const well: PointFacts = {
  point: { kind: 'scalar', contract: { quantity: 'velocity' } },
  link: 'connected',
  freshness: 'live',
  status: 0,
  block: null,
  runState: 'running',
}
const state = (change: Partial<PointFacts>): string => pointCondition({ ...well, ...change }).state
/** InfoType DataValue with a limit: low 1, high 2, constant 3. */
const limited = (code: number, limit: 1 | 2 | 3): number => (code | 0x0400 | (limit << 8)) >>> 0

describe('the state of a point', () => {
  it('is normal when nothing is wrong', () => {
    expect(pointCondition(well)).toEqual({ state: 'normal', reason: 'none' })
  })

  it.each([
    ['no-contract', { point: { kind: 'scalar' } }],
    ['comms-lost', { link: 'lost' }],
    ['comms-lost', { status: 0x80310000 }],
    ['not-measured', { freshness: 'never' }],
    ['not-measured', { freshness: 'missing' }],
    ['not-measured', { status: 0x808d0000 }],
    ['not-measured', { status: 0x80890000 }],
    ['not-measured', { status: 0x00960000 }],
    ['cable-fault', { block: 'open-input' }],
    ['cable-fault', { status: limited(0x808c0000, 1) }],
    ['cable-fault', { status: limited(0x808c0000, 2) }],
    ['sensor-fault', { status: 0x808c0000 }],
    ['sensor-fault', { status: 0x40930000 }],
    ['sensor-fault', { block: 'stuck' }],
    ['stale', { freshness: 'stale' }],
    ['stale', { status: 0x40900000 }],
    ['stopped', { runState: 'not-running' }],
    ['transient', { runState: 'transient' }],
    ['out-of-range', { status: 0x40940000 }],
    ['out-of-range', { status: limited(0x40930000, 2) }],
    ['out-of-range', { block: 'clipped' }],
  ] satisfies [string, Partial<PointFacts>][])('%s from %j', (wanted, change) => {
    expect(state(change)).toBe(wanted)
  })

  it('limit bits count only where the status says that it carries them', () => {
    expect(conditionOfStatus((0x808c0000 | 0x0100) >>> 0).state).toBe('sensor-fault')
  })

  it('the first of the declared order that holds is told', () => {
    const causes: [string, Partial<PointFacts>][] = [
      ['no-contract', { point: { kind: 'scalar' } }],
      ['comms-lost', { link: 'lost' }],
      ['not-measured', { freshness: 'missing' }],
      ['cable-fault', { block: 'open-input' }],
      ['sensor-fault', { status: 0x808c0000 }],
      ['stopped', { runState: 'not-running' }],
    ]
    const together: Partial<PointFacts> = Object.assign({}, ...causes.map(([, change]) => change))
    for (let i = 0; i < causes.length; i++) {
      const [first] = causes[i] ?? ['']
      expect(pointStates.indexOf(first as (typeof pointStates)[number])).toBeGreaterThanOrEqual(0)
      expect(state(together)).toBe(first)
      for (const name of Object.keys(causes[i]?.[1] ?? {})) Object.assign(together, { [name]: Reflect.get(well, name) })
    }
  })

  it('a temperature of a standing machine is measured all the same; its vibration, raw or as a number, says nothing', () => {
    expect(state({ runState: 'not-running', point: { kind: 'scalar', contract: { quantity: 'temperature' } } })).toBe(
      'normal',
    )
    expect(state({ runState: 'not-running', point: { kind: 'waveform', contract: { quantity: 'current' } } })).toBe(
      'stopped',
    )
    for (const quantity of ['acceleration', 'velocity', 'displacement'] as const)
      expect(dependsOnRunning({ kind: 'scalar', contract: { quantity } })).toBe(true)
  })

  it('out of range is judged, whatever else is not', () => {
    expect(pointStates.filter(isJudged)).toEqual(['out-of-range', 'normal'])
  })

  const facts = fc.record({
    point: fc.record(
      {
        kind: fc.constantFrom('scalar' as const, 'waveform' as const),
        contract: fc.record({ quantity: fc.constantFrom(...quantities) }),
      },
      { requiredKeys: ['kind'] },
    ),
    link: fc.constantFrom('connecting' as const, 'connected' as const, 'lost' as const, 'refused' as const),
    freshness: fc.constantFrom('never' as const, 'live' as const, 'stale' as const, 'missing' as const),
    status: fc.integer({ min: 0, max: 0xffffffff }),
    block: fc.constantFrom(null, ...blockFaultKinds),
    runState: fc.constantFrom(...runStates),
  })

  it('is one of the declared for any facts, and one more bad fact never makes it better', () => {
    fc.assert(
      fc.property(facts, facts, (some, other) => {
        const now = pointCondition(some)
        expect(pointStates).toContain(now.state)
        expect(pointStateReasons).toContain(now.reason)
        for (const name of ['link', 'freshness', 'block'] as const) {
          const healed = pointCondition({ ...some, [name]: well[name] })
          expect(isBefore(healed.state, now.state)).toBe(false)
        }
        // A sample is judged as its point would be at that moment.
        const moment = { ...other, link: 'connected' as const, freshness: 'live' as const, block: null }
        expect(sampleCondition(other.point, other.status, other.runState).state).toBe(
          other.status === 0 && !other.point.contract
            ? sampleCondition(other.point, 0, other.runState).state
            : pointCondition(moment).state,
        )
      }),
    )
  })

  it('no bad value is ever normal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (status) => {
        if (qualityOf(status) === 'bad') expect(conditionOfStatus(status).state).not.toBe('normal')
      }),
    )
  })
})
