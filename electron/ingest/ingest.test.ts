import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gap, LinkState, ScalarColumns, WaveformBlock } from '../../shared/domain/intake.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { PointHead } from '../../shared/domain/twin.ts'
import { createIngest, type Ingest, type IngestPoint } from './index.ts'

const t0 = 1_700_000_000_000_000
const key = 7
type Policy = Contract['policy']

const policy: Policy = {
  missingAfterMs: 1000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'drop',
  outOfOrder: 'reorder',
}
const contract: Contract = {
  version: 1,
  quantity: 'rotational-speed',
  unit: 'rpm',
  detector: 'raw',
  sampleRateHz: 10,
  timestampSource: 'source',
  expectedRange: [0, 4000],
  updateCadenceMs: 100,
  policy,
}
const point = (change: Partial<Contract> = {}, rules: Partial<Policy> = {}): IngestPoint => ({
  key,
  id: 'pump-101.speed',
  serverId: 'opc-1',
  kind: 'scalar',
  contract: { ...contract, ...change, policy: { ...policy, ...rules } },
})

/** Source time in seconds after t0, value, and what else differs. */
interface Value {
  t: number
  v: number
  tick?: number
  status?: number
  key?: number
  receiveUs?: number
  serverUs?: number
}

function columns(values: Value[]): ScalarColumns {
  const out: ScalarColumns = {
    // Longer than count, as the real decoder's are.
    count: values.length,
    pointKey: new Uint32Array(values.length + 3),
    sourceUs: new Float64Array(values.length + 3),
    sourceTick: new Uint8Array(values.length + 3),
    serverUs: new Float64Array(values.length + 3).fill(Number.NaN),
    receiveUs: new Float64Array(values.length + 3),
    value: new Float64Array(values.length + 3),
    status: new Uint32Array(values.length + 3),
  }
  values.forEach((one, i) => {
    out.pointKey[i] = one.key ?? key
    out.sourceUs[i] = t0 + Math.round(one.t * 1e6)
    out.sourceTick[i] = one.tick ?? 0
    out.serverUs[i] = one.serverUs ?? Number.NaN
    out.receiveUs[i] = one.receiveUs ?? t0 + Math.round(one.t * 1e6) + 5000
    out.value[i] = one.v
    out.status[i] = one.status ?? 0
  })
  return out
}

function bench(
  points: IngestPoint[] = [point()],
  heads: PointHead[] = [],
  limits = { scalarQueue: 1000, blockQueue: 8 },
) {
  let wallUs = t0
  let steadyMs = 1000
  const clock = { nowUs: () => wallUs, monotonicMs: () => steadyMs }
  const ingest: Ingest = createIngest({ points, heads, clock, limits })
  return {
    ingest,
    pass(ms: number, wallMs = ms) {
      steadyMs += ms
      wallUs += wallMs * 1000
    },
    accept: (...values: Value[]) => ingest.acceptScalars(columns(values)),
    tick: () => ingest.tick(wallUs),
    rows() {
      const { scalars } = ingest.tick(wallUs)
      return Array.from({ length: scalars.count }, (_, i) => [
        (scalars.sourceUs[i]! - t0) / 1e6,
        scalars.value[i],
        scalars.status[i]! >>> 16,
      ])
    },
    get counts() {
      return ingest.counters().scalars
    },
  }
}

describe('scalars against their contract', () => {
  it('hands over arrays of exact length that share nothing with the next tick', () => {
    const b = bench()
    b.accept({ t: 1, v: 10 }, { t: 2, v: 20 })
    const first = b.tick().scalars
    b.accept({ t: 3, v: 30 })
    const second = b.tick().scalars
    expect([...first.value]).toEqual([10, 20])
    expect([...second.value]).toEqual([30])
    expect(first.value).toHaveLength(2)
  })

  it('fills arrays again that were given back, and only those', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.boolean()), { minLength: 1, maxLength: 30 }), (turns) => {
        const b = bench([point()], [], { scalarQueue: 20, blockQueue: 8 })
        const kept: { values: Float64Array; wanted: number[] }[] = []
        let t = 0
        for (const [count, givesBack] of turns) {
          const values = Array.from({ length: count }, () => ({ t: ++t / 1000, v: t }))
          b.accept(...values)
          const { scalars } = b.tick()
          const wanted = values.slice(-20).map(({ v }) => v)
          expect([...scalars.value]).toEqual(wanted)
          if (givesBack) b.ingest.recycle(scalars)
          else kept.push({ values: scalars.value, wanted })
          for (const one of kept) expect([...one.values]).toEqual(one.wanted)
        }
      }),
    )
  })

  it('keeps values out of range and marks them UncertainEngineeringUnitsExceeded', () => {
    const b = bench()
    b.accept(
      { t: 1, v: -1 },
      { t: 2, v: 4000 },
      { t: 3, v: 4001, status: 0x480 },
      { t: 4, v: 9999, status: 0x80350000 },
    )
    const { scalars } = b.tick()
    expect([...scalars.status]).toEqual([0x40940000, 0, 0x40940480, 0x80350000])
    expect(b.counts).toMatchObject({ outOfRange: 3, accepted: 4 })
  })

  it('marks a value that is no number bad', () => {
    const b = bench()
    b.accept({ t: 1, v: Number.NaN }, { t: 2, v: Number.POSITIVE_INFINITY })
    expect(b.rows().map((row) => row[2])).toEqual([0x8000, 0x8000])
  })

  it('drops the same value delivered twice, also after a restart', () => {
    const b = bench([point()], [{ pointKey: key, tUs: t0 + 1e6, value: 10, status: 0 }])
    b.accept({ t: 1, v: 10, tick: 4 }, { t: 2, v: 20 }, { t: 2, v: 20 })
    expect(b.rows()).toEqual([[2, 20, 0]])
    b.accept({ t: 2, v: 20 })
    expect(b.rows()).toEqual([])
    expect(b.counts).toMatchObject({ received: 4, accepted: 1, dropped: 3, duplicates: 3 })
  })

  it('finds a repeat among many values of one tick, in any order', () => {
    const b = bench()
    const list = Array.from({ length: 20 }, (_, i) => ({ t: i + 1, v: i }))
    b.accept(...list, ...list.toReversed())
    expect(b.rows().map((row) => row[1])).toEqual(list.map(({ v }) => v))
    expect(b.counts).toMatchObject({ duplicates: 20, accepted: 20, received: 40 })
  })

  it('keeps what is no duplicate: another value, quality or 100 ns at the same microsecond', () => {
    const b = bench()
    b.accept({ t: 1, v: 10 }, { t: 1, v: 11 }, { t: 1, v: 11, status: 0x80000000 }, { t: 1, v: 11, tick: 3 })
    expect(b.rows().map((row) => row[1])).toEqual([10, 11, 11, 11])
  })

  it('counts duplicates and keeps them where the contract says count', () => {
    const b = bench([point({}, { duplicate: 'count' })])
    b.accept({ t: 1, v: 10 }, { t: 1, v: 10 })
    expect(b.rows()).toHaveLength(2)
    expect(b.counts).toMatchObject({ duplicatesKept: 1, dropped: 0 })
  })

  it.each([
    [
      'reorder',
      [
        [1, 1, 0],
        [2, 2, 0],
        [3, 3, 0],
      ],
      [],
    ],
    [
      'mark',
      [
        [1, 1, 0x4000],
        [2, 2, 0x4000],
        [3, 3, 0],
      ],
      [],
    ],
    ['reject', [[3, 3, 0]], ['order-rejected']],
  ] as const)('out of order within a tick: %s', (outOfOrder, rows, causes) => {
    const b = bench([point({}, { outOfOrder })])
    b.accept({ t: 3, v: 3 }, { t: 1, v: 1 }, { t: 2, v: 2 })
    const { scalars, gaps } = b.tick()
    expect(
      Array.from(scalars.value, (v, i) => [(scalars.sourceUs[i]! - t0) / 1e6, v, scalars.status[i]! >>> 16]),
    ).toEqual(rows)
    expect(gaps.map((gap) => gap.cause)).toEqual(causes)
    if (outOfOrder === 'reject') expect(gaps[0]).toMatchObject({ startUs: t0 + 1e6, endUs: t0 + 2e6, count: 2 })
  })

  it.each([
    ['accept', [[8, 8, 0]], [[2, 'late-rejected']]],
    [
      'mark',
      [
        [2, 2, 0x4000],
        [8, 8, 0x4000],
      ],
      [],
    ],
    ['reject', [], [[2, 'late-rejected']]],
  ] as const)('late, that is before what is stored: %s', (late, rows, lost) => {
    const b = bench([point({}, { late })])
    b.accept({ t: 10, v: 10 })
    b.tick()
    b.accept({ t: 2, v: 2 }, { t: 8, v: 8 })
    const { scalars, gaps } = b.tick()
    expect(
      Array.from(scalars.value, (v, i) => [(scalars.sourceUs[i]! - t0) / 1e6, v, scalars.status[i]! >>> 16]),
    ).toEqual(rows)
    expect(gaps.map((gap) => [(gap.startUs - t0) / 1e6, gap.cause])).toEqual(lost)
  })

  it('recognises a late value that is stored already', () => {
    const b = bench()
    b.accept({ t: 1, v: 1 }, { t: 2, v: 2 })
    b.tick()
    b.accept({ t: 1, v: 1 })
    expect(b.rows()).toEqual([])
    expect(b.counts).toMatchObject({ duplicates: 1, lateRejected: 0 })
  })

  it('takes the time the contract names, and says so when the server sent none', () => {
    const server = bench([point({ timestampSource: 'server' })])
    server.accept({ t: 1, v: 1, serverUs: t0 + 4e6 })
    expect(server.rows()).toEqual([[4, 1, 0]])
    const receive = bench([point({ timestampSource: 'receive' })])
    receive.accept({ t: 1, v: 1, receiveUs: t0 + 9e6 }, { t: 2, v: 1, receiveUs: t0 + 9e6 })
    expect(receive.rows()).toEqual([
      [9, 1, 0],
      [9.000001, 1, 0],
    ])
    const none = bench()
    none.accept({ t: Number.NaN, v: 1, receiveUs: t0 + 9e6 })
    expect(none.rows()).toEqual([[9, 1, 0x4000]])
  })

  it('keeps a value from the future, marked, without making what follows late', () => {
    const b = bench()
    b.accept({ t: 1, v: 1 }, { t: 7200, v: 2, receiveUs: t0 + 1e6 }, { t: 2, v: 3 })
    expect(b.rows()).toEqual([
      [1, 1, 0],
      [2, 3, 0],
      [7200, 2, 0x4000],
    ])
    b.accept({ t: 3, v: 4 })
    expect(b.rows()).toEqual([[3, 4, 0]])
    expect(b.counts).toMatchObject({ fromTheFuture: 1, lateRejected: 0 })
  })

  it('refuses and counts what is no point', () => {
    const b = bench()
    b.accept({ t: 1, v: 1, key: 3 }, { t: 1, v: 1, key: 4_000_000_000 })
    expect(b.rows()).toEqual([])
    expect(b.counts).toMatchObject({ unknownPoint: 2, rejected: 2 })
  })

  it('drops the oldest when the store does not keep up, and says which', () => {
    const b = bench([point()], [], { scalarQueue: 5, blockQueue: 8 })
    b.accept(...Array.from({ length: 12 }, (_, i) => ({ t: i + 1, v: i })))
    const { scalars, gaps } = b.tick()
    expect([...scalars.value]).toEqual([7, 8, 9, 10, 11])
    expect(gaps).toMatchObject([{ cause: 'queue-full', pointKey: key, startUs: t0 + 1e6, endUs: t0 + 7e6, count: 7 }])
    expect(b.counts).toMatchObject({ queueFull: 7, accepted: 5, dropped: 7, received: 12 })
  })
})

describe('silence', () => {
  it('opens a gap once, and closes the same gap with the next value', () => {
    const b = bench()
    b.accept({ t: 1, v: 1 })
    b.tick()
    expect(b.ingest.states()[0]?.freshness).toBe('live')
    b.pass(500)
    expect(b.ingest.states()[0]?.freshness).toBe('stale')
    b.pass(600)
    const open = b.tick().gaps
    expect(open).toMatchObject([{ cause: 'missing', pointKey: key, startUs: t0 + 1e6, endUs: null }])
    expect(b.ingest.states()[0]?.freshness).toBe('missing')
    b.pass(5000)
    expect(b.tick().gaps).toEqual([])
    b.accept({ t: 8, v: 2 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0 + 1e6, endUs: t0 + 8e6 }])
  })

  it('of a source whose clock is an hour ahead begins at the last value that came', () => {
    const b = bench()
    b.accept({ t: 1, v: 1 })
    b.accept({ t: 3600, v: 2, receiveUs: t0 + 2e6 }, { t: 3601, v: 3, receiveUs: t0 + 3e6 })
    b.tick()
    b.pass(1100)
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0 + 3601e6, endUs: null }])
    b.accept({ t: 3605, v: 4, receiveUs: t0 + 7e6 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0 + 3601e6, endUs: t0 + 3605e6 }])
  })

  it('is not fooled by a heartbeat that is kept and counted either', () => {
    const b = bench([point({}, { duplicate: 'count' })])
    b.accept({ t: 0, v: 1 })
    for (let i = 0; i < 5; i++) {
      b.pass(400)
      b.accept({ t: 0, v: 1 })
    }
    expect(b.ingest.freshness(key)).toBe('missing')
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0, endUs: null }])
    expect(b.ingest.states()[0]?.counters).toMatchObject({
      received: 6,
      accepted: 6,
      duplicates: 5,
      stale: 1,
      missing: 1,
    })
  })

  it('that a value ends before anybody looks is a gap all the same', () => {
    const b = bench()
    b.accept({ t: 0, v: 1 })
    b.tick()
    b.pass(1500)
    b.accept({ t: 1.5, v: 2 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0, endUs: t0 + 1.5e6 }])
    expect(b.ingest.states()[0]?.counters).toMatchObject({ stale: 1, missing: 1 })
  })

  it('is not fooled by the old value delivered again', () => {
    const b = bench([point()], [{ pointKey: key, tUs: t0 - 60e6, value: 10, status: 0 }])
    b.accept({ t: -60, v: 10 })
    expect(b.ingest.states()[0]).toMatchObject({ freshness: 'stale', lastUs: t0 - 60e6, lastReceiveUs: Number.NaN })
    b.pass(1100)
    b.accept({ t: -60, v: 10 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0, endUs: null }])
  })

  it('of a steady point with a deadband counts from the loss of its link', () => {
    const deadband = { kind: 'absolute', value: 1 } as const
    const b = bench([point({ deadband }), { ...point(), key: key + 1 }])
    const link = (phase: LinkState['phase'], sinceUs: number): void => {
      const rest = { endpointUrl: '', message: '', security: '', reconnects: 0, lastDataUs: null }
      b.ingest.acceptLink({ serverId: 'opc-1', phase, sinceUs, itemsGood: 2, itemsBad: 0, ...rest })
    }
    link('connected', t0)
    b.accept({ t: 1, v: 1 }, { t: 1, v: 1, key: key + 1 })
    b.pass(3_600_000)
    // The other one has none: it should have spoken.
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', pointKey: key + 1, startUs: t0 + 1e6, endUs: null }])
    expect(b.ingest.states().map(({ freshness }) => freshness)).toEqual(['live', 'missing'])
    link('lost', t0 + 3600e6)
    b.pass(900)
    expect(b.tick().gaps).toEqual([])
    expect(b.ingest.states()[0]?.freshness).toBe('stale')
    b.pass(200)
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', pointKey: key, startUs: t0 + 3600e6, endUs: null }])
    expect(b.ingest.states()[0]?.freshness).toBe('missing')
    b.pass(400)
    link('connected', t0 + 3601.5e6)
    expect(b.tick().gaps).toMatchObject([
      { cause: 'missing', pointKey: key, startUs: t0 + 3600e6, endUs: t0 + 3601.5e6 },
    ])
    expect(b.ingest.states()[0]?.freshness).toBe('live')
  })

  it('of a point with a deadband that was never heard is silence all the same, and its stored value sent again is not', () => {
    const deadband = { kind: 'absolute', value: 1 } as const
    const b = bench(
      [point({ deadband }), { ...point({ deadband }), key: key + 1 }],
      [key, key + 1].map((pointKey) => ({ pointKey, tUs: t0 - 60e6, value: 10, status: 0 })),
    )
    const rest = { endpointUrl: '', message: '', security: '', reconnects: 0, lastDataUs: null }
    b.ingest.acceptLink({ serverId: 'opc-1', phase: 'connected', sinceUs: t0, itemsGood: 2, itemsBad: 0, ...rest })
    b.accept({ t: -60, v: 10 })
    b.pass(5000)
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', pointKey: key + 1, startUs: t0, endUs: null }])
    expect(b.ingest.states().map(({ freshness }) => freshness)).toEqual(['live', 'missing'])
  })

  it('tells a point that never sent anything from one that fell silent', () => {
    const b = bench()
    expect(b.ingest.states()[0]).toMatchObject({ freshness: 'never', lastUs: Number.NaN, value: Number.NaN })
    b.pass(1100)
    expect(b.tick().gaps).toMatchObject([{ cause: 'missing', startUs: t0, endUs: null }])
    expect(b.ingest.states()[0]?.freshness).toBe('never')
  })

  it('records a step of the wall clock and makes nothing stale by it', () => {
    const b = bench()
    b.accept({ t: 1, v: 1 })
    b.tick()
    b.pass(100, 3_600_100)
    const { gaps } = b.tick()
    expect(gaps).toMatchObject([
      { cause: 'clock-step', pointKey: null, serverId: null, startUs: t0 + 100e3, endUs: t0 + 3_600_100e3 },
    ])
    expect(b.ingest.states()[0]?.freshness).toBe('live')
    b.pass(100, -3_600_000 + 100)
    expect(b.tick().gaps).toMatchObject([{ cause: 'clock-step', detail: expect.stringContaining('back by 3600.0 s') }])
    b.pass(200, 900)
    expect(b.tick().gaps).toEqual([])
  })

  it('adds what is refused again to the row of the same start', () => {
    const b = bench([point({}, { late: 'reject' })])
    b.accept({ t: 10, v: 1 })
    b.tick()
    b.accept({ t: 4, v: 2 }, { t: 6, v: 3 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'late-rejected', startUs: t0 + 4e6, endUs: t0 + 6e6, count: 2 }])
    b.accept({ t: 4, v: 2 })
    expect(b.tick().gaps).toMatchObject([{ cause: 'late-rejected', startUs: t0 + 4e6, endUs: t0 + 6e6, count: 3 }])
  })

  it('passes gaps of the link on, the later word on the same gap winning', () => {
    const b = bench()
    const gap: Gap = {
      pointKey: null,
      serverId: 'opc-1',
      cause: 'link-lost',
      startUs: t0,
      endUs: null,
      count: null,
      detail: 'd',
    }
    b.ingest.acceptGap(gap)
    b.ingest.acceptGap({ ...gap, endUs: t0 + 5 })
    expect(b.tick().gaps).toEqual([{ ...gap, endUs: t0 + 5 }])
  })

  it('merges gaps beyond its bound instead of growing or losing them', () => {
    const b = bench()
    for (let i = 0; i < 10_500; i++) {
      b.ingest.acceptGap({
        pointKey: i,
        serverId: 's',
        cause: 'overflow',
        startUs: t0 + i,
        endUs: t0 + i + 1,
        count: 1,
        detail: 'd',
      })
    }
    const { gaps } = b.tick()
    expect(gaps).toHaveLength(10_001)
    expect(gaps.at(-1)).toMatchObject({ startUs: t0 + 10_000, endUs: t0 + 10_500, count: 500 })
  })
})

const wave: IngestPoint = point({
  quantity: 'acceleration',
  unit: 'g',
  sampleRateHz: 1000,
  blockSize: 100,
  updateCadenceMs: 100,
  expectedRange: [-5, 5],
})
const block = (tS: number, samples: ArrayLike<number> = new Float32Array(100)): WaveformBlock => ({
  pointKey: key,
  sourceUs: t0 + Math.round(tS * 1e6),
  sourceTick: 0,
  serverUs: Number.NaN,
  receiveUs: t0 + Math.round(tS * 1e6) + 105_000,
  sampleRateHz: 1000,
  samples: Float32Array.from(samples),
  status: 0,
})

describe('waveform blocks', () => {
  const waves = (limits = { scalarQueue: 10, blockQueue: 8 }) => bench([{ ...wave, kind: 'waveform' }], [], limits)

  it('follows blocks by source time, count and rate, with the jitter of a software clock', () => {
    const b = waves()
    expect(b.ingest.acceptBlock(block(0))).toEqual({ accepted: true, continues: false })
    expect(b.ingest.acceptBlock(block(0.104))).toEqual({ accepted: true, continues: true })
    expect(b.ingest.acceptBlock(block(0.2))).toEqual({ accepted: true, continues: true })
    const { gaps, blocks } = b.tick()
    expect(gaps).toEqual([])
    expect(blocks.map((one) => one.status)).toEqual([0, 0, 0])
  })

  it('names a hole with its samples', () => {
    const b = waves()
    b.ingest.acceptBlock(block(0))
    expect(b.ingest.acceptBlock(block(0.3))).toEqual({ accepted: true, continues: false })
    expect(b.tick().gaps).toMatchObject([
      { cause: 'sequence-lost', startUs: t0 + 100_000, endUs: t0 + 300_000, count: 200 },
    ])
  })

  it('takes single blocks with time between them as they are, and names those that did not come', () => {
    const policy = { ...wave.contract?.policy, staleAfterMs: 86_400_000, missingAfterMs: 86_400_000 }
    const contract = { ...wave.contract, updateCadenceMs: 3_600_000, policy }
    const hourly = bench([{ ...wave, kind: 'waveform', contract } as IngestPoint])
    for (const hours of [0, 1.01, 2, 5, 6]) {
      hourly.pass(3_600_000)
      expect(hourly.ingest.acceptBlock(block(hours * 3600))).toEqual({ accepted: true, continues: false })
    }
    const { gaps, blocks } = hourly.tick()
    expect(blocks).toHaveLength(5)
    expect(gaps).toMatchObject([
      { cause: 'sequence-lost', startUs: t0 + 7_200_100_000, endUs: t0 + 18_000_000_000, count: 200 },
    ])
  })

  it('drops what came already and what overlaps', () => {
    const b = waves()
    b.ingest.acceptBlock(block(0))
    expect(b.ingest.acceptBlock(block(0)).accepted).toBe(false)
    expect(b.ingest.acceptBlock(block(0.05)).accepted).toBe(false)
    expect(b.ingest.acceptBlock(block(0.1))).toEqual({ accepted: true, continues: true })
    expect(b.tick().blocks).toHaveLength(2)
    expect(b.ingest.counters().blocks).toMatchObject({
      received: 4,
      accepted: 2,
      dropped: 2,
      duplicates: 1,
      overlaps: 1,
    })
  })

  it('drops the block of before a restart', () => {
    const b = bench([{ ...wave, kind: 'waveform' }], [{ pointKey: key, tUs: t0, value: 0, status: 0 }])
    expect(b.ingest.acceptBlock(block(0)).accepted).toBe(false)
    expect(b.ingest.acceptBlock(block(0.1)).accepted).toBe(true)
  })

  it('goes on after the source clock was set back, and records it', () => {
    const b = waves()
    b.ingest.acceptBlock(block(100))
    const verdicts = [0, 0.1, 0.2, 0.3].map((t) => b.ingest.acceptBlock(block(t)).accepted)
    expect(verdicts).toEqual([false, false, true, true])
    expect(b.tick().gaps).toMatchObject([{ cause: 'clock-step', pointKey: key }])
  })

  it('marks blocks of another size or with a value that is no number bad, and out of range uncertain', () => {
    const b = waves()
    b.ingest.acceptBlock(block(0, new Float32Array(99)))
    b.ingest.acceptBlock(
      block(
        0.1,
        Array.from({ length: 100 }, (_, i) => (i === 50 ? Number.NaN : 0)),
      ),
    )
    b.ingest.acceptBlock(
      block(
        0.2,
        Array.from({ length: 100 }, (_, i) => (i === 50 ? Number.NEGATIVE_INFINITY : 0)),
      ),
    )
    b.ingest.acceptBlock(
      block(
        0.3,
        Array.from({ length: 100 }, (_, i) => (i === 50 ? -6 : 0)),
      ),
    )
    expect(b.tick().blocks.map((one) => one.status)).toEqual([0x80740000, 0x80000000, 0x80000000, 0x40940000])
  })

  it('drops the oldest block when nobody takes them', () => {
    const b = waves({ scalarQueue: 10, blockQueue: 3 })
    for (let i = 0; i < 5; i++) b.ingest.acceptBlock(block(i * 0.1))
    const { blocks, gaps } = b.tick()
    expect(blocks.map((one) => one.sourceUs)).toEqual([0.2, 0.3, 0.4].map((t) => t0 + Math.round(t * 1e6)))
    expect(gaps).toMatchObject([{ cause: 'queue-full', startUs: t0, endUs: t0 + 200_000, count: 200 }])
  })
})

describe('properties', () => {
  const stream = fc.array(
    fc.oneof(
      {
        weight: 15,
        arbitrary: fc.record({
          t: fc.integer({ min: 0, max: 40 }),
          v: fc.integer({ min: 0, max: 3 }),
          key: fc.constantFrom(1, 2, 99),
        }),
      },
      { weight: 1, arbitrary: fc.constant('tick' as const) },
    ),
    { maxLength: 120 },
  )
  const rules = fc.record({
    late: fc.constantFrom('accept', 'reject', 'mark'),
    lateToleranceMs: fc.constantFrom(0, 5000, 60_000),
    duplicate: fc.constant('drop'),
    outOfOrder: fc.constantFrom('reorder', 'reject', 'mark'),
  } as const)

  it('accepted + rejected + dropped = received, every rejected value is in a gap, and each tick is in order', () => {
    fc.assert(
      fc.property(stream, rules, fc.integer({ min: 3, max: 200 }), (steps, chosen, scalarQueue) => {
        const b = bench(
          [
            { ...point({}, chosen), key: 1 },
            { ...point({}, chosen), key: 2, id: 'b' },
          ],
          [],
          { scalarQueue, blockQueue: 1 },
        )
        let out = 0
        let received = 0
        let lost = 0
        const seen = new Set<string>()
        const newest = new Map<number, number>()
        const look = (): void => {
          const { scalars, gaps } = b.tick()
          out += scalars.count
          for (const gap of gaps) lost += gap.count ?? 0
          const last = new Map<number, number>()
          const head = new Map(newest)
          for (let i = 0; i < scalars.count; i++) {
            const of = scalars.pointKey[i]!
            const tUs = scalars.sourceUs[i]!
            const before = last.get(of) ?? Number.NEGATIVE_INFINITY
            expect(tUs).toBeGreaterThanOrEqual(before)
            last.set(of, tUs)
            const name = `${of} ${tUs} ${scalars.value[i]} ${scalars.status[i]! >>> 30}`
            // A value of a tick is there once.
            expect(seen.has(`${out} ${name}`)).toBe(false)
            seen.add(`${out} ${name}`)
            const headUs = head.get(of) ?? Number.NEGATIVE_INFINITY
            if (tUs < headUs) {
              expect(chosen.late).not.toBe('reject')
              if (chosen.late === 'mark') expect(scalars.status[i]! >>> 30).toBe(1)
              else expect(headUs - tUs).toBeLessThanOrEqual(chosen.lateToleranceMs * 1000)
            }
            newest.set(of, Math.max(newest.get(of) ?? Number.NEGATIVE_INFINITY, tUs))
          }
        }
        for (const step of steps) {
          if (step === 'tick') look()
          else {
            received++
            b.accept(step)
          }
          const { counts } = b
          expect(counts.accepted + counts.rejected + counts.dropped).toBe(received)
        }
        look()
        const { counts } = b
        expect(out).toBe(counts.accepted)
        expect(lost).toBe(counts.lateRejected + counts.orderRejected + counts.queueFull)
        const perPoint = b.ingest.states().map((state) => state.counters)
        for (const one of perPoint) expect(one.accepted + one.rejected + one.dropped).toBe(one.received)
        expect(perPoint.reduce((sum, one) => sum + one.accepted, 0)).toBe(counts.accepted)
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same rows whether values come one by one or all at once', () => {
    const values = fc.array(fc.record({ t: fc.integer({ min: 0, max: 40 }), v: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(values, rules, (list, chosen) => {
        const one = bench([point({}, chosen)])
        for (const value of list) one.accept(value)
        const all = bench([point({}, chosen)])
        all.accept(...list)
        expect(one.rows()).toEqual(all.rows())
        expect(one.counts).toEqual(all.counts)
      }),
      { numRuns: 100 },
    )
  })

  it('a shuffled tick with reorder equals the sorted one', () => {
    const order = fc
      .integer({ min: 1, max: 50 })
      .chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n }))
    fc.assert(
      fc.property(order, (ts) => {
        const b = bench()
        b.accept(...ts.map((t) => ({ t: t + 1, v: t })))
        expect(b.rows().map((row) => row[1])).toEqual([...ts].sort((x, y) => x - y))
      }),
    )
  })
})

describe('a new revision of the plant', () => {
  it('goes on with points that are the same and begins anew with those that are not', () => {
    let steadyMs = 1000
    const clock = { nowUs: () => t0 + steadyMs * 1000, monotonicMs: () => steadyMs }
    const limits = { scalarQueue: 1000, blockQueue: 8 }
    const other = { ...point(), key: 9, id: 'other' }
    const first = createIngest({ points: [other, point()], heads: [], clock, limits })
    first.acceptScalars(
      columns([
        { t: 1, v: 10 },
        { t: 1, v: 20, key: 9 },
      ]),
    )
    steadyMs += 50
    const changed = { ...other, contract: { ...contract, expectedRange: [0, 15] as [number, number] } }
    const second = createIngest({ points: [point(), changed], heads: [], clock, limits, before: first })
    expect(second.freshness(key)).toBe('live')
    expect(second.freshness(9)).toBe('never')
    // The same once more is a duplicate for the one, and news for the other.
    second.acceptScalars(
      columns([
        { t: 1, v: 10 },
        { t: 1, v: 20, key: 9 },
      ]),
    )
    expect([...second.tick(t0 + 2e6).scalars.pointKey]).toEqual([9])
    expect([...first.tick(t0 + 2e6).scalars.pointKey]).toEqual([7, 9])
  })
})
