import { useState, type FormEvent } from 'react'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { acknowledgeAlert, useAlertAction } from '../../stores/alert-actions.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, PriorityMark, t } from '../../ui/index.ts'
import { ActionFailure } from './ActionState.tsx'

/** Enter acknowledges; the comment may stay empty. */
export function AcknowledgeDialog({ view, onClose }: { view: AlertView; onClose: () => void }) {
  const { occurrence } = view
  const [comment, setComment] = useState('')
  const [isSent, setIsSent] = useState(false)
  const action = useAlertAction(occurrence.id)
  const isPending = action?.phase === 'pending'
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsSent(true)
    if (!(await acknowledgeAlert(occurrence.id, comment))) return
    toast('done', t('alerts.acknowledged', { what: view.assetName }))
    onClose()
  }
  return (
    <Dialog title={t('alerts.acknowledgeTitle')} onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p className="alert-line">
          <PriorityMark priority={occurrence.priority} />
          <span>{t('alerts.ofMachine', { what: occurrence.contract.meaning, machine: view.assetName })}</span>
        </p>
        <Field label={t('alerts.comment')} hint={t('alerts.commentHint')}>
          {(ids) => (
            <input
              {...ids}
              autoFocus
              maxLength={500}
              value={comment}
              onChange={(event) => setComment(event.target.value)}
            />
          )}
        </Field>
        {isSent && <ActionFailure action={action} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isPending}>
            {isPending ? t('alerts.acknowledging') : t('alerts.acknowledge')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
