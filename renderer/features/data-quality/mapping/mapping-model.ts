import {
  judgeMapping,
  mappingScore,
  mappingTarget,
  type MappingJudgement,
  type MappingScore,
} from '../../../../shared/domain/mapping.ts'
import type { PlantChange } from '../../../../shared/domain/plant-change.ts'
import type { Asset, MappingEvidence, PlantFile, Point } from '../../../../shared/domain/plant-file.ts'
import { nameWithin } from '../../../../shared/lib/names.ts'

export interface MappedTag {
  readonly point: Point
  /** Without the machine's name, which stands above it. */
  readonly name: string
  readonly machine: string
  readonly judged: MappingJudgement
  /** Other points that come from the same node. */
  readonly shared: readonly string[]
}

export interface MappedAsset {
  readonly asset: Asset
  readonly lineName: string
  readonly tags: readonly MappedTag[]
  readonly score: MappingScore
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key)
    if (known) known.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/** The plant's tags by machine, in the order of the plant file. Machines without tags have nothing to verify. */
export function mappedAssets(plant: PlantFile): MappedAsset[] {
  const lines = new Map(plant.lines.map(({ id, name }) => [id, name]))
  const byAsset = grouped(plant.points, ({ assetId }) => assetId)
  const byNode = grouped(plant.points, ({ source }) => `${source.serverId} ${source.nodeId}`)
  return plant.assets.flatMap((asset): MappedAsset[] => {
    const tags = (byAsset.get(asset.id) ?? []).map((point): MappedTag => {
      const alike = byNode.get(`${point.source.serverId} ${point.source.nodeId}`) ?? []
      return {
        point,
        name: nameWithin(asset.name, point.name ?? point.id),
        machine: asset.name,
        judged: judgeMapping(point, plant),
        shared: alike.length < 2 ? [] : alike.flatMap(({ id }) => (id === point.id ? [] : id)),
      }
    })
    if (tags.length === 0) return []
    const score = mappingScore(tags.map(({ judged }) => judged))
    return [{ asset, lineName: lines.get(asset.lineId) ?? asset.lineId, tags, score }]
  })
}

export function wholeScore(assets: readonly MappedAsset[]): MappingScore {
  return mappingScore(assets.flatMap(({ tags }) => tags.map(({ judged }) => judged)))
}

export type MappingRow =
  | { readonly kind: 'asset'; readonly id: string; readonly of: MappedAsset; readonly isOpen: boolean }
  | { readonly kind: 'tag'; readonly id: string; readonly of: MappedAsset; readonly tag: MappedTag }

export interface MappingFilter {
  readonly text: string
  /** Only tags that no evidence holds. */
  readonly openOnly: boolean
  /** Machines that are folded up. */
  readonly folded: ReadonlySet<string>
}

export const assetRow = (assetId: string): string => `asset/${assetId}`
export const tagRow = (pointId: string): string => `tag/${pointId}`

/** Rows as the board shows them: a machine, then those of its tags that match. */
export function mappingRows(assets: readonly MappedAsset[], { text, openOnly, folded }: MappingFilter): MappingRow[] {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return assets.flatMap((of): MappingRow[] => {
    const { asset, lineName, tags } = of
    const matching = tags.filter(({ point, name, judged }) => {
      if (openOnly && judged.state === 'verified') return false
      const all = `${asset.name} ${asset.id} ${lineName} ${name} ${point.id} ${point.source.nodeId}`.toLowerCase()
      return words.every((word) => all.includes(word))
    })
    if (matching.length === 0) return []
    const isOpen = !folded.has(asset.id)
    const head: MappingRow = { kind: 'asset', id: assetRow(asset.id), of, isOpen }
    if (!isOpen) return [head]
    return [head, ...matching.map((tag): MappingRow => ({ kind: 'tag', id: tagRow(tag.point.id), of, tag }))]
  })
}

/** What an action is about: the tags that are marked, else the tag or the machine that the keyboard is on. */
export function chosenTags(
  assets: readonly MappedAsset[],
  marked: ReadonlySet<string>,
  row: MappingRow | undefined,
): MappedTag[] {
  if (marked.size > 0) return assets.flatMap(({ tags }) => tags.filter(({ point }) => marked.has(point.id)))
  if (row === undefined) return []
  return row.kind === 'tag' ? [row.tag] : [...row.of.tags]
}

type Evidence = Pick<MappingEvidence, 'verifiedBy' | 'verifiedOn' | 'method' | 'note'>

/** Evidence for each of the tags as it is now, in the place of what it had. */
export function verifyChanges(plant: PlantFile, tags: readonly MappedTag[], evidence: Evidence): PlantChange[] {
  return tags.flatMap(({ point }): PlantChange[] => {
    const after: MappingEvidence = { ...evidence, of: mappingTarget(point, plant) }
    const base = { section: 'points', id: point.id, field: 'mapping' }
    const before = point.mapping
    if (!before) return [{ ...base, kind: 'added', before: undefined, after }]
    // Key by key: what the site wrote beside them stays.
    const keys = ['verifiedBy', 'verifiedOn', 'method', 'note', 'of'] as const
    return keys.flatMap((key): PlantChange[] => {
      const [was, is] = [before[key], after[key]]
      if (JSON.stringify(was) === JSON.stringify(is)) return []
      const kind = was === undefined ? 'added' : is === undefined ? 'removed' : 'changed'
      return [{ ...base, field: `mapping.${key}`, kind, before: was, after: is }]
    })
  })
}

/** The tags are drafts again. */
export function revokeChanges(tags: readonly MappedTag[]): PlantChange[] {
  return tags.flatMap(({ point: { id, mapping } }): PlantChange[] =>
    mapping ? [{ kind: 'removed', section: 'points', id, field: 'mapping', before: mapping, after: undefined }] : [],
  )
}

/** Today in the plant's zone, as the plant file writes days. */
export function dayIn(timeZone: string, nowMs: number): string {
  return new Date(nowMs).toLocaleDateString('en-CA', { timeZone })
}

/** The next row below, and from the top again, whose tag no evidence holds. */
export function nextOpen(rows: readonly MappingRow[], from: number): number {
  for (let step = 1; step <= rows.length; step++) {
    const index = (from + step) % rows.length
    const row = rows[index]
    if (row?.kind === 'tag' && row.tag.judged.state !== 'verified') return index
  }
  return from
}
