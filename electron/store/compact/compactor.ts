import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import { limits as allLimits } from '../../../shared/domain/limits.ts'
import { get, passiveCheckpoint, setAutoCheckpoint, type WriteDb } from '../database.ts'
import { errorOfFailure, failureOf, toTwinError, TwinError } from '../errors.ts'
import { throughTick } from '../tables/chunks.ts'
import type { Heads } from '../tables/heads.ts'
import { wakeWithin, type FromWorker, type Link, type ToWorker } from './link.ts'
import { Workspace } from './window.ts'
import { compact, type WorkLimits } from './work.ts'
import { applyWrite, type CompactionWrite, type WorkStep } from './writes.ts'

export interface CompactionLimits extends WorkLimits {
  /** Work between two looks at the commits that wait, where the writer compacts by itself. */
  sliceMs: number
}

export interface CompactionState {
  waitingTicks: number
  waitingSamples: number
  /** In one sentence; null while compaction goes on. */
  problem: string | null
}

const usual = allLimits.compaction
/** Without the other thread: 16 MiB between checkpoints, one fsync of the file per about 100 ticks of 20,000 values. */
const checkpointAlonePages = 4096

/**
 * The writer's side of compaction. A thread of its own reads, decodes and encodes, and sends what it wants written; it comes in
 * between two commits. Without that thread (tests, or when it has died) the writer does all of it in slices between commits.
 */
export class Compactor {
  readonly #db: WriteDb
  readonly #heads: Heads
  readonly #limits: CompactionLimits
  readonly #workspace = new Workspace()
  #link: Link | null = null
  #running = false
  #resting = false
  #work: Generator<WorkStep> | null = null
  #ticks = 0
  #samples = 0
  #waitTicks = 0
  #rest = true
  #problem: TwinError | null = null

  constructor(db: WriteDb, heads: Heads, limits: Partial<CompactionLimits> = {}) {
    this.#db = db
    this.#heads = heads
    const { ticks, samples, chunkSamples, fanOut, segmentRuns, sliceMs } = usual
    this.#limits = { ticks, samples, chunkSamples, fanOut, segmentRuns, sliceMs, ...limits }
    setAutoCheckpoint(db, checkpointAlonePages)
    const sql = 'SELECT count(*) AS ticks, ifnull(sum(count), 0) AS samples FROM tick_batch WHERE tick_id > ?'
    const waiting = get<{ ticks: number; samples: number }>(db, sql, throughTick(db))
    this.#ticks = waiting?.ticks ?? 0
    this.#samples = waiting?.samples ?? 0
  }

  /** From here on the thread at the other end of the port does the work. */
  attach(link: Link): void {
    this.#link = link
    this.#resting = false
    this.#running = false
    this.#work = null
    link.port.on('message', (message: FromWorker) => this.#received(message))
    link.port.on('close', () => this.#detach(link.port))
    setAutoCheckpoint(this.#db, usual.checkpointAtMostPages)
    this.#start()
  }

  #detach(port: MessagePort): void {
    if (this.#link?.port !== port) return
    this.#link = null
    this.#running = false
    setAutoCheckpoint(this.#db, checkpointAlonePages)
  }

  /** What waits to become chunks, and why the last run ended early, if it did; nothing that is stored depends on it. */
  state(): CompactionState {
    return { waitingTicks: this.#ticks, waitingSamples: this.#samples, problem: this.#problem?.message ?? null }
  }

  /** After a tick's commit. */
  committed(samples: number): void {
    this.#ticks++
    this.#samples += samples
    if (this.#waitTicks > 0) this.#waitTicks--
  }

  /** Between calls; true when there is more to do. Never throws: a tick must not fail for what can be done later. */
  step(): boolean {
    if (this.#resting) return false
    if (!this.#link) return this.#slice()
    this.#start()
    const end = performance.now() + this.#limits.sliceMs
    while (this.#link && performance.now() < end && this.#take(this.#link));
    if (this.#link) this.#holdBack(this.#link)
    return false
  }

  /** A message that came; the event loop would hand it over only when no commit waits. */
  #take({ port }: Link): boolean {
    const found = receiveMessageOnPort(port)
    if (found) this.#received(found.message)
    return found !== undefined
  }

  #start(): void {
    if (!this.#link || this.#running || !this.#isDue()) return
    this.#running = true
    const { sliceMs: _, ...limits } = this.#limits
    this.#send({ kind: 'run', limits, tidyOnly: !this.#isFull() })
  }

  #send(message: ToWorker): void {
    this.#link?.port.postMessage(message)
  }

  #received(message: FromWorker): void {
    if (message.kind === 'write') {
      try {
        this.#apply(message.write)
        this.#send({ kind: 'written', failure: null })
      } catch (error) {
        this.#send({ kind: 'written', failure: failureOf(error, 'compaction') })
      }
    } else if (message.kind === 'done') {
      this.#running = false
      this.#ended(message.failure === null ? null : errorOfFailure(message.failure))
      this.#start()
    } else if (message.kind === 'rest') this.#resting = true
    else this.#finishCheckpoint()
  }

  /** What the other thread left is little; the log can then begin anew with the next commit, unless a reader still looks at it. */
  #finishCheckpoint(): void {
    try {
      passiveCheckpoint(this.#db)
    } catch (error) {
      this.#problem = toTwinError(error, 'a checkpoint')
    }
  }

  /** When samples come faster than they are compacted, commits have to wait a little: the backlog must not grow for ever. */
  #holdBack({ port, signal }: Link): void {
    const most = this.#limits.samples * usual.backlogWindows
    if (!this.#running || this.#samples <= most) return
    const end = performance.now() + usual.holdBackMs
    while (this.#running && this.#samples > most && performance.now() < end) {
      const seen = Atomics.load(signal, 0)
      if (!this.#take({ port, signal })) wakeWithin(signal, seen, end - performance.now())
    }
  }

  /** Works for about a slice. */
  #slice(): boolean {
    if (!this.#work && !this.#isDue()) return false
    try {
      this.#work ??= compact(this.#db, this.#limits, this.#workspace, !this.#isFull())
      const backlog = Math.max(1, this.#samples / this.#limits.samples)
      const end = performance.now() + Math.min(this.#limits.sliceMs * backlog ** 2, usual.holdBackMs)
      do {
        const step = this.#work.next()
        if (step.done) {
          this.#work = null
          this.#ended(null)
          return this.#isDue()
        }
        if (step.value !== null && step.value !== 'wait') this.#apply(step.value)
      } while (performance.now() < end)
      return true
    } catch (error) {
      this.#work = null
      this.#ended(toTwinError(error, 'compaction'))
      return false
    }
  }

  #apply(write: CompactionWrite): void {
    applyWrite(this.#db, this.#heads, write)
    if (write.kind !== 'through') return
    for (const { ticks } of write.parts) this.#ticks -= ticks
    this.#samples = Math.max(0, this.#samples - write.samples)
  }

  #ended(problem: TwinError | null): void {
    this.#problem = problem
    if (problem) this.#waitTicks = usual.ticksAfterFailure
    else this.#rest = false
  }

  #isDue(): boolean {
    if (this.#resting || this.#waitTicks > 0) return false
    // The first run after opening also removes what a kill has left.
    return this.#isFull() || (this.#rest && this.#ticks > 0)
  }

  #isFull(): boolean {
    return this.#ticks >= this.#limits.ticks || this.#samples >= this.#limits.samples
  }
}
