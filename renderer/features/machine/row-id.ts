import type { PointValue } from '../../../shared/protocol/views.ts'

/** Element id of a value's row in the table. */
export function rowId(value: PointValue): string {
  return `value-${value.pointId}-${value.feature}`
}
