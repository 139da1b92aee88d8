import { get, run, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'

/** Whose twin this is. (installation, epoch, stream, seq) names a delivered row everywhere. */
export interface TwinIdentity {
  installation: string
  epoch: string
}

function text(db: ReadDb, name: string): string | null {
  return get<{ value: string }>(db, 'SELECT value FROM meta WHERE name = ?', name)?.value ?? null
}

export function hasIdentity(db: ReadDb): boolean {
  return text(db, 'epoch') !== null
}

export function readIdentity(db: ReadDb): TwinIdentity {
  const installation = text(db, 'installation')
  const epoch = text(db, 'epoch')
  if (installation === null || epoch === null) throw new TwinError('damaged', 'The twin has lost its identity rows.')
  return { installation, epoch }
}

export function writeIdentity(db: WriteDb, { installation, epoch }: TwinIdentity): void {
  for (const [name, value] of [
    ['installation', installation],
    ['epoch', epoch],
  ] as const) {
    run(
      db,
      'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      name,
      value,
    )
  }
}
