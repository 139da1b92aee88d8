import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
  plant: { id: 'plant-a', name: 'Plant A', timeZone: 'Europe/Berlin' },
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
