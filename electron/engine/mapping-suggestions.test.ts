import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Contract, PlantFile } from '../../shared/domain/plant-file.ts'
import type { RunStateChange } from '../../shared/domain/twin.ts'
import { openTwin, type Twin } from '../store/api.ts'
import { startUs, tick, workers, type ScalarRow } from '../store/twin-fixtures.ts'
import { suggestMappings } from './mapping-suggestions.ts'
import { buildPlantModel, type PlantModel } from './plant-model.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-mapping-'))
const tags = ['pump.current', 'pump.flow', 'pump.speed', 'pump.temperature', 'fan.current'] as const
type Tag = (typeof tags)[number]
const quantityOf: Record<Tag, Contract['quantity']> = {
  'pump.current': 'current',
  'pump.flow': 'flow',
  'pump.speed': 'rotational-speed',
  'pump.temperature': 'temperature',
  'fan.current': 'current',
}

/** Minutes: the pump stands twice while the fan runs on, and once together with it. */
const stands = [
  [30, 40],
  [70, 82],
  [110, 118],
] as const
const lastMinute = 150
const pumpStands = (minute: number): boolean => stands.some(([from, to]) => minute >= from && minute < to)

function levelOf(tag: Tag, minute: number): number {
  if (tag === 'pump.temperature') return 60
  if (tag === 'pump.speed') return pumpStands(minute) ? 0 : 1480
  if (tag === 'pump.current') return pumpStands(minute) ? 0.2 : 41 + (minute % 3)
  // Mapped to the pump, and in truth the fan's: it goes on through the pump's stops.
  if (tag === 'pump.flow') return 95 + (minute % 2)
  return minute >= 110 && minute < 118 ? 0 : 22
}

const plant: PlantFile = {
  schema: 'millwright/plant@1',
  plant: { id: 'p', name: 'P', timeZone: 'UTC' },
  lines: [{ id: 'l', name: 'L' }],
  servers: [
    {
      id: 'opc-1',
      endpointUrl: 'opc.tcp://127.0.0.1:4840',
      security: { mode: 'None', policy: 'None' },
      user: { type: 'anonymous' },
    },
  ],
  assets: [
    {
      id: 'pump',
      lineId: 'l',
      family: 'pump',
      name: 'Pump',
      runState: { evidences: [{ pointId: 'pump.speed', runningAbove: 100, stoppedBelow: 20 }], quorum: 1 },
    },
    { id: 'fan', lineId: 'l', family: 'fan', name: 'Fan' },
  ],
  points: tags.map((id) => ({
    id,
    assetId: id.startsWith('pump') ? 'pump' : 'fan',
    kind: 'scalar',
    source: { serverId: 'opc-1', nodeId: `nsu=urn:x;s=${id}` },
    contract: {
      version: 1,
      quantity: quantityOf[id],
      unit: 'A',
      detector: 'raw',
      sampleRateHz: 1,
      timestampSource: 'source',
      expectedRange: [0, 2000],
      updateCadenceMs: 5000,
      policy: {
        missingAfterMs: 60_000,
        late: 'accept',
        lateToleranceMs: 5000,
        duplicate: 'drop',
        outOfOrder: 'reorder',
      },
    },
  })),
  alerts: [],
  sync: [],
}

let twin: Twin
let model: PlantModel

beforeAll(async () => {
  twin = await openTwin({ file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)), workers })
  const refs = await twin.points(
    tags.map((id) => ({ id, assetId: id.startsWith('pump') ? 'pump' : 'fan', kind: 'scalar' })),
  )
  model = buildPlantModel(plant, 'h', 'plant.json', refs, [])
  await twin.sessionStart(startUs)
  const at = (minute: number): number => startUs + minute * 60e6
  const change = (assetId: string, minute: number, state: RunStateChange['state']): RunStateChange => ({
    assetId,
    atUs: at(minute),
    state,
    rpm: Number.NaN,
  })
  const runStates = [
    change('pump', 0, 'running'),
    ...stands.flatMap(([from, to]) => [change('pump', from, 'not-running'), change('pump', to, 'running')]),
    change('fan', 0, 'running'),
    change('fan', 110, 'not-running'),
    change('fan', 118, 'running'),
  ]
  for (let minute = 0, number = 0; minute < lastMinute; minute += 10) {
    const rows: ScalarRow[] = []
    for (let s = minute * 60; s < (minute + 10) * 60; s += 5)
      for (const tag of tags) {
        const { key = 0 } = refs.find(({ id }) => id === tag) ?? {}
        rows.push({ pointKey: key, sourceUs: startUs + s * 1e6, value: levelOf(tag, s / 60) })
      }
    await twin.commitTick(tick(++number, rows, minute === 0 ? { runStates } : {}))
  }
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(dir, { recursive: true, force: true })
})

describe('what the stops in the twin say of the tags of a machine', () => {
  it('supports what follows it, contradicts what goes on, and leaves open what cannot be told', async () => {
    const nowUs = startUs + lastMinute * 60e6
    const found = await suggestMappings({ model, twin, nowUs }, { assetId: 'pump', days: 1 })
    expect(found.stops).toBe(3)
    expect(Object.fromEntries(found.points.map(({ pointId, verdict, quiet }) => [pointId, [verdict, quiet]]))).toEqual({
      'pump.current': ['supports', 3],
      'pump.flow': ['contradicts', 0],
      'pump.speed': ['undecided', 0],
      'pump.temperature': ['undecided', 0],
    })
    const detail = found.points.find(({ pointId }) => pointId === 'pump.current')?.detail
    expect(detail).toContain('It went quiet in 3 of 3 stops of this machine')
    expect(detail).toContain('one other machine ran on in at least one of them')
  })

  it('cannot tell a machine from one that stood still each time as well', async () => {
    const nowUs = startUs + lastMinute * 60e6
    const found = await suggestMappings({ model, twin, nowUs }, { assetId: 'fan', days: 1 })
    expect(found.stops).toBe(1)
    expect(found.points[0]).toMatchObject({ verdict: 'undecided', stops: 1, quiet: 1 })
    await expect(suggestMappings({ model, twin, nowUs }, { assetId: 'gone', days: 1 })).rejects.toThrow(
      /no machine "gone"/,
    )
  })
})
