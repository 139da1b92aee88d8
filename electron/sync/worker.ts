import { limits } from '../../shared/domain/limits.ts'
import {
  streamsOf,
  type DeliveryCursor,
  type DestinationState,
  type Lane,
  type OutboxFace,
  type OutboxRow,
  type OutboxStream,
} from '../../shared/domain/outbox.ts'
import type { Clock, TimeUs } from '../../shared/domain/time.ts'
import { DeliveryError, messageOf, type Batch, type Destination } from './destination.ts'
import { RateMeter } from './rate-meter.ts'

export interface Quarantined {
  destinationId: string
  stream: OutboxStream
  row: OutboxRow
  reason: string
}

export interface WorkerOptions {
  id: string
  kind: DestinationState['kind']
  lane: Lane
  destination: Destination
  outbox: OutboxFace
  clock: Clock
  random: () => number
  /** Longest pause between two attempts: short for what is near, so that a plug put back shows at once. */
  longestPauseMs: number
  /** How long rows may wait for company, so that a folder does not fill with objects of one row. */
  lingerMs: Record<OutboxStream, number>
  setAside: (batch: Batch, row: OutboxRow, reason: string) => Promise<void>
  /** Resolves after the time, or at once when the signal is given. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  changed: () => void
}

interface StreamState {
  /** null until read from the twin. */
  cursor: DeliveryCursor | null
  head: number
  /** Last confirmed sequence known here, for the depth on screen while the cursor is being read again. */
  knownSeq: number | null
  /** Monotonic, of the first pending row this process saw; null when there is none. */
  pendingSinceMs: number | null
  oldestUs: TimeUs | null
  /** Rows of the next batch; smaller while a row that cannot be delivered is searched by halving. */
  batchRows: number
  /** The last attempt ended without a receipt, or this is the first one. */
  uncertain: boolean
}

const firstPauseMs = 250
/** Between two looks at the depth while delivery fails; wake-ups come several times a second. */
const lookMs = 1000

/** Delivers one lane to one destination: pages after the cursor, a receipt, the cursor. No destination waits for another. */
export class DeliveryWorker {
  readonly options: WorkerOptions
  readonly #streams: [OutboxStream, StreamState][]
  readonly #rate = new RateMeter()
  #state: DestinationState['state'] = 'idle'
  #failingSinceUs: TimeUs | null = null
  #lastError: string | null = null
  #lastReceiptUs: TimeUs | null = null
  #deliveredRows = 0
  #failures = 0
  #stop: AbortController | null = null
  #loop: Promise<void> | null = null
  #wake: (() => void) | null = null
  #woken = false
  #lookedMs = Number.NEGATIVE_INFINITY
  #draining: Promise<unknown> = Promise.resolve()

  constructor(options: WorkerOptions) {
    this.options = options
    this.#streams = streamsOf(options.lane).map((stream) => [
      stream,
      {
        cursor: null,
        head: 0,
        knownSeq: null,
        pendingSinceMs: null,
        oldestUs: null,
        batchRows: limits.outboxBatchRows,
        uncertain: true,
      },
    ])
  }

  start(): void {
    if (this.#loop) return
    this.#stop = new AbortController()
    this.#loop = this.#run(this.#stop.signal)
  }

  wake(): void {
    this.#woken = true
    this.#wake?.()
    if (this.#state === 'waiting') void this.#lookAtDepth()
  }

  async stop(): Promise<void> {
    this.#stop?.abort()
    this.#wake?.()
    // Closing cuts a delivery that hangs; without its receipt the cursor stays where it is.
    await this.options.destination.close()
    await this.#loop
    await this.options.destination.close()
    this.#loop = null
    this.#to('paused')
  }

  async #run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#woken = false
      let pauseMs: number | null
      try {
        pauseMs = await this.#exclusively(() => this.#drain(stop, false))
        if (this.#failingSinceUs === null && this.#state !== 'idle') this.#to('idle')
      } catch (error) {
        if (stop.aborted) return
        await this.#failed(error)
        await this.options.sleep(this.#pauseMs(), stop)
        continue
      }
      if (!this.#woken && !stop.aborted) await this.#untilWoken(pauseMs, stop)
    }
  }

  /** Exponential with jitter from the first pause to the longest (full attempts of a fleet must not fall together). */
  #pauseMs(): number {
    const full = Math.min(this.options.longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures - 1, 20))
    return full * (0.5 + 0.5 * this.options.random())
  }

  async #untilWoken(pauseMs: number | null, stop: AbortSignal): Promise<void> {
    const timeout = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    const waits = [woken]
    if (pauseMs !== null) waits.push(this.options.sleep(pauseMs, AbortSignal.any([stop, timeout.signal])))
    await Promise.race(waits)
    timeout.abort()
    this.#wake = null
  }

  /** `drainOnce` and the loop must not deliver the same rows at the same time. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#draining.then(work, work)
    this.#draining = turn.catch(() => undefined)
    return turn
  }

  /** Everything there is, without waiting for company or for a second attempt. Rows delivered. */
  async drainOnce(): Promise<number> {
    const before = this.#deliveredRows
    try {
      await this.#exclusively(() => this.#drain(new AbortController().signal, true))
      this.#to('idle')
    } catch (error) {
      await this.#failed(error)
    }
    return this.#deliveredRows - before
  }

  /** Events before each page of features, so that a long backlog of one never delays the other. ms to the next look, or null. */
  async #drain(stop: AbortSignal, all: boolean): Promise<number | null> {
    for (;;) {
      let delivered = 0
      let nextLookMs: number | null = null
      for (const [stream, state] of this.#streams) {
        if (stop.aborted) return null
        const waitMs = await this.#due(stream, state, all)
        if (waitMs === 0) delivered += await this.#step(stream, state)
        else if (waitMs !== null) nextLookMs = Math.min(nextLookMs ?? waitMs, waitMs)
      }
      if (delivered === 0) return nextLookMs
    }
  }

  /** 0 when there is something to deliver now, ms until then, null when there is nothing. */
  async #due(stream: OutboxStream, state: StreamState, all: boolean): Promise<number | null> {
    const { outbox, clock, id, lingerMs } = this.options
    state.cursor ??= await outbox.cursor(id, stream)
    state.knownSeq = state.cursor.seq
    state.head = await outbox.head(stream)
    const depth = state.head - state.cursor.seq
    if (depth <= 0) {
      state.pendingSinceMs = null
      state.oldestUs = null
      return null
    }
    const nowMs = clock.monotonicMs()
    state.pendingSinceMs ??= nowMs
    state.oldestUs ??= clock.nowUs()
    if (all || depth >= limits.outboxBatchRows || state.uncertain) return 0
    return Math.max(0, lingerMs[stream] - (nowMs - state.pendingSinceMs))
  }

  async #step(stream: OutboxStream, state: StreamState): Promise<number> {
    const { outbox, destination } = this.options
    const afterSeq = state.cursor?.seq ?? 0
    const page = await outbox.page(stream, afterSeq, state.batchRows)
    const rows = unbroken(page.rows)
    const [first] = rows
    const last = rows.at(-1)
    if (!first || !last) return 0
    state.oldestUs = first.createdUs
    const { installation, epoch } = page
    const key = { installation, epoch, stream, fromSeq: first.seq, toSeq: last.seq }
    const ends = page.endsEpoch && rows.length === page.rows.length ? { endsEpoch: true as const } : {}
    const batch: Batch = { ...key, rows, mayExist: state.uncertain, ...ends }
    this.#to('delivering')
    try {
      const { confirmedSeq } = await destination.deliver(batch)
      const count = await this.#confirm(stream, state, batch, Math.min(confirmedSeq, batch.toSeq))
      // Less than the batch: an object of an earlier run was found, and another one may follow it.
      state.uncertain = confirmedSeq < batch.toSeq
      state.batchRows = Math.min(limits.outboxBatchRows, state.batchRows * 2)
      return count
    } catch (error) {
      state.uncertain = true
      if (!(error instanceof DeliveryError)) throw error
      const count = await this.#confirm(stream, state, batch, Math.min(error.confirmedSeq, batch.toSeq))
      if (!error.poison) throw error
      return count + (await this.#poison(stream, state, batch, error))
    }
  }

  /** The cursor moves on a receipt and on nothing else. Rows it moved over. */
  async #confirm(stream: OutboxStream, state: StreamState, batch: Batch, seq: number): Promise<number> {
    const from = batch.fromSeq - 1
    if (seq <= from || (state.cursor && seq <= state.cursor.seq)) return 0
    const { outbox, clock, id } = this.options
    const cursor: DeliveryCursor = { destinationId: id, stream, seq, confirmedUs: clock.nowUs() }
    // Should this fail, the cursor is read again from the twin, which knows whether it moved.
    state.cursor = null
    await outbox.advance(cursor)
    state.cursor = cursor
    state.knownSeq = seq
    const count = seq - from
    this.#deliveredRows += count
    this.#lastReceiptUs = cursor.confirmedUs
    this.#failures = 0
    this.#failingSinceUs = null
    this.#lastError = null
    this.#rate.add(count, clock.monotonicMs())
    state.pendingSinceMs = state.head > seq ? clock.monotonicMs() : null
    state.oldestUs = batch.rows.find((row) => row.seq > seq)?.createdUs ?? null
    this.options.changed()
    return count
  }

  /** Finds the row that will never be taken and sets it aside; everything else flows on. Rows passed. */
  async #poison(stream: OutboxStream, state: StreamState, batch: Batch, error: DeliveryError): Promise<number> {
    const seq = error.poisonSeq ?? (batch.rows.length === 1 ? batch.fromSeq : null)
    const row = batch.rows.find((one) => one.seq === seq)
    const passed = state.cursor?.seq ?? 0
    if (!row || (row.seq !== batch.fromSeq && row.seq !== passed + 1)) {
      // What is before the row goes first; where the row is not known, halves are tried.
      state.batchRows = row ? row.seq - Math.max(passed + 1, batch.fromSeq) : Math.max(1, batch.rows.length >> 1)
      return 1
    }
    await this.options.setAside(batch, row, error.message)
    state.batchRows = limits.outboxBatchRows
    const { outbox, clock, id } = this.options
    const cursor: DeliveryCursor = { destinationId: id, stream, seq: row.seq, confirmedUs: clock.nowUs() }
    state.cursor = null
    await outbox.advance(cursor)
    state.cursor = cursor
    state.knownSeq = row.seq
    this.#lastError = error.message
    this.options.changed()
    return 1
  }

  async #failed(error: unknown): Promise<void> {
    this.#failures++
    this.#failingSinceUs ??= this.options.clock.nowUs()
    this.#lastError = error instanceof DeliveryError ? error.message : `Delivery failed: ${messageOf(error)}.`
    await this.#lookAtDepth()
    this.#to('waiting')
  }

  /** The depth grows while nothing is delivered, and the operator wants to see it grow. */
  async #lookAtDepth(): Promise<void> {
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs - this.#lookedMs < lookMs) return
    this.#lookedMs = nowMs
    try {
      for (const [stream, state] of this.#streams) {
        const head = await this.options.outbox.head(stream)
        state.head = Math.max(state.head, head)
      }
      this.options.changed()
    } catch {
      // The twin cannot be read either; the attempt that follows says so.
    }
  }

  #to(state: DestinationState['state']): void {
    if (state === 'idle') this.#failingSinceUs = null
    if (state === this.#state) return
    // While it fails, an attempt is not yet delivering.
    if (state === 'delivering' && this.#failingSinceUs !== null) return
    this.#state = state
    this.options.changed()
  }

  state(): DestinationState {
    const { id, kind, lane, clock } = this.options
    let depth = 0
    let oldestUs: TimeUs | null = null
    for (const [, state] of this.#streams) {
      depth += Math.max(0, state.head - (state.knownSeq ?? state.head))
      if (state.oldestUs !== null) oldestUs = Math.min(oldestUs ?? state.oldestUs, state.oldestUs)
    }
    const rowsPerSecond = this.#rate.perSecond(clock.monotonicMs())
    const moving = depth > 0 && rowsPerSecond > 0 && this.#failingSinceUs === null
    return {
      id,
      kind,
      lane,
      state: this.#state,
      depth,
      oldestUs,
      rowsPerSecond,
      secondsToEmpty: moving ? depth / rowsPerSecond : null,
      lastReceiptUs: this.#lastReceiptUs,
      failingSinceUs: this.#failingSinceUs,
      lastError: this.#lastError,
      deliveredRows: this.#deliveredRows,
    }
  }
}

/** A batch has no hole: its key says from where to where, and a reader counts on it. */
function unbroken(rows: OutboxRow[]): OutboxRow[] {
  const cut = rows.findIndex((row, at) => at > 0 && row.seq !== (rows[at - 1]?.seq ?? 0) + 1)
  return cut === -1 ? rows : rows.slice(0, cut)
}
