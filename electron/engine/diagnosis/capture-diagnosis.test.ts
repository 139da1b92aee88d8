import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { BaselineRecord } from '../../../shared/domain/health.ts'
import { methodParams, type MethodResult } from '../../../shared/protocol/methods.ts'
import { encodeWaveform } from '../../files/waveform-file.ts'
import { Dice, seedFault, syntheticMachine } from '../../testkit/diagnosis/synthetic.ts'
import { plainServer } from '../../testkit/opcua/plant-parts.ts'
import { systemClock } from '../../testkit/opcua/recording-sink.ts'
import { Engine } from '../engine.ts'
import { Services } from '../services.ts'
import { mainsHzOf } from './machine-facts.ts'

const RATE = 25_600
const RPM = 1470
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-diagnose-'))
let engine: Engine
let seat: ReturnType<Services['atSeat']>

const plant = {
  schema: 'millwright/plant@1',
  plant: { id: 'plant-a', name: 'Plant A', timeZone: 'America/Chicago', mainsHz: 50 },
  lines: [{ id: 'line-1', name: 'Line 1' }],
  servers: [plainServer(1)],
  assets: [
    {
      id: 'gearbox',
      lineId: 'line-1',
      family: 'gearbox',
      name: 'Gearbox',
      ratedRpm: RPM,
      isoGroup: 2,
      support: 'rigid',
      powerKw: 55,
      shafts: [
        { id: 'in', ratio: 1 },
        { id: 'out', ratio: 0.4 },
      ],
      components: [
        { id: 'de', kind: 'bearing', bearing: '6205', shaftId: 'in' },
        { id: 'wheel', kind: 'gear', name: 'Output wheel', teeth: 50, shaftId: 'out' },
        { id: 'rotor', kind: 'rotor', bars: 28 },
        { id: 'drive', kind: 'belt', name: 'Drive belt', shaftId: 'out', pulleyDiameterMm: 200, lengthMm: 2000 },
      ],
    },
  ],
  points: [
    {
      id: 'accel',
      name: 'Drive end',
      assetId: 'gearbox',
      componentId: 'de',
      kind: 'waveform',
      source: { serverId: 'opc-1', nodeId: 'nsu=urn:x;s=accel' },
      contract: {
        version: 1,
        quantity: 'acceleration',
        unit: 'm/s2',
        detector: 'raw',
        sampleRateHz: RATE,
        blockSize: 4096,
        timestampSource: 'source',
        expectedRange: [-500, 500],
        updateCadenceMs: 160,
        policy: {
          missingAfterMs: 3_600_000,
          late: 'accept',
          lateToleranceMs: 5000,
          duplicate: 'count',
          outOfOrder: 'reorder',
        },
      },
    },
  ],
  alerts: [],
  sync: [],
}

beforeAll(async () => {
  const plantFile = path.join(dir, 'plant.json')
  fs.writeFileSync(plantFile, JSON.stringify(plant))
  engine = await Engine.start({
    dataDir: dir,
    plantFile,
    key: Uint8Array.from(randomBytes(32)),
    clock: systemClock,
    onLink: () => {},
    onRestartNeeded: () => {},
    onFatal: (error) => {
      throw error
    },
    onChanged: () => {},
  })
  const facts = { version: 't', protocol: 1, pid: 1, node: '', startedUs: 0 }
  seat = new Services(engine, facts).atSeat('Ada')
}, 60_000)

afterAll(async () => {
  seat.leave()
  await engine.stop()
  fs.rmSync(dir, { recursive: true, force: true })
})

const { signal } = new AbortController()

async function diagnose(samples: Float64Array): Promise<MethodResult<'capture.diagnose'>> {
  const startUs = Date.UTC(2026, 9, 1, 6) * 1000
  const file = { samples: Float32Array.from(samples), sampleRateHz: RATE, unit: 'm/s2', quantity: 'acceleration' }
  const bytes = encodeWaveform({ ...file, title: 'Gearbox', startUs, rpm: RPM, gaps: [] }, 'uffb')
  const wish = {
    pointId: 'accel',
    name: 'a.uff',
    bytes,
    column: null,
    sampleRateHz: null,
    unit: null,
    startUs: null,
    rpm: null,
    reason: 'test',
  }
  const stored = await seat.call('capture.import', methodParams['capture.import'].parse(wish), '', { signal })
  return (await seat.call('capture.diagnose', stored, '', { signal })) as MethodResult<'capture.diagnose'>
}

const machine = (seed: number, tones: { hz: number; mmS: number }[]): Float64Array =>
  syntheticMachine(
    { sampleRateHz: RATE, seconds: 6, tones, noiseMps2: 1, resonances: [{ hz: 5100, damping: 0.03 }] },
    new Dice(seed),
  )
const shaftHz = RPM / 60
const quiet = [1, 2, 3, 4, 5].map((k) => ({ hz: k * shaftHz, mmS: 0.3 / k }))

test('a stored waveform is diagnosed with the bearing, gear, rotor and class of its machine; every line can be gone to', async () => {
  const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }
  const resonance = { hz: 4300, damping: 0.04 }
  const damage = { fault: 'outer-race', bearing, shaftHz, slip: 0.004, jitter: 0.006, resonance, snrDb: 0 } as const
  const { analysis, pointId } = await diagnose(seedFault(machine(1, quiet), RATE, damage, new Dice(2)))
  expect(pointId).toBe('accel')
  expect(analysis.bearing?.name).toMatch(/6205/)
  expect(analysis.diagnosis.verdict).toBe('outer-race')
  expect(analysis.diagnosis.severity).toMatchObject({ zone: 'A', limitsMmS: [1.4, 2.8, 4.5] })
  const [first] = analysis.diagnosis.findings
  expect(first?.fault).toBe('outer-race')
  const [line] = first?.lines ?? []
  expect(line).toMatchObject({ in: 'envelope', matched: true })
  expect((line?.foundHz ?? 0) / (bearing.bpfo * shaftHz)).toBeCloseTo(0.996, 2)
  const gear = analysis.diagnosis.findings.find(({ fault }) => fault === 'gear')
  // 50 teeth at 0.4 of the measured shaft's speed
  expect(gear).toMatchObject({ component: 'Output wheel', state: 'absent' })
  expect(gear?.lines[0]?.expectedHz).toBeCloseTo(20 * shaftHz, 0)
  const rotor = analysis.diagnosis.findings.find(({ fault }) => fault === 'rotor-bar')
  expect(rotor?.why).toMatch(/pole pass/)
})

test('unbalance of a stored waveform is named by pattern and zone', async () => {
  const { analysis } = await diagnose(machine(3, [{ hz: shaftHz, mmS: 6 }, ...quiet.slice(1)]))
  expect(analysis.diagnosis.verdict).toBe('unbalance')
  expect(analysis.diagnosis.severity.zone).toBe('D')
  const line = analysis.diagnosis.findings[0]?.lines[0]
  expect(line?.velocityMmS).toBeGreaterThan(5.5)
  expect(line?.velocityMmS).toBeLessThan(6.5)
})

test('a capture that is not there is refused in a sentence', async () => {
  await expect(seat.call('capture.diagnose', { captureId: 'none' }, '', { signal })).rejects.toThrow(
    /no capture "none"/,
  )
})

test('mains frequency goes by the plant’s time zone', () => {
  expect(['Europe/Berlin', 'America/Chicago', 'America/Argentina/Salta', 'Asia/Seoul', 'UTC'].map(mainsHzOf)).toEqual([
    50, 60, 50, 60, 50,
  ])
})

test('the belt of another shaft has its own frequency; the mains are those that the plant file says, not those of its time zone', async () => {
  const { analysis } = await diagnose(machine(5, quiet))
  const belt = analysis.diagnosis.findings.find(({ fault }) => fault === 'belt')
  // Pi x 200 mm at 0.4 of the shaft's speed, over 2000 mm.
  const hz = (Math.PI * 200 * 0.4 * shaftHz) / 2000
  expect(belt).toMatchObject({ component: 'Drive belt', state: 'absent' })
  expect(belt?.lines[0]?.expectedHz).toBeCloseTo(hz, 1)
  const rotor = analysis.diagnosis.findings.find(({ fault }) => fault === 'rotor-bar')
  // 1470 rpm is a speed of a four-pole motor at 50 Hz, and of none at 60 Hz.
  expect(rotor?.why).toMatch(/pole pass/)
})

test('a level far above the one that was learned matters, although its zone is good', async () => {
  const rising = (): Promise<MethodResult<'capture.diagnose'>> =>
    diagnose(machine(6, [{ hz: shaftHz, mmS: 1.2 }, ...quiet.slice(1)]))
  const before = await rising()
  expect(before.analysis.diagnosis.severity.zone).toBe('A')
  expect(before.analysis.diagnosis.verdict).not.toBe('unbalance')
  const learned = (rpm: number | null, median: number, state: BaselineRecord['state'] = 'frozen'): BaselineRecord => ({
    id: `b${rpm}`,
    pointKey: 1,
    pointId: 'accel',
    epochUs: 0,
    condition: 0,
    rpm,
    state,
    fromUs: 0,
    untilUs: 1,
    snapshots: 100,
    settled: true,
    features: [{ name: 'velocityRms', median, mean: median, sigma: 0.01, spreadDb: 1 }],
    left: [],
    proposedUs: 0,
    decidedUs: 0,
    decidedBy: 'Ada',
    reason: null,
    retiredUs: null,
  })
  const known = vi.spyOn(engine.advice, 'baselinesOf')
  known.mockReturnValue([learned(RPM, 0.3, 'proposed'), learned(900, 0.1)])
  expect((await rising()).analysis.diagnosis.verdict).not.toBe('unbalance')
  known.mockReturnValue([learned(900, 0.1), learned(RPM * 1.05, 0.3)])
  const { analysis } = await rising()
  expect(analysis.diagnosis.verdict).toBe('unbalance')
  expect(JSON.stringify(analysis.diagnosis)).toMatch(/times the machine's own 0\.300 mm\/s/)
  known.mockRestore()
})
