interface Place {
  x: number
  y: number
}

/**
 * Tile that an arrow key leads to, by where the tiles are drawn: lines of different length keep their columns. Home and
 * End go to the first and the last.
 */
export function nearestTile(host: HTMLElement, key: string): HTMLElement | null {
  const tiles = [...host.querySelectorAll<HTMLElement>('[data-tile]')]
  if (key === 'Home') return tiles[0] ?? null
  if (key === 'End') return tiles.at(-1) ?? null
  const from = tiles.indexOf(tiles.find((tile) => tile === document.activeElement) ?? host)
  if (from < 0) return null
  const places = tiles.map((tile) => {
    const box = tile.getBoundingClientRect()
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 }
  })
  const index = nearestIndex(places, from, key)
  return index === null ? null : (tiles[index] ?? null)
}

/** Left and right follow the reading order; up and down take the nearest row, then the nearest column. */
export function nearestIndex(places: readonly Place[], from: number, key: string): number | null {
  if (key === 'ArrowRight') return Math.min(places.length - 1, from + 1)
  if (key === 'ArrowLeft') return Math.max(0, from - 1)
  if (key !== 'ArrowDown' && key !== 'ArrowUp') return null
  const here = places[from]
  if (!here) return null
  const direction = key === 'ArrowDown' ? 1 : -1
  let best: number | null = null
  let bestCost = Infinity
  places.forEach((place, index) => {
    const down = (place.y - here.y) * direction
    if (down < 1) return
    // A row counts far more than a column: the next row always wins over a better column two rows on.
    const cost = down * 1000 + Math.abs(place.x - here.x)
    if (cost < bestCost) {
      bestCost = cost
      best = index
    }
  })
  return best
}
