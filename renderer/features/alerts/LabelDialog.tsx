import { useState, type FormEvent, type KeyboardEvent } from 'react'
import { outcomes, type Outcome } from '../../../shared/domain/alert.ts'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { labelAlert, useAlertAction } from '../../stores/alert-actions.ts'
import { toast } from '../../stores/toasts.ts'
import { Button, Dialog, Field, PriorityMark, t } from '../../ui/index.ts'
import { ActionFailure } from './ActionState.tsx'
import { canAcknowledge, keyOfOutcome, outcomeOfKey } from './criteria.ts'

/** Five outcomes, the same at every plant, each with its written criterion. Keys 1 to 5 choose, Ctrl+Enter saves. */
export function LabelDialog({ view, onClose }: { view: AlertView; onClose: () => void }) {
  const { occurrence } = view
  const [outcome, setOutcome] = useState<Outcome | null>(occurrence.outcome)
  const [note, setNote] = useState(occurrence.labelNote ?? '')
  const [isSent, setIsSent] = useState(false)
  const action = useAlertAction(occurrence.id)
  const isPending = action?.phase === 'pending'

  const save = async (): Promise<void> => {
    if (outcome === null) return
    setIsSent(true)
    if (!(await labelAlert(occurrence.id, outcome, note))) return
    toast('done', t('alerts.labelled', { outcome: t(`outcome.${outcome}.name`), machine: view.assetName }))
    onClose()
  }
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>): void => {
    if (event.key === 'Enter' && event.ctrlKey) {
      event.preventDefault()
      void save()
      return
    }
    // A digit in the note is a digit.
    if (event.target instanceof HTMLTextAreaElement || event.ctrlKey || event.altKey) return
    const chosen = outcomeOfKey(event.key)
    if (chosen) {
      event.preventDefault()
      setOutcome(chosen)
      const radio = event.currentTarget.querySelector(`input[value="${chosen}"]`)
      if (radio instanceof HTMLElement) radio.focus()
    }
  }
  return (
    <Dialog title={t('alerts.labelTitle')} onClose={onClose} width={640}>
      <form
        className="stack"
        onKeyDown={onKeyDown}
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          void save()
        }}
      >
        <p className="alert-line">
          <PriorityMark priority={occurrence.priority} />
          <span>{t('alerts.ofMachine', { what: occurrence.contract.meaning, machine: view.assetName })}</span>
        </p>
        <p className="muted">{t('alerts.labelWhen')}</p>
        {canAcknowledge(occurrence) && <p className="small">{t('alerts.labelUnacknowledged')}</p>}
        <fieldset className="outcomes">
          <legend className="visually-hidden">{t('alerts.labelTitle')}</legend>
          {outcomes.map((candidate, index) => (
            <label key={candidate} className={`outcome${candidate === outcome ? ' chosen' : ''}`}>
              <input
                type="radio"
                name="outcome"
                value={candidate}
                autoFocus={outcome === null ? index === 0 : candidate === outcome}
                checked={candidate === outcome}
                onChange={() => setOutcome(candidate)}
              />
              <kbd aria-hidden>{keyOfOutcome(candidate)}</kbd>
              <span>
                <strong>{t(`outcome.${candidate}.name`)}</strong>
                <span className="outcome-criterion">{t(`outcome.${candidate}.criterion`)}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <Field label={t('alerts.note')} hint={t('alerts.noteHint')}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              maxLength={2000}
              value={note}
              onChange={(event) => setNote(event.target.value)}
            />
          )}
        </Field>
        {isSent && <ActionFailure action={action} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isPending} disabled={outcome === null}>
            {isPending ? t('alerts.saving') : t('alerts.saveLabel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
