import type { Failure } from '../../../shared/domain/problem.ts'
import type { TemplatePreview } from '../../../shared/protocol/config.ts'
import { Field, t } from '../../ui/index.ts'

interface OutcomeProps {
  preview: TemplatePreview | null
  refusal: Failure | null
  reason: string
  onReason: (reason: string) => void
}

/** What would come of it: what is still missing, what is wrong, or what will be there. */
export function Outcome({ preview, refusal, reason, onReason }: OutcomeProps) {
  const count = (section: string): number => preview?.changes.filter((change) => change.section === section).length ?? 0
  return (
    <div className="stack" aria-live="polite">
      {preview === null && <p className="muted">{t('newMachine.nameFirst')}</p>}
      {preview !== null && preview.needs.length > 0 && (
        <div>
          <p>{t('newMachine.missing')}</p>
          <ul className="new-machine-needs">
            {preview.needs.map(({ kind, id, message }) => (
              <li key={`${kind} ${id}`}>{message}</li>
            ))}
          </ul>
        </div>
      )}
      {preview?.faults.map(({ path, code, message, remedy }) => (
        <p key={`${path} ${code}`} className="field-fault selectable">
          {message} {remedy} <code>{path}</code>
        </p>
      ))}
      {preview !== null && preview.needs.length === 0 && preview.faults.length === 0 && (
        <p>{t('newMachine.ready', { points: count('points'), alerts: count('alerts') })}</p>
      )}
      {refusal && (
        <p className="field-fault" role="alert">
          {t('newMachine.refused', { message: refusal.message })}
        </p>
      )}
      <Field label={t('newMachine.reason')} hint={t('newMachine.reasonHint')}>
        {(ids) => <input {...ids} value={reason} maxLength={500} onChange={(event) => onReason(event.target.value)} />}
      </Field>
    </div>
  )
}
