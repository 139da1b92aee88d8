import type { AlertDefinition, Asset, Contract, PlantFile, Point } from '../../shared/domain/plant-file.ts'
import { envelopeAlert, rmsAlert, temperatureAlert, velocityAlert } from './alert-texts.ts'
import { blockSamples, machines, plantLines, type MachineSpec, type ScalarSpec } from './machines.ts'
import { scalarKindInfo } from './process-values.ts'
import type { ReplayChannel } from './replay.ts'
import { namespaceUri } from './plant-server.ts'
import { waveRateHz } from './waves.ts'

/** What a part of the plant puts into the plant file. */
export interface PlantContent {
  lines: PlantFile['lines']
  assets: Asset[]
  points: Point[]
  alerts: AlertDefinition[]
}

export const serverId = 'simulated-plant'

export function scalarPeriodMs(scalar: ScalarSpec, rateHz: number | null): number {
  return 1000 / (rateHz ?? scalarKindInfo[scalar.kind].rateHz)
}

export function scalarId(machine: MachineSpec, scalar: ScalarSpec): string {
  return `${machine.id}.${scalar.kind}`
}

export function scalarRange(scalar: ScalarSpec): readonly [number, number] {
  if (scalar.kind === 'state') return [0, 3]
  const [low, high] = scalarKindInfo[scalar.kind].rangeOfRated
  return [Math.round(scalar.rated * low), Math.ceil(scalar.rated * high)]
}

export function loadId(index: number): string {
  return `load.${String(index + 1).padStart(5, '0')}`
}

export function waveId(index: number): string {
  return `wave.${String(index + 1).padStart(3, '0')}`
}

/** The eight machines' facts are all there: id, plant, line, maker, model, commissioning, criticality, failure modes. */
export function machineContent(rateHz: number | null): PlantContent {
  return {
    lines: plantLines.map((line) => ({ ...line })),
    assets: machines.map(machineAsset),
    points: machines.flatMap((machine) => [...waveformPoints(machine), ...scalarPoints(machine, rateHz)]),
    alerts: machines.flatMap(machineAlerts),
  }
}

function machineAsset(machine: MachineSpec): Asset {
  const speed = `${machine.id}.speed`
  const current = machine.scalars.find((scalar) => scalar.kind === 'current')
  const radial = machine.waveforms[0]
  const evidences = [
    { pointId: speed, runningAbove: machine.ratedRpm * 0.9, stoppedBelow: machine.ratedRpm * 0.03 },
    ...(current
      ? [{ pointId: `${machine.id}.current`, runningAbove: current.rated * 0.3, stoppedBelow: current.rated * 0.1 }]
      : []),
    ...(radial ? [{ pointId: radial.id, feature: 'rms', runningAbove: radial.noiseG * 0.6, stoppedBelow: 0.006 }] : []),
  ]
  return {
    id: machine.id,
    lineId: machine.lineId,
    family: machine.family,
    name: machine.name,
    manufacturer: machine.manufacturer,
    model: machine.model,
    serial: machine.serial,
    commissionedOn: machine.commissionedOn,
    criticality: machine.criticality,
    failureModes: [...machine.failureModes],
    ratedRpm: machine.ratedRpm,
    powerKw: machine.powerKw,
    support: machine.support,
    isoGroup: machine.isoGroup,
    components: [
      { id: 'de-bearing', kind: 'bearing', name: 'Drive-end bearing', bearing: machine.bearingName },
      ...(machine.passing && machine.family !== 'conveyor'
        ? [{ id: 'impeller', kind: 'impeller' as const, name: 'Impeller', blades: machine.passing.count }]
        : []),
    ],
    runState: { evidences, quorum: Math.min(2, evidences.length) },
  }
}

/** Values older than two cadences would flicker between two publishing intervals; two seconds is the least. */
function policy(cadenceMs: number): Contract['policy'] {
  return {
    staleAfterMs: Math.max(2000, 3 * cadenceMs),
    missingAfterMs: Math.max(5000, 5 * cadenceMs),
    stale: 'mark',
    missing: 'gap',
    late: 'accept',
    lateToleranceMs: 5000,
    duplicate: 'drop',
    outOfOrder: 'reorder',
  }
}

function source(id: string): Point['source'] {
  return { serverId, nodeId: `nsu=${namespaceUri};s=${id}` }
}

function waveformContract(rateHz: number, blockSize: number, unit: string, range: [number, number]): Contract {
  const cadenceMs = (blockSize / rateHz) * 1000
  return {
    version: 1,
    quantity:
      unit === '1'
        ? 'other'
        : unit === 'mm/s' || unit === 'in/s'
          ? 'velocity'
          : unit === 'um'
            ? 'displacement'
            : 'acceleration',
    unit,
    detector: 'raw',
    sampleRateHz: rateHz,
    blockSize,
    timestampSource: 'source',
    expectedRange: range,
    updateCadenceMs: Math.round(cadenceMs * 1000) / 1000,
    policy: policy(cadenceMs),
  }
}

function scalarContract(
  quantity: Contract['quantity'],
  unit: string,
  periodMs: number,
  range: [number, number],
): Contract {
  return {
    version: 1,
    quantity,
    unit,
    detector: 'raw',
    sampleRateHz: 1000 / periodMs,
    timestampSource: 'source',
    expectedRange: range,
    updateCadenceMs: periodMs,
    policy: policy(periodMs),
  }
}

function waveformPoints(machine: MachineSpec): Point[] {
  return machine.waveforms.map((point) => ({
    id: point.id,
    name: `${machine.name}, ${point.name.toLowerCase()}`,
    assetId: machine.id,
    componentId: 'de-bearing',
    kind: 'waveform',
    source: source(point.id),
    tachoPointId: `${machine.id}.speed`,
    contract: {
      ...waveformContract(point.sampleRateHz, blockSamples, 'g', [-50, 50]),
      axis: point.axis,
      placement: point.placement,
    },
  }))
}

function scalarPoints(machine: MachineSpec, rateHz: number | null): Point[] {
  return machine.scalars.map((scalar) => {
    const info = scalarKindInfo[scalar.kind]
    const [low, high] = scalarRange(scalar)
    return {
      id: scalarId(machine, scalar),
      name: info.name,
      assetId: machine.id,
      kind: 'scalar',
      source: source(scalarId(machine, scalar)),
      contract: scalarContract(info.quantity, info.unit, scalarPeriodMs(scalar, rateHz), [low, high]),
    }
  })
}

function machineAlerts(machine: MachineSpec): AlertDefinition[] {
  const temperature = machine.scalars.find((scalar) => scalar.kind === 'bearing-temperature')
  return [
    ...machine.waveforms.flatMap((point) => [
      rmsAlert(machine, point),
      velocityAlert(machine, point),
      envelopeAlert(machine, point, 'bpfo', point.limits.bpfoG),
      envelopeAlert(machine, point, 'bpfi', point.limits.bpfiG),
      ...(point.limits.bsfG ? [envelopeAlert(machine, point, 'bsf', point.limits.bsfG)] : []),
    ]),
    ...(temperature ? [temperatureAlert(machine, temperature.rated)] : []),
  ]
}

const testAsset = (id: string, name: string): Asset => ({
  id,
  lineId: 'line-test',
  family: 'other',
  name,
  manufacturer: 'Millwright',
  model: 'simulated',
  serial: id,
  commissionedOn: '2026-01-01',
  criticality: 1,
  failureModes: ['none'],
})

const testLine = { id: 'line-test', name: 'Test signals' }

/** Counters of `--points N`. */
export function counterContent(count: number, rateHz: number): PlantContent {
  return {
    lines: [testLine],
    assets: [testAsset('load-test', 'Counters')],
    points: Array.from({ length: count }, (_, i) => ({
      id: loadId(i),
      assetId: 'load-test',
      kind: 'scalar',
      source: source(loadId(i)),
      contract: scalarContract('count', '1', 1000 / rateHz, [0, 1e12]),
    })),
    alerts: [],
  }
}

/** Plain channels of `--waveforms N`. */
export function waveContent(count: number): PlantContent {
  return {
    lines: [testLine],
    assets: [{ ...testAsset('wave-test', 'Waveform channels'), ratedRpm: 1781 }],
    points: Array.from({ length: count }, (_, i) => ({
      id: waveId(i),
      assetId: 'wave-test',
      kind: 'waveform',
      source: source(waveId(i)),
      contract: waveformContract(waveRateHz, blockSamples, 'g', [-50, 50]),
    })),
    alerts: [],
  }
}

/** Bearings of public recordings that the shipped catalogue knows; another name would be a fault of the plant file. */
export const catalogued: readonly string[] = ['SKF 6205-2RS JEM', 'SKF 6203-2RS JEM', 'Rexnord ZA-2115']

function catalogueName(channel: ReplayChannel): string | null {
  return channel.bearingName !== null && catalogued.includes(channel.bearingName) ? channel.bearingName : null
}

/** One asset per recording; limits are not guessed for machines nobody knows. */
export function replayContent(channels: readonly ReplayChannel[]): PlantContent {
  return {
    lines: [testLine],
    assets: channels.map((channel) => ({
      ...testAsset(`rec-${channel.id}`, channel.name),
      ...(channel.rpm === null ? {} : { ratedRpm: channel.rpm }),
      components: [
        {
          id: 'bearing',
          kind: 'bearing' as const,
          ...(catalogueName(channel) === null ? {} : { bearing: catalogueName(channel) ?? '' }),
        },
      ],
    })),
    points: channels.map((channel) => ({
      id: channel.id,
      name: channel.name,
      assetId: `rec-${channel.id}`,
      componentId: 'bearing',
      kind: 'waveform',
      source: source(channel.id),
      contract: {
        ...waveformContract(channel.sampleRateHz, channel.blockSize, channel.unit, [-1e4, 1e4]),
        // A block's cadence is its own length by definition; how long to wait for the next is the recording's spacing.
        policy: policy(channel.spacingS * 1000),
      },
    })),
    alerts: [],
  }
}
