import { tierCaps } from '../../shared/domain/plant-captures.ts'
import type { TierState } from '../../shared/domain/retention.ts'
import type { StorageView } from '../../shared/protocol/storage.ts'

const dayUs = 86_400e6

/** Half a year of a plant on a disk that gets full. */
export function fakeStorage(): StorageView {
  const nowUs = Date.now() * 1000
  const held = (tier: TierState['tier'], days: number, rows: number, bytes: number): TierState => ({
    tier,
    rows,
    bytes,
    fromUs: nowUs - days * dayUs,
    pinned: tier === 'captures' ? { rows: 214, bytes: 312e6 } : null,
    removed: tier === 'captures' ? { rows: 9120, bytes: 1.9e9, throughUs: nowUs - 35 * dayUs } : null,
  })
  return {
    disk: {
      level: 'thin',
      sinceUs: nowUs - 3600e6,
      totalBytes: 128e9,
      freeBytes: 9.7e9,
      reserveBytes: 64 * 1024 * 1024,
    },
    caps: tierCaps(),
    storage: {
      tiers: [
        held('captures', 35, 53_760, 1.4e9),
        held('scalars', 182, 96_400, 1.1e9),
        held('features', 182, 41_200, 2.7e9),
        held('aggregates', 182, 310_000, 0.4e9),
        held('events', 182, 12_400, 9e6),
      ],
      fileBytes: 6.1e9,
      walBytes: 16e6,
      freeBytes: 210e6,
      canShrink: true,
    },
    retention: { isWorking: true, problem: null, held: [] },
    removals: [
      {
        tier: 'captures',
        why: 'age',
        fromUs: nowUs - 36 * dayUs,
        toUs: nowUs - 35 * dayUs,
        rows: 1536,
        samples: 12_582_912,
        bytes: 38e6,
        firstAtUs: nowUs - 7200e6,
        lastAtUs: nowUs - 600e6,
      },
    ],
  }
}
