import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { CatalogueResults } from '../../shared/protocol/catalogue.ts'
import type { BundleFacts, BundlePreview } from '../../shared/protocol/bundle.ts'
import type { MappingSuggestions } from '../../shared/protocol/mapping.ts'
import { methodParams, type MethodName, type MethodResult } from '../../shared/protocol/methods.ts'

function fakeSuggestions(plant: PlantFile, assetId: string): MappingSuggestions {
  const toUs = Date.now() * 1000
  const verdicts = ['supports', 'undecided', 'contradicts'] as const
  const details = {
    supports:
      'It went quiet in 4 of 4 stops of this machine (1.32 g running, 0.021 g stopped); 5 other machines ran on in at least one of them.',
    undecided: 'A temperature does not end with a stop; test it another way.',
    contradicts: 'It went on in 3 of 4 stops of this machine (41 A running, 40.6 A stopped): it may be of another one.',
  }
  return {
    assetId,
    fromUs: toUs - 30 * 86_400e6,
    toUs,
    stops: 4,
    points: plant.points
      .filter((point) => point.assetId === assetId)
      .map(({ id: pointId }, i) => {
        const verdict = verdicts[i % 3] ?? 'undecided'
        return { pointId, verdict, stops: 4, quiet: verdict === 'supports' ? 4 : 1, detail: details[verdict] }
      }),
  }
}

function fakeBearing(name: string): CatalogueResults['bearing.find'] {
  if (!/6205|ZA/i.test(name)) return { found: null }
  const orders = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.39828 }
  const verified = !/NTN/i.test(name)
  const source = 'Case Western Reserve University Bearing Data Center, Bearing Information'
  return { found: { name: 'SKF 6205-2RS JEM', by: verified ? 'suffix' : 'maker', verified, source, orders } }
}

const siteMethods = ['bearing.find', 'mapping.suggest', 'bundle.open', 'bundle.preview', 'bundle.import'] as const
export type SiteMethod = (typeof siteMethods)[number]

export function isSiteMethod(method: MethodName): method is SiteMethod {
  return siteMethods.some((each) => each === method)
}

/** What the plant file's own knowledge answers: bearings, mappings, bundles. */
export function fakeSite(method: SiteMethod, params: unknown, plant: PlantFile): MethodResult<SiteMethod> {
  switch (method) {
    case 'bearing.find':
      return fakeBearing(methodParams[method].parse(params).name)
    case 'mapping.suggest':
      return fakeSuggestions(plant, methodParams[method].parse(params).assetId)
    case 'bundle.open':
      return fakeBundle(plant)
    case 'bundle.preview':
      return fakeTaking(plant)
    case 'bundle.import':
      return { changes: fakeTaking(plant).changes, faults: [] }
  }
}

function fakeBundle(plant: PlantFile): BundleFacts {
  const signer = 'fe938df744b398ba069f4f213fdcad03b82a3320aa7a298efed0a674b8747216'
  return {
    name: 'Pumps of plant A',
    plantName: 'Plant A',
    madeAt: '2026-11-20T08:12:00Z',
    hash: '32a3eb5669d26e943a61fa7a8bab12b2678a521c79708745916fff474b566887',
    signer,
    spoken: signer.match(/.{4}/g)?.join(' ') ?? signer,
    machines: plant.assets.slice(0, 2).map(({ id, family, model }) => ({
      id,
      family,
      model: model ?? null,
      alerts: 2,
      points: plant.points.flatMap((point) =>
        point.assetId === id ? [{ id: point.id.slice(id.length + 1), name: point.name ?? point.id }] : [],
      ),
    })),
    templates: 1,
    failureModes: 3,
    bearings: 0,
  }
}

function fakeTaking(plant: PlantFile): BundlePreview {
  const changes = plant.points.slice(0, 8).map((point) => ({
    kind: 'added' as const,
    section: 'points',
    id: `p-7.${point.id}`,
    field: '',
    before: undefined,
    after: point,
  }))
  return { needs: [], changes, overwrites: 0, contracts: { count: 8, equal: 8 }, faults: [] }
}
