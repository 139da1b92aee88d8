import type { AlertLevel } from '../../shared/domain/alert.ts'
import { t } from './text.ts'

/** State of a value against its limits by shape: hollow triangle above the warning limit, filled square above the alarm limit. */
export function LevelMark({ level, size = 14 }: { level: AlertLevel; size?: number }) {
  if (level === 'normal') return null
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      role="img"
      aria-label={t(`level.${level}`)}
      className="level-mark"
    >
      {level === 'alarm' ? (
        <path d="M2 2h16v16H2z" fill="var(--urgent)" />
      ) : (
        <path d="M10 3 18 17H2z" fill="none" stroke="var(--high)" strokeWidth="3" />
      )}
    </svg>
  )
}
