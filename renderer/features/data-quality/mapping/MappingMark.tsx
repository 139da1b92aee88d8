import type { MappingState } from '../../../../shared/domain/mapping.ts'
import { ShapeWord, t } from '../../../ui/index.ts'

/** A tick, a tick struck through, a hollow ring: the state reads without its words and without colour. */
const shapes: Record<MappingState, string> = {
  verified: 'M4 10.500 8 15 16 5',
  'out-of-date': 'M4 10.500 8 15 16 5M3 17 17 3',
  'not-verified': 'M10 4a6 6 0 1 1 0 12 6 6 0 0 1 0-12z',
}

export function MappingMark({ state }: { state: MappingState }) {
  return (
    <ShapeWord className={`mapping-mark mapping-${state}`} path={shapes[state]} words={t(`mapping.state.${state}`)} />
  )
}

/** Share of tags with evidence that holds, as a bar and in figures. */
export function ScoreBar({ accuracy, label }: { accuracy: number | null; label: string }) {
  return (
    <span className="mapping-score">
      <span className="mapping-bar" role="img" aria-label={label}>
        <i style={{ width: `${accuracy ?? 0}%` }} />
      </span>
      <b>{t('mapping.percent', { share: accuracy === null ? '–' : accuracy.toFixed(0) })}</b>
    </span>
  )
}
