import type { TimeUs } from '../../shared/domain/time.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import { useNowUs } from '../stores/clock.ts'
import { formatAge, formatNumber } from './format.ts'
import { t } from './text.ts'

interface ValueProps {
  value: number | null
  unit: string
  tUs: TimeUs | null
  freshness: Freshness
  quality?: 'good' | 'uncertain' | 'bad'
  /** Symbolic OPC UA status, told when the quality is not good. */
  statusName?: string
  /** Age after which the value counts as stale although no frame said so: nothing stale may ever look live. */
  staleAfterMs?: number
  significant?: number
  /** Width of the number in figures, the same for every value of a column. */
  figures?: number
  showAge?: 'always' | 'when-stale'
}

/** A number that says its unit, and its age and quality as soon as they matter: hatched and in words, never by colour. */
export function Value(props: ValueProps) {
  const {
    value,
    unit,
    tUs,
    freshness,
    quality = 'good',
    statusName,
    staleAfterMs,
    significant = 4,
    figures = 7,
  } = props
  const nowUs = useNowUs()
  // One second of grace: the clock steps once a second and the frame itself travels.
  const outdated = staleAfterMs !== undefined && tUs !== null && nowUs - tUs > staleAfterMs * 1000 + 1_000_000
  const state = freshness === 'live' && outdated ? 'stale' : freshness
  const doubtful = state !== 'live' || quality !== 'good'
  return (
    <span className={`value${doubtful ? ' hatched' : ''}`}>
      <span className="value-number" style={{ minWidth: `${figures}ch` }}>
        {formatNumber(value, significant)}
      </span>
      <span className="value-unit">{unit}</span>
      {(doubtful || props.showAge === 'always') && (
        <span className="value-age">
          {state === 'never' ? t('freshness.never') : formatAge(tUs, nowUs)}
          {quality !== 'good' && ` · ${statusName ?? t(`quality.${quality}`)}`}
        </span>
      )}
    </span>
  )
}
