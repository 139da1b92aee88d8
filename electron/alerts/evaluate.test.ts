import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertLevel, AlertOccurrence, AlertRule, AlertTransition } from '../../shared/domain/alert.ts'
import {
  acknowledge,
  askedLevel,
  awaitsOutcome,
  evaluate,
  initialMemory,
  isClosed,
  label,
  resetPending,
  type AlertMemory,
  type AlertSample,
  type EvaluateOptions,
} from './index.ts'

const rule: AlertRule = {
  id: 'pump-101.rms-high',
  pointId: 'pump-101.de.accel',
  assetId: 'pump-101',
  feature: 'rms',
  limits: { warning: 2, alarm: 4 },
  deadband: 0.1,
  onDelayMs: 2000,
  offDelayMs: 5000,
  contract: {
    meaning: 'm',
    cause: 'c',
    consequence: 'q',
    action: 'a',
    recipient: 'maintenance',
    respondWithinMin: 15,
    priority: 'high',
  },
  configHash: 'h',
}
const t0 = 1_700_000_000_000_000
const good = (value: number, atS: number): AlertSample => ({ value, tUs: t0 + atS * 1e6, quality: 'good' })

/** Feeds samples and keeps what happened, as the engine does. */
function machine(of: AlertRule = rule) {
  let memory: AlertMemory = initialMemory(of)
  let latest: AlertOccurrence | null = null
  const transitions: AlertTransition[] = []
  return {
    get memory() {
      return memory
    },
    get latest() {
      return latest
    },
    transitions,
    kinds: () => transitions.map((transition) => transition.kind),
    feed(sample: AlertSample, options?: EvaluateOptions) {
      const step = evaluate(of, memory, sample, options)
      memory = { state: step.state, occurrence: step.occurrence }
      latest = step.ended ?? step.occurrence ?? latest
      transitions.push(...step.transitions)
      return step
    },
    acknowledge(atS: number) {
      const done = acknowledge(memory, 'op', 'seen', t0 + atS * 1e6)
      if (done.ok) {
        memory = { state: done.state, occurrence: done.running }
        latest = done.occurrence
        transitions.push(done.transition)
      }
      return done
    },
    reset() {
      memory = resetPending(memory)
    },
  }
}

describe('the ISA-18.2 machine', () => {
  it('raises after the on-delay, escalates, eases, returns and closes', () => {
    const m = machine()
    for (let s = 0; s <= 2; s++) m.feed(good(2.5, s))
    expect(m.kinds()).toEqual(['raised'])
    expect(m.latest).toMatchObject({
      id: `pump-101.rms-high@${t0 + 2e6}`,
      state: 'unacknowledged',
      level: 'warning',
      limit: 2,
      respondByUs: t0 + 2e6 + 15 * 60e6,
      repeats: 1,
    })
    for (let s = 3; s <= 5; s++) m.feed(good(5, s))
    expect(m.latest).toMatchObject({ level: 'alarm', state: 'unacknowledged', limit: 4, peakValue: 5 })
    expect(m.acknowledge(6).ok).toBe(true)
    for (let s = 7; s <= 12; s++) m.feed(good(2.5, s))
    expect(m.latest).toMatchObject({ level: 'warning', state: 'acknowledged' })
    for (let s = 13; s <= 18; s++) m.feed(good(1, s))
    expect(m.kinds()).toEqual(['raised', 'escalated', 'acknowledged', 'eased', 'returned'])
    expect(m.latest).toMatchObject({ state: 'normal', level: 'normal', returnedUs: t0 + 18e6, acknowledgedBy: 'op' })
    expect(m.memory).toMatchObject({ occurrence: null, state: { state: 'normal', occurrenceId: null, repeats: 0 } })
    const labelled = label(m.latest!, 'true-positive', 'op', 'outer race spalled', t0 + 99e6)
    expect(awaitsOutcome(m.latest!)).toBe(true)
    expect(labelled.ok && isClosed(labelled.occurrence)).toBe(true)
  })

  it('keeps one occurrence while it repeats unacknowledged, and wants its acknowledge after the return', () => {
    const m = machine({ ...rule, onDelayMs: 0, offDelayMs: 0 })
    for (let s = 0; s < 10; s++) m.feed(good(s % 2 === 0 ? 3 : 1, s))
    expect(m.kinds().slice(0, 4)).toEqual(['raised', 'returned', 'repeated', 'returned'])
    expect(m.latest).toMatchObject({ state: 'returned-unacknowledged', repeats: 5, id: `${rule.id}@${t0}` })
    expect(m.acknowledge(20).ok).toBe(true)
    expect(m.latest).toMatchObject({ state: 'normal', acknowledgedBy: 'op' })
    expect(m.memory.occurrence).toBeNull()
    m.feed(good(3, 30))
    expect(m.latest?.id).toBe(`${rule.id}@${t0 + 30e6}`)
  })

  it('wants a new acknowledge after an escalation', () => {
    const m = machine({ ...rule, onDelayMs: 0 })
    m.feed(good(3, 0))
    m.acknowledge(1)
    m.feed(good(5, 2))
    expect(m.latest).toMatchObject({ state: 'unacknowledged', level: 'alarm', acknowledgedBy: null })
  })

  it('refuses what makes no sense, in a sentence', () => {
    const m = machine({ ...rule, onDelayMs: 0 })
    expect(m.acknowledge(0)).toMatchObject({ ok: false, code: 'no-occurrence' })
    m.feed(good(3, 0))
    expect(label(m.latest!, 'inconclusive', 'op', null, t0)).toMatchObject({
      ok: false,
      code: 'not-acknowledged',
      message: expect.stringMatching(/^Acknowledge this alert first.*\.$/),
    })
    m.acknowledge(1)
    expect(m.acknowledge(2)).toMatchObject({ ok: false, code: 'already-acknowledged' })
  })

  it('neither raises nor clears on bad, missing, old or backfilled values', () => {
    const m = machine({ ...rule, onDelayMs: 0, offDelayMs: 0 })
    m.feed({ ...good(9, 1), quality: 'bad' })
    m.feed(good(Number.NaN, 2))
    m.feed(good(Number.POSITIVE_INFINITY, 3))
    m.feed({ ...good(9, 4), backfilled: true })
    expect(m.kinds()).toEqual([])
    m.feed(good(3, 5))
    m.feed({ ...good(0, 6), quality: 'bad' })
    m.feed(good(0, 4))
    m.feed({ ...good(0, 7), backfilled: true })
    expect(m.kinds()).toEqual(['raised'])
    m.feed({ ...good(5, 8), quality: 'uncertain' })
    expect(m.kinds()).toEqual(['raised', 'escalated'])
  })

  it('starts a delay anew after a gap and after too long a silence', () => {
    const m = machine()
    m.feed(good(3, 0))
    m.feed(good(3, 1))
    m.reset()
    m.feed(good(3, 2))
    m.feed(good(3, 3))
    expect(m.kinds()).toEqual([])
    m.feed(good(3, 4))
    expect(m.kinds()).toEqual(['raised'])
    const silent = machine()
    silent.feed(good(3, 0), { maxSilenceUs: 5e6 })
    silent.feed(good(3, 100), { maxSilenceUs: 5e6 })
    expect(silent.kinds()).toEqual([])
  })

  it('says nothing about a standing machine', () => {
    const m = machine({ ...rule, onDelayMs: 0, offDelayMs: 0 })
    for (let s = 0; s < 5; s++) m.feed(good(9, s), { suppressed: true })
    expect(m.kinds()).toEqual([])
    m.feed(good(9, 6))
    for (let s = 7; s < 20; s++) m.feed(good(0, s), { suppressed: true })
    expect(m.kinds()).toEqual(['raised'])
    m.feed(good(0, 21))
    expect(m.kinds()).toEqual(['raised', 'returned'])
  })

  it('raises at least the warning of a signal that swings between both limits', () => {
    const m = machine()
    for (let s = 0; s <= 2; s++) m.feed(good(s % 2 === 0 ? 2.5 : 4.5, s))
    expect(m.latest).toMatchObject({ level: 'warning' })
  })

  it('works with one limit only', () => {
    const m = machine({ ...rule, limits: { alarm: 4 }, onDelayMs: 0, offDelayMs: 0 })
    m.feed(good(3.99, 0))
    expect(m.kinds()).toEqual([])
    m.feed(good(4, 1))
    m.feed(good(3.95, 2))
    m.feed(good(3.9, 3))
    expect(m.kinds()).toEqual(['raised', 'returned'])
  })
})

describe('chatter', () => {
  it('gives at most one alarm for an hour of noise of 2 % around the limit at 1 Hz', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.02, max: 0.02, noNaN: true }), { minLength: 3600, maxLength: 3600 }),
        (noise) => {
          const m = machine({ ...rule, limits: { alarm: 4 }, deadband: 0.2, onDelayMs: 0, offDelayMs: 0 })
          noise.forEach((part, s) => m.feed(good(4 * (1 + part), s)))
          expect(m.kinds().filter((kind) => kind === 'raised' || kind === 'repeated').length).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 10 },
    )
  })
})

// The model says the same from the whole history instead of a running timer: since when every sample asked for more
// (or less) than the level that holds, and what the mildest of them asked for.
interface Model {
  level: AlertLevel
  alarmState: string
  history: { tUs: number; value: number }[]
  occurrences: number
  repeats: number
}
const levels: AlertLevel[] = ['normal', 'warning', 'alarm']

function modelLevel(model: Model): AlertLevel {
  const holds = levels.indexOf(model.level)
  const asked = model.history.map((one) => levels.indexOf(askedLevel(rule, one.value, model.level)) - holds)
  const last = Math.sign(asked.at(-1) ?? 0)
  if (last === 0) return model.level
  let from = asked.length - 1
  while (from > 0 && Math.sign(asked[from - 1]!) === last) from--
  const heldUs = model.history.at(-1)!.tUs - model.history[from]!.tUs
  if (heldUs < (last > 0 ? rule.onDelayMs : rule.offDelayMs) * 1000) return model.level
  const mildest = Math.min(...asked.slice(from).map(Math.abs))
  return levels[holds + last * mildest]!
}

type Real = ReturnType<typeof machine>

class Sample implements fc.Command<Model, Real> {
  readonly value: number
  readonly dtMs: number
  readonly usable: boolean
  constructor(value: number, dtMs: number, usable: boolean) {
    this.value = value
    this.dtMs = dtMs
    this.usable = usable
  }
  check = (): boolean => true
  run(model: Model, real: Real): void {
    const lastUs = model.history.at(-1)?.tUs ?? t0
    const tUs = lastUs + this.dtMs * 1000
    const { transitions } = real.feed({ value: this.value, tUs, quality: this.usable ? 'good' : 'bad' })
    if (!this.usable) {
      expect(transitions).toEqual([])
      return
    }
    model.history.push({ tUs, value: this.value })
    const to = modelLevel(model)
    if (to === model.level) expect(transitions).toEqual([])
    else {
      const rose = levels.indexOf(to) > levels.indexOf(model.level)
      const wasNormal = model.level === 'normal'
      const kind = !rose
        ? to === 'normal'
          ? 'returned'
          : 'eased'
        : !wasNormal
          ? 'escalated'
          : model.alarmState === 'normal'
            ? 'raised'
            : 'repeated'
      expect(transitions.map((one) => one.kind)).toEqual([kind])
      if (kind === 'raised') model.occurrences++
      model.repeats = kind === 'raised' ? 1 : model.repeats + (kind === 'repeated' ? 1 : 0)
      if (rose) model.alarmState = 'unacknowledged'
      else if (to === 'normal')
        model.alarmState = model.alarmState === 'acknowledged' ? 'normal' : 'returned-unacknowledged'
      model.level = to
      // What was asked before the change was asked of another level; only the present sample counts on.
      model.history = model.history.slice(-1)
    }
    compare(model, real)
  }
  toString = (): string => `sample(${this.value}, +${this.dtMs} ms${this.usable ? '' : ', bad'})`
}

class Acknowledge implements fc.Command<Model, Real> {
  check = (): boolean => true
  run(model: Model, real: Real): void {
    const done = real.acknowledge((model.history.at(-1)?.tUs ?? t0) - t0)
    const may = model.alarmState === 'unacknowledged' || model.alarmState === 'returned-unacknowledged'
    expect(done.ok).toBe(may)
    if (may) model.alarmState = model.alarmState === 'unacknowledged' ? 'acknowledged' : 'normal'
    compare(model, real)
  }
  toString = (): string => 'acknowledge'
}

class GapReset implements fc.Command<Model, Real> {
  check = (model: Readonly<Model>): boolean => model.history.length > 0
  run(model: Model, real: Real): void {
    real.reset()
    // An entry that asks for exactly the level that holds breaks every run of the same sign.
    const last = model.history.at(-1)!
    const steady = model.level === 'normal' ? 0 : model.level === 'warning' ? 3 : 9
    model.history = [{ tUs: last.tUs, value: steady }]
    compare(model, real)
  }
  toString = (): string => 'gap'
}

function compare(model: Model, real: Real): void {
  const { state, occurrence } = real.memory
  expect(state.level).toBe(model.level)
  expect(state.state).toBe(model.alarmState)
  expect(occurrence === null).toBe(model.alarmState === 'normal')
  expect(state.occurrenceId).toBe(occurrence?.id ?? null)
  expect(state.repeats).toBe(occurrence ? model.repeats : 0)
  expect(new Set(real.transitions.map((one) => one.occurrenceId)).size).toBe(model.occurrences)
}

const value = fc.oneof(
  fc.constantFrom(0, 1.85, 1.9, 1.95, 2, 3, 3.85, 3.9, 3.95, 4, 5),
  fc.double({ min: 0, max: 6, noNaN: true }),
)

describe('properties', () => {
  it('agrees with the model over samples, acknowledges and gaps in any order', () => {
    const commands = [
      fc
        .tuple(value, fc.integer({ min: 1, max: 3000 }), fc.boolean())
        .map(([v, dt, bad]) => new Sample(v, dt, !bad || v < 3)),
      fc.constant(new Acknowledge()),
      fc.constant(new GapReset()),
    ]
    fc.assert(
      fc.property(fc.commands(commands, { maxCommands: 80 }), (run) => {
        const setup = (): { model: Model; real: Real } => ({
          model: { level: 'normal', alarmState: 'normal', history: [], occurrences: 0, repeats: 0 },
          real: machine(),
        })
        fc.modelRun(setup, run)
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same answer twice, and never changes what it was given', () => {
    const stream = fc.array(fc.tuple(value, fc.integer({ min: 1, max: 4000 })), { maxLength: 60 })
    fc.assert(
      fc.property(stream, (steps) => {
        let tUs = t0
        const samples = steps.map(([v, dt]): AlertSample => ({ value: v, tUs: (tUs += dt * 1000), quality: 'good' }))
        const frozen = (memory: AlertMemory): AlertMemory => {
          Object.freeze(memory.state)
          if (memory.occurrence) Object.freeze(memory.occurrence)
          return memory
        }
        const run = (chunk: number): AlertTransition[] => {
          let memory = frozen(initialMemory(rule))
          const out: AlertTransition[] = []
          for (let at = 0; at < samples.length; at += chunk) {
            for (const sample of samples.slice(at, at + chunk)) {
              const step = evaluate(rule, memory, sample)
              memory = frozen({ state: step.state, occurrence: step.occurrence })
              out.push(...step.transitions)
            }
            // What the twin stores and gives back must lose nothing.
            memory = frozen(structuredClone(memory))
          }
          return out
        }
        expect(run(1)).toEqual(run(Math.max(1, samples.length)))
        // The same stream again, as after a reconnect, is old news to a machine that has seen it.
        const again = machine()
        for (const sample of samples) again.feed(sample)
        const before = again.transitions.length
        for (const sample of samples) again.feed(sample)
        expect(again.transitions).toHaveLength(before)
      }),
      { numRuns: 200 },
    )
  })
})
