/** Edit distance where a swap of neighbours counts once, since that is the commonest slip of a hand (Damerau 1964). */
function distance(a: string, b: string): number {
  const rows = a.length + 1
  const columns = b.length + 1
  const table = new Uint16Array(rows * columns)
  const at = (row: number, column: number): number => table[row * columns + column] ?? 0
  for (let i = 0; i < rows; i++) table[i * columns] = i
  for (let j = 0; j < columns; j++) table[j] = j
  for (let i = 1; i < rows; i++) {
    for (let j = 1; j < columns; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1)
      table[i * columns + j] = best
    }
  }
  return at(a.length, b.length)
}

/** The known word somebody most likely meant, or undefined when none is near. */
export function nearest(wrong: string, known: readonly string[]): string | undefined {
  // A pasted novel in place of an id must not cost quadratic time.
  if (wrong.length > 200) return undefined
  const lower = wrong.toLowerCase()
  let best: string | undefined
  let bestDistance = Infinity
  for (const word of known) {
    if (word.length > 200) continue
    const steps = distance(lower, word.toLowerCase())
    if (steps < bestDistance) {
      best = word
      bestDistance = steps
    }
  }
  return bestDistance <= Math.max(1, Math.ceil(wrong.length / 3)) ? best : undefined
}

/** At most `limit` words for a sentence, the rest as a number. */
export function listed(words: readonly string[], limit = 12): string {
  const shown = words.slice(0, limit).map((word) => `"${word}"`)
  return words.length > limit ? `${shown.join(', ')} and ${words.length - limit} more` : shown.join(', ')
}

/** A remedy for a name that does not exist: the nearest one, else what there is. */
export function meant(wrong: string, known: readonly string[], otherwise: string): string {
  const near = nearest(wrong, known)
  if (near !== undefined && near !== wrong) return `Did you mean "${near}"?`
  return known.length > 0 ? `Use one of ${listed(known)}.` : otherwise
}
