import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useStore } from 'zustand'
import { useFeed } from '../stores/feeds.ts'
import { t } from '../ui/index.ts'
import { paletteEntries } from './palette-entries.ts'
import { searchEntries, type PaletteEntry } from './palette-search.ts'
import { paletteStore } from './palette-store.ts'

const close = (): void => paletteStore.setState({ open: false })

export function Palette() {
  return useStore(paletteStore, (state) => state.open) ? <OpenPalette /> : null
}

function OpenPalette() {
  const dialog = useRef<HTMLDialogElement | null>(null)
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const alerts = useFeed((feeds) => feeds.alerts?.open)
  const entries = useMemo(() => paletteEntries(plant, alerts ?? []), [plant, alerts])
  const found = useMemo(() => searchEntries(entries, query), [entries, query])
  const index = Math.min(at, found.length - 1)

  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])

  const run = (entry: PaletteEntry | undefined): void => {
    if (!entry) return
    close()
    entry.run()
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setAt((index + step + found.length) % Math.max(1, found.length))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      run(found[index])
    }
  }

  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label={t('palette.label')}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) close()
      }}
    >
      <div className="palette-body" onKeyDown={onKeyDown}>
        <input
          className="palette-input"
          role="combobox"
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={found[index] ? `palette-${found[index].id}` : undefined}
          aria-label={t('palette.label')}
          placeholder={t('palette.placeholder')}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setAt(0)
          }}
        />
        <ul id="palette-list" className="palette-list" role="listbox" aria-label={t('palette.label')}>
          {found.map((entry, position) => (
            <li
              key={entry.id}
              id={`palette-${entry.id}`}
              role="option"
              aria-selected={position === index}
              className="palette-entry"
              onClick={() => run(entry)}
              onPointerMove={() => setAt(position)}
            >
              <span className="palette-kind muted">{t(`paletteKind.${entry.kind}`)}</span>
              <span className="palette-title">{entry.title}</span>
              <span className={entry.kind === 'machine' || entry.kind === 'point' ? 'muted mono' : 'muted'}>
                {entry.detail}
              </span>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className="palette-none muted">{t('palette.none')}</p>}
      </div>
    </dialog>
  )
}
