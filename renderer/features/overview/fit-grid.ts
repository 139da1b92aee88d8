export const densities = ['roomy', 'compact', 'dense'] as const
export type Density = (typeof densities)[number]

/** Outer sizes in CSS pixels; the stylesheet takes its heights from here, so the arithmetic and the page agree. */
export const tileSizes: Record<Density, { minWidthPx: number; heightPx: number }> = {
  roomy: { minWidthPx: 248, heightPx: 148 },
  compact: { minWidthPx: 200, heightPx: 112 },
  dense: { minWidthPx: 176, heightPx: 68 },
}
export const gapPx = 8
export const lineHeadPx = 28
/** Space below a line's tiles, before the next line's heading. */
export const lineGapPx = 8

export interface Grid {
  density: Density
  columns: number
  heightPx: number
  fits: boolean
}

function columnsOf(widthPx: number, minWidthPx: number): number {
  return Math.max(1, Math.floor((widthPx + gapPx) / (minWidthPx + gapPx)))
}

/** Height of all lines at a density, for lines with these numbers of tiles. */
function heightOf(counts: readonly number[], columns: number, tilePx: number): number {
  return counts.reduce((sum, count) => {
    const rows = Math.ceil(count / columns)
    return sum + lineHeadPx + rows * tilePx + Math.max(0, rows - 1) * gapPx + lineGapPx
  }, 0)
}

/** The roomiest density at which every tile is on screen; the densest (and scrolling) when none is. */
export function fitGrid(counts: readonly number[], widthPx: number, heightPx: number): Grid {
  let last: Grid = { density: 'dense', columns: 1, heightPx: 0, fits: false }
  for (const density of densities) {
    const size = tileSizes[density]
    const columns = columnsOf(widthPx, size.minWidthPx)
    const needed = heightOf(counts, columns, size.heightPx)
    last = { density, columns, heightPx: needed, fits: needed <= heightPx }
    if (last.fits) return last
  }
  return last
}
