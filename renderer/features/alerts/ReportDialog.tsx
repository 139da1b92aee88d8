import { useState, type FormEvent } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { bridge } from '../../bridge/bridge.ts'
import { host } from '../../bridge/host.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, DayField, Dialog, Field, isDay, t } from '../../ui/index.ts'

const formats = ['pdf', 'html'] as const

/** One page about the alert, as PDF or HTML: who does what by when is put in here, everything else is known. */
export function ReportDialog({ view, onClose }: { view: AlertView; onClose: () => void }) {
  const { id, contract } = view.occurrence
  const [owner, setOwner] = useState(contract.recipient)
  const [due, setDue] = useState('')
  const [action, setAction] = useState(contract.action)
  const [making, setMaking] = useState<(typeof formats)[number] | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const make = async (format: (typeof formats)[number]): Promise<void> => {
    // The field says what is wrong with it.
    if (due !== '' && !isDay(due)) return
    setMaking(format)
    setFailure(null)
    try {
      const wish = { occurrenceId: id, owner, due: due === '' ? null : due, action }
      const file = await host.saveReport({ ...(await bridge.call('alert.report', wish)), format })
      if (file !== null) {
        toast('done', t('report.saved', { file }))
        onClose()
      }
    } catch (error) {
      setFailure(failureOf(error))
    }
    setMaking(null)
  }
  return (
    <Dialog title={t('report.title')} onClose={onClose} width={560}>
      <form
        className="stack"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          void make('pdf')
        }}
      >
        <p className="muted">{t('report.what')}</p>
        <Field label={t('report.owner')} hint={t('report.ownerHint')}>
          {(ids) => (
            <input
              {...ids}
              autoFocus
              maxLength={100}
              value={owner}
              onChange={(event) => setOwner(event.target.value)}
            />
          )}
        </Field>
        <DayField label={t('report.due')} hint={t('report.dueHint')} value={due} onChange={setDue} />
        <Field label={t('report.action')}>
          {(ids) => (
            <textarea
              {...ids}
              rows={3}
              maxLength={500}
              value={action}
              onChange={(event) => setAction(event.target.value)}
            />
          )}
        </Field>
        {failure && (
          <p className="field-fault" role="alert">
            {failure.message} {failure.remedy}
          </p>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button busy={making === 'html'} onClick={() => void make('html')}>
            {t('report.saveHtml')}
          </Button>
          <Button kind="primary" type="submit" busy={making === 'pdf'}>
            {t('report.savePdf')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
