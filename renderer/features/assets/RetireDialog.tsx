import { useState } from 'react'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile, Retired } from '../../../shared/domain/plant-file.ts'
import { useAccess } from '../../stores/access.ts'
import { navigate } from '../../stores/router.ts'
import { Button, DayField, Field, FormDialog, isDay, t } from '../../ui/index.ts'
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

function holds(machines: number, points: number, alerts: number): string {
  return t('assets.holds', {
    machines: t('assets.holdsMachines', { count: machines }),
    points: t('assets.holdsPoints', { count: points }),
    alerts: t('assets.holdsAlerts', { count: alerts }),
  })
}

/** Out of service: what goes along is said first; what was recorded stays, and it can come back. */
export function RetireDialog({ plant, kind, id, name, onClose }: RetireDialogProps) {
  const access = useAccess()
  const [reason, setReason] = useState('')
  const [retiredOn, setRetiredOn] = useState(() => today(plant.plant.timeZone))
  const [changes, setChanges] = useState<PlantChange[] | null>(null)
  const { assets, points, alerts } = entriesLeaving(plant, kind, id)
  const isReady = reason.trim() !== '' && isDay(retiredOn)
  const next = (): void => {
    const by = access?.person?.name ?? access?.osUser ?? t('assets.someone')
    setChanges(leave(plant, kind, id, { name, retiredOn, by, reason: reason.trim() }))
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
    <FormDialog
      title={t('assets.retireTitle', { name })}
      width={560}
      submit={t('assets.review')}
      isReady={isReady}
      about={
        <p>
          {kind === 'asset'
            ? t('assets.retireAsset', { what: holds(assets.length, points.length, alerts.length) })
            : t('assets.retirePoint', { alerts: alerts.length })}
        </p>
      }
      onSubmit={next}
      onClose={onClose}
    >
      <Field label={t('assets.reason')} hint={t('assets.retireReasonHint')}>
        {(ids) => <input {...ids} autoFocus value={reason} onChange={(event) => setReason(event.target.value)} />}
      </Field>
      <DayField label={t('assets.retiredOn')} value={retiredOn} onChange={setRetiredOn} />
    </FormDialog>
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
          what: holds(entries.assets?.length ?? 0, entries.points?.length ?? 0, entries.alerts?.length ?? 0),
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
