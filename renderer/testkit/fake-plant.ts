import type { AlertDefinition, Asset, PlantFile, Point } from '../../shared/domain/plant-file.ts'

/** A plant of the size the simulated one has, for looking at screens without an engine. */
export interface FakeMachine {
  asset: Asset
  rpm: number
  /** Share of full bearing damage, 0 to 1. */
  damage: number
  stopped: boolean
}

const kinds = [
  ['pump-101', 'line-1', 'pump', 'Feed pump 101', 1772],
  ['pump-102', 'line-1', 'pump', 'Feed pump 102 (stand-by)', 1772],
  ['motor-103', 'line-1', 'motor', 'Agitator motor 103', 1485],
  ['comp-201', 'line-2', 'compressor', 'Screw compressor 201', 2970],
  ['fan-202', 'line-2', 'fan', 'Exhaust fan 202', 990],
  ['conveyor-301', 'line-3', 'conveyor', 'Palletiser conveyor 301', 620],
  ['motor-302', 'line-3', 'motor', 'Elevator motor 302', 1480],
] as const

const contract = (
  unit: string,
  quantity: 'acceleration' | 'temperature' | 'rotational-speed',
  range: [number, number],
): NonNullable<Point['contract']> => ({
  version: 1,
  quantity,
  unit,
  detector: 'raw',
  sampleRateHz: quantity === 'acceleration' ? 25_600 : 10,
  ...(quantity === 'acceleration' ? { blockSize: 4096, axis: 'radial-vertical', placement: 'drive end' } : {}),
  timestampSource: 'source',
  expectedRange: range,
  updateCadenceMs: quantity === 'acceleration' ? 160 : 100,
  policy: { missingAfterMs: 2000, late: 'accept', lateToleranceMs: 5000, duplicate: 'drop', outOfOrder: 'reorder' },
})

function pointsOf(assetId: string): Point[] {
  const source = (name: string) => ({ serverId: 'opc-1', nodeId: `nsu=urn:millwright:plant;s=${assetId}.${name}` })
  const point = (name: string, words: string, kind: Point['kind'], own: NonNullable<Point['contract']>): Point => ({
    id: `${assetId}.${name}`,
    name: words,
    assetId,
    kind,
    source: source(name),
    ...(kind === 'waveform' ? { componentId: 'de-bearing' } : {}),
    contract: own,
  })
  return [
    point('de.accel', 'Drive end, radial', 'waveform', contract('g', 'acceleration', [-50, 50])),
    point('nde.accel', 'Non-drive end, radial', 'waveform', contract('g', 'acceleration', [-50, 50])),
    point('speed', 'Shaft speed', 'scalar', contract('rpm', 'rotational-speed', [0, 4000])),
    point('temperature', 'Bearing temperature', 'scalar', contract('degC', 'temperature', [-20, 150])),
  ]
}

function ruleOf(assetId: string): AlertDefinition {
  return {
    id: `${assetId}.rms-high`,
    pointId: `${assetId}.de.accel`,
    feature: 'rms',
    limits: { warning: 1.2, alarm: 2.4 },
    deadband: 0.1,
    onDelayMs: 2000,
    offDelayMs: 5000,
    contract: {
      meaning: 'Vibration at the drive-end bearing is above its limit.',
      cause: 'A bearing defect, loose foundation or cavitation.',
      consequence: 'The bearing can seize within days and stop the line.',
      action: 'Open the envelope spectrum, check the lubrication and plan a replacement of the bearing.',
      recipient: 'maintenance',
      respondWithinMin: 240,
      priority: 'high',
    },
  }
}

export function fakeMachines(damaged: boolean, busy: boolean): FakeMachine[] {
  const machines: FakeMachine[] = []
  const copies = busy ? 9 : 1
  for (let copy = 0; copy < copies; copy++) {
    for (const [id, lineId, family, name, rpm] of kinds) {
      if (machines.length >= 60) break
      const suffix = copy === 0 ? '' : `-${copy + 1}`
      machines.push({
        asset: {
          id: id + suffix,
          lineId,
          family,
          name: copy === 0 ? name : `${name} ${'ABCDEFGHI'[copy] ?? copy}`,
          manufacturer: 'KSB',
          model: 'Etanorm 065',
          serial: `000${copy}${machines.length}`,
          commissionedOn: '2021-03-01',
          criticality: 1 + (machines.length % 5),
          failureModes: ['bearing.outer-race'],
          ratedRpm: rpm,
          powerKw: 45,
          components: [{ id: 'de-bearing', kind: 'bearing', name: 'Drive-end bearing', bearing: 'SKF 6205-2RS' }],
        },
        rpm,
        damage: damaged && copy === 0 ? (id === 'pump-101' ? 0.9 : id === 'fan-202' ? 0.45 : 0) : 0,
        stopped: id === 'pump-102',
      })
    }
  }
  return machines
}

export function fakePlant(machines: readonly FakeMachine[]): PlantFile {
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'sim', name: 'Simulated plant', timeZone: 'Europe/Berlin' },
    lines: [
      { id: 'line-1', name: 'Feed water' },
      { id: 'line-2', name: 'Compressed air and exhaust' },
      { id: 'line-3', name: 'Conveying and palletising' },
    ],
    servers:
      machines.length === 0
        ? []
        : [
            {
              id: 'opc-1',
              name: 'Simulated plant',
              endpointUrl: 'opc.tcp://127.0.0.1:40555',
              security: { mode: 'None', policy: 'None', reason: 'simulated plant on this machine' },
              user: { type: 'anonymous' },
            },
          ],
    assets: machines.map((machine) => machine.asset),
    points: machines.flatMap((machine) => pointsOf(machine.asset.id)),
    alerts: machines.map((machine) => ruleOf(machine.asset.id)),
    sync: [
      { id: 'now', kind: 'mqtt', url: 'mqtt://127.0.0.1:1883', lane: 'now' },
      { id: 'bulk', kind: 'folder', path: 'cloud', lane: 'later' },
    ],
  }
}
