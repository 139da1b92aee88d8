import type { AssetTile } from '../../shared/protocol/views.ts'

/** Machines whose name, id, line or finding contains every word of the search. */
export function matchesSearch(tile: AssetTile, lineName: string, search: string): boolean {
  const hay = `${tile.name} ${tile.id} ${lineName} ${tile.finding ?? ''}`.toLocaleLowerCase()
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word))
}
