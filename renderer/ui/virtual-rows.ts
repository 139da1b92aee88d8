export interface RowWindow {
  first: number
  /** One after the last. */
  end: number
  beforePx: number
  afterPx: number
}

/** Rows beyond the edges that are drawn as well, so that scrolling by wheel shows no white. */
const spare = 10

/** The rows to draw of `count` rows of equal height. */
export function rowWindow(scrollTopPx: number, heightPx: number, rowPx: number, count: number): RowWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTopPx / rowPx) - spare))
  const end = Math.max(first, Math.min(count, Math.ceil((scrollTopPx + heightPx) / rowPx) + spare))
  return { first, end, beforePx: first * rowPx, afterPx: (count - end) * rowPx }
}

/** Where to scroll so that a row is seen; the present place when it is. */
export function scrollFor(index: number, scrollTopPx: number, heightPx: number, rowPx: number): number {
  const top = index * rowPx
  if (top < scrollTopPx) return top
  if (top + rowPx > scrollTopPx + heightPx) return top + rowPx - heightPx
  return scrollTopPx
}
