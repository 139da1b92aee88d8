/** A stretch of time, [fromUs, toUs). */
export interface Span {
  fromUs: number
  toUs: number
}

/** In order, without overlap or empty ones. */
export function union(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => span.toUs > span.fromUs).sort((a, b) => a.fromUs - b.fromUs)
  const out: Span[] = []
  for (const { fromUs, toUs } of sorted) {
    const last = out.at(-1)
    if (last && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs)
    else out.push({ fromUs, toUs })
  }
  return out
}

/** What of `from` is in none of `taken`; both as `union` gives them. */
export function subtract(from: readonly Span[], taken: readonly Span[]): Span[] {
  const out: Span[] = []
  let first = 0
  for (const span of from) {
    let at = span.fromUs
    while (first < taken.length && (taken[first] as Span).toUs <= span.fromUs) first++
    for (let i = first; i < taken.length; i++) {
      const cut = taken[i] as Span
      if (cut.fromUs >= span.toUs) break
      if (cut.fromUs > at) out.push({ fromUs: at, toUs: cut.fromUs })
      at = Math.max(at, cut.toUs)
    }
    if (at < span.toUs) out.push({ fromUs: at, toUs: span.toUs })
  }
  return out
}

/** What both have; both as `union` gives them. */
export function intersect(a: readonly Span[], b: readonly Span[]): Span[] {
  const out: Span[] = []
  let [i, j] = [0, 0]
  while (i < a.length && j < b.length) {
    const [x, y] = [a[i] as Span, b[j] as Span]
    const fromUs = Math.max(x.fromUs, y.fromUs)
    const toUs = Math.min(x.toUs, y.toUs)
    if (toUs > fromUs) out.push({ fromUs, toUs })
    if (x.toUs < y.toUs) i++
    else j++
  }
  return out
}

export function clip(spans: readonly Span[], { fromUs, toUs }: Span): Span[] {
  return spans.flatMap((span) => {
    const from = Math.max(span.fromUs, fromUs)
    const to = Math.min(span.toUs, toUs)
    return to > from ? [{ fromUs: from, toUs: to }] : []
  })
}

export function lengthUs(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0)
}

/**
 * Cuts `whole` into pieces that follow each other: each moment belongs to the first layer that has it, and to `rest` when none
 * has. Neighbours of one state become one.
 */
export function paint<S extends string>(
  whole: Span,
  layers: readonly { state: S; spans: readonly Span[] }[],
  rest: S,
): (Span & { state: S })[] {
  let free: Span[] = whole.toUs > whole.fromUs ? [whole] : []
  const pieces: (Span & { state: S })[] = []
  for (const { state, spans } of layers) {
    const mine = union(spans)
    for (const piece of intersect(free, mine)) pieces.push({ ...piece, state })
    free = subtract(free, mine)
  }
  for (const piece of free) pieces.push({ ...piece, state: rest })
  pieces.sort((a, b) => a.fromUs - b.fromUs)
  const out: (Span & { state: S })[] = []
  for (const piece of pieces) {
    const last = out.at(-1)
    if (last?.state === piece.state && last.toUs === piece.fromUs) last.toUs = piece.toUs
    else out.push({ ...piece })
  }
  return out
}
