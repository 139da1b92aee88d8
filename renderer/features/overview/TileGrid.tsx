import { useLayoutEffect, useRef, type CSSProperties, type KeyboardEvent } from 'react'
import { useRemembered } from '../../stores/router.ts'
import { useRememberedScroll } from '../../stores/scroll.ts'
import { t } from '../../ui/index.ts'
import { useScrollPlace } from '../../ui/use-scroll-place.ts'
import { useSize } from '../../ui/use-size.ts'
import type { LineGroup } from './attention.ts'
import { fitGrid, type Grid } from './fit-grid.ts'
import { MachineTile } from './MachineTile.tsx'
import { nearestIndex } from './nearest-tile.ts'
import { linePlaces, rowsInSight, scrollTo, tileSpots } from './tile-layout.ts'

/** Padding, name, health and two lines of finding of a dense tile, as the stylesheet adds them up. */
const twoLinesPx = 82

/** All rows stand in the template, drawn or not. A second line of the finding shows where a dense tile has grown by its height. */
function gridStyle(grid: Grid, rows: number): CSSProperties & Record<'--finding-lines', number> {
  return {
    gridTemplateColumns: `repeat(${grid.columns}, minmax(0, 1fr))`,
    gridTemplateRows: `repeat(${rows}, ${grid.tilePx}px)`,
    '--finding-lines': grid.tilePx >= twoLinesPx ? 2 : 1,
  }
}

/** False when it is not drawn. */
function focusTile(host: HTMLElement, id: string): boolean {
  const element = host.querySelector<HTMLElement>(`[data-tile="${CSS.escape(id)}"]`)
  element?.focus({ preventScroll: true })
  return element !== null
}

/**
 * Machines by line. Only tiles in sight are drawn, with the one the keyboard is on: 500 of them took 90 ms of each frame and
 * 300 ms of each letter that was typed into the search.
 */
export function TileGrid({ groups }: { groups: readonly LineGroup[] }) {
  const [ref, size] = useSize<HTMLDivElement>()
  const sight = useScrollPlace(ref)
  useRememberedScroll('overview.tiles', ref)
  const [focused, setFocused] = useRemembered<string | null>('overview.focused', null)
  const goTo = useRef<string | null>(null)
  const counts = groups.map((group) => group.tiles.length)
  const grid: Grid | null = size === null ? null : fitGrid(counts, size.widthPx, size.heightPx)
  const places = grid ? linePlaces(counts, grid) : []
  const ids = groups.map((group) => group.tiles.map((tile) => tile.id))
  const entry = focused !== null && ids.some((line) => line.includes(focused)) ? focused : (ids[0]?.[0] ?? null)

  useLayoutEffect(() => {
    if (goTo.current !== null && ref.current) focusTile(ref.current, goTo.current)
    goTo.current = null
  })

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const host = ref.current
    if (!host || !grid) return
    const spots = tileSpots(ids, grid)
    const from = spots.findIndex(({ id }) => id === entry)
    const to = spots[nearestIndex(spots, from, event.key) ?? -1]
    if (!to) return
    event.preventDefault()
    host.scrollTop = scrollTo(to.y, grid.tilePx, { topPx: host.scrollTop, heightPx: host.clientHeight })
    if (!focusTile(host, to.id)) goTo.current = to.id
    setFocused(to.id)
  }

  return (
    <div ref={ref} className="tile-scroll" onKeyDown={onKeyDown}>
      {grid &&
        groups.map((group, line) => {
          const place = places[line] ?? { topPx: 0, rows: 0 }
          const { first, end } = rowsInSight(place, grid, sight)
          return (
            <section key={group.id} className="tile-line" aria-label={group.name}>
              <h2>
                {group.name}
                <span className="muted">{t('overview.machines', { count: group.tiles.length })}</span>
              </h2>
              <ul className="tile-grid" style={gridStyle(grid, place.rows)}>
                {group.tiles.map((tile, i) => {
                  const row = Math.floor(i / grid.columns)
                  if ((row < first || row >= end) && tile.id !== entry) return null
                  return (
                    <MachineTile
                      key={tile.id}
                      tile={tile}
                      density={grid.density}
                      row={row + 1}
                      column={(i % grid.columns) + 1}
                      position={i + 1}
                      of={group.tiles.length}
                      tabIndex={tile.id === entry ? 0 : -1}
                      onFocus={setFocused}
                    />
                  )
                })}
              </ul>
            </section>
          )
        })}
    </div>
  )
}
