import { useState } from 'react'
import type { Failure } from '../../../../shared/domain/problem.ts'
import type { BundlePreview } from '../../../../shared/protocol/bundle.ts'
import { navigate } from '../../../stores/router.ts'
import { Button, Field, t } from '../../../ui/index.ts'

/** Changes that are listed; a bundle of a whole plant has thousands, and the file shows them all. */
const mostListed = 60

interface OutcomeProps {
  preview: BundlePreview | null
  refusal: Failure | null
  isCompared: boolean
  isSaving: boolean
  usualReason: string
  onTake: (replace: boolean, reason: string) => void
}

/** What would come of it, in full, before anything is written. */
export function BundleOutcome({ preview, refusal, isCompared, isSaving, usualReason, onTake }: OutcomeProps) {
  const [replace, setReplace] = useState(false)
  const [reason, setReason] = useState('')
  const { needs = [], changes = [], faults = [], overwrites = 0, contracts } = preview ?? {}
  const isWhole = preview !== null && needs.length === 0 && faults.length === 0 && changes.length > 0
  const isReady = isWhole && isCompared && (overwrites === 0 || replace)
  return (
    <div className="stack" aria-live="polite">
      {preview === null && refusal === null && <p className="muted">{t('bundle.nameFirst')}</p>}
      {needs.length > 0 && (
        <ul className="new-machine-needs">
          {needs.map(({ path, message }) => (
            <li key={`${path} ${message}`}>{message}</li>
          ))}
        </ul>
      )}
      {faults.map(({ path, code, message, remedy }) => (
        <p key={`${path} ${code}`} className="field-fault selectable">
          {message} {remedy} <code>{path}</code>
        </p>
      ))}
      {preview !== null && needs.length === 0 && changes.length === 0 && <p>{t('bundle.nothing')}</p>}
      {changes.length > 0 && <Changes preview={preview} />}
      {isWhole && contracts && (
        <p>{t('bundle.contractsEqual', { equal: contracts.equal, count: contracts.count, changes: changes.length })}</p>
      )}
      {overwrites > 0 && (
        <label className="bundle-check">
          <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
          {t('bundle.replace', { count: overwrites })}
        </label>
      )}
      {refusal && (
        <p className="field-fault selectable" role="alert">
          {refusal.message}
        </p>
      )}
      <Field label={t('newMachine.reason')} hint={t('newMachine.reasonHint')}>
        {(ids) => <input {...ids} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      {isWhole && !isCompared && <p className="muted">{t('bundle.compareFirst')}</p>}
      <div className="new-machine-actions">
        <Button
          kind="primary"
          busy={isSaving}
          disabled={!isReady}
          onClick={() => onTake(replace, reason.trim() === '' ? usualReason : reason.trim())}
        >
          {t('bundle.take')}
        </Button>
        <Button onClick={() => navigate({ page: 'machine' })}>{t('action.cancel')}</Button>
      </div>
    </div>
  )
}

function Changes({ preview }: { preview: BundlePreview | null }) {
  const changes = preview?.changes ?? []
  return (
    <div className="bundle-changes" tabIndex={0} role="region" aria-label={t('bundle.changes')}>
      <ul>
        {changes.slice(0, mostListed).map(({ kind, section, id, field }) => (
          <li key={`${section} ${id ?? ''} ${field}`}>
            {t(`bundle.kind.${kind}`)} <code>{[section, id, field].filter(Boolean).join(' ')}</code>
          </li>
        ))}
        {changes.length > mostListed && (
          <li className="muted">{t('dataQuality.more', { count: changes.length - mostListed })}</li>
        )}
      </ul>
    </div>
  )
}
