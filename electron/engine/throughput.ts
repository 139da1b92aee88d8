import type { Tick, TickReceipt } from '../../shared/domain/twin.ts'
import { RateMeter } from '../observe/rate-meter.ts'

/** What was committed since the engine started, and how much of it a second. */
export class Throughput {
  readonly #values = new RateMeter()
  readonly #blocks = new RateMeter()
  lastReceipt: TickReceipt | null = null
  commits = 0
  committedValues = 0
  committedBlocks = 0

  committed(tick: Tick, receipt: TickReceipt, nowMs: number): void {
    this.lastReceipt = receipt
    this.commits += 1
    this.committedValues += tick.scalars.count
    this.committedBlocks += tick.features.length
    this.#values.add(tick.scalars.count, nowMs)
    this.#blocks.add(tick.features.length, nowMs)
  }

  valuesPerSecond(nowMs: number): number {
    return this.#values.perSecond(nowMs)
  }

  blocksPerSecond(nowMs: number): number {
    return this.#blocks.perSecond(nowMs)
  }
}
