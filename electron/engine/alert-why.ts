import { outcomes, type AlertOccurrence, type AlertTransitionKind, type Outcome } from '../../shared/domain/alert.ts'
import { featureIndex } from '../../shared/domain/features.ts'
import type { BaselineRecord, HealthEvidence, HealthFinding } from '../../shared/domain/health.ts'
import { stateWords, type LimitPair } from '../../shared/domain/operating-limits.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { isAdvice, type SimilarCase, type WhyPart, type WhyView } from '../../shared/protocol/health.ts'
import { median } from '../../shared/lib/median.ts'
import { trendToLimit } from '../diagnosis/warning/trend-to-limit.ts'
import { factorOf, toDecibels, watchedFeature } from '../diagnosis/warning/watched-features.ts'
import type { TwinReader } from '../store/api.ts'
import { featureUnit, type PlantModel, type PointInfo } from './plant-model.ts'

export interface WhySource {
  twin: Pick<TwinReader, 'healthEvidence' | 'occurrences' | 'transitions' | 'trend' | 'featureTrend'>
  model: PlantModel
  /** All there ever were of a point. */
  baselinesOf(pointKey: number): BaselineRecord[]
}

const dayUs = 86_400e6
const columns = 288
const mostTurns = 3
/** Newest alerts that are looked through for similar ones. */
const lookedThrough = 5000
const mostCases = 5

const known = <T>(value: T): WhyPart<T> => ({ known: value, missing: null })
const missing = <T>(why: string): WhyPart<T> => ({ known: null, missing: why })

/** What changed, by how much, over which time, against which baseline, and what came of similar alerts: each, or why not. */
export async function whyOf(source: WhySource, occurrence: AlertOccurrence): Promise<WhyView> {
  const info = source.model.byId.get(occurrence.pointId)
  const similar = await similarCases(source, occurrence)
  const base = { occurrenceId: occurrence.id, isAdvice: isAdvice(occurrence), similar }
  if (!info) return { ...base, ...nothing(`The plant file has no point "${occurrence.pointId}" any more.`) }
  if (!isAdvice(occurrence)) return { ...base, ...(await ofLimit(source, info, occurrence)) }
  const evidence = await source.twin.healthEvidence(info.key, occurrence.changedUs)
  const [leading] = evidence?.findings ?? []
  if (!evidence || !leading || evidence.tUs < occurrence.raisedUs)
    return { ...base, ...nothing('The twin has no evidence of this alert.') }
  return { ...base, ...ofAdvice(source, info, evidence, leading) }
}

type Parts = Omit<WhyView, 'occurrenceId' | 'isAdvice' | 'similar'>

/** No score without evidence. */
function nothing(why: string): Parts {
  const [changed, amount, span] = [missing<never>(why), missing<never>(why), missing<never>(why)]
  const rest = { baseline: missing<never>(why), outlook: missing<never>(why), evidence: [] }
  return { score: null, snapshotsPerFalseWarning: null, changed, amount, span, ...rest }
}

function baselinePart(record: BaselineRecord | undefined, why: string): WhyView['baseline'] {
  if (record?.decidedBy === undefined || record.decidedBy === null || record.decidedUs === null) return missing(why)
  const { id, fromUs, untilUs, snapshots, rpm, decidedBy, decidedUs } = record
  return known({ id, fromUs, untilUs, snapshots, rpm, approvedBy: decidedBy, approvedUs: decidedUs })
}

function ofAdvice(source: WhySource, info: PointInfo, evidence: HealthEvidence, leading: HealthFinding): Parts {
  const { findings, score, snapshotsPerFalseWarning, tUs } = evidence
  const { feature, value, baseline, changeDb, factor, sinceUs, outlook, refused } = leading
  const record = source.baselinesOf(info.key).find(({ id }) => id === evidence.baselineId)
  const also = findings.slice(1).map((finding) => finding.feature)
  return {
    score,
    snapshotsPerFalseWarning,
    changed: known({ feature, direction: 'rose', also }),
    amount:
      value === null || baseline === null
        ? missing('Shocks are counted against chance: there is no one value that changed.')
        : known({ value, reference: baseline, unit: featureUnit(info, feature), changeDb, factor }),
    span: sinceUs === null ? missing('The beginning of the change is not known.') : known({ sinceUs, untilUs: tUs }),
    baseline: baselinePart(record, 'The twin does not have the baseline any more.'),
    outlook: outlook ? known(outlook) : missing(refused ?? 'this feature has no alarm limit of its own'),
    evidence: findings,
  }
}

const rises: readonly AlertTransitionKind[] = ['raised', 'escalated', 'repeated']

/** When it last rose, and by which value: what it is now tells nothing of why once it has eased or returned. */
async function lastRise({ twin }: WhySource, { id, raisedUs, value }: AlertOccurrence) {
  const rise = (await twin.transitions(id)).findLast(({ kind }) => rises.includes(kind))
  return rise ? { atUs: rise.atUs, value: rise.value } : { atUs: raisedUs, value }
}

/** Against the approved baseline of that time if there was one, else against the day before. */
async function ofLimit(source: WhySource, info: PointInfo, occurrence: AlertOccurrence): Promise<Parts> {
  const { feature, raisedUs } = occurrence
  const { atUs, value } = await lastRise(source, occurrence)
  const then = source.baselinesOf(info.key).findLast(({ decidedUs, retiredUs, state }) => {
    const wasInForce = decidedUs !== null && decidedUs <= raisedUs && (retiredUs === null || retiredUs > raisedUs)
    return wasInForce && state !== 'rejected'
  })
  const own = then?.features.find(({ name }) => name === feature)
  const trend = await trendBefore(source, info, feature, atUs)
  const reference = own?.median ?? referenceOf(trend)
  const watched = watchedFeature(feature)
  const changeDb =
    watched === null || reference === null ? Number.NaN : toDecibels(watched, value) - toDecibels(watched, reference)
  const hasDb = watched !== null && Number.isFinite(changeDb)
  const noBaseline = `No baseline of this point was approved when the alert was raised${reference === null ? '' : '; it is compared with the day before'}.`
  const noValues = 'The twin has no values of this feature from before the alert.'
  return {
    score: null,
    snapshotsPerFalseWarning: null,
    changed: known({ feature, direction: reference !== null && value < reference ? 'fell' : 'rose', also: [] }),
    amount:
      reference === null
        ? missing(noValues)
        : known({
            value,
            reference,
            unit: featureUnit(info, feature),
            changeDb: hasDb ? changeDb : null,
            factor: hasDb ? factorOf(watched, changeDb) : null,
          }),
    span: spanPart(trend, reference, value, atUs),
    baseline: own
      ? baselinePart(then, noBaseline)
      : missing(
          then
            ? `The approved baseline does not hold this feature${reference === null ? '' : '; it is compared with the day before'}.`
            : noBaseline,
        ),
    outlook: outlookOf(trend, reference, { ...occurrence, value }, limitsBehind(info, occurrence).alarm),
    evidence: [],
  }
}

async function trendBefore(
  { twin }: WhySource,
  info: PointInfo,
  feature: string,
  raisedUs: number,
): Promise<TrendColumns> {
  const index = featureIndex(feature)
  const read = (fromUs: number): Promise<TrendColumns> =>
    index >= 0 && info.point.kind === 'waveform'
      ? // The value that raised it belongs to what is seen.
        twin.featureTrend(info.key, index, fromUs, raisedUs + 1, columns)
      : twin.trend(info.key, fromUs, raisedUs + 1, columns)
  let trend = await read(raisedUs - dayUs)
  // A young twin has minutes of that day: they are looked at as finely as a day would be.
  for (let turn = 0; turn < mostTurns; turn++) {
    const first = trend.mean.findIndex((value) => Number.isFinite(value))
    if (first < columns / 2) break
    trend = await read(trend.tUs[first] ?? raisedUs)
  }
  return trend
}

/** The usual value: of the first half of what is there, since the change is at the end. */
function referenceOf({ mean }: TrendColumns): number | null {
  const values = [...mean].filter(Number.isFinite)
  const first = values.slice(0, Math.ceil(values.length / 2))
  return first.length === 0 ? null : median(first)
}

/** Since when it has been beyond half of the change without a break. */
function spanPart(trend: TrendColumns, reference: number | null, value: number, untilUs: number): WhyView['span'] {
  const since = sinceOf(trend, reference, value)
  if (since === null) return missing('The beginning cannot be seen: there are too few values from before the alert.')
  return known({ sinceUs: trend.tUs[since] ?? untilUs, untilUs })
}

function sinceOf({ mean, tUs }: TrendColumns, reference: number | null, value: number): number | null {
  if (reference === null) return null
  const half = (value + reference) / 2
  const isBeyond = (at: number): boolean => (value >= reference ? at >= half : at <= half)
  let since: number | null = null
  for (let i = tUs.length - 1; i >= 0; i--) {
    const at = mean[i] ?? Number.NaN
    if (!Number.isFinite(at)) continue
    if (!isBeyond(at)) break
    since = i
  }
  return since
}

/** Of the operating state by whose limits it was raised, as the rule has them now. */
export function limitsBehind({ rules }: PointInfo, { ruleId, contract }: AlertOccurrence): LimitPair {
  const rule = rules.find(({ id }) => id === ruleId)
  const state = rule?.limitsByState?.find((each) => stateWords(each) === contract.state)
  return state?.limits ?? rule?.limits ?? {}
}

function outlookOf(
  trend: TrendColumns,
  reference: number | null,
  { feature, value, level }: AlertOccurrence,
  alarm: number | undefined,
): WhyView['outlook'] {
  const watched = watchedFeature(feature)
  if (level === 'alarm') return missing('the alarm limit is reached already')
  if (alarm === undefined) return missing('the rule has no alarm limit')
  if (watched === null) return missing('a trend of this kind of value is not extrapolated')
  const since = sinceOf(trend, reference, value)
  if (since === null) return missing('the beginning of the rise cannot be seen')
  const points = [...trend.tUs].slice(since).flatMap((tUs, i) => {
    const valueDb = toDecibels(watched, trend.mean[since + i] ?? Number.NaN)
    return Number.isNaN(valueDb) ? [] : [{ timeS: tUs / 1e6, valueDb }]
  })
  const found = trendToLimit(points, toDecibels(watched, alarm))
  if (found.refused !== null) return missing(found.refused)
  return known({ earliestUs: Math.round(found.earliestS * 1e6), latestUs: Math.round(found.latestS * 1e6) })
}

async function similarCases({ twin, model }: WhySource, occurrence: AlertOccurrence): Promise<WhyView['similar']> {
  const rows = await twin.occurrences({ limit: lookedThrough })
  const family = model.assetById.get(occurrence.assetId)?.asset.family
  const cases = rows.flatMap((row): (SimilarCase & { points: number })[] => {
    if (row.outcome === null || row.id === occurrence.id) return []
    const asset = model.assetById.get(row.assetId)?.asset
    const shares: SimilarCase['shares'] = []
    if (row.assetId === occurrence.assetId) shares.push('machine')
    if (asset && asset.family === family) shares.push('family')
    if (row.feature === occurrence.feature) shares.push('feature')
    if (row.contract.meaning === occurrence.contract.meaning) shares.push('meaning')
    const isOfMachine = shares.includes('machine') || shares.includes('family')
    const isOfKind = shares.includes('feature') || shares.includes('meaning')
    if (!isOfMachine || !isOfKind) return []
    const { id: occurrenceId, raisedUs, outcome, labelNote: note } = row
    const pointName = model.byId.get(row.pointId)?.name ?? row.pointId
    const assetName = asset?.name ?? row.assetId
    const { meaning } = row.contract
    return [{ occurrenceId, assetName, pointName, meaning, raisedUs, outcome, note, shares, points: shares.length }]
  })
  if (cases.length === 0)
    return missing(
      rows.length < lookedThrough
        ? 'No alert like this one has been labelled yet.'
        : `None of the last ${lookedThrough} alerts is like this one and labelled.`,
    )
  const counted: Partial<Record<Outcome, number>> = {}
  for (const outcome of outcomes) {
    const count = cases.filter((each) => each.outcome === outcome).length
    if (count > 0) counted[outcome] = count
  }
  const shown = cases
    .toSorted((a, b) => b.points - a.points || b.raisedUs - a.raisedUs)
    .slice(0, mostCases)
    .map(({ points: _points, ...rest }) => rest)
  return known({ cases: shown, count: cases.length, outcomes: counted })
}
