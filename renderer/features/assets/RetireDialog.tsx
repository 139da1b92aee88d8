import { useState, type FormEvent, useId } from 'react'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile, Retired } from '../../../shared/domain/plant-file.ts'
import { useAccess } from '../../stores/access.ts'
import { navigate } from '../../stores/router.ts'
import { Button, Dialog, Field, t } from '../../ui/index.ts'
import { comeBack, entriesLeaving, leave } from './retire.ts'
import { Made } from './Made.tsx'

interface RetireDialogProps {
  plant: PlantFile
  kind: Retired['kind']
  id: string
  name: string
  onClose: () => void
}

/** The calendar day in the plant's zone. */
function today(timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(new Date())
}

/** Out of service: what goes along is said first; what was recorded stays, and it can come back. */
export function RetireDialog({ plant, kind, id, name, onClose }: RetireDialogProps) {
  const form = useId()
  const access = useAccess()
  const [reason, setReason] = useState('')
  const [retiredOn, setRetiredOn] = useState(() => today(plant.plant.timeZone))
  const [changes, setChanges] = useState<PlantChange[] | null>(null)
  const { assets, points, alerts } = entriesLeaving(plant, kind, id)
  const isReady = reason.trim() !== '' && retiredOn !== ''
  const next = (event: FormEvent): void => {
    event.preventDefault()
    const by = access?.person?.name ?? access?.osUser ?? t('assets.someone')
    if (isReady) setChanges(leave(plant, kind, id, { name, retiredOn, by, reason: reason.trim() }))
  }
  if (changes)
    return (
      <Made
        changes={changes}
        name={name}
        reason={reason.trim()}
        onClose={onClose}
        onSaved={() => {
          onClose()
          navigate({ page: 'assets', of: `retired:${id}` }, { replace: true })
        }}
      />
    )
  return (
    <Dialog
      title={t('assets.retireTitle', { name })}
      width={560}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" form={form} disabled={!isReady}>
            {t('assets.review')}
          </Button>
        </>
      }
    >
      <p>
        {kind === 'asset'
          ? t('assets.retireAsset', { machines: assets.length, points: points.length, alerts: alerts.length })
          : t('assets.retirePoint', { alerts: alerts.length })}
      </p>
      <form id={form} className="form-grid" onSubmit={next}>
        <Field label={t('assets.reason')} hint={t('assets.retireReasonHint')}>
          {(ids) => <input {...ids} autoFocus value={reason} onChange={(event) => setReason(event.target.value)} />}
        </Field>
        <Field label={t('assets.retiredOn')}>
          {(ids) => (
            <input {...ids} type="date" value={retiredOn} onChange={(event) => setRetiredOn(event.target.value)} />
          )}
        </Field>
      </form>
    </Dialog>
  )
}

/** What has left service: what it was, why it went, and the way back. */
export function RetiredPane({ retired }: { retired: Retired }) {
  const [isBack, setIsBack] = useState(false)
  const { name, id, kind, retiredOn, by, reason, entries } = retired
  return (
    <>
      <header className="editor-head">
        <h2>{name}</h2>
        <code className="muted">{id}</code>
        <span className="editor-tools">
          <Button kind="primary" onClick={() => setIsBack(true)}>
            {t('assets.comeBack')}
          </Button>
        </span>
      </header>
      <p>{t('assets.leftOn', { day: retiredOn, by, reason })}</p>
      <p className="muted">
        {t('assets.leftHolds', {
          machines: entries.assets?.length ?? 0,
          points: entries.points?.length ?? 0,
          alerts: entries.alerts?.length ?? 0,
        })}
      </p>
      {isBack && (
        <Made
          changes={comeBack(retired)}
          name={name}
          onClose={() => setIsBack(false)}
          onSaved={() => navigate({ page: 'assets', of: `${kind}:${id}` }, { replace: true })}
        />
      )}
    </>
  )
}
