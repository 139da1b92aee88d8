import { placeOf } from '../../../shared/domain/plant-change.ts'
import type { Asset, PlantFile } from '../../../shared/domain/plant-file.ts'
import {
  templateSchema,
  type Template,
  type TemplateProposal,
  type TemplateSite,
} from '../../../shared/domain/template.ts'
import { canonicalJson } from '../parse-plant-file.ts'
import { diffPlants } from '../plant-diff.ts'
import { instantiate, templateNeeds } from './instantiate.ts'

/** The templates a plant file holds in full; one that it only names says nothing that could be compared. */
export function templatesIn(plant: PlantFile): Template[] {
  return (plant.templates ?? []).flatMap((entry) => templateSchema.safeParse(entry).data ?? [])
}

/**
 * For every machine of the template about which nobody has decided yet, what the newer version would change. The plant file
 * holds the version they were made by. `facts`: by machine, answers to what the new version asks for.
 */
export function proposeTemplate(
  plant: PlantFile,
  next: Template,
  facts: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map(),
): TemplateProposal[] {
  const old = templatesIn(plant).find(({ id }) => id === next.id)
  if (old === undefined || old.version >= next.version) return []
  return plant.assets.flatMap((asset) =>
    asset.templateRef === next.id && (asset.templateReview?.version ?? 0) < next.version
      ? [proposeFor(plant, asset, old, next, facts.get(asset.id) ?? {})]
      : [],
  )
}

function proposeFor(
  plant: PlantFile,
  asset: Asset,
  old: Template,
  next: Template,
  answers: Readonly<Record<string, number>>,
): TemplateProposal {
  const site = siteOf(plant, asset, old)
  const asked = { ...site, facts: { ...site.facts, ...answers } }
  const needs = templateNeeds(next, asked)
  const outcome = { assetId: asset.id, from: old.version, to: next.version, needs }
  if (needs.length > 0) return { ...outcome, applies: [], conflicts: [] }
  const present = sectionsOf(plant, asset.id)
  const wanted = diffPlants(sectionsMade(old, site), sectionsMade(next, asked))
  // What would change from the machine as it is, told by place: it is open where the site left it as the old version made it.
  const places = new Map(diffPlants(present, sectionsMade(next, asked)).map((change) => [placeOf(change), change]))
  const open = wanted.flatMap((change) => {
    const now = places.get(placeOf(change))
    return now ? [{ now, isUntouched: canonicalJson(now.before ?? null) === canonicalJson(change.before ?? null) }] : []
  })
  return {
    ...outcome,
    applies: open.flatMap(({ now, isUntouched }) => (isUntouched ? [now] : [])),
    conflicts: open.flatMap(({ now, isUntouched }) => (isUntouched ? [] : [now])),
  }
}

function sectionsMade(template: Template, site: TemplateSite): object {
  const { asset, points, alerts } = instantiate(template, site)
  return { assets: [asset], points, alerts }
}

function sectionsOf(plant: PlantFile, assetId: string): object {
  const points = plant.points.filter((point) => point.assetId === assetId)
  const ids = new Set(points.map(({ id }) => id))
  return {
    assets: plant.assets.filter(({ id }) => id === assetId),
    points,
    alerts: plant.alerts.filter(({ pointId }) => ids.has(pointId)),
  }
}

/** What a site must have said for the template to give this machine. Entries the template fills itself are left to it. */
export function siteOf(plant: PlantFile, asset: Asset, template: Template): TemplateSite {
  const points = new Map(plant.points.map((point) => [point.id, point]))
  const made = template.points.flatMap(({ id }) => {
    const point = points.get(`${asset.id}.${id}`)
    return point ? [{ id, point }] : []
  })
  const components = template.components.flatMap(({ id, asks }) => {
    const component = asset.components?.find((one) => one.id === id)
    if (component === undefined) return []
    return [[id, asks === null ? {} : { [asks]: component[asks] }] as const]
  })
  const { id, name, lineId, templateFacts, ...rest } = asset
  const own = [
    'manufacturer',
    'model',
    'serial',
    'commissionedOn',
    'criticality',
    'operatingContext',
    'parentId',
  ] as const
  const classed = ['support', 'isoGroup'] as const
  return {
    assetId: id,
    name,
    lineId,
    serverId: made[0]?.point.source.serverId ?? '',
    identity: Object.fromEntries(
      [...own, ...classed].flatMap((key) => (rest[key] === undefined ? [] : [[key, rest[key]]])),
    ),
    facts: templateFacts ?? {},
    components: Object.fromEntries(components),
    nodes: Object.fromEntries(made.map(({ id: place, point }) => [place, point.source.nodeId])),
  }
}
