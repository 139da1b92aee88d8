import type { Gap, LinkState, ScalarColumns, WaveformBlock } from '../../shared/domain/intake.ts'
import type { Clock, TimeUs } from '../../shared/domain/time.ts'
import type { PointHead } from '../../shared/domain/twin.ts'
import type { IntakeCounters } from '../../shared/protocol/quality.ts'
import { BlockIntake, type BlockCounters, type BlockVerdict, type JudgedBlock } from './blocks.ts'
import { GapBook } from './gap-book.ts'
import { carryPoints, createPointTable, samePoints, type IngestPoint, type PointTable } from './points.ts'
import { ScalarIntake, type ScalarCounters } from './scalars.ts'
import { Silence, type Freshness } from './silence.ts'

export type { Freshness } from './silence.ts'

export interface PointState {
  key: number
  id: string
  serverId: string
  /** Source time of the newest value (end of the newest block); NaN when there is none. */
  lastUs: TimeUs
  /** When it was received; NaN when it is from before the engine's start. */
  lastReceiveUs: TimeUs
  /** NaN for waveforms. */
  value: number
  status: number
  freshness: Freshness
  counters: IntakeCounters
}

export interface IngestOptions {
  points: readonly IngestPoint[]
  heads: readonly PointHead[]
  clock: Clock
  limits: { scalarQueue: number; blockQueue: number }
  /** That of the revision before, whose intake has ended: points that are the same go on where they were. */
  before?: Ingest
}

export interface IngestBatch {
  /** Arrays of exact length, the receiver's until it hands them to `recycle`. */
  scalars: ScalarColumns
  gaps: Gap[]
  blocks: JudgedBlock[]
}

export interface IngestCounters {
  scalars: ScalarCounters
  blocks: BlockCounters
  queues: { scalars: number; scalarLimit: number; blocks: number; blockLimit: number }
  clockSteps: number
  gapsMerged: number
}

export interface Ingest {
  acceptScalars(columns: ScalarColumns): void
  /** Says whether the block counts and whether it continues the one before it, which a pre-trigger ring needs. */
  acceptBlock(block: WaveformBlock): BlockVerdict
  acceptBackfill(columns: ScalarColumns): void
  acceptGap(gap: Gap): void
  /** Points with a deadband are present as long as their link is, however long they stand still. */
  acceptLink(state: LinkState): void
  /** Blocks accepted since the last call, for a receiver that does not want to wait for the tick. */
  takeBlocks(): JudgedBlock[]
  /** How old the newest value of one point is; `never` for a key it does not know. */
  freshness(pointKey: number): Freshness
  tick(nowUs: TimeUs): IngestBatch
  /** Scalars of a tick that nobody looks at any more: a later tick fills their arrays again. */
  recycle(scalars: ScalarColumns): void
  states(): PointState[]
  counters(): IngestCounters
}

/** Wall and monotonic clock may drift apart by this much within a tick before it counts as a step (NTP slews 0.5 ms/s). */
const clockStepUs = 1e6

function stateOf(table: PointTable, index: number, point: IngestPoint, freshness: Freshness): PointState {
  const lastUs = table.newestUs[index] ?? Number.NaN
  return {
    key: point.key,
    id: point.id,
    serverId: point.serverId,
    lastUs: Number.isFinite(lastUs) ? Math.round(lastUs) : Number.NaN,
    lastReceiveUs: table.receiveUs[index] ?? Number.NaN,
    value: table.newestValue[index] ?? Number.NaN,
    status: table.newestStatus[index] ?? 0,
    freshness,
    counters: {
      received: table.received[index] ?? 0,
      accepted: table.accepted[index] ?? 0,
      rejected: table.rejected[index] ?? 0,
      dropped: table.dropped[index] ?? 0,
      duplicates: table.duplicates[index] ?? 0,
      late: table.lateCount[index] ?? 0,
      outOfOrder: table.orderCount[index] ?? 0,
      marked: table.markedCount[index] ?? 0,
      outOfRange: table.outOfRange[index] ?? 0,
      stale: table.staleCount[index] ?? 0,
      missing: table.missingCount[index] ?? 0,
    },
  }
}

/** What a following revision takes over; nobody else's business. */
const inner = new WeakMap<Ingest, { table: PointTable; blocks: BlockIntake; silence: Silence }>()

/**
 * Applies the measurement contracts to what arrives, between the OPC UA room and the store. Values wait here until the
 * next tick. Nothing is lost without a gap, and silence is judged on the monotonic clock, so that setting the
 * wall clock makes nothing stale.
 */
export function createIngest({ points, heads, clock, limits, before }: IngestOptions): Ingest {
  const table = createPointTable(points, heads, clock.nowUs())
  const gaps = new GapBook(points)
  const silence = new Silence(table, gaps, clock)
  const fresh = (index: number, tUs: TimeUs): void => silence.fresh(index, tUs)
  const lasted: Silence['lasted'] = (...told) => silence.lasted(...told)
  const scalars = new ScalarIntake(table, gaps, limits.scalarQueue, fresh, lasted)
  const blocks = new BlockIntake(table, gaps, limits.blockQueue, fresh, lasted)
  const known = before && inner.get(before)
  if (known) {
    const same = samePoints(table, known.table)
    carryPoints(table, known.table, same)
    blocks.carry(known.blocks, same)
    silence.carry(known.silence)
  }
  let clockSteps = 0
  let wallUs = clock.nowUs()
  let steadyMs = clock.monotonicMs()

  function watchClock(nowUs: TimeUs, nowMs: number): void {
    const shouldBeUs = wallUs + (nowMs - steadyMs) * 1000
    const stepUs = nowUs - shouldBeUs
    wallUs = nowUs
    steadyMs = nowMs
    if (Math.abs(stepUs) <= clockStepUs) return
    clockSteps++
    const seconds = Math.abs(stepUs / 1e6).toFixed(1)
    gaps.add({
      pointKey: null,
      serverId: null,
      cause: 'clock-step',
      startUs: Math.round(Math.min(shouldBeUs, nowUs)),
      endUs: Math.round(Math.max(shouldBeUs, nowUs)),
      count: null,
      detail: `The clock of this machine was set ${stepUs > 0 ? 'forward' : 'back'} by ${seconds} s.`,
    })
  }

  const ingest: Ingest = {
    acceptScalars: (columns) => scalars.accept(columns, clock.monotonicMs()),
    acceptBlock: (block) => blocks.accept(block, clock.monotonicMs()),
    acceptBackfill: (columns) => scalars.backfill(columns),
    acceptGap: (gap) => gaps.add(gap),
    acceptLink: (state) => silence.link(state, clock.monotonicMs()),
    takeBlocks: () => blocks.take(),
    freshness(pointKey) {
      const index = table.indexOfKey[pointKey] ?? -1
      return index < 0 ? 'never' : silence.freshness(index, clock.monotonicMs())
    },
    tick(nowUs) {
      const nowMs = clock.monotonicMs()
      watchClock(nowUs, nowMs)
      silence.look(nowMs, nowUs)
      const taken = scalars.take()
      return { scalars: taken, gaps: gaps.take(), blocks: blocks.take() }
    },
    recycle: (taken) => scalars.queue.recycle(taken),
    states() {
      const nowMs = clock.monotonicMs()
      return points.map((point, index) => stateOf(table, index, point, silence.freshness(index, nowMs)))
    },
    counters: () => ({
      scalars: { ...scalars.counters },
      blocks: { ...blocks.counters },
      queues: {
        scalars: scalars.queue.count,
        scalarLimit: limits.scalarQueue,
        blocks: blocks.depth,
        blockLimit: limits.blockQueue,
      },
      clockSteps,
      gapsMerged: gaps.merged,
    }),
  }
  inner.set(ingest, { table, blocks, silence })
  return ingest
}
