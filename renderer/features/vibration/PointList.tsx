import { useRef, useState, type KeyboardEvent } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { countPointStates, type PointState } from '../../../shared/domain/point-state.ts'
import { useTopic } from '../../stores/topic.ts'
import { nameWithin, PointStateFilter, PointStateMark, t } from '../../ui/index.ts'
import { machineGroups, mostLive } from './point-tree.ts'

interface PointListProps {
  plant: PlantFile
  shownIds: readonly string[]
  /** The point whose spectra and findings are shown. */
  focusedId: string
  onFocus: (pointId: string) => void
  onToggle: (pointId: string) => void
}

/** Waveform points by machine. Enter shows one alone, Space adds it to the live waveforms; up and down move. */
export function PointList({ plant, shownIds, focusedId, onFocus, onToggle }: PointListProps) {
  const root = useRef<HTMLDivElement | null>(null)
  const full = shownIds.length >= mostLive
  const { frame } = useTopic('points', {})
  const [wanted, setWanted] = useState<PointState | null>(null)
  const states = new Map(frame?.notNormal.map(({ pointId, state }) => [pointId, state]))
  const stateOf = (pointId: string): PointState => states.get(pointId) ?? 'normal'
  const groups = machineGroups(plant)
  const counts = countPointStates(groups.flatMap(({ points }) => points.map(({ id }) => stateOf(id))))
  const shownGroups = groups
    .map((group) => ({ ...group, points: group.points.filter(({ id }) => wanted === null || stateOf(id) === wanted) }))
    .filter(({ points }) => points.length > 0)

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const buttons = [...(root.current?.querySelectorAll<HTMLButtonElement>('.point-name') ?? [])]
    const at = buttons.findIndex((button) => button.closest('li')?.contains(document.activeElement) === true)
    buttons[Math.min(buttons.length - 1, Math.max(0, at + step))]?.focus()
  }

  return (
    <div className="point-list" ref={root} onKeyDown={onKeyDown}>
      <PointStateFilter counts={counts} value={wanted} onChange={setWanted} />
      {shownGroups.length === 0 && <p className="small muted">{t('pointStateNone')}</p>}
      {shownGroups.map((group) => (
        <section key={group.assetId} aria-label={group.name}>
          <h3>{group.name}</h3>
          <ul>
            {group.points.map((point) => {
              const shown = shownIds.includes(point.id)
              return (
                <li key={point.id} className={`point-item${point.id === focusedId ? ' focused' : ''}`}>
                  <input
                    type="checkbox"
                    checked={shown}
                    disabled={!shown && full}
                    tabIndex={-1}
                    aria-label={t('vibration.showLive', { point: point.name ?? point.id })}
                    title={!shown && full ? t('vibration.mostLive', { count: mostLive }) : undefined}
                    onChange={() => onToggle(point.id)}
                  />
                  <button
                    type="button"
                    className="point-name"
                    aria-current={point.id === focusedId}
                    title={point.id}
                    onClick={() => onFocus(point.id)}
                    onKeyDown={(event) => {
                      if (event.key !== ' ') return
                      event.preventDefault()
                      onToggle(point.id)
                    }}
                  >
                    {nameWithin(group.name, point.name ?? point.id)}
                  </button>
                  {stateOf(point.id) !== 'normal' && (
                    <span title={t(`pointState.${stateOf(point.id)}`)}>
                      <PointStateMark state={stateOf(point.id)} />
                    </span>
                  )}
                </li>
              )
            })}
          </ul>
        </section>
      ))}
    </div>
  )
}
