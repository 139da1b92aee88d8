import type { Gap, GapCause, WaveformBlock } from '../../shared/domain/intake.ts'
import {
  conditionOfStatus,
  isJudged,
  spoils,
  stateOfBlockFault,
  type BlockFault,
  type BlockFaultKind,
  type PointState,
} from '../../shared/domain/point-state.ts'
import { statusName } from '../../shared/domain/status-names.ts'
import type { PointInfo } from './plant-model.ts'

/** Good blocks in a row that end a fault. A loose cable makes contact now and then, and its spikes are of the cable too. */
const goodBlocks = { steady: 5, loose: 25 } as const
/** A gap that lasts is written again so often: a kill leaves it at most so much short. */
const rewriteUs = 30e6

interface Point {
  status: number
  /** Told until as many of `goodBlocks` came without. */
  fault: BlockFault | null
  good: number
  /** The gap over spoilt blocks that follow each other; null while blocks are good. */
  gap: { cause: GapCause; startUs: number; endUs: number; samples: number; detail: string; writtenUs: number } | null
}

/**
 * Blocks that came but measured nothing: of bad quality, or spoilt by the sensor or its cable. They give no features, since those
 * would speak of a cable and not of a machine, and a gap says so. The ring and captures keep what came.
 */
export class SpoiltBlocks {
  readonly #points = new Map<number, Point>()
  readonly #write: (gap: Gap) => void

  constructor(write: (gap: Gap) => void) {
    this.#write = write
  }

  /** Of the newest block: its status, and what was found wrong with the last few. */
  last(key: number): { status: number; fault: BlockFaultKind | null; detail: string | null } {
    const point = this.#points.get(key)
    return { status: point?.status ?? 0, fault: point?.fault?.kind ?? null, detail: point?.fault?.detail ?? null }
  }

  /** A block of bad quality, which is not analysed. */
  bad(info: PointInfo, block: WaveformBlock): void {
    const point = this.#of(info.key)
    point.status = block.status
    const { state } = conditionOfStatus(block.status)
    this.#spoilt(info, point, block, state, detailOf(info, block))
  }

  /** True when nothing may be judged or stored by the block's features. */
  judge(info: PointInfo, block: WaveformBlock, fault: BlockFault | null): boolean {
    const point = this.#of(info.key)
    point.status = block.status
    if (fault) point.fault = fault
    point.good = fault ? 0 : point.good + 1
    if (point.good >= (point.fault?.kind === 'dropouts' ? goodBlocks.loose : goodBlocks.steady)) point.fault = null
    const { state } = conditionOfStatus(block.status)
    const held = fault ?? (point.fault?.kind === 'dropouts' ? point.fault : null)
    if (held && spoils(held.kind))
      this.#spoilt(info, point, block, stateOfBlockFault(held.kind), `"${info.id}": ${held.detail}`)
    else if (!isJudged(state) && state !== 'stale') this.#spoilt(info, point, block, state, detailOf(info, block))
    else {
      this.#end(info, point)
      return false
    }
    return true
  }

  /** A new revision takes over: its blocks are its own. */
  endAll(infoOf: (key: number) => PointInfo | undefined): void {
    for (const [key, point] of this.#points) {
      const info = infoOf(key)
      if (info) this.#end(info, point)
    }
  }

  carry(before: SpoiltBlocks, isSame: (key: number) => boolean): void {
    for (const [key, point] of before.#points) if (isSame(key)) this.#points.set(key, { ...point, gap: null })
  }

  #of(key: number): Point {
    const known = this.#points.get(key)
    if (known) return known
    const point: Point = { status: 0, fault: null, good: 0, gap: null }
    this.#points.set(key, point)
    return point
  }

  #spoilt(info: PointInfo, point: Point, block: WaveformBlock, state: PointState, detail: string): void {
    const cause: GapCause = state === 'cable-fault' || state === 'sensor-fault' ? state : 'not-measured'
    const endUs = block.sourceUs + Math.round((block.samples.length * 1e6) / block.sampleRateHz)
    if (point.gap && (point.gap.cause !== cause || block.sourceUs < point.gap.startUs)) this.#end(info, point)
    const began = point.gap === null
    point.gap ??= { cause, startUs: block.sourceUs, endUs, samples: 0, detail, writtenUs: endUs }
    point.gap.endUs = Math.max(point.gap.endUs, endUs)
    point.gap.samples += block.samples.length
    if (began || point.gap.endUs - point.gap.writtenUs > rewriteUs) this.#put(info, point.gap)
  }

  #end(info: PointInfo, point: Point): void {
    if (point.gap) this.#put(info, point.gap)
    point.gap = null
  }

  #put(info: PointInfo, gap: NonNullable<Point['gap']>): void {
    const { cause, startUs, endUs, samples, detail } = gap
    gap.writtenUs = endUs
    const { serverId } = info.point.source
    this.#write({ pointKey: info.key, serverId, cause, startUs, endUs, count: samples, detail })
  }
}

function detailOf({ id, contract }: PointInfo, { samples, status }: WaveformBlock): string {
  const { blockSize } = contract
  return blockSize !== undefined && samples.length !== blockSize
    ? `Blocks of "${id}" came with ${samples.length} samples; its contract says ${blockSize}.`
    : `Blocks of "${id}" came with the status ${statusName(status)}.`
}
