import { gapPx, lineGapPx, lineHeadPx, type Grid } from './fit-grid.ts'

/** Where a line's tiles lie in the scrolling page; its heading stands above `topPx`. */
export interface LinePlace {
  topPx: number
  rows: number
}

export type GridShape = Pick<Grid, 'columns' | 'tilePx'>

/** The same arithmetic by which the stylesheet places them, so that nothing has to be drawn to know where it is. */
export function linePlaces(counts: readonly number[], { columns, tilePx }: GridShape): LinePlace[] {
  let atPx = 0
  return counts.map((count) => {
    const rows = Math.ceil(count / columns)
    const topPx = atPx + lineHeadPx
    atPx = topPx + rowsPx(rows, tilePx) + lineGapPx
    return { topPx, rows }
  })
}

function rowsPx(rows: number, tilePx: number): number {
  return rows * tilePx + Math.max(0, rows - 1) * gapPx
}

/** Rows of a line, from `first` to before `end`, of which some part is within the sight, and one more to each side. */
export function rowsInSight(
  { topPx, rows }: LinePlace,
  { tilePx }: GridShape,
  sight: { topPx: number; heightPx: number },
): { first: number; end: number } {
  const stepPx = tilePx + gapPx
  const first = Math.floor((sight.topPx - topPx) / stepPx) - 1
  const end = Math.ceil((sight.topPx + sight.heightPx - topPx) / stepPx) + 1
  return { first: Math.min(rows, Math.max(0, first)), end: Math.max(0, Math.min(rows, end)) }
}

export interface TileSpot {
  id: string
  x: number
  y: number
}

/** Each tile in reading order, with its column and where it begins. */
export function tileSpots(lines: readonly (readonly string[])[], shape: GridShape): TileSpot[] {
  const places = linePlaces(
    lines.map((ids) => ids.length),
    shape,
  )
  return lines.flatMap((ids, line) =>
    ids.map((id, i) => {
      const row = Math.floor(i / shape.columns)
      return { id, x: i % shape.columns, y: (places[line]?.topPx ?? 0) + row * (shape.tilePx + gapPx) }
    }),
  )
}

/** Scrolls no further than needed to bring a tile with its line's heading into sight. */
export function scrollTo(yPx: number, tilePx: number, sight: { topPx: number; heightPx: number }): number {
  if (yPx - lineHeadPx < sight.topPx) return Math.max(0, yPx - lineHeadPx)
  if (yPx + tilePx > sight.topPx + sight.heightPx) return yPx + tilePx - sight.heightPx
  return sight.topPx
}
