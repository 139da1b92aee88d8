import type { MessagePort } from 'node:worker_threads'
import { limits } from '../../shared/domain/limits.ts'
import { wake, type FromWorker, type ToWorker } from './compact/link.ts'
import { Collector, settleLater } from './collect.ts'
import { samplesOf } from './compact/chunks-of.ts'
import { Workspace } from './compact/window.ts'
import { compact, type WorkLimits } from './compact/work.ts'
import type { CompactionWrite, WorkStep } from './compact/writes.ts'
import { logFrames, openForCheckpoints, passiveCheckpoint, type ReadDb } from './database.ts'
import { errorOfFailure, failureOf, type TwinError } from './errors.ts'
import { serve } from './rpc.ts'

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
    this.#collector.rest()
    this.#post({ kind: 'done', failure: failure === null ? null : failureOf(failure, 'compaction') })
  }

  async #work(steps: Generator<WorkStep>): Promise<void> {
    let turn = performance.now()
    for (const step of steps) {
      if (step === 'wait') await this.#waitFor(0)
      else if (step !== null) await this.#write(step)
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
    if (write.kind === 'chunks' || write.kind === 'promote') this.#collector.used(samplesOf(write.made))
    else if (write.kind === 'segments') this.#collector.used(write.segments.reduce((sum, { count }) => sum + count, 0))
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

/**
 * What no later step reads: new chunks and segments, which count for nothing yet, batches that count no more, and the chunks of a
 * range of points beside another's. The rest is waited for.
 */
function isInTime({ kind }: CompactionWrite): boolean {
  return kind === 'chunks' || kind === 'segments' || kind === 'promote' || kind === 'remove-batches'
}

/** Payloads are moved, not copied. */
function buffersOf(write: CompactionWrite): ArrayBuffer[] {
  const buffers = payloadsOf(write).map(({ payload }) => payload.buffer)
  return buffers.filter((buffer) => buffer instanceof ArrayBuffer)
}

function payloadsOf(write: CompactionWrite): readonly { payload: Uint8Array }[] {
  if (write.kind === 'segments') return write.segments
  if (write.kind === 'chunks' || write.kind === 'promote') return write.made.map(({ chunk }) => chunk)
  return write.kind === 'replace' ? write.merged.map(({ chunk }) => chunk) : []
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
settleLater()
