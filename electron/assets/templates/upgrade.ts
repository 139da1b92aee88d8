import { placeOf, type PlantChange } from '../../../shared/domain/plant-change.ts'
import type { Asset, PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Template, TemplateDecision } from '../../../shared/domain/template.ts'
import { TemplateError } from './instantiate.ts'
import { proposeTemplate } from './propose.ts'

export interface DecisionWords {
  readonly by: string
  /** Calendar day in the plant's zone. */
  readonly on: string
  readonly reason: string
}

/**
 * What the decisions about a newer template change: on each machine that takes it over what the template proposes, of places
 * where the site has its own those that were chosen; on every one the note of the decision. When none is left undecided the
 * plant goes over to the new version. Throws TemplateError where a machine that takes it over still lacks an answer.
 */
export function upgradeChanges(
  plant: PlantFile,
  next: Template,
  decisions: readonly TemplateDecision[],
  words: DecisionWords,
): PlantChange[] {
  const proposals = new Map(
    proposeTemplate(plant, next, new Map(decisions.map(({ assetId, facts }) => [assetId, facts ?? {}]))).map((one) => [
      one.assetId,
      one,
    ]),
  )
  const changes = decisions.flatMap(({ assetId, decision, takeOver = [] }): PlantChange[] => {
    const proposal = proposals.get(assetId)
    const asset = plant.assets.find(({ id }) => id === assetId)
    if (!proposal || !asset) return []
    // Taken over without an answer nothing would change, and the note would say that it had.
    if (decision === 'accepted' && proposal.needs.length > 0) throw new TemplateError(next, proposal.needs)
    const chosen = new Set(takeOver)
    const taken =
      decision === 'accepted'
        ? [...proposal.applies, ...proposal.conflicts.filter((change) => chosen.has(placeOf(change)))]
        : []
    return [...taken, reviewOf(asset, { version: next.version, decision, ...words })]
  })
  const decided = new Set(decisions.map(({ assetId }) => assetId))
  const isLast = [...proposals.keys()].every((assetId) => decided.has(assetId))
  const old = (plant.templates ?? []).find((entry) => entry['id'] === next.id)
  return isLast && old
    ? [...changes, { kind: 'changed', section: 'templates', id: next.id, field: '', before: old, after: next }]
    : changes
}

function reviewOf(asset: Asset, after: NonNullable<Asset['templateReview']>): PlantChange {
  const before = asset.templateReview
  const kind = before === undefined ? 'added' : 'changed'
  return { kind, section: 'assets', id: asset.id, field: 'templateReview', before, after }
}
