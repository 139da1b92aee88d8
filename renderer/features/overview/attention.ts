import type { AssetTile } from '../../../shared/protocol/views.ts'

export type TileOrder = 'attention' | 'place'

export interface LineGroup {
  id: string
  name: string
  tiles: AssetTile[]
}

const priorityRank = { urgent: 0, high: 1, medium: 2, low: 3 } as const
const freshnessRank = { missing: 0, stale: 1, never: 2, live: 3 } as const

/**
 * Class of attention a machine belongs to; smaller needs a person sooner. Priority counts before acknowledgement (an
 * acknowledged urgent alert still outranks a fresh low one), then machines that cannot be seen, then those that use
 * much of a limit. It is coarse on purpose: tiles move only when the class changes, never with each new value.
 */
export function attentionClass(tile: AssetTile): number {
  if (tile.priority !== null && tile.state !== 'normal') {
    const state = tile.state === 'unacknowledged' ? 0 : tile.state === 'acknowledged' ? 1 : 2
    return priorityRank[tile.priority] * 3 + state
  }
  if (tile.level !== 'normal') return tile.level === 'alarm' ? 12 : 13
  if (tile.freshness !== 'live') return 14 + freshnessRank[tile.freshness]
  return tile.health !== null && tile.health >= 0.8 ? 17 : 18
}

/** Tiles that a person should look at: an alert is open or the machine cannot be seen. */
export function needsAttention(tile: AssetTile): boolean {
  return attentionClass(tile) < 17
}

/**
 * Orders tiles by class of attention. Within a class they keep the order they had (`previous`, ids), and newcomers
 * follow in the order of the plant file, so that nothing jumps while values stream.
 */
export function orderByAttention(tiles: readonly AssetTile[], previous: readonly string[]): AssetTile[] {
  const held = new Map(previous.map((id, index) => [id, index]))
  return tiles
    .map((tile, index) => ({ tile, rank: attentionClass(tile), held: held.get(tile.id) ?? previous.length + index }))
    .sort((a, b) => a.rank - b.rank || a.held - b.held)
    .map((entry) => entry.tile)
}

/** One group per line that has tiles. `place` keeps the plant file's order of lines and machines. */
export function groupByLine(
  tiles: readonly AssetTile[],
  lines: readonly { id: string; name: string }[],
  order: TileOrder,
  previous: readonly string[],
): LineGroup[] {
  const known = new Set(lines.map((line) => line.id))
  const orphans = [...new Set(tiles.map((tile) => tile.lineId).filter((id) => !known.has(id)))]
  const all = [...lines, ...orphans.map((id) => ({ id, name: id }))]
  const ordered = order === 'place' ? [...tiles] : orderByAttention(tiles, previous)
  const groups = all
    .map(({ id, name }) => ({ id, name, tiles: ordered.filter((tile) => tile.lineId === id) }))
    .filter((group) => group.tiles.length > 0)
  if (order === 'place') return groups
  const worst = (group: LineGroup): number => Math.min(...group.tiles.map(attentionClass))
  return groups
    .map((group, index) => ({ group, index, rank: Math.min(worst(group), 17) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map((entry) => entry.group)
}
