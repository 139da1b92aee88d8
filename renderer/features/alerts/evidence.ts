import type { AlertView } from '../../../shared/protocol/views.ts'
import { navigate } from '../../stores/router.ts'

/** The plots of the point that raised the alert. */
export function openEvidence(view: AlertView): void {
  navigate({ page: 'vibration', pointIds: [view.occurrence.pointId] })
}
