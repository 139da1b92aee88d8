import { useState } from 'react'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { ConfigPreview } from '../../../shared/protocol/config.ts'
import { useFeed } from '../../stores/feeds.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf } from '../../stores/topic.ts'
import { remember } from '../../stores/undo.ts'
import { ErrorPane, Field, FormDialog, Skeleton, t } from '../../ui/index.ts'
import { ChangeTable } from './ChangeTable.tsx'

interface ReviewDialogProps {
  title: string
  /** What an undo would take back: `edit of Feed pump 101`. */
  what: string
  /** What was said before the look. */
  firstReason?: string
  preview: { value: ConfigPreview | null; failure: Failure | null; again: () => void }
  save: (reason: string) => Promise<ConfigPreview>
  onClose: () => void
  onSaved: () => void
  /** Told so that the fields can show them as well. */
  onFaults?: (faults: readonly Fault[]) => void
}

/** What a change does, field by field, and every breach it would make, before anything is written; then why, and it is written. */
export function ReviewDialog({
  title,
  what,
  firstReason = '',
  preview,
  save,
  onClose,
  onSaved,
  onFaults,
}: ReviewDialogProps) {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const [reason, setReason] = useState(firstReason)
  const [isSaving, setIsSaving] = useState(false)
  const [refusal, setRefusal] = useState<Failure | null>(null)
  const { value, failure } = preview
  const faults = value?.faults ?? []
  const isReady = value !== null && failure === null && faults.length === 0 && reason.trim() !== ''

  const submit = async (): Promise<void> => {
    setIsSaving(true)
    setRefusal(null)
    try {
      const done = await save(reason.trim())
      if (done.faults.length === 0) {
        remember(what, done.changes)
        toast('done', t('assets.saved', { what }))
        onSaved()
        return
      }
      onFaults?.(done.faults)
      preview.again()
    } catch (error) {
      setRefusal(failureOf(error))
    }
    setIsSaving(false)
  }
  const close = (): void => {
    onFaults?.(faults)
    onClose()
  }
  return (
    <FormDialog
      title={title}
      width={860}
      submit={isSaving ? t('assets.saving') : t('assets.save')}
      cancel={t('assets.backToEdit')}
      isReady={isReady}
      isBusy={isSaving}
      about={
        <>
          {failure && <ErrorPane title={t('assets.cannotPreview')} failure={failure} onRetry={preview.again} />}
          {!failure && value === null && <Skeleton rows={4} />}
          {value && !failure && <ChangeTable plant={plant} changes={value.changes} />}
          {value && !failure && <Breaches faults={faults} />}
          {refusal && (
            <div className="assets-refusal" role="alert">
              <p>{t('assets.refused', { message: refusal.message })}</p>
              {refusal.remedy !== undefined && <p className="selectable">{refusal.remedy}</p>}
            </div>
          )}
        </>
      }
      onSubmit={() => void submit()}
      onClose={close}
    >
      <div className="wide">
        <Field label={t('assets.reason')} hint={t('assets.reasonHint')}>
          {(ids) => (
            <input
              {...ids}
              autoFocus
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
      </div>
    </FormDialog>
  )
}

function Breaches({ faults }: { faults: readonly Fault[] }) {
  if (faults.length === 0) return <p className="muted">{t('assets.noBreach')}</p>
  return (
    <section aria-label={t('assets.breaches', { count: faults.length })} role="alert">
      <h3>{t('assets.breaches', { count: faults.length })}</h3>
      <ul className="assets-breaches">
        {faults.map(({ path, code, message, remedy }) => (
          <li key={`${path} ${code}`} className="field-fault selectable">
            {message} {remedy}
          </li>
        ))}
      </ul>
    </section>
  )
}
