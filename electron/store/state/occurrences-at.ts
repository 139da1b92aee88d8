import type { AlertOccurrence, AlertTransition } from '../../../shared/domain/alert.ts'
import { all, type ReadDb } from '../database.ts'
import { occurrencesWhere, readTransitions } from '../tables/alerts.ts'
import { spanClasses, spanClassSql, startsOfClass } from '../span-class.ts'

/** A closed occurrence ended with the later of its return and its acknowledgement; an open one has no end. */
const closedUs =
  "CASE WHEN state = 'normal' THEN max(ifnull(returned_us, raised_us), ifnull(acknowledged_us, raised_us), changed_us) END"
/** The very text of the index. */
export const occurrenceClass = spanClassSql(closedUs, 'raised_us')

/**
 * Occurrences that were open at `atUs`, oldest first, each as it stood then: state, level, acknowledgement and peak of that time,
 * from its transitions. What came later is not in it.
 */
export function openOccurrencesAt(db: ReadDb, assetIds: readonly string[] | null, atUs: number): AlertOccurrence[] {
  const found = (assetIds ?? [null]).flatMap((assetId) => candidates(db, assetId, atUs))
  return found
    .flatMap((occurrence) => asOf(occurrence, readTransitions(db, occurrence.id), atUs) ?? [])
    .sort((a, b) => a.raisedUs - b.raisedUs || (a.id < b.id ? -1 : 1))
}

function candidates(db: ReadDb, assetId: string | null, atUs: number): AlertOccurrence[] {
  const ids = spanClasses.flatMap((k) => {
    const [least, most] = startsOfClass(k, atUs)
    const condition = `${occurrenceClass} = ${k} AND raised_us BETWEEN ? AND ?`
    const rows =
      assetId === null
        ? all<{ id: string }>(db, `SELECT id FROM occurrence WHERE ${condition}`, least, most)
        : all<{ id: string }>(db, `SELECT id FROM occurrence WHERE asset_id = ? AND ${condition}`, assetId, least, most)
    return rows.map(({ id }) => id)
  })
  return occurrencesWhere(db, ids)
}

/** null: it was not open then. */
export function asOf(
  occurrence: AlertOccurrence,
  transitions: readonly AlertTransition[],
  atUs: number,
): AlertOccurrence | null {
  // In the order they were committed; times of a machine and of a person's clock need not rise together.
  const before = transitions.filter((transition) => transition.atUs <= atUs)
  const last = before.at(-1)
  const levels = before.filter(({ kind }) => kind !== 'acknowledged' && kind !== 'labelled')
  const value = levels.at(-1)
  if (!last || !value || last.state === 'normal') return null
  const acknowledged = before.findLast(({ kind }) => kind === 'acknowledged')
  const returned = last.state === 'returned-unacknowledged' ? levels.findLast(({ kind }) => kind === 'returned') : null
  return {
    ...occurrence,
    state: last.state,
    level: last.level,
    changedUs: value.atUs,
    value: value.value,
    limit: value.limit,
    peakValue: Math.max(...levels.map((transition) => transition.value)),
    repeats: 1 + before.filter(({ kind }) => kind === 'repeated').length,
    acknowledgedUs: acknowledged?.atUs ?? null,
    acknowledgedBy: acknowledged?.by ?? null,
    acknowledgeComment: acknowledged?.comment ?? null,
    returnedUs: returned?.atUs ?? null,
    outcome: null,
    labelledUs: null,
    labelledBy: null,
    labelNote: null,
  }
}
