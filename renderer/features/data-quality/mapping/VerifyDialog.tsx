import { useState, type FormEvent, type KeyboardEvent } from 'react'
import { mappingMethods, type MappingMethod } from '../../../../shared/domain/mapping-methods.ts'
import { Button, DayField, Dialog, Field, isDay, t } from '../../../ui/index.ts'
import { dayIn, type MappedTag } from './mapping-model.ts'

export interface Verification {
  verifiedBy: string
  verifiedOn: string
  method: MappingMethod
  note?: string
}

interface Draft {
  method: MappingMethod | ''
  verifiedBy: string
  verifiedOn: string
  note: string
}

interface VerifyDialogProps {
  tags: readonly MappedTag[]
  /** Whoever sits here; somebody else may have done the test. */
  person: string
  timeZone: string
  /** Proposed, for a person to confirm. */
  proposed: { method: MappingMethod; note: string } | null
  refusal: string | null
  isSaving: boolean
  onSave: (evidence: Verification) => void
  onClose: () => void
}

const mostNamed = 6

/** Who made sure that the tags are what they say, when and how. Ctrl+Enter saves. */
export function VerifyDialog(props: VerifyDialogProps) {
  const { tags, person, timeZone, proposed, refusal, isSaving, onSave, onClose } = props
  const [today] = useState(() => dayIn(timeZone, Date.now()))
  const [draft, setDraft] = useState<Draft>({
    method: proposed?.method ?? '',
    verifiedBy: person,
    verifiedOn: today,
    note: proposed?.note ?? '',
  })
  const { method, verifiedBy, verifiedOn, note } = draft
  const isFuture = verifiedOn > today
  // What another way was, and what was seen without a test of the signal, nobody knows later without a word.
  const needsNote = method === 'other' && note.trim() === ''
  const isReady = method !== '' && verifiedBy.trim() !== '' && isDay(verifiedOn) && !isFuture && !needsNote

  const save = (): void => {
    if (!isReady || isSaving) return
    const words = note.trim()
    onSave({ verifiedBy: verifiedBy.trim(), verifiedOn, method, ...(words === '' ? {} : { note: words }) })
  }
  return (
    <Dialog title={t('mapping.verifyTitle', { count: tags.length })} onClose={onClose} width={560}>
      <form
        className="stack"
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key !== 'Enter' || !event.ctrlKey) return
          event.preventDefault()
          save()
        }}
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          save()
        }}
      >
        <Tags tags={tags} />
        <EvidenceFields
          draft={draft}
          today={today}
          needsNote={needsNote}
          onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
        />
        {refusal !== null && (
          <p className="field-fault selectable" role="alert">
            {refusal}
          </p>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isSaving} disabled={!isReady}>
            {t('mapping.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface EvidenceFieldsProps {
  draft: Draft
  today: string
  needsNote: boolean
  onChange: (part: Partial<Draft>) => void
}

function EvidenceFields({ draft, today, needsNote, onChange }: EvidenceFieldsProps) {
  const { method, verifiedBy, verifiedOn, note } = draft
  return (
    <>
      <Field label={t('mapping.method')} hint={t('mapping.methodHint')}>
        {(ids) => (
          <select
            {...ids}
            className="input"
            autoFocus
            value={method}
            onChange={(event) => onChange({ method: mappingMethods.find((each) => each === event.target.value) ?? '' })}
          >
            <option value="">{t('mapping.methodNone')}</option>
            {mappingMethods.map((each) => (
              <option key={each} value={each}>
                {t(`dataQuality.method.${each}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="mapping-who">
        <Field label={t('mapping.by')} hint={t('mapping.byHint')}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              value={verifiedBy}
              maxLength={128}
              onChange={(event) => onChange({ verifiedBy: event.target.value })}
            />
          )}
        </Field>
        <DayField
          label={t('mapping.on')}
          fault={verifiedOn > today ? t('mapping.future') : undefined}
          value={verifiedOn}
          onChange={(day) => onChange({ verifiedOn: day })}
        />
      </div>
      <Field
        label={t('mapping.note')}
        hint={t('mapping.noteHint')}
        fault={needsNote ? t('mapping.noteNeeded') : undefined}
      >
        {(ids) => (
          <textarea
            {...ids}
            className="input"
            rows={3}
            maxLength={1000}
            value={note}
            onChange={(event) => onChange({ note: event.target.value })}
          />
        )}
      </Field>
    </>
  )
}

interface RevokeDialogProps {
  tags: readonly MappedTag[]
  refusal: string | null
  isSaving: boolean
  onRevoke: (reason: string) => void
  onClose: () => void
}

/** Evidence that turned out wrong: the reason goes into the audit trail with the revision. */
export function RevokeDialog({ tags, refusal, isSaving, onRevoke, onClose }: RevokeDialogProps) {
  const [reason, setReason] = useState('')
  const words = reason.trim()
  return (
    <Dialog title={t('mapping.revokeTitle', { count: tags.length })} onClose={onClose} width={520}>
      <form
        className="stack"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (words !== '' && !isSaving) onRevoke(words)
        }}
      >
        <Tags tags={tags} />
        <Field label={t('mapping.revokeReason')} hint={t('mapping.revokeReasonHint')}>
          {(ids) => (
            <input
              {...ids}
              className="input"
              autoFocus
              value={reason}
              maxLength={400}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {refusal !== null && (
          <p className="field-fault selectable" role="alert">
            {refusal}
          </p>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isSaving} disabled={words === ''}>
            {t('mapping.revoke')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Tags({ tags }: { tags: readonly MappedTag[] }) {
  return (
    <ul className="mapping-named">
      {tags.slice(0, mostNamed).map(({ point, machine, name }) => (
        <li key={point.id}>
          {t('mapping.ofMachine', { machine, name })} <code className="small muted">{point.source.nodeId}</code>
        </li>
      ))}
      {tags.length > mostNamed && (
        <li className="muted">{t('dataQuality.more', { count: tags.length - mostNamed })}</li>
      )}
    </ul>
  )
}
