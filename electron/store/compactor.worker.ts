import type { MessagePort } from 'node:worker_threads'
import { limits } from '../../shared/domain/limits.ts'
import { wake, type FromWorker, type ToWorker } from './compact/link.ts'
import { Collector } from './collect.ts'
import { Workspace } from './compact/window.ts'
import { compact, type WorkLimits } from './compact/work.ts'
import type { CompactionWrite, WorkStep } from './compact/writes.ts'
import { logFrames, openForCheckpoints, passiveCheckpoint, type ReadDb } from './database.ts'
import { errorOfFailure, failureOf, type TwinError } from './errors.ts'
import { serve } from './rpc.ts'
import type { NewChunk } from './tables/chunks.ts'

export type CompactorEntry = ReturnType<typeof compactorEntry>

const { compaction } = limits

/** A turn for messages after so long: the writer's answers, a wish to close. */
const turnMs = 20

/**
 * Reads, decodes and encodes for the writer, who alone writes, and moves the log's pages into the file so that no commit has to.
 */
class CompactorThread {
  readonly #db: ReadDb
  readonly #port: MessagePort
  readonly #signal: Int32Array
  readonly #timer: NodeJS.Timeout
  readonly #workspace = new Workspace()
  readonly #collector = new Collector()
  #unanswered = 0
  #refused: TwinError | null = null
  #answered: (() => void) | null = null
  #stopped = false

  constructor(file: string, key: Uint8Array | null, port: MessagePort, signal: Int32Array) {
    this.#db = openForCheckpoints(file, key)
    this.#port = port
    this.#signal = signal
    port.on('message', (message: ToWorker) => this.#received(message))
    this.#timer = setInterval(() => this.#checkpoint(), compaction.checkpointEveryMs)
  }

  close(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#post({ kind: 'rest' })
    this.#port.close()
    this.#db.close()
    this.#answered?.()
  }

  #post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
    wake(this.#signal)
  }

  #received(message: ToWorker): void {
    if (message.kind === 'run') {
      void this.#run(message.limits, message.tidyOnly)
      return
    }
    this.#unanswered--
    if (message.failure) this.#refused ??= errorOfFailure(message.failure)
    this.#answered?.()
  }

  async #run(limits: WorkLimits, tidyOnly: boolean): Promise<void> {
    this.#refused = null
    let failure: unknown = null
    try {
      await this.#work(compact(this.#db, limits, this.#workspace, tidyOnly))
      await this.#waitFor(0)
    } catch (error) {
      failure = error
    }
    if (this.#stopped) return
    this.#post({ kind: 'done', failure: failure === null ? null : failureOf(failure, 'compaction') })
  }

  async #work(steps: Generator<WorkStep>): Promise<void> {
    let turn = performance.now()
    for (const step of steps) {
      if (step !== null) await this.#write(step)
      else if (performance.now() - turn > turnMs) {
        await new Promise(setImmediate)
        turn = performance.now()
      }
      if (this.#stopped) return
    }
  }

  async #write(write: CompactionWrite): Promise<void> {
    const inTime = isInTime(write)
    await this.#waitFor(inTime ? compaction.writesAhead : 0)
    if (this.#stopped) return
    this.#unanswered++
    if (write.kind === 'chunks') this.#collector.used(samplesOf(write.made))
    else if (write.kind === 'replace') this.#collector.used(2 * samplesOf(write.merged))
    this.#post({ kind: 'write', write }, buffersOf(write))
    if (!inTime) await this.#waitFor(0)
  }

  async #waitFor(most: number): Promise<void> {
    while (this.#unanswered > most && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#answered = resolve
      })
      this.#answered = null
    }
    if (this.#refused) throw this.#refused
  }

  #checkpoint(): void {
    try {
      const { log, done } = logFrames(this.#db)
      if (log - done < compaction.checkpointPages) return
      passiveCheckpoint(this.#db)
    } catch {
      // A full disk: every commit is safe in the log, and the writer, which tries next, says what is wrong.
    }
    this.#post({ kind: 'checkpoint' })
  }
}

/** What no later step reads: new chunks, which count for nothing yet, and batches that count no more. The rest is waited for. */
function isInTime({ kind }: CompactionWrite): boolean {
  return kind === 'chunks' || kind === 'remove-batches'
}

function samplesOf(rows: readonly { chunk: NewChunk }[]): number {
  return rows.reduce((sum, { chunk }) => sum + chunk.head.count, 0)
}

/** Payloads are moved, not copied. */
function buffersOf(write: CompactionWrite): ArrayBuffer[] {
  const rows = write.kind === 'chunks' ? write.made : write.kind === 'replace' ? write.merged : []
  const buffers = rows.map(({ chunk }) => chunk.payload.buffer)
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer)
}

function compactorEntry() {
  let thread: CompactorThread | null = null
  return {
    openCompactor(file: string, key: Uint8Array | null, port: MessagePort, signal: Int32Array): void {
      thread = new CompactorThread(file, key, port, signal)
    },
    closeCompactor(): void {
      thread?.close()
      thread = null
    },
  }
}

// Worker entry: what makes chunks of batches, beside the commits of the writer.
serve(compactorEntry())
