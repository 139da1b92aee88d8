import type { Template, TemplateSite } from '../../../shared/domain/template.ts'
import { idFrom } from '../../../shared/lib/names.ts'

/** What is typed, as text; empty where nothing is said yet. */
export interface SiteDraft {
  name: string
  /** null: follows the name. */
  assetId: string | null
  lineId: string
  serverId: string
  identity: Record<(typeof identityFields)[number], string>
  facts: Record<string, string>
  components: Record<string, string>
  /** NodeIds with `{asset}` and `{point}`. */
  nodePattern: string
  /** Those that do not follow the pattern. */
  nodes: Record<string, string>
  leftOut: ReadonlySet<string>
}

export const identityFields = [
  'manufacturer',
  'model',
  'serial',
  'commissionedOn',
  'criticality',
  'support',
  'isoGroup',
  'operatingContext',
] as const

export function emptyDraft(lineId: string, serverId: string, nodePattern: string): SiteDraft {
  return {
    name: '',
    assetId: null,
    lineId,
    serverId,
    identity: {
      manufacturer: '',
      model: '',
      serial: '',
      commissionedOn: '',
      criticality: '',
      support: '',
      isoGroup: '',
      operatingContext: '',
    },
    facts: {},
    components: {},
    nodePattern,
    nodes: {},
    leftOut: new Set(),
  }
}

export function assetIdOf(draft: SiteDraft): string {
  return draft.assetId ?? idFrom(draft.name)
}

export function nodeOf(draft: SiteDraft, pointId: string): string {
  const pattern = draft.nodes[pointId] ?? draft.nodePattern
  return pattern.trim().replaceAll('{asset}', assetIdOf(draft)).replaceAll('{point}', pointId)
}

/** Digits with a point or a comma; NaN is nobody's fact. */
function numberOf(text: string): number | undefined {
  const value = Number(text.trim().replace(',', '.'))
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value
}

/** What the draft says by now. What is empty is not said, so that the template asks for it. */
export function siteFromDraft(template: Template, draft: SiteDraft): TemplateSite {
  const { identity } = draft
  const said = Object.entries(identity).flatMap(([key, text]) => {
    const isNumber = key === 'criticality' || key === 'isoGroup'
    const value = isNumber ? numberOf(text) : text.trim()
    return value === undefined || value === '' ? [] : [[key, value] as const]
  })
  const facts = template.facts.flatMap(({ id }) => {
    const value = numberOf(draft.facts[id] ?? '')
    return value === undefined ? [] : [[id, value] as const]
  })
  const components = template.components.flatMap(({ id, asks, optional }) => {
    if (optional && draft.leftOut.has(id)) return []
    const text = (draft.components[id] ?? '').trim()
    if (asks === null || (text === '' && !optional)) return [[id, {}] as const]
    const value = asks === 'bearing' ? text : numberOf(text)
    return value === undefined || value === '' ? [] : [[id, { [asks]: value }] as const]
  })
  const nodes = template.points.flatMap(({ id, optional }) => {
    const node = nodeOf(draft, id)
    return (optional && draft.leftOut.has(id)) || node === '' ? [] : [[id, node] as const]
  })
  return {
    assetId: assetIdOf(draft),
    name: draft.name.trim(),
    lineId: draft.lineId,
    serverId: draft.serverId,
    identity: Object.fromEntries(said),
    facts: Object.fromEntries(facts),
    components: Object.fromEntries(components),
    nodes: Object.fromEntries(nodes),
  }
}

/** How nodes of this server are named as far as its mapped points tell: their common part, then machine and point. */
export function guessNodePattern(nodeIds: readonly string[]): string {
  const [first] = nodeIds
  const namespace = first === undefined ? undefined : /^(nsu=[^;]+;)[sigb]=/.exec(first)?.[1]
  return `${namespace ?? 'nsu=urn:...;'}s={asset}.{point}`
}
