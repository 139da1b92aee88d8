import { useState, type FormEvent } from 'react'
import type { BaselineRecord } from '../../../shared/domain/health.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { PointHealthView } from '../../../shared/protocol/health.ts'
import { bridge } from '../../bridge/bridge.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, Dialog, Field, formatNumber, Refusal, t, tMaybe } from '../../ui/index.ts'
import { TableHead } from '../../ui/TableHead.tsx'
import { BaselineTags, useReadiness } from './BaselineTags.tsx'

export type BaselineStep = { kind: 'approve' | 'relearn'; record: BaselineRecord } | { kind: 'reset' | 'keep' }

interface BaselineDialogProps {
  step: BaselineStep
  point: PointHealthView
  assetId: string
  onClose: (isDone: boolean) => void
}

/** Decisions about the healthy machine: each with a reason in the audit trail, and what was learned before one's eyes. */
export function BaselineDialog({ step, point, assetId, onClose }: BaselineDialogProps) {
  const { kind } = step
  const needsReason = kind === 'reset' || kind === 'keep'
  const [reason, setReason] = useState('')
  const [isAll, setIsAll] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const readiness = useReadiness(step.kind === 'approve' ? step.record.id : null)
  const isBlocked = kind === 'approve' && !readiness.isReady
  const decide = async (): Promise<unknown> => {
    const { pointId } = point
    if (step.kind === 'approve' || step.kind === 'relearn')
      return bridge.call('health.decide', { baselineId: step.record.id, decision: step.kind, reason })
    if (step.kind === 'keep') return bridge.call('health.keep', { pointId, reason })
    return bridge.call('health.reset', { assetId, pointIds: isAll ? null : [pointId], reason })
  }
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsBusy(true)
    setFailure(null)
    try {
      await decide()
      toast('done', t(`baseline.done.${kind}`, { point: point.pointName }))
      onClose(true)
      return
    } catch (error) {
      setFailure(failureOf(error))
    }
    setIsBusy(false)
  }
  return (
    <Dialog title={t(`baseline.${kind}Title`)} onClose={() => onClose(false)} width={kind === 'approve' ? 600 : 480}>
      <form className="stack baseline-form" onSubmit={(event) => void submit(event)}>
        <p>
          <strong>{point.pointName}</strong>
        </p>
        <p>{t(`baseline.${kind}What`)}</p>
        {kind === 'reset' && (
          <label className="baseline-all">
            <input type="checkbox" checked={isAll} onChange={(event) => setIsAll(event.target.checked)} />
            {t('baseline.resetAll')}
          </label>
        )}
        <Field
          label={t('baseline.reason')}
          hint={needsReason ? t('baseline.reasonNeeded') : t('baseline.reasonOptional')}
        >
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
        {step.kind === 'approve' && <BaselineTags readiness={readiness} />}
        {step.kind === 'approve' && <Learned record={step.record} />}
        <Refusal failure={failure} />
        <div className="dialog-actions">
          <Button onClick={() => onClose(false)}>{t('action.cancel')}</Button>
          <Button
            kind="primary"
            type="submit"
            busy={isBusy}
            disabled={isBlocked || (needsReason && reason.trim().length < 3)}
          >
            {t(`baseline.${kind}`)}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Learned({ record }: { record: BaselineRecord }) {
  return (
    <>
      {!record.settled && <p className="machine-draft">{t('baseline.unsettled')}</p>}
      <div className="baseline-learned" tabIndex={0} role="region" aria-label={t('baseline.title')}>
        <table className="plain-table">
          <TableHead
            columns={[
              { title: t('baseline.feature') },
              { title: t('baseline.mean'), className: 'align-end' },
              { title: t('baseline.sigma'), className: 'align-end' },
            ]}
          />
          <tbody>
            {record.features.map(({ name, mean, sigma }) => (
              <tr key={name}>
                <th scope="row">{tMaybe(`feature.${name}`, name)}</th>
                <td className="align-end">{formatNumber(mean, 3)}</td>
                <td className="align-end">{formatNumber(sigma, 3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {record.left.map((words) => (
        <p key={words} className="small muted">
          {words}
        </p>
      ))}
    </>
  )
}
