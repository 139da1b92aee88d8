import {
  alertLevels,
  priorities,
  type AlertLevel,
  type AlertOccurrence,
  type AlertRule,
  type AlertRuleState,
  type Priority,
} from '../../shared/domain/alert.ts'
import { latencyClassOf, worstLatencyMs } from '../../shared/domain/latency.ts'
import { noLimits, type LimitsInForce, type OperatingState } from '../../shared/domain/operating-limits.ts'
import { countPointStates, type PointState, type PointStateView } from '../../shared/domain/point-state.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import { statusName } from '../../shared/domain/status-names.ts'
import type { RunState } from '../../shared/domain/twin.ts'
import type {
  AlertsFrame,
  AlertView,
  AssetTile,
  Freshness,
  MachineFrame,
  OverviewFrame,
  PointsFrame,
  PointValue,
  RunEvidenceView,
} from '../../shared/protocol/views.ts'
import { nameWithin } from '../../shared/lib/names.ts'
import { isAdvice } from '../../shared/protocol/health.ts'
import { missingFacts } from '../assets/index.ts'
import { serverAlarmsFrame, type ConditionSource } from './condition-frames.ts'
import type { FeatureTable, HeadTable } from './heads.ts'
import type { HealthHistory } from './health-history.ts'
import { featureUnit, shaftRpmOf, type AssetInfo, type PlantModel, type PointInfo } from './plant-model.ts'

/** What the views are made of; the engine keeps it, frames only read it. */
export interface FrameSourceState {
  model: PlantModel
  heads: HeadTable
  features: FeatureTable
  freshness(pointKey: number): Freshness
  pointState(info: PointInfo): PointStateView
  runState(assetId: string): RunState
  runEvidence(assetId: string): RunEvidenceView | null
  rpm(assetId: string): number | null
  ruleState(ruleId: string): AlertRuleState | null
  /** The limits of a rule that hold, and why. */
  limits(rule: AlertRule, at: OperatingState): LimitsInForce
  openOccurrences(): readonly AlertOccurrence[]
  isFlood(): boolean
  /** Of the advisory model; NaN while it judges nothing. */
  healthScore?(pointKey: number): number
  conditions: ConditionSource
  health: ReadonlyMap<string, HealthHistory>
  nowUs(): number
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** Committed value a rule judges: a scalar's own, or a feature of a waveform point. */
export function ruleValue(state: FrameSourceState, info: PointInfo, feature: string): number {
  return info.point.kind === 'waveform' ? state.features.value(info.key, feature) : state.heads.value(info.key)
}

/** Of one of a point's rules; the limits of a rule that is not there are none. */
export function limitsOf(state: FrameSourceState, info: PointInfo, rule: AlertRule | undefined): LimitsInForce {
  if (!rule) return noLimits
  const { id } = info.asset.asset
  return state.limits(rule, { runState: state.runState(id), rpm: shaftRpmOf(info, state.rpm(id)) })
}

/** Share of the alarm limit in use: the worst over the asset's rules, and which rule it is. */
export function assetHealth(state: FrameSourceState, info: AssetInfo): { health: number | null; of: string | null } {
  let health: number | null = null
  let of: string | null = null
  for (const rule of info.rules) {
    const point = state.model.byId.get(rule.pointId)
    if (!point) continue
    const { warning, alarm } = limitsOf(state, point, rule)
    const limit = alarm ?? warning
    if (limit === null || limit <= 0) continue
    const share = ruleValue(state, point, rule.feature) / limit
    if (Number.isFinite(share) && (health === null || share > health)) {
      health = Math.max(0, share)
      of = point.point.kind === 'waveform' ? `${point.name} ${rule.feature}` : point.name
    }
  }
  return { health, of }
}

const freshnessRank: Record<Freshness, number> = { live: 0, stale: 1, missing: 2, never: 3 }

/** An asset is as fresh as its best point: one dead tag is the tag's matter, silence of all is the asset's. */
function assetFreshness(state: FrameSourceState, info: AssetInfo): Freshness {
  let best: Freshness = 'never'
  for (const point of info.points) {
    const own = state.freshness(point.key)
    if (freshnessRank[own] < freshnessRank[best]) best = own
  }
  return best
}

function pointTimeUs(state: FrameSourceState, info: PointInfo): number {
  if (info.point.kind !== 'waveform') return state.heads.tUs(info.key)
  const row = state.features.row(info.key)
  return row ? row.tUs + row.spanUs : Number.NaN
}

function lastUs(state: FrameSourceState, info: AssetInfo): number | null {
  let last = Number.NEGATIVE_INFINITY
  for (const point of info.points) {
    const tUs = pointTimeUs(state, point)
    if (tUs > last) last = tUs
  }
  return known(last)
}

const byUrgency = (a: AlertOccurrence, b: AlertOccurrence): number =>
  priorities.indexOf(a.priority) - priorities.indexOf(b.priority) || a.raisedUs - b.raisedUs

const isActive = (o: AlertOccurrence): boolean => o.state === 'unacknowledged' || o.state === 'acknowledged'

function finding(state: FrameSourceState, worst: AlertOccurrence | undefined): string | null {
  if (!worst) return null
  const name = state.model.byId.get(worst.pointId)?.name ?? worst.pointId
  return `${worst.contract.meaning} (${name})`
}

function pointStatesOf(state: FrameSourceState, info: AssetInfo): Record<PointState, number> {
  const counts = countPointStates(info.points.map((point) => state.pointState(point).state))
  counts['no-contract'] = info.withoutContract.length
  return counts
}

function tile(state: FrameSourceState, info: AssetInfo, open: readonly AlertOccurrence[]): AssetTile {
  const { asset } = info
  const own = open.filter((o) => o.assetId === asset.id).toSorted(byUrgency)
  const worst = own.find(isActive) ?? own[0]
  const { health, of } = assetHealth(state, info)
  const history = state.health.get(asset.id)?.read()
  return {
    id: asset.id,
    lineId: asset.lineId,
    name: asset.name,
    family: asset.family,
    runState: state.runState(asset.id),
    freshness: assetFreshness(state, info),
    lastUs: lastUs(state, info),
    health,
    healthOf: of,
    spark: history?.worst ?? new Float32Array(),
    sparkFromUs: history && Number.isFinite(history.fromUs) ? history.fromUs : state.nowUs(),
    // Advice is never an alarm: that word is for limits.
    level: worst && isActive(worst) ? (isAdvice(worst) ? 'warning' : worst.level) : 'normal',
    priority: worst?.priority ?? null,
    state: worst?.state ?? 'normal',
    finding: finding(state, worst && isActive(worst) ? worst : undefined),
    openAlerts: own.filter(isActive).length,
    pointStates: pointStatesOf(state, info),
  }
}

export function overviewFrame(state: FrameSourceState): OverviewFrame {
  const { plant } = state.model.plant
  const open = state.openOccurrences()
  return {
    atUs: state.nowUs(),
    plantName: plant.name,
    timeZone: plant.timeZone,
    lines: state.model.plant.lines.map(({ id, name }) => ({ id, name })),
    assets: state.model.assets.map((info) => tile(state, info, open)),
  }
}

export function pointsFrame(state: FrameSourceState): PointsFrame {
  const views = state.model.points.map((info) => ({ pointId: info.id, ...state.pointState(info) }))
  const grey = state.model.assets.flatMap(({ withoutContract }) => withoutContract)
  const counts = countPointStates(views.map((view) => view.state))
  counts['no-contract'] = grey.length
  return {
    atUs: state.nowUs(),
    counts,
    notNormal: [
      ...views.filter((view) => view.state !== 'normal'),
      ...grey.map(({ id }) => ({
        pointId: id,
        state: 'no-contract' as const,
        reason: 'no-contract' as const,
        sinceUs: null,
      })),
    ],
  }
}

function currentValue(state: FrameSourceState, info: PointInfo, occurrence: AlertOccurrence): number {
  if (isAdvice(occurrence)) return state.healthScore?.(info.key) ?? Number.NaN
  return ruleValue(state, info, occurrence.feature)
}

/** Words and units beside an occurrence; a point that has left the plant file keeps its id. */
export function alertView(state: FrameSourceState, occurrence: AlertOccurrence): AlertView {
  const info = state.model.byId.get(occurrence.pointId)
  const rule = info?.rules.find(({ id }) => id === occurrence.ruleId)
  return {
    occurrence,
    assetName: state.model.assetById.get(occurrence.assetId)?.asset.name ?? occurrence.assetId,
    pointName: info?.name ?? occurrence.pointId,
    unit: info ? featureUnit(info, occurrence.feature) : '',
    currentValue: info ? known(currentValue(state, info, occurrence)) : null,
    pointState: info ? state.pointState(info) : null,
    limitsNow: info && rule ? limitsOf(state, info, rule) : null,
  }
}

const perPriority = (): Record<Priority, number> => ({ urgent: 0, high: 0, medium: 0, low: 0 })

function serverName(state: FrameSourceState, serverId: string): string {
  return state.model.plant.servers.find(({ id }) => id === serverId)?.name ?? serverId
}

export function alertsFrame(state: FrameSourceState): AlertsFrame {
  const open = state.openOccurrences().toSorted(byUrgency)
  const unacknowledged = perPriority()
  const active = perPriority()
  for (const occurrence of open) {
    if (occurrence.state === 'unacknowledged' || occurrence.state === 'returned-unacknowledged')
      unacknowledged[occurrence.priority] += 1
    // Returned but unacknowledged still stands: of so many, so many nobody has looked at.
    if (occurrence.state !== 'normal') active[occurrence.priority] += 1
  }
  return {
    atUs: state.nowUs(),
    open: open.map((occurrence) => alertView(state, occurrence)),
    unacknowledged,
    active,
    awaitingOutcome: open.filter((o) => o.outcome === null && o.acknowledgedUs !== null).length,
    flood: state.isFlood(),
    servers: serverAlarmsFrame(state.conditions, (id) => serverName(state, id)),
  }
}

function worstLevel(levels: readonly AlertLevel[]): AlertLevel {
  return alertLevels.findLast((level) => levels.includes(level)) ?? 'normal'
}

function pointValue(state: FrameSourceState, info: PointInfo, feature: string): PointValue {
  const { point, contract, key } = info
  const rules = info.rules.filter((rule) => rule.feature === feature)
  const isScalar = point.kind !== 'waveform'
  const status = isScalar ? state.heads.status(key) : 0
  const first = rules[0]
  return {
    pointId: info.id,
    name: info.name,
    kind: point.kind,
    componentId: point.componentId ?? null,
    quantity: contract.quantity,
    feature,
    unit: featureUnit(info, feature),
    value: known(ruleValue(state, info, feature)),
    quality: qualityOf(status),
    statusName: statusName(status),
    tUs: known(pointTimeUs(state, info)),
    serverUs: isScalar ? known(state.heads.serverUs(key)) : null,
    freshness: state.freshness(key),
    state: state.pointState(info),
    staleAfterMs: contract.policy.staleAfterMs ?? 2 * worstLatencyMs(contract),
    latency: latencyClassOf(contract),
    range: isScalar ? contract.expectedRange : null,
    limits: limitsOf(state, info, first),
    level: worstLevel(rules.map((rule) => state.ruleState(rule.id)?.level ?? 'normal')),
  }
}

/** RMS always, plus every feature a rule watches. */
function shownFeatures(info: PointInfo): string[] {
  if (info.point.kind !== 'waveform') return ['value']
  return [...new Set(['rms', ...info.rules.map((rule) => rule.feature)])]
}

/** null: the plant file no longer has the asset. */
export function machineFrame(state: FrameSourceState, assetId: string): MachineFrame | null {
  const info = state.model.assetById.get(assetId)
  if (!info) return null
  return {
    atUs: state.nowUs(),
    assetId,
    runState: state.runState(assetId),
    runEvidence: state.runEvidence(assetId),
    rpm: state.rpm(assetId),
    values: info.points.flatMap((point) => shownFeatures(point).map((feature) => pointValue(state, point, feature))),
    unruled: info.withoutContract.map(({ id, kind, name }) => ({
      pointId: id,
      name: nameWithin(info.asset.name, name ?? id),
      kind,
    })),
    missingFacts: missingFacts(info.asset, state.model.plant),
  }
}
