import { settleLater } from './collect.ts'
import { openForReading } from './database.ts'
import { TwinError } from './errors.ts'
import { cancellable, type CancelFlag } from './query/cancel.ts'
import { readerMethods, type OpenReader, type ReaderMethods } from './reader-methods.ts'
import { serve } from './rpc.ts'

export type ReaderEntry = ReturnType<typeof readerEntry>

function readerEntry() {
  let opened: OpenReader | null = null
  const methods = readerMethods(() => {
    if (!opened) throw new TwinError('failed', 'The twin is not open for reading.')
    return opened
  })
  return {
    openReader(file: string, key: Uint8Array | null): void {
      opened = { db: openForReading(file, key), file }
    },
    closeReader(): void {
      opened?.db.close()
      opened = null
    },
    ...methods,
    /** Any of the reads, with a flag that ends it while it is busy. */
    cancellable(flag: CancelFlag, method: keyof ReaderMethods, args: unknown[]): unknown {
      const read: (...given: never[]) => unknown = methods[method]
      return cancellable(flag, () => read(...(args as never[])))
    },
  }
}

// Worker entry: reads only, on a thread of its own, so that a long query never delays a commit.
serve(readerEntry())
settleLater()
