import type { LinkState } from '../../shared/domain/intake.ts'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { Route } from '../stores/route.ts'

export interface LinkSummary {
  connected: number
  total: number
  /** The server that is worst off; null when all are connected. */
  worst: LinkState | null
}

const phaseRank = { refused: 0, lost: 1, stopped: 2, connecting: 3, connected: 4 } as const

export function summariseLinks(links: readonly LinkState[]): LinkSummary {
  let worst: LinkState | null = null
  for (const link of links) {
    if (link.phase === 'connected') continue
    if (!worst || phaseRank[link.phase] < phaseRank[worst.phase]) worst = link
  }
  return { connected: links.filter((link) => link.phase === 'connected').length, total: links.length, worst }
}

export interface SyncSummary {
  waiting: number
  /** Since when the longest failing destination fails; null when all deliver. */
  failingSinceUs: number | null
}

export function summariseSync(destinations: readonly DestinationState[]): SyncSummary {
  let waiting = 0
  let failingSinceUs: number | null = null
  for (const destination of destinations) {
    waiting += destination.depth
    const { failingSinceUs: since } = destination
    if (since !== null && (failingSinceUs === null || since < failingSinceUs)) failingSinceUs = since
  }
  return { waiting, failingSinceUs }
}

/** Line and machine of what a route shows, for the breadcrumb. */
export function breadcrumb(
  route: Route,
  plant: PlantFile | null,
): { line: string; assetId: string; asset: string } | null {
  if (!plant) return null
  const pointId = route.page === 'vibration' ? route.pointIds?.[0] : undefined
  const assetId = route.page === 'machine' ? route.assetId : plant.points.find((point) => point.id === pointId)?.assetId
  const asset = plant.assets.find((known) => known.id === assetId)
  if (!asset) return null
  return {
    line: plant.lines.find((line) => line.id === asset.lineId)?.name ?? asset.lineId,
    assetId: asset.id,
    asset: asset.name,
  }
}
