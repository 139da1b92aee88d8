import type { TickReceipt } from '../../shared/domain/twin.ts'
import { Collector, settleLater } from './collect.ts'
import { serve } from './rpc.ts'
import { writerMethods, type TickMessage } from './writer-methods.ts'

export type WriterEntry = ReturnType<typeof writerEntry>

function writerEntry() {
  const writer = writerMethods()
  const collector = new Collector()
  return {
    ...writer,
    /** The block goes back with the receipt, to be filled again. */
    commitTick(message: TickMessage): TickReceipt & { block: Uint8Array } {
      collector.used(message.scalars.count)
      return { ...writer.commitTick(message), block: new Uint8Array(message.scalars.buffer) }
    },
  }
}

// Worker entry: the only write connection of the process, and the only one that migrates. It compacts between commits.
const writer = writerEntry()
serve(writer, writer.compactStep)
settleLater()
