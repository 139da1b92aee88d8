import { describe, expect, it } from 'vitest'
import type { Gap, ScalarColumns, WaveformBlock } from '../../shared/domain/intake.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { PointHead } from '../../shared/domain/twin.ts'
import { createIngest, type IngestPoint } from './index.ts'

const t0 = 1_700_000_000_000_000
const hourUs = 3600e6

const contract: Contract = {
  version: 1,
  quantity: 'rotational-speed',
  unit: 'rpm',
  detector: 'raw',
  sampleRateHz: 10,
  timestampSource: 'source',
  expectedRange: [-1e9, 1e9],
  updateCadenceMs: 100,
  policy: { missingAfterMs: 1000, late: 'accept', lateToleranceMs: 5000, duplicate: 'drop', outOfOrder: 'reorder' },
}

function pointsOf(timestampSource: Contract['timestampSource'], kind: 'scalar' | 'waveform' = 'scalar'): IngestPoint[] {
  return [1, 2].map((key) => ({
    key,
    id: `p${key}`,
    serverId: 'opc-1',
    kind,
    contract: { ...contract, timestampSource },
  }))
}

/** A server that samples two points every 100 ms, with a clock of its own; ours; and what ingest makes of it, tick by tick. */
class Plant {
  wallUs = t0
  serverUs = t0
  steadyMs = 1000
  sent: number[] = []
  readonly gaps: Gap[] = []
  readonly kept: { tUs: number; value: number; status: number }[] = []
  readonly ingest
  #value = 0

  constructor(points: IngestPoint[], heads: PointHead[] = []) {
    const clock = { nowUs: () => this.wallUs, monotonicMs: () => this.steadyMs }
    this.ingest = createIngest({ points, heads, clock, limits: { scalarQueue: 10_000, blockQueue: 100 } })
  }

  run(seconds: number): void {
    for (let i = 0; i < seconds * 10; i++) {
      this.wallUs += 100_000
      this.serverUs += 100_000
      this.steadyMs += 100
      const value = ++this.#value
      this.sent.push(value)
      this.ingest.acceptScalars(this.#columns(value))
      if (i % 2 === 1) this.tick()
    }
  }

  tick(): void {
    const { scalars, gaps } = this.ingest.tick(this.wallUs)
    this.gaps.push(...gaps)
    for (let i = 0; i < scalars.count; i++) {
      if (scalars.pointKey[i] !== 1) continue
      this.kept.push({
        tUs: scalars.sourceUs[i] ?? 0,
        value: scalars.value[i] ?? 0,
        status: scalars.status[i] ?? 0,
      })
    }
  }

  #columns(value: number): ScalarColumns {
    return {
      count: 2,
      pointKey: Uint32Array.of(1, 2),
      sourceUs: Float64Array.of(this.serverUs, this.serverUs),
      sourceTick: new Uint8Array(2),
      serverUs: Float64Array.of(this.serverUs, this.serverUs),
      receiveUs: Float64Array.of(this.wallUs, this.wallUs),
      value: Float64Array.of(value, -value),
      status: new Uint32Array(2),
    }
  }

  /** Values that were sent and are not there. */
  lost(): number[] {
    const kept = new Set(this.kept.map(({ value }) => value))
    return this.sent.filter((value) => !kept.has(value))
  }

  clockGaps(): Gap[] {
    return this.gaps.filter(({ cause }) => cause === 'clock-step')
  }
}

const freshness = (plant: Plant): string[] => plant.ingest.states().map((state) => state.freshness)

function expectHonest(plant: Plant): void {
  for (const { startUs, endUs } of plant.gaps) expect(endUs ?? startUs).toBeGreaterThanOrEqual(startUs)
  const named = plant.gaps
    .filter(({ cause }) => cause === 'late-rejected')
    .reduce((sum, gap) => sum + (gap.count ?? 0), 0)
  expect(named, 'two points: each lost value is in a gap').toBe(2 * plant.lost().length)
}

describe('a source clock', () => {
  it('that is set back by an hour: says so once, loses three seconds by name, and goes on', () => {
    const plant = new Plant(pointsOf('source'))
    plant.run(10)
    plant.serverUs -= hourUs
    plant.run(30)
    expectHonest(plant)
    expect(plant.lost().length).toBeLessThan(40)
    expect(plant.clockGaps()).toMatchObject([{ serverId: 'opc-1', pointKey: null, count: null }])
    expect(plant.clockGaps()[0]?.detail).toMatch(
      /^The source clock of 2 points of server "opc-1" was set back by 3[56]\d\d\.\d s;/,
    )
    expect(freshness(plant)).toEqual(['live', 'live'])
    expect(plant.ingest.states()[0]?.lastUs).toBe(plant.serverUs)
    // And to the right time again.
    plant.serverUs += hourUs
    const before = plant.lost().length
    plant.run(10)
    expect(plant.lost().length).toBe(before)
    expectHonest(plant)
  })

  it('that is twenty minutes ahead and then put right', () => {
    const plant = new Plant(pointsOf('source'))
    plant.run(5)
    plant.serverUs += 1200e6
    plant.run(5)
    plant.serverUs -= 1200e6
    plant.run(10)
    expect(plant.lost().length).toBeLessThan(40)
    expect(plant.clockGaps().length).toBe(1)
    expect(freshness(plant)).toEqual(['live', 'live'])
    expectHonest(plant)
  })

  it.each([
    ['of the year 2150', Date.UTC(2150, 0, 1) * 1000, 0],
    ['from before 1970', -hourUs, 1],
    ['of 1601', -11_644_473_600e6, 1],
  ])(
    'that sends a time %s for a while: nothing is lost, what is kept is marked, and it goes on',
    (_what, wrongUs, own) => {
      const plant = new Plant(pointsOf('source'))
      plant.run(5)
      const right = plant.serverUs
      plant.serverUs = wrongUs
      plant.run(2)
      plant.serverUs = right + 2e6
      plant.run(5)
      expect(plant.lost()).toEqual([])
      expect(plant.kept.filter(({ status }) => status >>> 30 === 1).length).toBe(20)
      // Nonsense before 1970 gets the time at which it came; what is from the future keeps its own.
      expect(plant.kept.some(({ tUs }) => tUs < t0)).toBe(false)
      expect(plant.kept.some(({ tUs }) => tUs > t0 + hourUs)).toBe(own === 0)
      expect(plant.ingest.states()[0]?.lastUs).toBe(plant.serverUs)
      expect(freshness(plant)).toEqual(['live', 'live'])
    },
  )

  it('of the future that the last run has stored does not make everything late for ever', () => {
    const heads = [1, 2].map((pointKey) => ({ pointKey, tUs: Date.UTC(2150, 0, 1) * 1000, value: 1, status: 0 }))
    const plant = new Plant(pointsOf('source'), heads)
    plant.run(3)
    expect(plant.lost()).toEqual([])
    expect(freshness(plant)).toEqual(['live', 'live'])
  })

  it('is not taken for a backlog, which comes faster than it was made', () => {
    const plant = new Plant(pointsOf('source'))
    plant.run(10)
    const now = plant.serverUs
    // Ten minutes of values within five seconds, in pieces.
    for (let piece = 0; piece < 50; piece++) {
      plant.serverUs = now - 600e6 + piece * 12e6
      plant.run(0.1)
      plant.tick()
    }
    expect(plant.clockGaps()).toEqual([])
    expectHonest(plant)
  })
})

describe('the clock of this machine', () => {
  it.each(['receive', 'server', 'source'] as const)('set forward and back by two hours, points timed by %s', (from) => {
    const plant = new Plant(pointsOf(from))
    plant.run(5)
    for (const stepUs of [2 * hourUs, -2 * hourUs, -2 * hourUs, 2 * hourUs]) {
      plant.wallUs += stepUs
      plant.run(5)
      expect(freshness(plant)).toEqual(['live', 'live'])
    }
    expect(plant.lost()).toEqual([])
    const steps = plant.clockGaps().filter(({ serverId }) => serverId === null)
    expect(steps.map(({ detail }) => detail.replace(/^The clock of this machine was set /, ''))).toEqual([
      'forward by 7200.0 s.',
      'back by 7200.0 s.',
      'back by 7200.0 s.',
      'forward by 7200.0 s.',
    ])
    expectHonest(plant)
  })
})

describe('the clock of a waveform', () => {
  it('ahead for some blocks and put right: no samples are called lost that were never made', () => {
    const plant = new Plant(pointsOf('source', 'waveform'))
    let accepted = 0
    const block = (sourceUs: number): void => {
      const one: WaveformBlock = {
        pointKey: 1,
        sourceUs,
        sourceTick: 0,
        serverUs: Number.NaN,
        receiveUs: plant.wallUs,
        status: 0,
        sampleRateHz: 10,
        samples: new Float32Array(10),
      }
      if (plant.ingest.acceptBlock(one).accepted) accepted++
      plant.wallUs += 1e6
      plant.steadyMs += 1000
      plant.tick()
    }
    for (let i = 0; i < 5; i++) block(t0 + i * 1e6)
    for (let i = 5; i < 8; i++) block(Date.UTC(2150, 0, 1) * 1000 + i * 1e6)
    for (let i = 8; i < 20; i++) block(t0 + i * 1e6)
    expect(plant.gaps.filter(({ cause }) => cause === 'sequence-lost')).toEqual([])
    expect(plant.clockGaps().map(({ detail }) => detail)).toEqual([
      'The source clock of "p1" is ahead of this machine; its blocks have the times it gives.',
      'The source clock of "p1" was set back; its blocks overlap in time from here on.',
    ])
    expect(accepted).toBeGreaterThan(16)
    expectHonest(plant)
  })
})
