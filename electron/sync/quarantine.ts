import { mkdir, open, rename } from 'node:fs/promises'
import path from 'node:path'
import type { OutboxRow } from '../../shared/domain/outbox.ts'
import type { Batch } from './destination.ts'

/**
 * A row that its destination will never take is kept as a file of its own, with the reason, before the cursor passes
 * it. The name is the row's identity, so setting it aside twice is once.
 */
export async function setAside(
  dataDir: string,
  destinationId: string,
  batch: Batch,
  row: OutboxRow,
  reason: string,
): Promise<string> {
  const folder = path.join(dataDir, 'quarantine', destinationId, batch.stream)
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, `${batch.installation}-${batch.epoch}-${row.seq}.json`)
  const { installation, epoch, stream } = batch
  const text = JSON.stringify({ installation, epoch, stream, ...row, reason }, null, 2)
  const aside = `${file}.tmp`
  const handle = await open(aside, 'w', 0o600)
  try {
    await handle.writeFile(`${text}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(aside, file)
  return file
}
