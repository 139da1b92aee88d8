import { useId } from 'react'
import { pointStates, type PointState } from '../../shared/domain/point-state.ts'
import { t } from './text.ts'

interface PointStateFilterProps {
  label?: string
  /** How many points are in each state. */
  counts: Readonly<Record<PointState, number>>
  /** null: all. */
  value: PointState | null
  onChange: (state: PointState | null) => void
}

/** Chooses one state to look at. The chosen one stays in the list when its last point leaves it. */
export function PointStateFilter({ label, counts, value, onChange }: PointStateFilterProps) {
  const id = useId()
  const shown = pointStates.filter((state) => counts[state] > 0 || state === value)
  return (
    <span className="point-state-filter">
      <label htmlFor={id}>{label ?? t('pointStateFilter')}</label>
      <select
        id={id}
        className="input"
        value={value ?? ''}
        onChange={(event) => onChange(pointStates.find((state) => state === event.target.value) ?? null)}
      >
        <option value="">{t('pointStateAll')}</option>
        {shown.map((state) => (
          <option key={state} value={state}>
            {t('pointStateCount', { state: t(`pointState.${state}`), count: counts[state] })}
          </option>
        ))}
      </select>
    </span>
  )
}
