import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { CatalogueResults } from '../../shared/protocol/catalogue.ts'
import type { MappingSuggestions } from '../../shared/protocol/mapping.ts'

export function fakeSuggestions(plant: PlantFile, assetId: string): MappingSuggestions {
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

export function fakeBearing(name: string): CatalogueResults['bearing.find'] {
  if (!/6205|ZA/i.test(name)) return { found: null }
  const orders = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.39828 }
  const verified = !/NTN/i.test(name)
  const source = 'Case Western Reserve University Bearing Data Center, Bearing Information'
  return { found: { name: 'SKF 6205-2RS JEM', by: verified ? 'suffix' : 'maker', verified, source, orders } }
}
