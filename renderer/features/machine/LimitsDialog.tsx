import { useState, type FormEvent } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { LimitProposalView, LimitRow, LimitStateView, PointHealthView } from '../../../shared/protocol/health.ts'
import { bridge } from '../../bridge/bridge.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { remember } from '../../stores/undo.ts'
import { Button, Dialog, ErrorPane, Field, formatNumber, noValue, Refusal, t, tMaybe } from '../../ui/index.ts'
import { TableHead } from '../../ui/TableHead.tsx'

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
      <form className="stack baseline-form" onSubmit={(event) => void apply(event)}>
        <p>{t('baseline.limitsWhat')}</p>
        <div className="baseline-sigmas">
          <Sigmas label={t('baseline.warningSigmas')} most={20} value={warning} onChange={setWarning} isFirst />
          <Sigmas label={t('baseline.alarmSigmas')} most={40} value={alarm} onChange={setAlarm} />
        </div>
        {asked.failure && <ErrorPane title={t('baseline.failed')} failure={asked.failure} onRetry={asked.again} />}
        {asked.value && asked.value.refused !== null && <p role="alert">{asked.value.refused}</p>}
        {asked.value && asked.value.refused === null && <Proposal proposal={asked.value} />}
        {asked.value?.refused === null && changes.length === 0 && (
          <p className="muted">{t('baseline.nothingToChange')}</p>
        )}
        <Refusal failure={failure} />
        <div className="dialog-actions">
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" type="submit" busy={isBusy} disabled={changes.length === 0}>
            {changes.length === 1 ? t('baseline.applyOne') : t('baseline.apply', { count: changes.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface SigmasProps {
  label: string
  most: number
  value: string
  onChange: (value: string) => void
  isFirst?: boolean
}

function Sigmas({ label, most, value, onChange, isFirst = false }: SigmasProps) {
  return (
    <Field label={label}>
      {(ids) => (
        <input
          {...ids}
          autoFocus={isFirst}
          type="number"
          min={1}
          max={most}
          step={0.5}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  )
}

const number = (value: number | null): string => (value === null ? noValue : formatNumber(value, 4))

/** Per operating state; those that were not seen for long enough say so and change nothing. */
function Proposal({ proposal }: { proposal: LimitProposalView }) {
  const { states, rows } = proposal
  const isByState = rows.some(({ band }) => band !== null)
  const columns = [
    { title: t('baseline.feature') },
    ...(['mean', 'sigma', 'now', 'warning', 'alarm'] as const).map((title) => ({
      title: t(`baseline.${title}`),
      className: 'align-end',
    })),
  ]
  return (
    <div className="baseline-learned" tabIndex={0} role="region" aria-label={t('baseline.limits')}>
      <table className="plain-table">
        <TableHead columns={columns} />
        {isByState ? (
          states.map((state) => (
            <tbody key={state.rpm ?? 0}>
              <StateHead state={state} />
              {rows
                .filter(({ rpm }) => rpm === state.rpm)
                .map((row) => (
                  <ProposedRow key={row.feature} row={row} />
                ))}
            </tbody>
          ))
        ) : (
          <tbody>
            {rows.map((row) => (
              <ProposedRow key={row.feature} row={row} />
            ))}
          </tbody>
        )}
      </table>
    </div>
  )
}

function StateHead({ state: { band, rpm, state, days, ofDays, snapshots } }: { state: LimitStateView }) {
  const speed = band === null ? t('baseline.anySpeed') : t('baseline.ofSpeed', { low: band[0], high: band[1] })
  return (
    <tr className="baseline-state">
      <th scope="rowgroup" colSpan={6}>
        <strong>{speed}</strong>{' '}
        {rpm !== null && <span className="muted">{t('baseline.atSpeed', { rpm: Math.round(rpm) })}</span>}
        <div className="small">
          {t(`baseline.seen.${state}`, { days: days.toFixed(1), of: ofDays, count: snapshots })}
        </div>
      </th>
    </tr>
  )
}

function ProposedRow({ row: { feature, mean, sigma, warning, alarm, alertId, now, unit } }: { row: LimitRow }) {
  const name = tMaybe(`feature.${feature}`, feature)
  return (
    <tr>
      <th scope="row">{unit === '' ? name : t('baseline.featureIn', { feature: name, unit })}</th>
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
  )
}
