import type { RunState } from '../../shared/domain/twin.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import { t } from './text.ts'

/** Run state as a word with a shape: filled square running, hollow stopped, half in transition, dashed unknown. */
export function RunStateWord({ state }: { state: RunState }) {
  return (
    <span className="state-word">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden>
        <rect
          x="1"
          y="1"
          width="8"
          height="8"
          fill={state === 'running' ? 'currentColor' : 'none'}
          stroke="currentColor"
          strokeWidth="1.5"
          strokeDasharray={state === 'unknown' ? '2 1.5' : undefined}
        />
        {state === 'transient' && <path d="M1 9V1l8 8z" fill="currentColor" />}
      </svg>
      {t(`runState.${state}`)}
    </span>
  )
}

/** Nothing while live; hatched words otherwise. */
export function FreshnessWord({ freshness }: { freshness: Freshness }) {
  if (freshness === 'live') return null
  return <span className="state-word hatched">{t(`freshness.${freshness}`)}</span>
}
