import type { Recovery } from '../../shared/domain/recovery.ts'
import type { BackupsView, BackupView } from '../../shared/protocol/methods.ts'

const dayUs = 86_400e6
const day = (ago: number, kind: 'daily' | 'asked' = 'daily'): BackupView => {
  const madeUs = Date.now() * 1000 - ago * dayUs
  const name = `twin-${new Date(madeUs / 1000).toISOString().slice(0, 10)}T041500Z.mwbackup`
  return { name, bytes: 1_284_000_000, facts: { kind, madeUs, lastTickUs: madeUs, ours: true, plantId: 'plant-a' } }
}

/** What the Backups page shows while it is worked on. */
export function fakeBackups(running: BackupsView['running']): BackupsView {
  return {
    folder: '/var/lib/millwright/backups',
    keep: 3,
    running,
    failure: null,
    lastUs: Date.now() * 1000 - 0.3 * dayUs,
    nextUs: Date.now() * 1000 + 0.7 * dayUs,
    backups: [day(0.3), day(1.3), day(9, 'asked'), { name: 'twin-old.mwbackup', bytes: 900_000, facts: null }],
  }
}

export const fakeRecoveries: { recoveries: Recovery[] } = {
  recoveries: [
    {
      schema: 'millwright/recovery@1',
      kind: 'salvaged',
      atUs: Date.UTC(2026, 8, 2, 4, 12) * 1000,
      message: 'Three pages of the twin could not be read; 99.98 % of it was kept.',
      source: 'damaged-2026-09-02T04-11-58-120Z-a1b2c3',
      fromUs: Date.UTC(2026, 7, 30, 11) * 1000,
      toUs: Date.UTC(2026, 8, 2, 4, 12) * 1000,
      lost: [
        {
          what: 'samples',
          pointId: 'pump-101.de.temperature',
          fromUs: Date.UTC(2026, 7, 30, 11) * 1000,
          toUs: Date.UTC(2026, 7, 30, 13, 16) * 1000,
          count: 8192,
        },
      ],
      kept: { samples: 48_211_004, features: 201_443, captures: 318, events: 1204 },
    },
  ],
}
