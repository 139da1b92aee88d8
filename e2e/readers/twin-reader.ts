import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTwinForReading, twinFileName, type TwinReader } from '../../electron/store/api.ts'
import type { OutboxStream } from '../../shared/domain/outbox.ts'
import type { DeliveredRow } from './delivered.ts'

/** The twin of a data folder, opened for reading with the folder's key file. */
export function openTwinOf(dataDir: string): TwinReader {
  const key = Buffer.from(readFileSync(join(dataDir, 'twin.key'), 'utf8').trim(), 'hex')
  return openTwinForReading({ file: join(dataDir, twinFileName), key: new Uint8Array(key) })
}

/** Chromium's switch that keeps the key in that file on a machine with a key ring too. */
export const keyInFile = '--password-store=basic'

const pageRows = 2000

/** A whole stream of the outbox, from its first row. */
export async function outboxOf(twin: TwinReader, stream: OutboxStream): Promise<DeliveredRow[]> {
  const found: DeliveredRow[] = []
  for (let after = 0; ;) {
    const { installation, epoch, rows } = await twin.page(stream, after, pageRows)
    found.push(...rows.map((row) => ({ installation, epoch, stream, ...row })))
    const last = rows.at(-1)
    if (!last) return found
    after = last.seq
  }
}
