import type { ScalarColumns } from '../../../shared/domain/intake.ts'
import type { GapBook } from '../../../electron/ingest/gap-book.ts'
import type { PointTable } from '../../../electron/ingest/points.ts'
import { ScalarIntake as Full, type ScalarCounters } from '../../../electron/ingest/scalars.ts'

export type { ScalarCounters }

/**
 * What is left of the intake without contracts: whose value it is, when it came, and its place in the queue. Range, time stamp
 * source, order, duplicates, lateness and clocks that were set back are nobody's business.
 */
export class ScalarIntake extends Full {
  readonly #points: PointTable

  constructor(table: PointTable, gaps: GapBook, limit: number, fresh: (index: number, tUs: number) => void) {
    super(table, gaps, limit, fresh)
    this.#points = table
  }

  override accept(columns: ScalarColumns, nowMs: number): void {
    const table = this.#points
    const { counters, queue } = this
    for (let i = 0; i < columns.count; i++) {
      counters.received++
      const pointKey = columns.pointKey[i] ?? 0
      const index = table.indexOfKey[pointKey] ?? -1
      if (index < 0) continue
      const sourceUs = columns.sourceUs[i] ?? Number.NaN
      const value = columns.value[i] ?? Number.NaN
      const status = columns.status[i] ?? 0
      table.newestUs[index] = sourceUs
      table.newestValue[index] = value
      table.newestStatus[index] = status
      table.receiveUs[index] = columns.receiveUs[i] ?? Number.NaN
      table.receiveMs[index] = nowMs
      if (queue.full) queue.dropOldest()
      counters.accepted++
      const [serverUs, receiveUs] = [columns.serverUs[i] ?? Number.NaN, columns.receiveUs[i] ?? Number.NaN]
      queue.push(pointKey, sourceUs, columns.sourceTick[i] ?? 0, serverUs, receiveUs, value, status)
    }
  }

  override take(): ScalarColumns {
    return this.queue.take(null)
  }
}
