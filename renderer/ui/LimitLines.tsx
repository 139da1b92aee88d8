import type { LimitsInForce } from '../../shared/domain/operating-limits.ts'
import { formatNumber } from './format.ts'
import { limitState, limitWhy } from './limit-words.ts'
import { t } from './text.ts'

/** The limits of a value, the higher one first; of which operating state they are, and why, where a rule has several. */
export function LimitLines({ limits }: { limits: LimitsInForce }) {
  const { warning, alarm, why } = limits
  const state = limitState(limits)
  if (warning === null && alarm === null && state === null) return <span className="muted">{t('machine.noLimit')}</span>
  return (
    <>
      {alarm !== null && <div>{t('machine.limitAlarm', { value: formatNumber(alarm, 3) })}</div>}
      {warning !== null && (
        <div className="muted">{t('machine.limitWarning', { value: formatNumber(warning, 3) })}</div>
      )}
      {warning === null && alarm === null && <div className="muted">{t('machine.noLimit')}</div>}
      {state !== null && (
        <div className="small muted limit-state" title={limitWhy(limits) ?? ''}>
          {state}
          {why !== 'state' && <div>{limitWhy(limits)}</div>}
        </div>
      )}
    </>
  )
}
