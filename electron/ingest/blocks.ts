import type { Samples, WaveformBlock } from '../../shared/domain/intake.ts'
import { snapshotCadenceUs } from '../../shared/domain/snapshots.ts'
import type { GapBook } from './gap-book.ts'
import { futureToleranceUs, timeFrom, type PointTable } from './points.ts'
import type { Silence } from './silence.ts'
import { marked, status as codes } from './status.ts'

export interface BlockCounters {
  received: number
  accepted: number
  rejected: number
  dropped: number
  unknownPoint: number
  duplicates: number
  overlaps: number
  queueFull: number
  wrongSize: number
  /** Arrays that held several blocks laid end to end. */
  batches: number
  notFinite: number
  outOfRange: number
  holes: number
  reanchored: number
}

/** What became of a block. `continues`: its first sample follows the last one of the block before it. */
export interface BlockVerdict {
  accepted: boolean
  continues: boolean
}

const refused: BlockVerdict = { accepted: false, continues: false }

/** A block as it is handed on, with whether it follows the one before. */
export interface JudgedBlock extends WaveformBlock {
  continues: boolean
}

/**
 * How far a block may begin from where the last one ended and still follow it: servers stamp blocks by a software
 * clock, in milliseconds or worse. A lost block is off by a whole block.
 */
function toleranceUs(spanUs: number, rateHz: number): number {
  return Math.max(2000, (2 * 1e6) / rateHz, spanUs * 0.1)
}

/** Blocks in a row before the head: the source's clock was set back, and its new time holds from then on. */
const reanchorAfter = 3

interface Quality {
  notFinite: boolean
  outOfRange: boolean
}

function look(samples: Samples, low: number, high: number): Quality {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  let finite = 0
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? 0
    if (value < least) least = value
    if (value > most) most = value
    // Zero for every finite value, NaN for the others.
    finite += value - value
  }
  return { notFinite: finite !== 0, outOfRange: least < low || most > high }
}

/** Continuity, size and content of waveform blocks. One object per block is fine here: blocks are few and large. */
export class BlockIntake {
  readonly counters: BlockCounters = {
    received: 0,
    accepted: 0,
    rejected: 0,
    dropped: 0,
    unknownPoint: 0,
    duplicates: 0,
    overlaps: 0,
    queueFull: 0,
    wrongSize: 0,
    batches: 0,
    notFinite: 0,
    outOfRange: 0,
    holes: 0,
    reanchored: 0,
  }
  readonly #table: PointTable
  readonly #gaps: GapBook
  readonly #limit: number
  readonly #fresh: (index: number, tUs: number) => void
  readonly #lasted: Silence['lasted']
  /** Where the next block of each point should begin, in source time; NaN before the first. */
  readonly #expectedUs: Float64Array
  readonly #startUs: Float64Array
  readonly #behind: Uint8Array
  #queue: JudgedBlock[] = []

  constructor(
    table: PointTable,
    gaps: GapBook,
    limit: number,
    fresh: (index: number, tUs: number) => void,
    lasted: Silence['lasted'] = () => {},
  ) {
    this.#table = table
    this.#gaps = gaps
    this.#limit = limit
    this.#fresh = fresh
    this.#lasted = lasted
    this.#expectedUs = new Float64Array(table.size).fill(Number.NaN)
    // A restored head of a waveform is the start of its last block, which the server may deliver once more.
    this.#startUs = table.newestUs.slice()
    this.#behind = new Uint8Array(table.size)
  }

  /** Points that are the same in a new revision: their blocks follow the ones before. */
  carry(from: BlockIntake, same: readonly [number, number][]): void {
    for (const [index, before] of same) {
      this.#expectedUs[index] = from.#expectedUs[before] ?? Number.NaN
      this.#startUs[index] = from.#startUs[before] ?? Number.NEGATIVE_INFINITY
      this.#behind[index] = from.#behind[before] ?? 0
    }
  }

  get depth(): number {
    return this.#queue.length
  }

  /**
   * A source that stores and forwards sends several blocks of its contract as one array. Each is judged for itself, so that a
   * batch gives the features the same blocks would have given one by one. `continues` is of the first that is accepted.
   */
  accept(block: WaveformBlock, nowMs: number): BlockVerdict {
    const index = this.#table.indexOfKey[block.pointKey] ?? -1
    if (index < 0) {
      this.counters.received++
      this.counters.unknownPoint++
      this.counters.rejected++
      return refused
    }
    const { samples } = block
    const wanted = this.#table.points[index]?.contract?.blockSize ?? samples.length
    if (samples.length <= wanted || samples.length % wanted !== 0) return this.#one(block, index, nowMs)
    this.counters.batches++
    const rateHz = this.#table.points[index]?.contract?.sampleRateHz ?? block.sampleRateHz
    const startUs = this.#startTime(block, index, (samples.length * 1e6) / rateHz)
    let verdict = refused
    for (let at = 0; at < samples.length; at += wanted) {
      const sourceUs = Math.round(startUs + (at * 1e6) / rateHz)
      const piece = { ...block, samples: samples.slice(at, at + wanted), sourceUs }
      const judged = this.#one(piece, index, nowMs, sourceUs)
      if (!verdict.accepted) verdict = judged
    }
    return verdict
  }

  #one(block: WaveformBlock, index: number, nowMs: number, known = Number.NaN): BlockVerdict {
    const table = this.#table
    this.counters.received++
    table.received[index] = (table.received[index] ?? 0) + 1
    const rateHz = table.points[index]?.contract?.sampleRateHz ?? block.sampleRateHz
    const spanUs = (block.samples.length * 1e6) / rateHz
    const startUs = Number.isNaN(known) ? this.#startTime(block, index, spanUs) : known
    const placed = this.#place(index, startUs, spanUs, rateHz, block.receiveUs)
    if (!placed.accepted) return placed
    const judged: JudgedBlock = {
      ...block,
      continues: placed.continues,
      sourceUs: startUs,
      sampleRateHz: rateHz,
      status: this.#judge(block, index),
    }
    const silentMs = nowMs - (table.receiveMs[index] ?? 0)
    if (silentMs > Math.min(table.staleMs[index] ?? 0, table.missingMs[index] ?? 0) && Number.isFinite(silentMs))
      this.#lasted(index, silentMs, table.newestUs[index] ?? 0, startUs)
    this.#expectedUs[index] = startUs + spanUs
    this.#startUs[index] = startUs
    table.newestUs[index] = startUs + spanUs
    table.newestStatus[index] = judged.status
    table.receiveUs[index] = block.receiveUs
    table.receiveMs[index] = nowMs
    this.#fresh(index, startUs)
    this.#enqueue(judged, index)
    return placed
  }

  /** Server and receive times are of the moment after the last sample, so the block began its own length before. */
  #startTime(block: WaveformBlock, index: number, spanUs: number): number {
    const from = this.#table.timeFrom[index] ?? 0
    if (from === timeFrom.source && block.sourceUs > 0) return block.sourceUs
    const endUs = from !== timeFrom.receive && block.serverUs > 0 ? block.serverUs : block.receiveUs
    return Math.round(endUs - spanUs)
  }

  #place(index: number, startUs: number, spanUs: number, rateHz: number, receiveUs: number): BlockVerdict {
    const expectedUs = this.#expectedUs[index] ?? Number.NaN
    if (Number.isNaN(expectedUs)) {
      return startUs === this.#startUs[index]
        ? this.#before(index, startUs, spanUs)
        : { accepted: true, continues: false }
    }
    const offUs = startUs - expectedUs
    const slackUs = toleranceUs(spanUs, rateHz)
    if (Math.abs(offUs) <= slackUs) {
      this.#behind[index] = 0
      return { accepted: true, continues: true }
    }
    if (offUs > 0) {
      this.#behind[index] = 0
      if (startUs - receiveUs > futureToleranceUs) {
        this.#clockStep(index, expectedUs, startUs, 'is ahead of this machine; its blocks have the times it gives')
        return { accepted: true, continues: false }
      }
      this.#look(index, expectedUs, startUs, rateHz)
      return { accepted: true, continues: false }
    }
    return this.#before(index, startUs, spanUs)
  }

  /** A block that does not follow the last one: what is between them was due, unless they are snapshots. */
  #look(index: number, expectedUs: number, startUs: number, rateHz: number): void {
    const contract = this.#table.points[index]?.contract
    const cadenceUs = contract ? snapshotCadenceUs(contract) : null
    const missed = cadenceUs === null ? 0 : Math.round((startUs - (this.#startUs[index] ?? 0)) / cadenceUs) - 1
    if (cadenceUs !== null && missed < 1) return
    this.counters.holes++
    const lost =
      cadenceUs === null ? Math.round(((startUs - expectedUs) * rateHz) / 1e6) : missed * (contract?.blockSize ?? 0)
    this.#hole(index, expectedUs, startUs, lost)
  }

  #hole(index: number, fromUs: number, toUs: number, lost: number): void {
    const point = this.#table.points[index]
    if (!point) return
    this.#gaps.add({
      pointKey: point.key,
      serverId: point.serverId,
      cause: 'sequence-lost',
      startUs: Math.round(fromUs),
      endUs: toUs,
      count: lost,
      detail: `${lost} samples of "${point.id}" did not arrive between two blocks.`,
    })
  }

  /** A block that begins before the last one ended: the same again, an overlap, or a clock that was set back. */
  #before(index: number, startUs: number, spanUs: number): BlockVerdict {
    const table = this.#table
    if (startUs === this.#startUs[index]) {
      this.counters.duplicates++
      table.duplicates[index] = (table.duplicates[index] ?? 0) + 1
    } else {
      this.counters.overlaps++
      const behind = (this.#behind[index] ?? 0) + 1
      this.#behind[index] = behind
      const setBack = startUs + spanUs < (this.#expectedUs[index] ?? 0)
      if (behind >= reanchorAfter && setBack) return this.#reanchor(index, startUs)
    }
    this.counters.dropped++
    table.dropped[index] = (table.dropped[index] ?? 0) + 1
    return refused
  }

  #reanchor(index: number, startUs: number): BlockVerdict {
    this.counters.reanchored++
    this.#behind[index] = 0
    const endUs = this.#expectedUs[index] ?? startUs
    this.#clockStep(index, startUs, endUs, 'was set back; its blocks overlap in time from here on')
    return { accepted: true, continues: false }
  }

  #clockStep(index: number, startUs: number, endUs: number, what: string): void {
    const point = this.#table.points[index]
    if (!point) return
    this.#gaps.add({
      pointKey: point.key,
      serverId: point.serverId,
      cause: 'clock-step',
      startUs: Math.round(startUs),
      endUs: Math.round(endUs),
      count: null,
      detail: `The source clock of "${point.id}" ${what}.`,
    })
  }

  #judge(block: WaveformBlock, index: number): number {
    const table = this.#table
    const wanted = table.points[index]?.contract?.blockSize
    const { notFinite, outOfRange } = look(block.samples, table.low[index] ?? 0, table.high[index] ?? 0)
    let { status } = block
    if (wanted !== undefined && block.samples.length !== wanted) {
      this.counters.wrongSize++
      status = marked(status, codes.badLength)
    }
    if (notFinite) {
      this.counters.notFinite++
      status = marked(status, codes.bad)
    } else if (outOfRange) {
      this.counters.outOfRange++
      table.outOfRange[index] = (table.outOfRange[index] ?? 0) + 1
      status = marked(status, codes.uncertainRange)
    }
    return status
  }

  #enqueue(block: JudgedBlock, index: number): void {
    this.counters.accepted++
    this.#table.accepted[index] = (this.#table.accepted[index] ?? 0) + 1
    if (this.#queue.length >= this.#limit) this.#dropOldest()
    this.#queue.push(block)
  }

  #dropOldest(): void {
    const oldest = this.#queue.shift()
    if (!oldest) return
    const index = this.#table.indexOfKey[oldest.pointKey] ?? -1
    this.counters.queueFull++
    this.counters.accepted--
    this.counters.dropped++
    if (index < 0) return
    this.#table.accepted[index] = (this.#table.accepted[index] ?? 0) - 1
    this.#table.dropped[index] = (this.#table.dropped[index] ?? 0) + 1
    const spanUs = Math.round((oldest.samples.length * 1e6) / oldest.sampleRateHz)
    this.#gaps.lose(index, 'queue-full', oldest.sourceUs, oldest.sourceUs + spanUs, oldest.samples.length)
  }

  take(): JudgedBlock[] {
    const blocks = this.#queue
    this.#queue = []
    return blocks
  }
}
