import { openForReading } from './database.ts'
import { TwinError } from './errors.ts'
import { readerMethods, type OpenReader } from './reader-methods.ts'
import { serve } from './rpc.ts'

export type ReaderEntry = ReturnType<typeof readerEntry>

function readerEntry() {
  let opened: OpenReader | null = null
  return {
    openReader(file: string, key: Uint8Array | null): void {
      opened = { db: openForReading(file, key), file }
    },
    closeReader(): void {
      opened?.db.close()
      opened = null
    },
    ...readerMethods(() => {
      if (!opened) throw new TwinError('failed', 'The twin is not open for reading.')
      return opened
    }),
  }
}

// Worker entry: reads only, on a thread of its own, so that a long query never delays a commit.
serve(readerEntry())
