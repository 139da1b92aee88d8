import type { PointState, PointStateView } from '../../shared/domain/point-state.ts'
import { useNowUs } from '../stores/clock.ts'
import { formatDuration } from './format.ts'
import { t } from './text.ts'

/**
 * One shape a state, told apart in greyscale and at 14 px: a broken link for comms lost, an empty ring for not measured, a torn
 * line for the cable, a crossed sensor, a clock hand, a square at rest, a wedge on the move, a bar beyond its brackets, a dashed
 * ring for grey. `normal` is a plain dot.
 */
const shapes: Record<PointState, { outline: string; solid?: string; dashed?: boolean }> = {
  'no-contract': { outline: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14z', dashed: true },
  'comms-lost': { outline: 'M2 10h4M14 10h4M6 6v8M14 6v8M8 3l4 14' },
  'not-measured': { outline: 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM5 15 15 5' },
  'cable-fault': { outline: 'M1 10h5l2-5M19 10h-5l-2 5M10.5 7 9.5 13' },
  'sensor-fault': { outline: 'M4 4h12v12H4zM6.5 6.5l7 7M13.5 6.5l-7 7' },
  stale: { outline: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 5.5V10l3.5 2.5' },
  stopped: { outline: 'M4 4h12v12H4z' },
  transient: { outline: 'M3 17 17 17 17 4z', solid: 'M10 17h7V4z' },
  'out-of-range': { outline: 'M4 2v16M16 2v16', solid: 'M7 8h12v4H7z' },
  normal: { outline: '', solid: 'M10 7.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z' },
}

/** The shape alone; a list says the word beside it or in its title. */
export function PointStateMark({ state, size = 14 }: { state: PointState; size?: number }) {
  const { outline, solid, dashed = false } = shapes[state]
  return (
    <svg
      className="point-state-mark"
      data-state={state}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      role="img"
      aria-label={t(`pointState.${state}`)}
    >
      {outline !== '' && (
        <path
          d={outline}
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          strokeDasharray={dashed ? '3 2.2' : undefined}
        />
      )}
      {solid !== undefined && <path d={solid} fill="currentColor" />}
    </svg>
  )
}

/** Shape and word; hatched where the value beside it is not to be trusted. */
export function PointStateWord({ state }: { state: PointState }) {
  const isTrusted = state === 'normal' || state === 'stopped' || state === 'transient'
  return (
    <span className={`state-word${isTrusted ? '' : ' hatched'}`}>
      <PointStateMark state={state} />
      {t(`pointState.${state}`)}
    </span>
  )
}

/** With why and since when, for a place that has room. */
export function PointStateReasonWords({ view: { state, reason, sinceUs } }: { view: PointStateView }) {
  const nowUs = useNowUs()
  if (state === 'normal') return null
  const lasted = sinceUs === null ? null : Math.max(0, (nowUs - sinceUs) / 1e6)
  return (
    <span className="small muted">
      {t(`pointStateReason.${reason}`)}
      {lasted !== null && lasted >= 1 && ` · ${t('pointStateSince', { time: formatDuration(lasted) })}`}
    </span>
  )
}
