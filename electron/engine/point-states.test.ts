import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertDefinition, Asset } from '../../shared/domain/plant-file.ts'
import { overviewFrame, pointsFrame, machineFrame } from './frames.ts'
import { InjectedPlant, type InjectedPoint } from '../testkit/engine/injected-plant.ts'
import type { Injection } from '../testkit/opcua/injector.ts'
import { until } from '../testkit/opcua/recording-sink.ts'

const rated = 1500
const running = { runningAbove: 150, stoppedBelow: 75 }
const assets: Asset[] = [
  {
    id: 'pump',
    lineId: 'line-1',
    family: 'pump',
    name: 'Pump',
    ratedRpm: rated,
    runState: {
      evidences: [
        { pointId: 'speed', ...running },
        { pointId: 'current', runningAbove: 5, stoppedBelow: 1 },
        { pointId: 'floor', runningAbove: 0.5, stoppedBelow: 0.1 },
      ],
      quorum: 2,
      disagreeAfterS: 5,
    },
  },
  { id: 'fan', lineId: 'line-1', family: 'fan', name: 'Fan', ratedRpm: rated },
]
const points: InjectedPoint[] = [
  { id: 'speed', contract: { quantity: 'rotational-speed', unit: 'rpm', expectedRange: [0, 4000] } },
  { id: 'current', contract: { quantity: 'current', unit: 'A', expectedRange: [0, 400] } },
  { id: 'floor', contract: { quantity: 'velocity', unit: 'mm/s', expectedRange: [0, 100] } },
  { id: 'shake', contract: { quantity: 'velocity', unit: 'mm/s', expectedRange: [0, 20] } },
  { id: 'heat', contract: { quantity: 'temperature', unit: 'degC', expectedRange: [0, 90] } },
  { id: 'lazy', policy: { staleAfterMs: 2000, missingAfterMs: 4000 } },
  { id: 'grey', contract: null },
  {
    id: 'wfloats',
    kind: 'waveform',
    contract: {
      quantity: 'acceleration',
      unit: 'g',
      sampleRateHz: 10_240,
      blockSize: 1024,
      expectedRange: [-50, 50],
      updateCadenceMs: 100,
    },
  },
]
const duty = {
  meaning: 'Vibration is high',
  cause: 'Unbalance',
  consequence: 'Damage',
  action: 'Look',
  recipient: 'maintenance',
  respondWithinMin: 60,
  priority: 'high',
} as const
const alerts: AlertDefinition[] = [
  {
    id: 'shake-high',
    pointId: 'shake',
    feature: 'value',
    limits: { alarm: 7 },
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    contract: duty,
  },
  {
    id: 'rms-low',
    pointId: 'wfloats',
    feature: 'rms',
    limits: { alarm: 0.5 },
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    contract: duty,
  },
]
const status = {
  badNoCommunication: 0x80310000,
  badOutOfService: 0x808d0000,
  badConfigurationError: 0x80890000,
  badSensorFailure: 0x808c0000,
  badSensorFailureLow: 0x808c0500,
  sensorNotAccurate: 0x40930000,
  sensorNotAccurateHigh: 0x40930600,
}

let plant: InjectedPlant
const fresh = (point: string, value: number, code = 0): Injection => ({
  act: 'fresh',
  point,
  count: 1,
  value,
  status: code,
})
/** Three seconds of rated speed: what a ramp leaves behind is over. */
const runs = (): Injection[] => [
  { act: 'fresh', point: 'speed', count: 4, value: rated },
  fresh('current', 40),
  fresh('floor', 2),
]
const block = (fill?: number): Injection => ({
  act: 'block',
  point: 'wfloats',
  samples: 1024,
  rateHz: 10_240,
  ...(fill === undefined ? {} : { fill }),
})
const open = (): string[] => plant.engine.desk.open().map(({ ruleId }) => ruleId)
/** The rounds of the engine, which a clock calls every second, besides those that it calls meanwhile. */
const rounds = (count: number): void => {
  for (let i = 0; i < count; i++) plant.engine.acquisition.states.everySecond()
}
const problem = (id: string): string | undefined => plant.engine.problems.list().find((each) => each.id === id)?.message

beforeAll(async () => {
  plant = await InjectedPlant.start({ points: points.map((each) => ({ assetId: 'pump', ...each })), assets, alerts })
  await plant.inject(...runs(), fresh('shake', 2), fresh('heat', 40))
}, 60_000)

afterAll(() => plant?.stop())

describe('states of points, injected by a separate server', () => {
  it('normal: the machine runs and nothing is wrong', () => {
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('running')
    for (const point of ['speed', 'current', 'floor', 'shake', 'heat', 'lazy'])
      expect(plant.state(point)).toBe('normal')
  })

  it.each([
    ['not-measured', 'badOutOfService'],
    ['not-measured', 'badConfigurationError'],
    ['comms-lost', 'badNoCommunication'],
    ['sensor-fault', 'badSensorFailure'],
    ['sensor-fault', 'sensorNotAccurate'],
    ['cable-fault', 'badSensorFailureLow'],
    ['out-of-range', 'sensorNotAccurateHigh'],
  ] as const)('%s when the server says %s', async (wanted, code) => {
    await plant.inject(fresh('heat', 41, status[code]))
    expect(plant.logOf('heat').at(-1)?.status).toBe(status[code])
    expect(plant.state('heat')).toBe(wanted)
    await plant.inject(fresh('heat', 40))
    expect(plant.state('heat')).toBe('normal')
  })

  it('out of range against its contract', async () => {
    await plant.inject(fresh('heat', 95))
    expect(plant.state('heat')).toBe('out-of-range')
    expect(plant.counters('heat').outOfRange).toBe(plant.logOf('heat').filter(({ value }) => value > 90).length)
    await plant.inject(fresh('heat', 40))
  })

  it('stale, then not measured when it stays silent, and normal when it speaks again', async () => {
    await plant.inject({ act: 'pause', point: 'lazy' })
    await plant.pass(3000)
    expect(plant.state('lazy')).toBe('stale')
    await plant.pass(2000)
    expect(plant.state('lazy')).toBe('not-measured')
    await plant.inject({ act: 'fresh', point: 'lazy', count: 1 })
    expect(plant.state('lazy')).toBe('normal')
    const pauses = plant.logOf('lazy').filter(({ act }) => act === 'pause').length
    expect(plant.counters('lazy')).toMatchObject({ stale: pauses, missing: pauses })
  })

  it('never measured: a waveform of which no block has come', () => {
    expect(plant.state('wfloats')).toBe('not-measured')
  })

  it('cable fault and sensor fault of a waveform: no features, a gap, a problem, and no alarm', async () => {
    const key = plant.key('wfloats')
    await plant.inject(block())
    await until('the good block has features', () => plant.engine.features.row(key) !== null)
    // RMS 1 of a rule at 0.5: it judges what is good.
    await until('it is raised', () => open().includes('rms-low'))
    const good = plant.engine.features.row(key)?.tUs
    await plant.inject(block(0))
    await until('the open input is found', () => plant.state('wfloats') === 'cable-fault')
    await plant.inject(block(0.7))
    await until('the stuck sensor is found', () => plant.state('wfloats') === 'sensor-fault')
    expect(plant.engine.features.row(key)?.tUs).toBe(good)
    expect(problem('point.sensor:pump')).toBeUndefined()
    rounds(7)
    expect(problem('point.sensor:pump')).toContain('sensor fault at "wfloats"')
    for (let i = 0; i < 6; i++) await plant.inject(block())
    await until('it measures again', () => plant.state('wfloats') === 'normal')
    rounds(7)
    expect(problem('point.sensor:pump')).toBeUndefined()
    const blocks = plant.logOf('wfloats').filter(({ value }) => Number.isFinite(value))
    const gaps = [...(await plant.gaps('wfloats', 'cable-fault')), ...(await plant.gaps('wfloats', 'sensor-fault'))]
    expect(gaps.map(({ startUs, endUs, count }) => [startUs / 1000, (endUs ?? 0) / 1000, count])).toEqual(
      blocks.map(({ sourceMs }) => [sourceMs, sourceMs + 100, 1024]),
    )
  })

  it('grey without a contract: nothing is asked of the server, nothing stored, judged or sent on, and it is shown', async () => {
    await plant.inject()
    const state = plant.engine.frameState()
    expect(pointsFrame(state).notNormal.find(({ pointId }) => pointId === 'grey')?.state).toBe('no-contract')
    expect(machineFrame(state, 'pump')?.unruled.map(({ pointId }) => pointId)).toEqual(['grey'])
    expect(overviewFrame(state).assets[0]?.pointStates['no-contract']).toBe(1)
    expect(plant.engine.acquisition.intake('grey')).toBeNull()
    const refs = await plant.engine.twin.knownPoints()
    const key = refs.find(({ id }) => id === 'grey')?.key ?? -1
    expect(plant.rowsOf(key)).toBe(0)
    const { rows } = await plant.engine.twin.page('events', 0, 1000)
    expect(JSON.stringify(rows)).not.toContain('grey')
  })
})

describe('alerts obey the state of their point', () => {
  it('a coast-down, a standing machine and a run-up raise nothing; the same value while it runs does', async () => {
    await plant.inject(...runs())
    // 1500 to 0 within three seconds of source time, shaking all the way.
    for (const rpm of [1000, 500, 0]) await plant.inject(fresh('speed', rpm), fresh('shake', 12))
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('transient')
    expect(plant.state('shake')).toBe('transient')
    await plant.inject(fresh('current', 0), fresh('floor', 0))
    await plant.inject({ act: 'fresh', point: 'speed', count: 3, value: 0 }, fresh('shake', 12))
    expect(plant.state('shake')).toBe('stopped')
    expect(plant.state('heat')).toBe('normal')
    for (const rpm of [500, 1000, 1500])
      await plant.inject(fresh('speed', rpm), fresh('current', 40), fresh('shake', 12))
    expect(open()).not.toContain('shake-high')
    await plant.inject({ act: 'fresh', point: 'speed', count: 4, value: rated }, fresh('floor', 2))
    expect(plant.state('shake')).toBe('normal')
    await plant.inject(fresh('shake', 12))
    await until('the running machine raises it', () => open().includes('shake-high'))
  })
})

describe('the run state is checked by its evidences', () => {
  it('names the one that disagrees for long, and takes it back when they agree', async () => {
    await plant.inject(...runs(), fresh('current', 0))
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('running')
    rounds(1)
    expect(problem('run-state:pump')).toBeUndefined()
    await plant.pass(7000)
    rounds(1)
    expect(problem('run-state:pump')).toContain('Against the others: "current"')
    expect(plant.engine.acquisition.machines.evidence('pump')?.disagreement?.dissenters).toEqual(['current'])
    await plant.inject(fresh('current', 40))
    rounds(1)
    expect(problem('run-state:pump')).toBeDefined()
    await plant.pass(12_000)
    rounds(1)
    expect(problem('run-state:pump')).toBeUndefined()
  })

  it('an evidence that nobody measures is none', async () => {
    await plant.inject(fresh('current', 0, status.badNoCommunication), fresh('floor', 2, status.badSensorFailure))
    const says = plant.engine.acquisition.machines.evidence('pump')?.evidences.map((each) => each.says)
    expect(says).toEqual(['running', 'unknown', 'unknown'])
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('unknown')
    await plant.inject(...runs())
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('running')
  })

  it('a machine with fewer than two evidences says so', () => {
    expect(plant.engine.acquisition.machines.evidence('fan')?.evidences).toEqual([])
  })
})

describe('the server goes away', () => {
  it('comms lost at every point, told once, and no alarm', async () => {
    const before = open().length
    await plant.server.kill()
    await until('the link is lost', () => plant.state('speed') === 'comms-lost')
    for (const { id } of plant.engine.model.points) expect(plant.state(id)).toBe('comms-lost')
    await until('it is told', () => problem('opcua.link:opc-1') !== undefined)
    rounds(7)
    expect(plant.engine.acquisition.machines.runState('pump')).toBe('unknown')
    expect(open()).toHaveLength(before)
    const told = plant.engine.problems.list().filter(({ id }) => id.includes('point.') || id.includes('link'))
    expect(told.map(({ id }) => id)).toEqual(['opcua.link:opc-1'])
  })
})
