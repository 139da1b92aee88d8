import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { FeatureDefinition } from '../../shared/domain/features.ts'
import type { EpochBasis, EpochCause, HealthEpoch } from '../../shared/domain/health.ts'
import type { EarlyWarning } from '../../shared/domain/plant-file.ts'
import { sensorBreaks } from '../../shared/domain/sensor.ts'
import { meantFor } from '../audit/index.ts'
import { SNAPSHOTS_PER_FALSE_WARNING } from '../diagnosis/warning/health-monitor.ts'
import type { MonitorOptions } from './health-messages.ts'
import { featuresOf, type NamedFeature } from './health-window.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'

/** How one point is watched, by the revision in force. */
export interface PointPlan {
  info: PointInfo
  configHash: string
  timeZone: string
  settings: EarlyWarning
  options: MonitorOptions
  intervalUs: number
  cadenceUs: number
  names: readonly NamedFeature[]
  basis: EpochBasis
}

const defaults = { snapshotMin: 10, learnDays: 14, fewestSnapshots: 100 }

export function healthPlan(model: PlantModel, orders: ReadonlyMap<number, BearingOrders | null>): PointPlan[] {
  const settings = model.plant.earlyWarning ?? {}
  if (settings.enabled === false) return []
  const fewest = settings.fewestSnapshots ?? defaults.fewestSnapshots
  const options: MonitorOptions = {
    policy: {
      fewest,
      most: Math.ceil(2.5 * fewest),
      shortestS: (settings.learnDays ?? defaults.learnDays) * 86_400,
    },
    snapshotsPerFalseWarning: settings.snapshotsPerFalseWarning ?? SNAPSHOTS_PER_FALSE_WARNING,
  }
  return model.points
    .filter(({ point }) => point.kind === 'waveform')
    .map((info) => ({
      info,
      configHash: model.configHash,
      timeZone: model.plant.plant.timeZone,
      settings,
      options,
      intervalUs: (settings.snapshotMin ?? defaults.snapshotMin) * 60e6,
      cadenceUs: cadenceUs(info),
      names: featuresOf(given(info, orders.get(info.key) ?? null)),
      basis: basisOf(model, info),
    }))
}

/** A gapless stream delivers block after block, whatever the cadence that its contract names. */
function cadenceUs({ contract }: PointInfo): number {
  const blockUs = ((contract.blockSize ?? 4096) * 1e6) / contract.sampleRateHz
  return Math.max(blockUs, contract.updateCadenceMs * 1000)
}

function given(info: PointInfo, orders: BearingOrders | null): FeatureDefinition['needs'][number][] {
  const { asset, contract } = info
  const hasSpeed = asset.speedPoint !== null || asset.asset.ratedRpm !== undefined
  return [
    ...(hasSpeed ? (['speed'] as const) : []),
    ...(orders === null ? [] : (['bearing'] as const)),
    ...(contract.quantity === 'acceleration' ? (['unit'] as const) : []),
  ]
}

function basisOf(model: PlantModel, { point, contract, asset }: PointInfo): EpochBasis {
  const replaced = sensorBreaks(point, model.plant).at(-1)
  const { id, lineId } = asset.asset
  const kind = model.plant.sensors?.find((sensor) => sensor['id'] === point.sensorId)?.['kind']
  const classes = [contract.quantity, ...(typeof kind === 'string' ? [kind] : [])]
  const place = { pointId: point.id, assetId: id, lineId, serverId: point.source.serverId, classes }
  const ends = (model.plant.maintenance ?? [])
    .filter(({ scope }) => meantFor(scope, place) === true)
    .map(({ to }) => to)
  return {
    sensorId: point.sensorId ?? null,
    sensorReplacedAt: replaced ? new Date(replaced.tUs / 1000).toISOString() : null,
    quantity: contract.quantity,
    unit: contract.unit,
    band: contract.band ? contract.band.join(' to ') : null,
    maintenanceUntil: ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null,
  }
}

/** Something that the baseline rests on is no longer as it was. */
export interface EpochChange {
  cause: EpochCause
  message: string
  /** Values before and after cannot be compared: nothing is judged until somebody has decided. */
  pauses: boolean
}

export function epochChange({ beganUs, basis: was }: HealthEpoch, is: EpochBasis, nowUs: number): EpochChange | null {
  const changed = (cause: EpochCause, message: string): EpochChange => ({
    cause,
    message,
    pauses: cause !== 'maintenance',
  })
  if (was.quantity !== is.quantity || was.unit !== is.unit)
    return changed(
      'contract',
      `The contract says ${is.quantity} in ${is.unit} now; the baseline is of ${was.quantity} in ${was.unit}.`,
    )
  if (was.band !== is.band)
    return changed(
      'contract',
      `The contract's band is ${is.band ?? 'not limited'} now; the baseline is of ${was.band ?? 'no limited band'}.`,
    )
  if (was.sensorId !== null && was.sensorId !== is.sensorId)
    return changed('sensor', `The sensor is ${is.sensorId ?? 'not named'} now; the baseline is of ${was.sensorId}.`)
  if (
    is.sensorReplacedAt !== null &&
    is.sensorReplacedAt !== was.sensorReplacedAt &&
    Date.parse(is.sensorReplacedAt) * 1000 > beganUs
  )
    return changed('sensor', `Sensor ${is.sensorId ?? ''} was replaced at ${is.sensorReplacedAt}.`)
  const until = is.maintenanceUntil
  if (until === null || until === was.maintenanceUntil) return null
  const endUs = Date.parse(until) * 1000
  return endUs > beganUs && endUs <= nowUs ? changed('maintenance', `Maintenance ended on ${until}.`) : null
}
