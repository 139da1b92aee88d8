import fs from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PointAudit, SegmentState } from '../../shared/domain/audit.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { createIngest } from '../ingest/index.ts'
import type { Twin } from '../store/api.ts'
import { columns, open, startUs, testTwin, type ScalarRow } from '../store/twin-fixtures.ts'
import { runAudit } from './quality-run.ts'

/** What a source does next: waits, then sends a value, or waits only. */
interface Step {
  /** Since the step before, by the wall. */
  waitMs: number
  /** null: nothing is sent. */
  send: { lagMs: number; value: number; status: number; repeats: boolean } | null
  /** Whether the tick ends after it. */
  ticks: boolean
}

const good = 0
const uncertain = 0x40000000
const bad = 0x808c0000

const twinFiles = testTwin()
let twin: Twin
let runs = 0
let ticks = 0

beforeAll(async () => {
  twin = await open(twinFiles)
  await twin.sessionStart(startUs)
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(twinFiles.dir, { recursive: true, force: true })
})

function contractOf(policy: Contract['policy'], cadenceMs: number): Contract {
  return {
    version: 1,
    quantity: 'pressure',
    unit: 'bar',
    detector: 'raw',
    sampleRateHz: 1000,
    timestampSource: 'source',
    expectedRange: [0, 2.5],
    updateCadenceMs: cadenceMs,
    policy,
  }
}

function plantText(id: string, contract: Contract): string {
  return JSON.stringify({
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [{ id: 'l', name: 'L' }],
    servers: [
      {
        id: 'opc-1',
        endpointUrl: 'opc.tcp://127.0.0.1:4840',
        security: { mode: 'None', policy: 'None', reason: 'test' },
        user: { type: 'anonymous' },
      },
    ],
    assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A' }],
    points: [{ id, assetId: 'a', kind: 'scalar', source: { serverId: 'opc-1', nodeId: 'nsu=urn:x;s=a' }, contract }],
    alerts: [],
    sync: [],
  })
}

interface Outcome {
  audit: PointAudit
  window: { fromUs: number; toUs: number }
  counters: { received: number; accepted: number; rejected: number; dropped: number }
  /** Rows of the committed ticks, in order of their commit. */
  committed: ScalarRow[]
  gaps: Awaited<ReturnType<Twin['gaps']>>
}

/** The stream through the real intake into the real twin, and what the real audit says of the time it took. */
async function outcomeOf(contract: Contract, steps: readonly Step[]): Promise<Outcome> {
  runs += 1
  // Each run has a day of its own in the one twin.
  const beginUs = startUs + runs * 86_400e6
  const id = `point-${runs}`
  const [ref] = await twin.points([{ id, assetId: 'a', kind: 'scalar' }])
  const key = ref?.key ?? -1
  const text = plantText(id, contract)
  await twin.commitConfig({ hash: `hash-${runs}`, text, author: 'a', reason: 'r', atUs: beginUs - 1e6 })
  let ms = 0
  const clock = { nowUs: () => beginUs + ms * 1000, monotonicMs: () => ms }
  const points = [{ key, id, serverId: 'opc-1', kind: 'scalar' as const, contract }]
  const ingest = createIngest({ points, heads: [], clock, limits: { scalarQueue: 10_000, blockQueue: 1 } })
  const committed: ScalarRow[] = []
  const tick = async (): Promise<void> => {
    const { scalars, gaps } = ingest.tick(clock.nowUs())
    if (scalars.count + gaps.length === 0) return
    for (let i = 0; i < scalars.count; i++)
      committed.push({
        pointKey: key,
        sourceUs: scalars.sourceUs[i] ?? Number.NaN,
        value: scalars.value[i] ?? Number.NaN,
        status: scalars.status[i] ?? 0,
      })
    ticks += 1
    await twin.commitTick({ number: ticks, atUs: clock.nowUs(), scalars, gaps, features: [] })
  }
  let last: ScalarRow | null = null
  for (const { waitMs, send, ticks: ends } of steps) {
    // Silence is noticed by the ticks that pass meanwhile.
    for (let left = waitMs; left > 0; left -= 1000) {
      ms += Math.min(1000, left)
      if (left > 1000) await tick()
    }
    if (send) {
      const row: ScalarRow =
        send.repeats && last
          ? last
          : { pointKey: key, sourceUs: clock.nowUs() - send.lagMs * 1000, value: send.value, status: send.status }
      ingest.acceptScalars(columns([{ ...row, receiveUs: clock.nowUs() }]))
      last = row
    }
    if (ends) await tick()
  }
  await tick()
  const window = { fromUs: beginUs, toUs: clock.nowUs() + 1000 }
  const report = await runAudit(twin, window)
  const audit = report.points.find((point) => point.id === id)
  if (!audit) throw new Error('the audit has no such tag')
  const { received, accepted, rejected, dropped } = ingest.counters().scalars
  const gaps = (await twin.gaps({ pointKey: key, limit: 10_000 })).filter((gap) => gap.pointKey === key)
  return { audit, window, counters: { received, accepted, rejected, dropped }, committed, gaps }
}

const step = (lag: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.record({
    waitMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 1500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 2000, max: 30_000 }) },
    ),
    send: fc.option(
      fc.record({
        lagMs: lag,
        value: fc.constantFrom(0, 1, 2, 3),
        status: fc.constantFrom(good, good, good, uncertain, bad),
        repeats: fc.boolean(),
      }),
      { freq: 6 },
    ),
    ticks: fc.boolean(),
  })

const policies = fc.record({
  staleAfterMs: fc.constantFrom(1500, 5000),
  missingAfterMs: fc.constantFrom(1000, 4000, 20_000),
  late: fc.constantFrom('accept' as const, 'reject' as const, 'mark' as const),
  lateToleranceMs: fc.constantFrom(0, 3000, 60_000),
  duplicate: fc.constantFrom('drop' as const, 'count' as const),
  outOfOrder: fc.constantFrom('reorder' as const, 'reject' as const, 'mark' as const),
})

const secondsOf = (audit: PointAudit, state: SegmentState): number =>
  audit.segments
    .filter((segment) => segment.state === state)
    .reduce((sum, { fromUs, toUs }) => sum + (toUs - fromUs) / 1e6, 0)

/** Each moment of the window is in exactly one segment. */
function expectCover({ audit, window }: Outcome): void {
  const { segments } = audit
  expect(segments[0]?.fromUs).toBe(window.fromUs)
  expect(segments.at(-1)?.toUs).toBe(window.toUs)
  for (const [i, { fromUs, toUs, state }] of segments.entries()) {
    expect(toUs).toBeGreaterThan(fromUs)
    if (i === 0) continue
    expect(fromUs).toBe(segments[i - 1]?.toUs)
    expect(state).not.toBe(segments[i - 1]?.state)
  }
  const states = ['accepted', 'rejected', 'gap', 'unexplained', 'not-due'] as const
  for (const state of states) expect(audit.seconds[state]).toBeCloseTo(secondsOf(audit, state), 6)
  const all = states.reduce((sum, state) => sum + audit.seconds[state], 0)
  expect(all).toBeCloseTo((window.toUs - window.fromUs) / 1e6, 6)
}

/** Each value that came is taken, refused with a gap, or dropped; what was taken is in the twin. */
async function expectCounts({ counters, committed, gaps }: Outcome): Promise<void> {
  expect(counters.accepted + counters.rejected + counters.dropped).toBe(counters.received)
  expect(committed).toHaveLength(counters.accepted)
  const refused = gaps.filter(({ cause }) => cause === 'late-rejected' || cause === 'order-rejected')
  expect(refused.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(counters.rejected)
  const [first] = committed
  if (!first) return
  // The twin shows one of each that is the same in time, value and status.
  const wanted = new Set(committed.map(({ sourceUs, value, status }) => `${sourceUs} ${value} ${status}`))
  const page = await twin.scalars(first.pointKey, 0, Number.MAX_SAFE_INTEGER, null, 10_000)
  const stored = Array.from({ length: page.count }, (_, i) => `${page.sourceUs[i]} ${page.value[i]} ${page.status[i]}`)
  expect(new Set(stored)).toEqual(wanted)
  expect(stored).toHaveLength(wanted.size)
}

describe('accounting of any stream under any policy, by the real intake, twin and audit', () => {
  it('every value is taken, refused or dropped, and every moment is in exactly one segment', async () => {
    const lags = fc.integer({ min: -500, max: 12_000 })
    await fc.assert(
      fc.asyncProperty(policies, fc.array(step(lags), { minLength: 1, maxLength: 40 }), async (policy, steps) => {
        const outcome = await outcomeOf(contractOf(policy, 1000), steps)
        expectCover(outcome)
        await expectCounts(outcome)
        // Time counts as accepted only where a usable value stood, and as a gap only where a row says so.
        const holdUs = Math.max(1500, policy.staleAfterMs) * 1000
        const usable = outcome.committed.filter(({ status = 0 }) => status >>> 30 < 2).map(({ sourceUs }) => sourceUs)
        for (const { state, fromUs, toUs } of outcome.audit.segments) {
          const middleUs = (fromUs + toUs) / 2
          if (state === 'accepted') expect(usable.some((us) => us <= middleUs && middleUs <= us + holdUs)).toBe(true)
          if (state === 'gap')
            expect(
              outcome.gaps.some(({ startUs: a, endUs }) => a <= middleUs && middleUs <= (endUs ?? outcome.window.toUs)),
            ).toBe(true)
        }
      }),
      { numRuns: 40 },
    )
  }, 240_000)

  it('accepted, rejected and gap cover the span without a hole where the contract calls missing what is stale', async () => {
    const strict = policies.map((policy) => ({ ...policy, missingAfterMs: policy.staleAfterMs }))
    // The span begins with the first value. A source whose clock is right: what is sent has just been measured.
    const first: Step = { waitMs: 0, send: { lagMs: 0, value: 1, status: good, repeats: false }, ticks: true }
    await fc.assert(
      fc.asyncProperty(
        strict,
        fc.array(step(fc.constant(0)), { minLength: 1, maxLength: 40 }),
        async (policy, steps) => {
          const outcome = await outcomeOf(contractOf(policy, 1000), [first, ...steps])
          expectCover(outcome)
          await expectCounts(outcome)
          const { accepted, rejected, gap } = outcome.audit.seconds
          expect(outcome.audit.segments.filter(({ state }) => state === 'unexplained')).toEqual([])
          const { fromUs, toUs } = outcome.window
          expect(accepted + rejected + gap).toBeCloseTo((toUs - fromUs) / 1e6, 6)
        },
      ),
      { numRuns: 40 },
    )
  }, 240_000)
})
