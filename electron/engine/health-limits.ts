import { isFeatureName } from '../../shared/domain/features.ts'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { LimitPair, StateLimits } from '../../shared/domain/operating-limits.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { AlertDefinition, PlantFile } from '../../shared/domain/plant-file.ts'
import { canonicalJson } from '../../shared/lib/json.ts'
import type { LimitProposalView, LimitRow } from '../../shared/protocol/health.ts'
import { fewestDays, mergedStates, seenStates, type LearnedCondition, type SeenState } from './health-limit-states.ts'
import { featureInWords, timeInWords } from './health-records.ts'
import { featureUnit, type PointInfo } from './plant-model.ts'

const dayUs = 86_400e6

interface Wanted {
  warningSigmas: number
  alarmSigmas: number
}

/** A state with a baseline that is long enough. */
interface UsedState extends SeenState {
  record: BaselineRecord
}

/**
 * Mean plus k standard deviations of each feature, from approved baselines of two weeks and more. Where a machine was seen at
 * several speeds each has limits of its own, in its band of speed; the rule's own hold in all other states. What was not
 * seen for long enough is named and gets none.
 */
export function limitProposal(
  plant: PlantFile,
  info: PointInfo,
  baselines: readonly BaselineRecord[],
  wanted: Wanted,
  conditions: readonly LearnedCondition[] = [],
): LimitProposalView {
  const frozen = baselines.filter(({ state }) => state === 'frozen')
  const seen = seenStates(frozen, conditions)
  const states = seen.map(({ record: _record, ...view }) => view)
  const refuse = (refused: string): LimitProposalView => ({ refused, states, rows: [], changes: [] })
  if (wanted.alarmSigmas <= wanted.warningSigmas) return refuse('The alarm has to lie above the warning.')
  if (frozen.length === 0) return refuse(`${info.name} has no approved baseline: approve one first.`)
  const used = seen.filter((state): state is UsedState => state.state === 'used' && state.record !== null)
  const longest = Math.max(...frozen.map(({ fromUs, untilUs }) => untilUs - fromUs)) / dayUs
  if (used.length === 0)
    return refuse(`The baseline spans ${longest.toFixed(1)} days; ${fewestDays} are needed for limits of this kind.`)
  // A machine of one speed needs no bands, and one whose speed nobody measures can have none.
  const byState = seen.length > 1 && info.asset.speedPoint !== null && used.every(({ band }) => band !== null)
  const rows = used.flatMap((state) => rowsOf(plant, info, state, wanted, byState))
  const shown = byState ? rows : highestOf(rows)
  const features = [...new Set(shown.map(({ feature }) => feature))]
  const changes = features.flatMap((feature) => {
    const own = shown.filter((row) => row.feature === feature)
    return byState ? stateChanges(plant, info, own, used, wanted) : changesOf(plant, info, own[0], used)
  })
  return { refused: null, states, rows: shown, changes }
}

function rowsOf(plant: PlantFile, info: PointInfo, state: UsedState, wanted: Wanted, byState: boolean): LimitRow[] {
  const { features, rpm } = state.record
  const band = byState ? state.band : null
  return features
    .filter(({ name, sigma }) => isFeatureName(name) && sigma > 0)
    .map(({ name, mean, sigma }) => {
      const rule = ruleOf(plant, info, name)
      const now = limitsNow(rule, rpm)
      return {
        feature: name,
        unit: featureUnit(info, name),
        rpm,
        band,
        mean,
        sigma,
        warning: rounded(mean + wanted.warningSigmas * sigma),
        alarm: rounded(mean + wanted.alarmSigmas * sigma),
        alertId: rule?.id ?? null,
        now: { warning: now.warning ?? null, alarm: now.alarm ?? null },
      }
    })
}

function limitsNow(rule: AlertDefinition | undefined, rpm: number | null): LimitPair {
  const state = rule?.limitsByState?.find(
    ({ runState = 'running', rpm: band }) =>
      runState === 'running' && (band === undefined || (rpm !== null && rpm >= band[0] && rpm < band[1])),
  )
  return state?.limits ?? rule?.limits ?? {}
}

/** Without bands a rule holds at every speed: the highest limit of each feature. */
function highestOf(rows: readonly LimitRow[]): LimitRow[] {
  const highest = new Map<string, LimitRow>()
  for (const row of rows) {
    const other = highest.get(row.feature)
    if (!other || row.warning > other.warning) highest.set(row.feature, row)
  }
  return [...highest.values()]
}

function ruleOf(plant: PlantFile, info: PointInfo, feature: string): AlertDefinition | undefined {
  return plant.alerts.find((alert) => alert.pointId === info.id && alert.feature === feature)
}

/** Four digits: nobody sets a limit finer, and a diff should be read. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function stateChanges(
  plant: PlantFile,
  info: PointInfo,
  rows: readonly LimitRow[],
  used: readonly UsedState[],
  wanted: Wanted,
): PlantChange[] {
  const [first] = rows
  if (!first) return []
  const { timeZone } = plant.plant
  const proposed = rows.flatMap(({ band, rpm, warning, alarm }): StateLimits[] => {
    const { record } = used.find((state) => state.rpm === rpm) ?? {}
    if (!band || !record) return []
    const span = `${timeInWords(record.fromUs, timeZone)} to ${timeInWords(record.untilUs, timeZone)}`
    const reason = `Approved baseline of ${span}, mean plus ${wanted.warningSigmas} and ${wanted.alarmSigmas} standard deviations.`
    return [{ rpm: band, limits: { warning, alarm }, reason }]
  })
  const rule = ruleOf(plant, info, first.feature)
  if (!rule) {
    const [highest = first] = highestOf(rows)
    // One deadband for all states: that of the quietest, or its warning and alarm would run into each other.
    const deadband = rounded(Math.min(...rows.map(({ sigma }) => sigma)))
    const after = { ...newRule(info, highest, used), deadband, limitsByState: proposed }
    return [{ kind: 'added', section: 'alerts', id: after.id, field: '', before: undefined, after }]
  }
  const before = rule.limitsByState
  const after = mergedStates(before ?? [], proposed)
  if (canonicalJson(before ?? []) === canonicalJson(after)) return []
  const kind = before === undefined ? 'added' : 'changed'
  return [{ kind, section: 'alerts', id: rule.id, field: 'limitsByState', before, after }]
}

function changesOf(
  plant: PlantFile,
  info: PointInfo,
  row: LimitRow | undefined,
  from: readonly UsedState[],
): PlantChange[] {
  if (!row) return []
  const limits = { warning: row.warning, alarm: row.alarm }
  const rule = ruleOf(plant, info, row.feature)
  if (!rule) {
    const after = newRule(info, row, from)
    return [{ kind: 'added', section: 'alerts', id: after.id, field: '', before: undefined, after }]
  }
  return (['warning', 'alarm'] as const).flatMap((level): PlantChange[] => {
    const before = rule.limits[level]
    if (before === limits[level]) return []
    const kind = before === undefined ? 'added' : 'changed'
    return [{ kind, section: 'alerts', id: rule.id, field: `limits.${level}`, before, after: limits[level] }]
  })
}

function newRule(info: PointInfo, row: LimitRow, from: readonly UsedState[]): AlertDefinition {
  const what = featureInWords(row.feature)
  const days = Math.max(...from.map((state) => state.days))
  return {
    id: `${info.id}.${row.feature}.statistical`,
    pointId: info.id,
    feature: row.feature,
    limits: { warning: row.warning, alarm: row.alarm },
    deadband: rounded(row.sigma),
    onDelayMs: 60_000,
    offDelayMs: 60_000,
    contract: {
      meaning: `The ${what} is beyond its usual range.`,
      cause: `The limits are statistical: from ${days.toFixed(0)} days of approved baseline.`,
      consequence: 'A change that lasts is how damage begins.',
      action: 'Look at spectrum and envelope of this point and compare them with the baseline.',
      recipient: 'maintenance',
      respondWithinMin: 1440,
      priority: 'low',
    },
  }
}
