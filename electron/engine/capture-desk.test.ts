import { afterEach, describe, expect, it, vi } from 'vitest'
import { featureIndex, featureNames } from '../../shared/domain/features.ts'
import type { CapturePlan } from '../../shared/domain/plant-captures.ts'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import { captureOffsetUs, type Capture } from '../../shared/domain/twin.ts'
import { CaptureDesk } from './capture-desk.ts'
import { CaptureTriggers } from './capture-triggers.ts'
import { MachineStates } from './machine-state.ts'
import { buildPlantModel, type PointInfo } from './plant-model.ts'
import { Rings } from './rings.ts'

const rateHz = 1000
const blockUs = 250_000
/** The controller's clock is an hour ahead of ours. */
const skewUs = 3600e6
const startUs = Date.UTC(2026, 2, 1, 5, 58) * 1000

const policy = {
  missingAfterMs: 2000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'drop',
  outOfOrder: 'reorder',
} as const

function plantWith(captures: CapturePlan) {
  const contract = {
    version: 3,
    unit: 'g',
    detector: 'raw',
    timestampSource: 'source',
    expectedRange: [-1e9, 1e9],
    policy,
  }
  const source = (nodeId: string) => ({ serverId: 's', nodeId: `nsu=urn:x;s=${nodeId}` })
  const wave = (id: string) => ({
    id,
    assetId: 'pump',
    kind: 'waveform',
    source: source(id),
    contract: { ...contract, quantity: 'acceleration', sampleRateHz: rateHz, blockSize: 250, updateCadenceMs: 250 },
  })
  return plantFileSchema.parse({
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'Europe/Berlin' },
    lines: [{ id: 'l', name: 'L' }],
    servers: [],
    assets: [{ id: 'pump', lineId: 'l', family: 'pump', name: 'Pump', ratedRpm: 1500 }],
    points: [
      wave('a'),
      wave('b'),
      {
        id: 'speed',
        assetId: 'pump',
        kind: 'scalar',
        source: source('speed'),
        contract: {
          ...contract,
          quantity: 'rotational-speed',
          unit: 'rpm',
          sampleRateHz: 10,
          updateCadenceMs: 100,
        },
      },
    ],
    alerts: [],
    sync: [],
    captures,
  })
}

/** A plant that sends a block of each waveform every quarter of a second of a driven clock. */
function running(captures: CapturePlan = {}) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  let nowUs = startUs
  const clock = { nowUs: () => nowUs, monotonicMs: () => nowUs / 1000 }
  const model = buildPlantModel(
    plantWith(captures),
    'hash',
    'plant.json',
    ['a', 'b', 'speed'].map((id, index) => ({ id, key: index + 1, assetId: 'pump', kind: 'waveform' })),
    [],
  )
  const machines = new MachineStates(model)
  const rings = new Rings(model)
  const stored: Capture[] = []
  const refusals: (string | null)[] = []
  let full: Error | null = null
  const put = async (list: readonly Capture[]): Promise<void> => {
    if (full) throw full
    stored.push(...list)
  }
  const desk = new CaptureDesk({ rings, put, clock, refused: (why) => refusals.push(why) })
  const triggers = new CaptureTriggers({ model, machines, desk, clock })
  const pass = async (seconds: number, lost: readonly string[] = []): Promise<void> => {
    for (let us = 0; us < seconds * 1e6; us += blockUs) {
      for (const { id, key } of model.points.filter(({ point }) => point.kind === 'waveform')) {
        if (lost.includes(id)) continue
        const sourceUs = nowUs + skewUs
        // Each sample is its own number of milliseconds since the start.
        const samples = Float32Array.from({ length: 250 }, (_, i) => (sourceUs - skewUs - startUs) / 1000 + i)
        const previous = rings.newest(key)
        const block = { pointKey: key, sourceUs, sourceTick: 0, serverUs: sourceUs, sampleRateHz: rateHz, status: 0 }
        rings.push({ ...block, receiveUs: nowUs + blockUs, samples }, previous?.endUs === sourceUs)
      }
      nowUs += blockUs
      machines.value(3, speed, nowUs, true)
      triggers.runStates()
      if (Math.floor(nowUs / 1e6) !== Math.floor((nowUs - blockUs) / 1e6)) triggers.everySecond()
      await vi.advanceTimersByTimeAsync(blockUs / 1000)
    }
  }
  let speed = 1500
  const info = (id: string): PointInfo => model.byId.get(id) ?? expect.fail(`no point ${id}`)
  return {
    model,
    machines,
    rings,
    desk,
    triggers,
    stored,
    refusals,
    pass,
    info,
    turn: (rpm: number) => void (speed = rpm),
    refuse: (error: Error | null) => void (full = error),
    sourceUs: () => nowUs + skewUs,
    features: (id: string, rms: number) => {
      const values = new Float32Array(featureNames.length).fill(Number.NaN)
      values[featureIndex('rms')] = rms
      const row = { pointKey: info(id).key, tUs: nowUs + skewUs - blockUs, spanUs: blockUs, values, rpm: 1500 }
      triggers.features({ ...row, runState: 'running', configHash: 'hash' })
    },
  }
}

afterEach(() => vi.useRealTimers())

const causes = (list: readonly Capture[]): string[] =>
  list.map(({ cause, pointKey, reason }) => `${cause} ${pointKey} ${reason}`)

describe('captures at an alarm', () => {
  it('hold 5 s before and 10 s after, whatever the controller takes for the time, and once more when it clears', async () => {
    const plant = running()
    await plant.pass(20)
    const atUs = plant.sourceUs() - blockUs
    const wish = { model: plant.model, machines: plant.machines, info: plant.info('a'), occurrenceId: 'o1', atUs }
    plant.desk.onAlert({ ...wish, reason: 'rms-high raised' }, 'alarm')
    await plant.pass(9)
    expect(plant.stored).toEqual([])
    await plant.pass(5)
    plant.desk.onAlert({ ...wish, reason: 'rms-high returned', atUs: plant.sourceUs() }, 'alarm-clear')
    await plant.pass(14)
    expect(causes(plant.stored)).toEqual(['alarm 1 rms-high raised', 'alarm-clear 1 rms-high returned'])
    const [first] = plant.stored
    expect(first).toMatchObject({
      occurrenceId: 'o1',
      sourceUs: atUs - 5e6,
      rpm: 1500,
      runState: 'running',
      unit: 'g',
      contractVersion: 3,
      gaps: [],
      configHash: 'hash',
    })
    expect(first?.samples).toHaveLength(15 * rateHz)
    expect(first?.samples[0]).toBe((atUs - 5e6 - skewUs - startUs) / 1000)
    await plant.desk.close()
  })

  it('say what was missing in the window, and do not wait for a link that is lost', async () => {
    const plant = running({ onAlarm: { beforeS: 8, afterS: 12, onClear: false } })
    await plant.pass(10)
    await plant.pass(1, ['a'])
    await plant.pass(10)
    const atUs = plant.sourceUs()
    const wish = { model: plant.model, machines: plant.machines, occurrenceId: 'o1', atUs, reason: 'x' }
    plant.desk.onAlert({ ...wish, info: plant.info('a'), atUs: atUs - 4e6 }, 'alarm')
    plant.desk.onAlert({ ...wish, info: plant.info('b') }, 'alarm')
    plant.desk.onAlert({ ...wish, info: plant.info('b') }, 'alarm-clear')
    await plant.pass(3)
    await plant.pass(20, ['a', 'b'])
    expect(causes(plant.stored)).toEqual(['alarm 1 x', 'alarm 2 x'])
    const [a, b] = plant.stored
    expect(a?.gaps).toEqual([
      { atSample: 1000, startUs: atUs - 11e6, endUs: atUs - 10e6 },
      { atSample: 14_000, startUs: atUs + 3e6, endUs: atUs + 8e6 },
    ])
    if (!a) return
    // The value of each sample is its time: gaps counted, every one is where it says.
    for (const index of [0, 999, 1000, 13_999]) {
      const tUs = a.sourceUs + captureOffsetUs(a, index)
      expect(a.samples[index]).toBe((tUs - skewUs - startUs) / 1000)
    }
    expect(b?.samples).toHaveLength(11 * rateHz)
    await plant.desk.close()
  })

  it('are cut early and kept when the engine stops or its configuration changes', async () => {
    const plant = running()
    await plant.pass(10)
    const wish = { model: plant.model, machines: plant.machines, info: plant.info('a'), occurrenceId: 'o', reason: 'x' }
    plant.desk.onAlert({ ...wish, atUs: plant.sourceUs() }, 'alarm')
    await plant.pass(2)
    await plant.desk.close()
    expect(plant.stored[0]?.samples).toHaveLength(7 * rateHz)
    expect(plant.stored[0]?.gaps).toHaveLength(1)
  })
})

describe('captures by plan', () => {
  it('come on schedule, a point after the other, and at times of day in the plant', async () => {
    const plant = running({ schedules: [{ everyMin: 2 }, { points: ['b'], at: ['07:00'], lengthS: 2 }] })
    await plant.pass(240)
    const found = causes(plant.stored)
    expect(found.filter((one) => one === 'schedule 2 at 07:00')).toHaveLength(1)
    expect(found.filter((one) => one === 'schedule 1 every 2 min')).toHaveLength(2)
    expect(found.filter((one) => one === 'schedule 2 every 2 min')).toHaveLength(2)
    expect(found).toHaveLength(5)
    expect(plant.stored.map(({ samples }) => samples.length).sort((x, y) => x - y)).toEqual([
      2000, 8192, 8192, 8192, 8192,
    ])
    await plant.desk.close()
  })

  it('come when a feature has moved by more than said since the last one, not more often than said', async () => {
    const plant = running({ onChange: [{ points: ['a'], feature: 'rms', by: 0.5, minIntervalMin: 1 }] })
    await plant.pass(20)
    for (const rms of [1, 1.4, 1.5, Number.NaN]) plant.features('a', rms)
    plant.features('b', 1)
    plant.features('b', 9)
    await plant.pass(1)
    expect(plant.stored).toEqual([])
    plant.features('a', 1.51)
    plant.features('a', 9)
    await plant.pass(1)
    expect(causes(plant.stored)).toEqual(['change 1 rms moved from 1 to 1.51 g'])
    await plant.pass(60)
    plant.features('a', 1)
    await plant.pass(1)
    expect(causes(plant.stored).at(-1)).toBe('change 1 rms moved from 1.51 to 1 g')
    await plant.desk.close()
  })

  it('come when a machine starts and when it stops', async () => {
    const plant = running({
      onRunState: [
        { points: ['a'], lengthS: 3 },
        { points: ['b'], entry: false, lengthS: 1 },
      ],
    })
    await plant.pass(10)
    expect(plant.stored).toEqual([])
    plant.turn(0)
    await plant.pass(20)
    plant.turn(1500)
    await plant.pass(20)
    const found = plant.stored.map(({ pointKey, reason, samples }) => [pointKey, reason, samples.length])
    expect(found).toEqual([
      [1, 'the machine stopped', 3000],
      [2, 'the machine stopped', 1000],
      [1, 'the machine started', 3000],
    ])
    await plant.desk.close()
  })
})

describe('captures that cannot be stored', () => {
  it('are counted and said, on demand in the words of what stopped them, and go on by themselves', async () => {
    const plant = running()
    await plant.pass(10)
    const demand = (): Promise<string> => plant.desk.onDemand(plant.model, plant.machines, plant.info('a'), 'Ada')
    plant.desk.pause('the disk is nearly full')
    await expect(demand()).rejects.toMatchObject({ failure: { code: 'captures-stopped' } })
    const wish = { model: plant.model, machines: plant.machines, info: plant.info('a'), occurrenceId: 'o', reason: 'x' }
    plant.desk.onAlert({ ...wish, atUs: plant.sourceUs() }, 'alarm')
    expect(plant.refusals).toEqual(['the disk is nearly full'])
    plant.desk.pause(null)
    plant.refuse(new Error('no room'))
    plant.desk.onAlert({ ...wish, atUs: plant.sourceUs() }, 'alarm')
    await plant.pass(14)
    expect(plant.refusals.slice(1)).toEqual([null, 'no room'])
    plant.refuse(null)
    await demand()
    expect(causes(plant.stored)).toEqual(['demand 1 asked for by Ada'])
    await plant.pass(20, ['a', 'b'])
    await expect(demand()).rejects.toMatchObject({ failure: { code: 'no-samples' } })
    expect(plant.desk.counters).toEqual({ stored: 1, refused: 2 })
    await plant.desk.close()
  })
})
