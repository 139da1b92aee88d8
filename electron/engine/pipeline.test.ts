import { describe, expect, it } from 'vitest'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { backfilledBit } from '../../shared/domain/status-code.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { Tick, TickReceipt } from '../../shared/domain/twin.ts'
import type { Ingest } from '../ingest/index.ts'
import { TwinError } from '../store/api.ts'
import { AlertDesk } from './alert-desk.ts'
import type { DspPool } from './dsp-pool.ts'
import { FeatureTable, HeadTable } from './heads.ts'
import { MachineStates } from './machine-state.ts'
import { Pipeline } from './pipeline.ts'
import { buildPlantModel } from './plant-model.ts'
import { Rings } from './rings.ts'
import { SpectrumHub } from './spectrum-hub.ts'
import { WaveformHub } from './waveform-hub.ts'

const clock: Clock = { nowUs: () => 5_000_000, monotonicMs: () => performance.now() }

function columns(values: readonly number[]): ScalarColumns {
  const count = values.length
  return {
    count,
    pointKey: new Uint32Array(count).fill(1),
    sourceUs: Float64Array.from(values, (_, i) => 1_000_000 + i),
    sourceTick: new Uint8Array(count),
    serverUs: new Float64Array(count).fill(Number.NaN),
    receiveUs: new Float64Array(count).fill(2_000_000),
    value: Float64Array.from(values),
    status: new Uint32Array(count),
  }
}

function setUp(answers: ((tick: Tick) => void)[], first = columns([7, 8, 9]), told: () => void = () => {}) {
  const failed: unknown[] = []
  const plant = {
    schema: 'millwright/plant@1' as const,
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [],
    servers: [],
    assets: [],
    points: [],
    alerts: [],
    sync: [],
  }
  const model = buildPlantModel(plant, 'hash', 'plant.json', [], [])
  const committed: Tick[] = []
  const stuck: unknown[] = []
  const waiting = [first]
  const recycled: number[][] = []
  const ingest: Pick<Ingest, 'tick' | 'recycle'> = {
    tick: () => ({ scalars: waiting.shift() ?? columns([]), gaps: [], blocks: [] }),
    recycle: (scalars) => recycled.push([...scalars.value]),
  }
  let number = 0
  const heads = new HeadTable()
  const pipeline = new Pipeline({
    model,
    orders: new Map(),
    clock,
    // Only the edges of the room are stood in for: what ingest hands over, and what the twin answers.
    ingest: ingest as Ingest,
    dsp: { depth: 0 } as DspPool,
    machines: new MachineStates(model),
    heads,
    features: new FeatureTable(),
    desk: new AlertDesk({
      commit: () => Promise.resolve(),
      find: () => Promise.resolve(null),
      nowUs: () => 0,
      told: () => {},
      stuck: () => {},
    }),
    waveforms: new WaveformHub(new Rings(model), () => 0),
    spectra: new SpectrumHub(() => 0),
    commitTick: (tick): Promise<TickReceipt> => {
      answers.shift()?.(tick)
      committed.push(tick)
      const { scalars, gaps } = tick
      return Promise.resolve({
        number: tick.number,
        committedUs: 0,
        scalars: scalars.count,
        features: 0,
        gaps: gaps.length,
        featureHead: 0,
        eventHead: 0,
      })
    },
    nextTick: () => ++number,
    giveBack: () => void number--,
    committed: told,
    stuck: (error) => stuck.push(error),
    recording: () => true,
    diskFull: () => {},
    failed: (error) => failed.push(error),
  })
  return { pipeline, committed, stuck, heads, recycled, failed }
}

describe('the pipeline', () => {
  it('hands a committed tick in once, also when one that hears of it fails', async () => {
    const broken = new Error('a listener broke')
    const { pipeline, committed, stuck, failed, recycled } = setUp([], undefined, () => {
      throw broken
    })
    pipeline.start()
    while (failed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await pipeline.stop()
    expect(committed.map(({ number }) => number)).toEqual([1])
    expect(failed).toEqual([broken])
    expect(stuck).toEqual([null])
    expect(recycled).toEqual([[7, 8, 9]])
  })

  it('hands a refused tick in again under its number until the twin takes it, and tells nobody before', async () => {
    const full = new TwinError('disk-full', 'The disk is full.', { retryable: true })
    let headBefore = 0
    const { pipeline, committed, stuck, heads, recycled } = setUp([
      () => {
        throw full
      },
      () => {
        headBefore = heads.value(1)
      },
    ])
    pipeline.start()
    while (committed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await pipeline.stop()
    expect(headBefore).toBeNaN()
    expect(committed.map((tick) => [tick.number, [...tick.scalars.value]])).toEqual([[1, [7, 8, 9]]])
    expect(stuck).toEqual([full, null])
    expect(heads.value(1)).toBe(9)
    expect(recycled).toEqual([[7, 8, 9]])
  })

  it('turns a tick the twin refuses for good into a gap under the same number, and goes on', async () => {
    const bad = new TwinError('bad-row', 'A row is malformed.')
    const { pipeline, committed, heads } = setUp([
      () => {
        throw bad
      },
    ])
    pipeline.start()
    while (committed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await pipeline.stop()
    const [tick] = committed
    expect(tick).toMatchObject({
      number: 1,
      features: [],
      gaps: [{ cause: 'write-failed', count: 3, startUs: 2_000_000 }],
    })
    expect(tick?.scalars.count).toBe(0)
    expect(heads.value(1)).toBeNaN()
  })

  it('stores what was read from a history, and judges nothing by it', async () => {
    const past = columns([7, 8, 9])
    past.status.fill(backfilledBit, 1)
    const { pipeline, committed, heads } = setUp([], past)
    pipeline.start()
    while (committed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await pipeline.stop()
    expect([...(committed[0]?.scalars.value ?? [])]).toEqual([7, 8, 9])
    // Of the two marked ones nothing has heard: neither heads nor, behind them in the same loop, the rules.
    expect(heads.value(1)).toBe(7)
  })
})
