import { useId } from 'react'
import { findingKinds } from '../../../shared/domain/audit.ts'
import { PointStateFilter, SearchField, t } from '../../ui/index.ts'
import type { Counts, Criteria } from './quality-model.ts'

type Choice = Omit<Criteria, 'level' | 'within'>

interface QualityFiltersProps {
  choice: Choice
  counts: Counts
  onChange: (choice: Choice) => void
}

/** Which tags: by words, below the gate, in a state, with a finding; each choice says how many it would show. */
export function QualityFilters({ choice, counts, onChange }: QualityFiltersProps) {
  const found = useId()
  const kinds = findingKinds.filter((kind) => (counts.kinds.get(kind) ?? 0) > 0 || kind === choice.kind)
  return (
    <>
      <SearchField
        label={t('dataQuality.filter')}
        value={choice.text}
        onChange={(text) => onChange({ ...choice, text })}
      />
      <label className="quality-only">
        <input
          type="checkbox"
          checked={choice.failingOnly}
          onChange={(event) => onChange({ ...choice, failingOnly: event.target.checked })}
        />
        {t('dataQuality.failingOnly', { failing: counts.failing })}
      </label>
      <PointStateFilter
        label={t('dataQuality.col.stateNow')}
        counts={counts.states}
        value={choice.state}
        onChange={(state) => onChange({ ...choice, state })}
      />
      <span className="point-state-filter">
        <label htmlFor={found}>{t('dataQuality.col.found')}</label>
        <select
          id={found}
          className="input"
          value={choice.kind ?? ''}
          onChange={(event) =>
            onChange({ ...choice, kind: findingKinds.find((kind) => kind === event.target.value) ?? null })
          }
        >
          <option value="">{t('dataQuality.anyKind')}</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {t('pointStateCount', { state: t(`dataQuality.kind.${kind}`), count: counts.kinds.get(kind) ?? 0 })}
            </option>
          ))}
        </select>
      </span>
    </>
  )
}
