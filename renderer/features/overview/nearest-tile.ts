interface Place {
  x: number
  y: number
}

/**
 * Which of the places, in reading order, a key leads to; null: the key is not for the tiles. Left and right follow the reading
 * order; up and down take the nearest row, then the nearest column: lines of different length keep their columns.
 */
export function nearestIndex(places: readonly Place[], from: number, key: string): number | null {
  if (places.length === 0) return null
  if (key === 'Home') return 0
  if (key === 'End') return places.length - 1
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
