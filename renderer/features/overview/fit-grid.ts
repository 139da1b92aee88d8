export const densities = ['roomy', 'compact', 'dense'] as const
export type Density = (typeof densities)[number]

/** Outer sizes in CSS pixels; the stylesheet takes its heights from here, so the arithmetic and the page agree. */
export const tileSizes: Record<Density, { minWidthPx: number; heightPx: number }> = {
  roomy: { minWidthPx: 248, heightPx: 136 },
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
  /** Height of one tile: the density's own, or more where the page has room to spare. */
  tilePx: number
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
  let last: Grid = { density: 'dense', columns: 1, tilePx: tileSizes.dense.heightPx, heightPx: 0, fits: false }
  for (const [index, density] of densities.entries()) {
    const size = tileSizes[density]
    const columns = columnsOf(widthPx, size.minWidthPx)
    const needed = heightOf(counts, columns, size.heightPx)
    last = { density, columns, tilePx: size.heightPx, heightPx: needed, fits: needed <= heightPx }
    if (!last.fits) continue
    const rows = counts.reduce((sum, count) => sum + Math.ceil(count / columns), 0)
    const roomier = densities[index - 1]
    if (roomier === undefined || rows === 0) return last
    const grownPx = size.heightPx + Math.floor((heightPx - needed) / rows)
    const tilePx = Math.min(grownPx, tileSizes[roomier].heightPx - 4)
    return { ...last, tilePx, heightPx: needed + rows * (tilePx - size.heightPx) }
  }
  return last
}
