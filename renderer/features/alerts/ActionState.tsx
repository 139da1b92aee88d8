import type { AlertAction } from '../../stores/alert-actions.ts'
import { t } from '../../ui/index.ts'

/** What went wrong with the last acknowledgement or label, and what to do; nothing while all is well. */
export function ActionFailure({ action }: { action: AlertAction | null }) {
  if (action?.phase !== 'failed') return null
  return (
    <p className="field-fault" role="alert">
      {t('alerts.notSaved', { message: action.failure.message })} {action.failure.remedy ?? ''}
    </p>
  )
}

/** Pending, committed or failed, in words. */
export function ActionWords({ action }: { action: AlertAction | null }) {
  if (action === null) return null
  if (action.phase === 'failed') return <ActionFailure action={action} />
  return (
    <p className="small muted" role="status">
      {t(action.phase === 'pending' ? 'alerts.pending' : `alerts.committed.${action.kind}`)}
    </p>
  )
}
