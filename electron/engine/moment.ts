import type { AlertRuleState } from '../../shared/domain/alert.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import type { OutboxStream } from '../../shared/domain/outbox.ts'
import { pointCondition, type PointStateView } from '../../shared/domain/point-state.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import type { MomentFrame, MomentHealth, MomentLane, MomentValue } from '../../shared/protocol/moment.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import { resolvePlant } from '../assets/index.ts'
import { RequestError, type CallOptions } from '../live/window-session.ts'
import type { Moment } from '../store/api.ts'
import type { Engine } from './engine.ts'
import { limitsInForce } from '../alerts/index.ts'
import { alertView, machineFrame, type FrameSourceState } from './frames.ts'
import { FeatureTable, HeadTable } from './heads.ts'
import { toRpm } from './machine-state.ts'
import { bearingNames, buildPlantModel, type AssetInfo, type PlantModel, type PointInfo } from './plant-model.ts'
import { readPlantText } from './plant-text.ts'

/** One machine at a past moment, with the configuration that was in force then. */
export async function assetMoment(
  engine: Engine,
  assetId: string,
  atUs: number,
  asked: CallOptions,
): Promise<MomentFrame> {
  const readUs = engine.options.clock.nowUs()
  if (atUs > readUs) throw refusal('future', 'That time has not come yet.', 'Choose a time that has passed.')
  const model = await modelAt(engine, atUs, asked)
  const info = model.assetById.get(assetId)
  if (!info) {
    const message = `The plant file that was in force at that time had no machine "${assetId}".`
    throw refusal('not-found', message, 'Choose a later time, after the machine was added.')
  }
  const ofKind = (kind: string): number[] =>
    info.points.filter(({ point }) => point.kind === kind).map(({ key }) => key)
  const moment = await engine.twin.moment(
    { atUs, assetIds: [assetId], scalarKeys: ofKind('scalar'), waveformKeys: ofKind('waveform') },
    asked,
  )
  return momentFrame(model, info, moment, { atUs, readUs })
}

function refusal(code: string, message: string, remedy: string): RequestError {
  return new RequestError({ code, message, remedy, retryable: false })
}

/** Plants of other revisions, by hash: going back and forth in time asks for the same few again and again. */
const models = new WeakMap<Engine, Map<string, PlantModel>>()
const mostModels = 4

async function modelAt(engine: Engine, atUs: number, asked: CallOptions): Promise<PlantModel> {
  const none = { atUs, assetIds: [], scalarKeys: [], waveformKeys: [] }
  const { config } = await engine.twin.moment(none, asked)
  if (!config) throw refusal('before-record', 'Nothing was recorded yet at that time.', 'Choose a later time.')
  if (config.hash === engine.model.configHash) return engine.model
  let known = models.get(engine)
  if (!known) models.set(engine, (known = new Map<string, PlantModel>()))
  const held = known.get(config.hash)
  if (held) return held
  const names = bearingNames(engine.catalogue)
  const { loaded } = readPlantText(config.text, names, true)
  if (!loaded) {
    const message = `The plant file of that time (${config.hash.slice(0, 12)}) cannot be read by this version.`
    throw refusal('old-configuration', message, 'Export its values with millwright export instead.')
  }
  const { rules } = resolvePlant(loaded.plant, config.hash)
  const refs = await engine.twin.knownPoints()
  const model = buildPlantModel(loaded.plant, config.hash, engine.model.file, refs, rules)
  known.set(config.hash, model)
  const oldest = known.keys().next().value
  if (known.size > mostModels && oldest !== undefined) known.delete(oldest)
  return model
}

/** Pure: what the screens show of the facts the twin gave. */
export function momentFrame(
  model: PlantModel,
  info: AssetInfo,
  moment: Moment,
  { atUs, readUs }: { atUs: number; readUs: number },
): MomentFrame {
  const assetId = info.asset.id
  const gaps = moment.gaps.filter((gap) => concerns(gap, info))
  const recording = moment.session !== null && !gaps.some(({ cause }) => cause.startsWith('engine-'))
  const change = recording ? moment.runStates.find((state) => state.assetId === assetId) : undefined
  const state = stateOf(model, moment, atUs, change?.state ?? 'unknown')
  const values = (machineFrame(state, assetId)?.values ?? []).map((value): MomentValue => ({
    ...value,
    ageS: value.tUs === null ? null : Math.max(0, (atUs - value.tUs) / 1e6),
  }))
  return {
    atUs,
    readUs,
    recording,
    assetId,
    assetName: info.asset.name,
    lineName: model.plant.lines.find(({ id }) => id === info.asset.lineId)?.name ?? info.asset.lineId,
    runState: change?.state ?? 'unknown',
    runStateSinceUs: change?.atUs ?? null,
    rpm: state.rpm(assetId),
    health: healthOf(info, moment, values, change?.state === 'not-running'),
    values,
    alerts: moment.occurrences.map((occurrence) => ({
      ...alertView(state, occurrence),
      currentValue: occurrence.value,
    })),
    gaps: gaps.map(({ cause, startUs, endUs, detail }) => ({ cause, startUs, endUs, detail })),
    judge: {
      configHash: moment.config?.hash ?? null,
      configFromUs: moment.config?.atUs ?? null,
      author: moment.config?.author ?? null,
      reason: moment.config?.reason ?? null,
      software: moment.session?.software ?? null,
      model: null,
    },
    sync: moment.deliveries && { asOfUs: moment.deliveries.asOfUs, lanes: lanesOf(model, moment) },
  }
}

function concerns(gap: Gap, info: AssetInfo): boolean {
  if (gap.pointKey !== null) return info.points.some(({ key }) => key === gap.pointKey)
  return gap.serverId === null || info.points.some(({ point }) => point.source.serverId === gap.serverId)
}

/** The tables that live views are made of, filled with that moment. */
function stateOf(model: PlantModel, moment: Moment, atUs: number, runState: MomentFrame['runState']): FrameSourceState {
  const heads = new HeadTable()
  for (const { pointKey, tUs, value, status } of moment.heads) heads.set(pointKey, tUs, Number.NaN, value, status)
  const features = new FeatureTable()
  for (const row of moment.features) features.set(row)
  const freshness = (key: number): Freshness => {
    const info = model.byKey.get(key)
    const row = features.row(key)
    const tUs = row ? row.tUs + row.spanUs : heads.tUs(key)
    if (!info || Number.isNaN(tUs)) return 'never'
    const { policy, updateCadenceMs } = info.contract
    const ageMs = (atUs - tUs) / 1000
    if (ageMs > Math.max(policy.missingAfterMs, 2 * updateCadenceMs)) return 'missing'
    return ageMs > (policy.staleAfterMs ?? 2 * updateCadenceMs) ? 'stale' : 'live'
  }
  const pointState = (info: PointInfo): PointStateView => {
    // Whether the link stood is told by the moment's gaps, and what a block was like by its having features.
    const facts = { link: 'connected' as const, freshness: freshness(info.key), block: null, runState }
    return { ...pointCondition({ ...facts, point: info.point, status: heads.status(info.key) }), sinceUs: null }
  }
  return {
    model,
    heads,
    features,
    freshness,
    pointState,
    health: new Map(),
    runState: () => runState,
    runEvidence: () => null,
    rpm: (assetId) => rpmOf(model.assetById.get(assetId)?.speedPoint ?? null, heads, freshness),
    ruleState: (ruleId) => ruleState(moment, ruleId),
    limits: (rule, at) => limitsInForce(rule, null, at),
    openOccurrences: () => moment.occurrences,
    isFlood: () => false,
    // What a machine was is told by its own rules; servers' alarms have their journal.
    conditions: { present: () => [], reach: () => ({ reach: 'unreachable', sinceUs: atUs }) },
    nowUs: () => atUs,
  }
}

function rpmOf(speed: PointInfo | null, heads: HeadTable, freshness: (key: number) => Freshness): number | null {
  if (!speed || freshness(speed.key) === 'missing' || qualityOf(heads.status(speed.key)) === 'bad') return null
  const rpm = toRpm(speed)(heads.value(speed.key))
  return Number.isFinite(rpm) ? rpm : null
}

/** What a rule said then is known by its occurrence; without one it was quiet. */
function ruleState(moment: Moment, ruleId: string): AlertRuleState | null {
  const occurrence = moment.occurrences.find((candidate) => candidate.ruleId === ruleId)
  if (!occurrence) return null
  const { state, level, changedUs, id, value, repeats } = occurrence
  return {
    ruleId,
    state,
    level,
    pendingLevel: level,
    pendingSinceUs: changedUs,
    occurrenceId: id,
    lastValue: value,
    lastUs: changedUs,
    repeats,
  }
}

function isUsable({ freshness, quality, value }: MomentValue): boolean {
  return freshness === 'live' && quality !== 'bad' && value !== null
}

/** Worst active alert first; without one, good only where every judged value was there to be judged. */
function healthOf(info: AssetInfo, moment: Moment, values: readonly MomentValue[], isStanding: boolean): MomentHealth {
  const points = new Set(values.map(({ pointId }) => pointId))
  const fresh = new Set(values.filter(isUsable).map(({ pointId }) => pointId))
  const counts = { fresh: fresh.size, points: points.size }
  const active = moment.occurrences.filter(
    ({ level, state }) => level !== 'normal' && state !== 'returned-unacknowledged',
  )
  const worst = active.find(({ level }) => level === 'alarm') ?? active[0]
  if (worst) {
    const condition = worst.level === 'alarm' ? 'alarm' : 'warning'
    return { ...counts, condition, why: worst.contract.meaning }
  }
  const unjudged = info.rules.filter(
    (rule) =>
      !values.some((value) => value.pointId === rule.pointId && value.feature === rule.feature && isUsable(value)),
  )
  if (info.rules.length === 0) return { ...counts, condition: 'unknown', why: 'No rule watches this machine.' }
  if (unjudged.length > 0) {
    const why = `${unjudged.length} of ${info.rules.length} rules had no fresh usable value to judge.`
    return { ...counts, condition: 'unknown', why }
  }
  if (isStanding)
    return { ...counts, condition: 'unknown', why: 'The machine did not run: its vibration says nothing.' }
  return {
    ...counts,
    condition: 'good',
    why: `All ${info.rules.length} rules had a value and none was over its limit.`,
  }
}

function lanesOf(model: PlantModel, { deliveries }: Moment): MomentLane[] {
  if (!deliveries) return []
  return model.plant.sync.flatMap(({ id, lane }) => {
    const streams: OutboxStream[] = lane === 'now' ? ['events'] : ['events', 'features']
    return streams.map((stream) => {
      const cursor = deliveries.cursors.find((each) => each.destinationId === id && each.stream === stream)
      const undelivered = Math.max(0, deliveries.heads[stream] - (cursor?.seq ?? 0))
      return { destinationId: id, lane, stream, undelivered, confirmedUs: cursor?.confirmedUs ?? null }
    })
  })
}
