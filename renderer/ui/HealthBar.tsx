import type { AlertLevel } from '../../shared/domain/alert.ts'
import { formatPercent } from './format.ts'
import { t } from './text.ts'

interface HealthBarProps {
  /** 0 quiet, 1 at the alarm limit; null: no rule has a value. */
  health: number | null
  level: AlertLevel
  /** What it speaks of, in words. */
  of?: string | null
}

/** Share of the alarm limit in use; the notch is the alarm limit at four fifths, so that what is beyond still shows. */
export function HealthBar({ health, level, of = null }: HealthBarProps) {
  const share = health === null ? 0 : Math.min(1, Math.max(0, health * 0.8))
  const words = health === null ? t('health.unknown') : t('health.share', { share: formatPercent(health) })
  return (
    <div
      className={`health-bar level-${level}`}
      role="img"
      aria-label={of === null ? words : `${of}: ${words}`}
      title={of ?? words}
    >
      <div
        className={health === null ? 'health-none hatched' : 'health-fill'}
        style={{ transform: `scaleX(${health === null ? 1 : share})` }}
      />
      <div className="health-limit" />
    </div>
  )
}
