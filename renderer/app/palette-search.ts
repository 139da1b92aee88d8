export interface PaletteEntry {
  id: string
  kind: 'page' | 'machine' | 'point' | 'alert' | 'command'
  title: string
  /** Where it belongs or its id; searched too. */
  detail: string
  run: () => void
}

/**
 * Entries that hold every word of the query, best first: a title that starts with it, then a word that starts with it,
 * then anything. Order within a rank is the order of the entries, so results do not jump while one types.
 */
export function searchEntries(entries: readonly PaletteEntry[], query: string, limit = 12): PaletteEntry[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return entries.slice(0, limit)
  const ranked: { entry: PaletteEntry; rank: number; at: number }[] = []
  for (const [at, entry] of entries.entries()) {
    const title = entry.title.toLowerCase()
    const all = `${title} ${entry.detail.toLowerCase()}`
    if (!words.every((word) => all.includes(word))) continue
    const [first = ''] = words
    const rank = title.startsWith(first) ? 0 : all.split(/[\s.:()-]+/).some((word) => word.startsWith(first)) ? 1 : 2
    ranked.push({ entry, rank, at })
  }
  ranked.sort((a, b) => a.rank - b.rank || a.at - b.at)
  return ranked.slice(0, limit).map(({ entry }) => entry)
}
