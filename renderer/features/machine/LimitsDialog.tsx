import { useState, type FormEvent } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { LimitRow, PointHealthView } from '../../../shared/protocol/health.ts'
import { bridge } from '../../bridge/bridge.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { remember } from '../../stores/undo.ts'
import { Button, Dialog, ErrorPane, Field, formatNumber, Refusal, t, tMaybe } from '../../ui/index.ts'

/** Three and six standard deviations: of a healthy machine one value in 740 is above the first. */
const usual = { warning: '3', alarm: '6' }

/** Limits from an approved baseline: looked at, made as one revision, and taken back by undo. */
export function LimitsDialog({ point, onClose }: { point: PointHealthView; onClose: () => void }) {
  const [warning, setWarning] = useState(usual.warning)
  const [alarm, setAlarm] = useState(usual.alarm)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const [warningSigmas, alarmSigmas] = [Number(warning), Number(alarm)]
  const isValid = warningSigmas >= 1 && warningSigmas <= 20 && alarmSigmas >= 1 && alarmSigmas <= 40
  const { pointId, pointName } = point
  const asked = useCall('health.limits', isValid ? { pointId, warningSigmas, alarmSigmas } : null)
  const changes = asked.value?.changes ?? []
  const apply = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsBusy(true)
    setFailure(null)
    try {
      const what = t('baseline.applied', { point: pointName })
      const { changes: made, faults } = await bridge.call('config.change', { changes, reason: what })
      const [fault] = faults
      if (fault) setFailure({ code: fault.code, message: fault.message, remedy: fault.remedy, retryable: false })
      else {
        remember(what, made)
        toast('done', what)
        onClose()
        return
      }
    } catch (error) {
      setFailure(failureOf(error))
    }
    setIsBusy(false)
  }
  return (
    <Dialog title={t('baseline.limitsTitle', { point: pointName })} onClose={onClose} width={720}>
      <form className="stack" onSubmit={(event) => void apply(event)}>
        <p>{t('baseline.limitsWhat')}</p>
        <div className="baseline-sigmas">
          <Field label={t('baseline.warningSigmas')}>
            {(ids) => (
              <input
                {...ids}
                autoFocus
                type="number"
                min={1}
                max={20}
                step={0.5}
                value={warning}
                onChange={(event) => setWarning(event.target.value)}
              />
            )}
          </Field>
          <Field label={t('baseline.alarmSigmas')}>
            {(ids) => (
              <input
                {...ids}
                type="number"
                min={1}
                max={40}
                step={0.5}
                value={alarm}
                onChange={(event) => setAlarm(event.target.value)}
              />
            )}
          </Field>
        </div>
        {asked.failure && <ErrorPane title={t('baseline.failed')} failure={asked.failure} onRetry={asked.again} />}
        {asked.value && asked.value.refused !== null && <p role="alert">{asked.value.refused}</p>}
        {asked.value && asked.value.refused === null && <Rows rows={asked.value.rows} />}
        {asked.value?.refused === null && changes.length === 0 && (
          <p className="muted">{t('baseline.nothingToChange')}</p>
        )}
        <Refusal failure={failure} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isBusy} disabled={changes.length === 0}>
            {t('baseline.apply', { count: changes.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function Rows({ rows }: { rows: readonly LimitRow[] }) {
  const number = (value: number | null): string => (value === null ? '–' : formatNumber(value, 4))
  return (
    <div className="baseline-learned" tabIndex={0} role="region" aria-label={t('baseline.limits')}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{t('baseline.feature')}</th>
            <th scope="col" className="align-end">
              {t('baseline.mean')}
            </th>
            <th scope="col" className="align-end">
              {t('baseline.sigma')}
            </th>
            <th scope="col" className="align-end">
              {t('baseline.now')}
            </th>
            <th scope="col" className="align-end">
              {t('baseline.warning')}
            </th>
            <th scope="col" className="align-end">
              {t('baseline.alarm')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ feature, mean, sigma, warning, alarm, alertId, now, unit }) => (
            <tr key={feature}>
              <th scope="row">{t('alerts.withUnit', { value: tMaybe(`feature.${feature}`, feature), unit })}</th>
              <td className="align-end">{number(mean)}</td>
              <td className="align-end">{number(sigma)}</td>
              <td className="align-end muted">
                {alertId === null
                  ? t('baseline.newRule')
                  : t('baseline.limitPair', { warning: number(now.warning), alarm: number(now.alarm) })}
              </td>
              <td className="align-end">{number(warning)}</td>
              <td className="align-end">{number(alarm)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
