import {
  AttributeIds,
  type ClientSession,
  type DataValue,
  HistoryReadRequest,
  type NodeId,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from 'node-opcua-client'
import type { Gap, IntakeSink } from '../../shared/domain/intake.ts'
import { backfilledBit } from '../../shared/domain/status-code.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { within } from './deadline.ts'
import { itemKinds, type ItemTable } from './item-table.ts'
import { ScalarBatch } from './scalar-batch.ts'

const wait = 15_000
/** Values asked for in one reply. */
const pageSize = 1_000
/** Gaps that wait; beyond it the oldest stay as they are. */
const mostWaiting = 10_000
/** HistoryRead in the AccessLevel of a variable (OPC 10000-3, 8.57). */
const historyRead = 4

export interface BackfillParts {
  items: ItemTable
  sink: IntakeSink
  clock: Clock
  session: () => ClientSession | null
  nodeOf: (handle: number) => NodeId | null
}

/**
 * Reads from the server's own history what a gap has left out, where the server keeps one. What comes is marked, goes a
 * way of its own past rules and heads, and the gap, which stays, says how much of it was filled.
 */
export class Backfill {
  filled = 0
  readonly #parts: BackfillParts
  readonly #waiting: { handle: number; gap: Gap & { endUs: number } }[] = []
  /** By handle; forgotten with the session. */
  readonly #offers = new Map<number, boolean>()
  #busy = false

  constructor(parts: BackfillParts) {
    this.#parts = parts
  }

  /** The server is another run or another machine: what it offers is asked anew. */
  forget(): void {
    this.#offers.clear()
  }

  /** A gap of one point that has just ended. */
  gap(handle: number, gap: Gap): void {
    const { endUs } = gap
    if (endUs === null || this.#parts.items.kind[handle] !== itemKinds.scalar) return
    if (this.#waiting.length >= mostWaiting) this.#waiting.shift()
    this.#waiting.push({ handle, gap: { ...gap, endUs } })
    void this.#run()
  }

  async #run(): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await this.#fill(next.handle, next.gap)
    } catch {
      // The link failed: the gaps stay as they are, which is the truth about them.
      this.#waiting.length = 0
    } finally {
      this.#busy = false
    }
  }

  async #fill(handle: number, gap: Gap & { endUs: number }): Promise<void> {
    const session = this.#parts.session()
    const nodeId = this.#parts.nodeOf(handle)
    if (!session || !nodeId || !(await this.#isOffered(session, handle, nodeId))) return
    let count = 0
    let lastUs = gap.startUs
    let continuationPoint: Buffer | null = null
    do {
      // Whole milliseconds outwards: the bounds themselves are left out below, to the microsecond.
      const request: HistoryReadRequest = new HistoryReadRequest({
        historyReadDetails: new ReadRawModifiedDetails({
          isReadModified: false,
          startTime: new Date(Math.floor(gap.startUs / 1_000)),
          endTime: new Date(Math.ceil(gap.endUs / 1_000)),
          numValuesPerNode: pageSize,
          returnBounds: false,
        }),
        timestampsToReturn: TimestampsToReturn.Source,
        nodesToRead: [{ nodeId, ...(continuationPoint ? { continuationPoint } : {}) }],
      })
      const { results } = await within(wait, 'reading history', session.historyRead(request))
      const [result] = results ?? []
      if (!result || result.statusCode.isBad()) break
      // Behind the last one: a server that begins again must not end in a circle.
      const fresh = valuesOf(result.historyData).filter(({ us }) => us > lastUs && us < gap.endUs)
      this.#hand(handle, fresh)
      count += fresh.length
      lastUs = fresh.at(-1)?.us ?? Number.POSITIVE_INFINITY
      // A server gives as many values a reply as it likes: open62541's history 100 (OPC 10000-11, 6.4.3.2).
      continuationPoint = result.continuationPoint?.length > 0 ? result.continuationPoint : null
    } while (continuationPoint !== null && Number.isFinite(lastUs))
    if (count === 0) return
    this.filled += count
    const detail = `${gap.detail} ${count} ${count === 1 ? 'value was' : 'values were'} read from the server's history since.`
    this.#parts.sink.gap({ ...gap, detail })
  }

  async #isOffered(session: ClientSession, handle: number, nodeId: NodeId): Promise<boolean> {
    const known = this.#offers.get(handle)
    if (known !== undefined) return known
    const read = await within(
      wait,
      'reading an access level',
      session.read({ nodeId, attributeId: AttributeIds.AccessLevel }),
    )
    const level: unknown = read.value.value
    const offers = typeof level === 'number' && (level & historyRead) !== 0
    this.#offers.set(handle, offers)
    return offers
  }

  #hand(handle: number, values: readonly { us: number; value: DataValue }[]): void {
    const { items, sink, clock } = this.#parts
    const batch = new ScalarBatch()
    batch.reset(values.length)
    for (const { us, value } of values) {
      const raw: unknown = value.value.value
      const row = batch.count
      batch.pointKey[row] = items.pointKey[handle] ?? 0
      batch.sourceUs[row] = us
      batch.sourceTick[row] = 0
      batch.serverUs[row] = Number.NaN
      batch.receiveUs[row] = clock.nowUs()
      batch.value[row] = typeof raw === 'number' ? raw : typeof raw === 'boolean' ? Number(raw) : Number.NaN
      batch.status[row] = (value.statusCode.value | backfilledBit) >>> 0
      batch.count = row + 1
    }
    if (batch.count > 0) sink.backfill?.(batch)
  }
}

function valuesOf(historyData: unknown): { us: number; value: DataValue }[] {
  const values: unknown = historyData instanceof Object && 'dataValues' in historyData ? historyData.dataValues : null
  if (!Array.isArray(values)) return []
  return (values as DataValue[])
    .flatMap((value) => {
      const at = value.sourceTimestamp
      return at ? [{ us: at.getTime() * 1_000 + Math.floor((value.sourcePicoseconds ?? 0) / 1e6), value }] : []
    })
    .sort((a, b) => a.us - b.us)
}
