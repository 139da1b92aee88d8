import { isFeatureName } from '../../shared/domain/features.ts'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { AlertDefinition, PlantFile } from '../../shared/domain/plant-file.ts'
import type { LimitProposalView, LimitRow } from '../../shared/protocol/health.ts'
import { featureInWords } from './health-records.ts'
import { featureUnit, type PointInfo } from './plant-model.ts'

/** A week knows no weekend but one: two are the least from which limits are made. */
const fewestDays = 14
const dayUs = 86_400e6

interface Wanted {
  warningSigmas: number
  alarmSigmas: number
}

/**
 * Mean plus k standard deviations of each feature, from approved baselines. A rule holds at every speed: where several speeds have a
 * baseline the highest limit is proposed, and each row says which speed it is from.
 */
export function limitProposal(
  plant: PlantFile,
  info: PointInfo,
  baselines: readonly BaselineRecord[],
  wanted: Wanted,
): LimitProposalView {
  const refuse = (refused: string): LimitProposalView => ({ refused, rows: [], changes: [] })
  if (wanted.alarmSigmas <= wanted.warningSigmas) return refuse('The alarm has to lie above the warning.')
  const frozen = baselines.filter(({ state }) => state === 'frozen')
  if (frozen.length === 0) return refuse(`${info.name} has no approved baseline: approve one first.`)
  const longest = Math.max(...frozen.map(({ fromUs, untilUs }) => untilUs - fromUs)) / dayUs
  const usable = frozen.filter(({ fromUs, untilUs }) => untilUs - fromUs >= fewestDays * dayUs)
  if (usable.length === 0)
    return refuse(`The baseline spans ${longest.toFixed(1)} days; ${fewestDays} are needed for limits of this kind.`)
  const rows = new Map<string, LimitRow>()
  for (const record of usable) {
    for (const row of rowsOf(plant, info, record, wanted)) {
      const other = rows.get(row.feature)
      if (!other || row.warning > other.warning) rows.set(row.feature, row)
    }
  }
  const list = [...rows.values()]
  return { refused: null, rows: list, changes: list.flatMap((row) => changesOf(plant, info, row, usable)) }
}

function rowsOf(plant: PlantFile, info: PointInfo, { features, rpm }: BaselineRecord, wanted: Wanted): LimitRow[] {
  return features
    .filter(({ name, sigma }) => isFeatureName(name) && sigma > 0)
    .map(({ name, mean, sigma }) => {
      const rule = ruleOf(plant, info, name)
      return {
        feature: name,
        unit: featureUnit(info, name),
        rpm,
        mean,
        sigma,
        warning: rounded(mean + wanted.warningSigmas * sigma),
        alarm: rounded(mean + wanted.alarmSigmas * sigma),
        alertId: rule?.id ?? null,
        now: { warning: rule?.limits.warning ?? null, alarm: rule?.limits.alarm ?? null },
      }
    })
}

function ruleOf(plant: PlantFile, info: PointInfo, feature: string): AlertDefinition | undefined {
  return plant.alerts.find((alert) => alert.pointId === info.id && alert.feature === feature)
}

/** Four digits: nobody sets a limit finer, and a diff should be read. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function changesOf(plant: PlantFile, info: PointInfo, row: LimitRow, from: readonly BaselineRecord[]): PlantChange[] {
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

function newRule(info: PointInfo, row: LimitRow, from: readonly BaselineRecord[]): AlertDefinition {
  const what = featureInWords(row.feature)
  const days = Math.max(...from.map(({ fromUs, untilUs }) => (untilUs - fromUs) / dayUs))
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
