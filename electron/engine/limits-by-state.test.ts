import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertRule, AlertTransition } from '../../shared/domain/alert.ts'
import type { OperatingState } from '../../shared/domain/operating-limits.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { FeatureRow, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import { featureCount, featureIndex } from '../../shared/domain/features.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { createIngest } from '../ingest/index.ts'
import { testPipeline } from '../testkit/engine/pipeline-rig.ts'
import { AlertDesk } from './alert-desk.ts'
import type { DspPool } from './dsp-pool.ts'
import { buildPlantModel } from './plant-model.ts'

const t0 = 1_700_000_000_000_000
const contractOf = (quantity: 'rotational-speed' | 'acceleration', unit: string) => ({
  version: 1,
  quantity,
  unit,
  detector: 'raw' as const,
  sampleRateHz: 4,
  blockSize: 4,
  timestampSource: 'source' as const,
  expectedRange: [0, 4000] as [number, number],
  updateCadenceMs: 250,
  policy: {
    missingAfterMs: 5000,
    late: 'accept' as const,
    lateToleranceMs: 5000,
    duplicate: 'drop' as const,
    outOfOrder: 'reorder' as const,
  },
})

const definition = {
  id: 'a.v-high',
  pointId: 'a.v',
  feature: 'rms',
  limits: { warning: 3, alarm: 4 },
  limitsByState: [
    { rpm: [600, 1200] as [number, number], limits: { warning: 1, alarm: 2 } },
    { name: 'full speed', rpm: [1200, 1800] as [number, number], limits: { warning: 5, alarm: 8 } },
    { runState: 'not-running' as const, limits: { warning: 0.2 } },
  ],
  deadband: 0.5,
  onDelayMs: 1000,
  offDelayMs: 1000,
  contract: plainContract,
}
const rule: AlertRule = { ...definition, assetId: 'a', configHash: 'h' }

function openDesk() {
  const transitions: AlertTransition[] = []
  const states: string[] = []
  const desk = new AlertDesk({
    commit: (commit) => {
      transitions.push(...commit.transitions)
      states.push(...commit.occurrences.map((occurrence) => occurrence.contract.state ?? ''))
      return Promise.resolve()
    },
    find: () => Promise.resolve(null),
    nowUs: () => t0,
    told: () => {},
    stuck: () => {},
  })
  desk.setRules([rule])
  let tUs = t0
  return {
    desk,
    states,
    /** One value a quarter of a second. */
    feed(value: number, at: OperatingState, seconds: number, of: AlertRule = rule) {
      for (let i = 0; i < seconds * 4; i++) {
        tUs += 250_000
        desk.judge(of, { value, tUs, quality: 'good' }, false, 60e6, at)
      }
    },
    async kinds() {
      await desk.settled()
      return transitions.map(({ kind, limit }) => `${kind} ${limit}`)
    },
  }
}
const at = (rpm: number | null, runState: OperatingState['runState'] = 'running'): OperatingState => ({ runState, rpm })

describe('limits by operating state', () => {
  it('are those of the state in force, named in what is raised', async () => {
    const m = openDesk()
    m.feed(1.5, at(1500), 10)
    expect(await m.kinds()).toEqual([])
    m.feed(1.5, at(900), 10)
    expect(await m.kinds()).toEqual(['raised 1'])
    expect(m.states).toEqual(['running, 600 to 1200 rpm'])
    expect(m.desk.limits(rule, at(900))).toMatchObject({ warning: 1, alarm: 2, why: 'state', of: { rpm: [600, 1200] } })
    m.feed(6, at(1500), 10)
    expect(await m.kinds()).toEqual(['raised 1'])
    expect(m.desk.limits(rule, at(1500))).toMatchObject({ warning: 5, of: { name: 'full speed' } })
  })

  it('an alert of other limits is left at the limit of the new state, not a deadband below it', async () => {
    const m = openDesk()
    m.feed(4.8, at(900), 10)
    m.feed(4.8, at(1500), 10)
    expect(await m.kinds()).toEqual(['raised 2', 'returned 8'])
    // Raised by its own limits it is kept for the deadband again.
    m.feed(5.2, at(1500), 5)
    m.feed(4.8, at(1500), 5)
    expect(await m.kinds()).toEqual(['raised 2', 'returned 8', 'repeated 5'])
  })

  it('a ramp holds everything as it was, and the limits of all other states hold where none is in force', async () => {
    const m = openDesk()
    m.feed(1.5, at(900), 10)
    m.feed(50, at(1000, 'transient'), 30)
    expect(await m.kinds()).toEqual(['raised 1'])
    expect(m.desk.limits(rule, at(1000, 'transient'))).toMatchObject({ why: 'transient', warning: 1 })
    m.feed(2.5, at(2500), 10)
    expect(await m.kinds()).toEqual(['raised 1', 'returned 3'])
    m.feed(3.5, at(2500), 10)
    expect(await m.kinds()).toEqual(['raised 1', 'returned 3', 'repeated 3'])
    expect(m.states.at(-1)).toBe('all other operating states')
    m.feed(3.5, at(null), 10)
    expect(m.desk.limits(rule, at(null))).toMatchObject({ why: 'speed-unknown', warning: 3, of: null })
    m.feed(3.5, at(null, 'unknown'), 1)
    expect(m.desk.limits(rule, at(null, 'unknown'))).toMatchObject({ warning: 3, of: null })
  })

  it('a speed that wavers about the end of a band keeps the higher limits', async () => {
    const m = openDesk()
    for (let i = 0; i < 100; i++) m.feed(1.5, at(i % 2 === 0 ? 1203 : 1185), 0.25)
    expect(await m.kinds()).toEqual([])
    m.feed(1.5, at(1170), 10)
    expect(await m.kinds()).toEqual(['raised 1'])
  })

  it('a state without limits judges nothing, and another revision with the same states goes on as it was', async () => {
    const m = openDesk()
    const silent = { ...rule, limitsByState: [{ rpm: [600, 1200] as [number, number], limits: {} }] }
    m.desk.setRules([silent])
    m.feed(100, at(900), 20, silent)
    expect(await m.kinds()).toEqual([])
    m.feed(2, at(1500), 10, silent)
    m.desk.setRules([{ ...silent, configHash: 'h2' }])
    m.feed(3.5, at(1500), 3, silent)
    expect(await m.kinds()).toEqual(['raised 3'])
  })

  it('no healthy machine alarms, however its speed moves: values follow up to a second after the speed', async () => {
    // Healthy: four fifths of the limit of the speed that the machine had when the value was measured.
    const healthy = (rpm: number): number => (rpm < 600 ? 2.4 : rpm < 1200 ? 0.8 : rpm < 1800 ? 4 : 2.4)
    const profile = fc.array(
      fc.record({
        to: fc.integer({ min: 300, max: 2400 }),
        percentPerS: fc.integer({ min: 1, max: 5 }),
        stayS: fc.integer({ min: 0, max: 20 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(
        profile,
        fc.integer({ min: 0, max: 4 }),
        fc.constantFrom(0, 1000),
        async (moves, lag, onDelayMs) => {
          const m = openDesk()
          const of = { ...rule, onDelayMs, offDelayMs: onDelayMs }
          let rpm = 900
          const speeds: number[] = []
          const step = (): void => {
            speeds.push(rpm)
            m.feed(healthy(speeds.at(-1 - lag) ?? rpm), at(rpm), 0.25, of)
          }
          for (const { to, percentPerS, stayS } of moves) {
            const most = (percentPerS / 100) * 1500 * 0.25
            while (rpm !== to) {
              rpm += Math.max(-most, Math.min(most, to - rpm))
              step()
            }
            for (let i = 0; i < stayS * 4; i++) step()
          }
          expect(await m.kinds()).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })

  it('come through the pipeline with the speed of the block, a standing machine by its own', async () => {
    const plant: PlantFile = {
      schema: 'millwright/plant@1',
      plant: { id: 'p', name: 'P', timeZone: 'UTC' },
      lines: [{ id: 'l', name: 'L' }],
      servers: [],
      assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A', ratedRpm: 1500 }],
      points: [
        {
          id: 'a.v',
          assetId: 'a',
          kind: 'waveform',
          source: { serverId: 's', nodeId: 'ns=1;s=v' },
          contract: contractOf('acceleration', 'm/s2'),
        },
        {
          id: 'a.n',
          assetId: 'a',
          kind: 'scalar',
          source: { serverId: 's', nodeId: 'ns=1;s=n' },
          contract: contractOf('rotational-speed', 'rpm'),
        },
      ],
      alerts: [definition],
      sync: [],
    }
    const refs = plant.points.map(({ id, kind }, index) => ({ key: index + 1, id, assetId: 'a', kind }))
    const model = buildPlantModel(plant, 'h', 'plant.json', refs, [rule])
    const clock = { nowUs: () => t0, monotonicMs: () => 1000 }
    const m = openDesk()
    const rows: FeatureRow[] = []
    const row = (second: number, rms: number, rpm: number, runState: FeatureRow['runState']): FeatureRow => {
      const values = new Float32Array(featureCount).fill(Number.NaN)
      values[featureIndex('rms')] = rms
      return { pointKey: 1, tUs: t0 - 600e6 + second * 1e6, spanUs: 1e6, values, rpm, runState, configHash: 'h' }
    }
    const pipeline = testPipeline({
      model,
      clock,
      ingest: createIngest({ points: [], heads: [], clock, limits: { scalarQueue: 10, blockQueue: 8 } }),
      desk: m.desk,
      // Each tick brings the next second's features.
      commitTick: (tick: Tick): Promise<TickReceipt> => {
        const next = rows.shift()
        tick.features.push(...(next ? [next] : []))
        const counts = { scalars: 0, gaps: tick.gaps.length, features: tick.features.length }
        if (next) pipeline.gap({ ...gap, startUs: next.tUs, endUs: next.tUs })
        return Promise.resolve({ number: tick.number, committedUs: t0, ...counts, featureHead: 0, eventHead: 0 })
      },
      dsp: { depth: 0 } as DspPool,
    })
    const gap = {
      pointKey: 99,
      serverId: null,
      cause: 'queue-full' as const,
      startUs: t0,
      endUs: t0,
      count: 1,
      detail: 'keeps the next tick coming',
    }
    for (let s = 0; s < 8; s++) rows.push(row(s, 1.5, 1500, 'running'))
    for (let s = 8; s < 16; s++) rows.push(row(s, 1.5, 900, 'running'))
    for (let s = 16; s < 20; s++) rows.push(row(s, 90, 500, 'transient'))
    for (let s = 20; s < 32; s++) rows.push(row(s, 0.1, 0, 'not-running'))
    for (let s = 32; s < 40; s++) rows.push(row(s, 0.3, 0, 'not-running'))
    pipeline.gap(gap)
    for (let left = rows.length; left >= 0; left--) await pipeline.stop()
    expect(rows).toEqual([])
    expect(await m.kinds()).toEqual(['raised 1', 'returned 0.2', 'repeated 0.2'])
    expect([...new Set(m.states)]).toEqual(['running, 600 to 1200 rpm', 'standing'])
  })
})
