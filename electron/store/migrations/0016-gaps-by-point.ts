import { spanClassSql } from '../span-class.ts'
import type { Migration } from './migration.ts'

/** Gaps of one point within a span are found without walking those of others, or what came before. */
export const gapsByPoint: Migration = {
  version: 16,
  sql: `CREATE INDEX gap_of_point_by_span ON gap (point_key, ${spanClassSql('end_us', 'start_us')}, start_us);`,
}
