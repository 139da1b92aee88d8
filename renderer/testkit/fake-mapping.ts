import type { PlantFile } from '../../shared/domain/plant-file.ts'
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
