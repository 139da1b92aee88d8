import { useRef, type KeyboardEvent } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { nameWithin, t } from '../../ui/index.ts'
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
      {machineGroups(plant).map((group) => (
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
                </li>
              )
            })}
          </ul>
        </section>
      ))}
    </div>
  )
}
