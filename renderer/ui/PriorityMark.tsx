import type { Priority } from '../../shared/domain/alert.ts'
import { t } from './text.ts'

const shapes = {
  urgent: { path: 'M2 2h16v16H2z', letter: '1', y: 14.4 },
  high: { path: 'M10 1.5 19 18H1z', letter: '2', y: 16.2 },
  medium: { path: 'M10 0.5 19.5 10 10 19.5 0.5 10z', letter: '3', y: 14.2 },
  low: { path: 'M10 1a9 9 0 1 1 0 18 9 9 0 0 1 0-18z', letter: 'i', y: 14.4 },
} as const

interface PriorityMarkProps {
  priority: Priority
  /** Unacknowledged marks flash at 1 Hz (IEC 62682: 1 to 3 Hz), acknowledged ones are steady. */
  flashing?: boolean
  size?: number
}

/** Priority by shape, letter and colour, so that it reads in greyscale and to a colour-blind eye. */
export function PriorityMark({ priority, flashing = false, size = 18 }: PriorityMarkProps) {
  const { path, letter, y } = shapes[priority]
  return (
    <svg
      className={`priority-mark${flashing ? ' flashing' : ''}`}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      role="img"
      aria-label={t(`priority.${priority}`)}
    >
      <path d={path} fill={`var(--${priority})`} />
      <text x="10" y={y} textAnchor="middle" fontSize="12.5" fontWeight="600" fill="var(--on-priority)" aria-hidden>
        {letter}
      </text>
    </svg>
  )
}
