import fs from 'node:fs'
import type { AlertRule } from '../../shared/domain/alert.ts'
import {
  findBearing,
  ordersOfBearing,
  withOwnBearings,
  type BearingCatalogue,
  type BearingOrders,
  type OwnBearing,
} from '../../shared/domain/bearings.ts'
import { featureDefinitions, isFeatureName } from '../../shared/domain/features.ts'
import type { Asset, Contract, PlantFile, Point } from '../../shared/domain/plant-file.ts'
import type { PointRef } from '../../shared/domain/twin.ts'
import { displayUnit } from '../../shared/domain/units.ts'
import { nameWithin } from '../../shared/lib/names.ts'
import type { DspPointConfig } from './dsp-messages.ts'
import { resourcePath } from './resources.ts'

/** A point that has a contract: only those are acquired, judged and synced. */
export interface PointInfo {
  key: number
  id: string
  /** Without the machine's name, which stands beside it wherever it is shown. */
  name: string
  point: Point
  contract: Contract
  asset: AssetInfo
  rules: AlertRule[]
  /** One of its rules has limits by operating state. */
  hasStateLimits: boolean
}

export interface AssetInfo {
  asset: Asset
  /** Position in the plant file, the order of places. */
  index: number
  points: PointInfo[]
  /** Grey: nothing is asked of their servers, so they neither alarm nor are sent on. */
  withoutContract: Point[]
  /** The tag that says how fast the shaft turns; null when the plant has none. */
  speedPoint: PointInfo | null
  rules: AlertRule[]
  /** Of the whole plant: what its plant file says of bearings wins over the catalogue. */
  ownBearings: readonly OwnBearing[] | undefined
}

/** The plant file resolved for the data path: one object per configuration revision, never changed. */
export interface PlantModel {
  plant: PlantFile
  configHash: string
  file: string
  assets: AssetInfo[]
  points: PointInfo[]
  byKey: ReadonlyMap<number, PointInfo>
  byId: ReadonlyMap<string, PointInfo>
  assetById: ReadonlyMap<string, AssetInfo>
  rules: readonly AlertRule[]
}

export function loadBearingCatalogue(): BearingCatalogue {
  // Shipped with the product and covered by its own test, so it is not parsed again here.
  return JSON.parse(fs.readFileSync(resourcePath('bearings.json'), 'utf8')) as BearingCatalogue
}

/** Every name by which the catalogue knows a bearing. */
export function bearingNames(catalogue: BearingCatalogue): string[] {
  return catalogue.bearings.flatMap((entry) => [entry.name, ...entry.aliases])
}

/** `refs` are the twin's keys of the plant file's points, in any order; `rules` those of the same revision. */
export function buildPlantModel(
  plant: PlantFile,
  configHash: string,
  file: string,
  refs: readonly PointRef[],
  rules: readonly AlertRule[],
): PlantModel {
  const keyById = new Map(refs.map((ref) => [ref.id, ref.key]))
  const assets = plant.assets.map((asset, index): AssetInfo => ({
    asset,
    index,
    points: [],
    withoutContract: [],
    speedPoint: null,
    rules: [],
    ownBearings: plant.bearings,
  }))
  const assetById = new Map(assets.map((info) => [info.asset.id, info]))
  const points: PointInfo[] = []
  for (const point of plant.points) {
    const asset = assetById.get(point.assetId)
    const key = keyById.get(point.id)
    if (!point.contract && point.kind !== 'event') asset?.withoutContract.push(point)
    if (!asset || key === undefined || !point.contract || point.kind === 'event') continue
    const info: PointInfo = {
      key,
      id: point.id,
      name: nameWithin(asset.asset.name, point.name ?? point.id),
      point,
      contract: point.contract,
      asset,
      rules: [],
      hasStateLimits: false,
    }
    points.push(info)
    asset.points.push(info)
    if (point.kind === 'scalar' && point.contract.quantity === 'rotational-speed') asset.speedPoint ??= info
  }
  const byId = new Map(points.map((info) => [info.id, info]))
  for (const rule of rules) {
    const info = byId.get(rule.pointId)
    if (!info) continue
    info.rules.push(rule)
    if (rule.limitsByState) info.hasStateLimits = true
    info.asset.rules.push(rule)
  }
  const byKey = new Map(points.map((info) => [info.key, info]))
  return { plant, configHash, file, assets, points, byKey, byId, assetById, rules }
}

/** Fault frequencies of the bearing a point sits on: its component's, else the asset's only bearing. */
export function ordersOf(info: PointInfo, catalogue: BearingCatalogue): BearingOrders | null {
  const bearings = (info.asset.asset.components ?? []).filter((component) => component.kind === 'bearing')
  const own = bearings.find((component) => component.id === info.point.componentId)
  const component = own ?? (bearings.length === 1 ? bearings[0] : undefined)
  const known = withOwnBearings(catalogue, info.asset.ownBearings)
  const entry = component?.bearing === undefined ? null : findBearing(known, component.bearing)
  return entry ? ordersOfBearing(entry) : null
}

/** Points on a shaft that turns at a ratio of the tagged speed, for example behind a gearbox. */
export function shaftRatio(info: PointInfo): number {
  const { components = [], shafts = [] } = info.asset.asset
  const shaftId = components.find((component) => component.id === info.point.componentId)?.shaftId
  return shafts.find((shaft) => shaft.id === shaftId)?.ratio ?? 1
}

/** A machine without a speed tag is taken at its rated speed. */
export function shaftRpmOf(info: PointInfo, measured: number | null): number | null {
  const rpm = info.asset.speedPoint ? measured : (info.asset.asset.ratedRpm ?? null)
  return rpm === null ? null : rpm * shaftRatio(info)
}

export function dspConfigs(
  model: PlantModel,
  catalogue: BearingCatalogue,
  toMps2: (unit: string) => number | null,
): DspPointConfig[] {
  return model.points
    .filter((info) => info.point.kind === 'waveform')
    .map((info) => ({
      pointKey: info.key,
      sampleRateHz: info.contract.sampleRateHz,
      blockSize: info.contract.blockSize ?? 4096,
      unitToMps2: info.contract.quantity === 'acceleration' ? toMps2(info.contract.unit) : null,
      bearing: ordersOf(info, catalogue),
      mainsHz: info.asset.asset.mainsHz ?? model.plant.plant.mainsHz ?? null,
      range: info.contract.expectedRange,
      keyphasorKey: keyphasorOf(info, model),
    }))
}

/** A tacho that comes as a waveform marks each turn; one that comes as a value tells the speed alone. */
function keyphasorOf(info: PointInfo, model: PlantModel): number | null {
  const tacho = model.points.find((other) => other.point.id === info.point.tachoPointId)
  return tacho?.point.kind === 'waveform' && tacho !== info ? tacho.key : null
}

/** Unit of a feature of a point, for display. */
export function featureUnit(info: PointInfo, feature: string): string {
  const unit = displayUnit(info.contract.unit)
  // Of an advisory alert: a ratio of a test statistic to its limit.
  if (feature === 'healthScore') return ''
  if (!isFeatureName(feature)) return unit
  const kind = featureDefinitions[feature].unitKind
  if (kind === 'signal') return unit
  return kind === 'velocity' ? 'mm/s' : kind === 'decibel' ? 'dB' : kind === 'degree' ? '°' : ''
}
