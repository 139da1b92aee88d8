import { formatNumber } from './format.ts'
import { t } from './text.ts'

/** The limits of a value, the higher one first. */
export function LimitLines({
  limits: { warning, alarm },
}: {
  limits: { warning: number | null; alarm: number | null }
}) {
  if (warning === null && alarm === null) return <span className="muted">{t('machine.noLimit')}</span>
  return (
    <>
      {alarm !== null && <div>{t('machine.limitAlarm', { value: formatNumber(alarm, 3) })}</div>}
      {warning !== null && (
        <div className="muted">{t('machine.limitWarning', { value: formatNumber(warning, 3) })}</div>
      )}
    </>
  )
}
