import type { ScalarColumns } from '../../../shared/domain/intake.ts'
import { limits } from '../../../shared/domain/limits.ts'
import { GapBook } from '../../../electron/ingest/gap-book.ts'
import { createPointTable, type IngestPoint } from '../../../electron/ingest/points.ts'
import { ScalarIntake } from '../../../electron/ingest/scalars.ts'
import { Silence } from '../../../electron/ingest/silence.ts'
import { ScalarIntake as PlainIntake } from './scalars.ts'
import { Silence as PlainSilence } from './silence.ts'

const points = 10_000
/** Values of a message of the server, and messages between two ticks. */
const perMessage = 1000
const messages = 20
const turns = 300

export interface IntakeCost {
  enforcedUsPerValue: number
  plainUsPerValue: number
}

/**
 * Microseconds a value from a message to the tick, with contracts enforced and without, in turns of a few milliseconds. The lower
 * quartile of each: what else the machine does only adds. Two engines side by side differ by more than what is looked for.
 */
export function intakeCost(): IntakeCost {
  const enforced = new Lane(ScalarIntake, Silence)
  const plain = new Lane(PlainIntake, PlainSilence)
  const times = { enforced: new Float64Array(turns), plain: new Float64Array(turns) }
  for (let turn = -20; turn < turns; turn++) {
    const [first, second] = [enforced.turn(), plain.turn()]
    if (turn < 0) continue
    times.enforced[turn] = first
    times.plain[turn] = second
  }
  const usual = (all: Float64Array): number => (all.sort()[turns >> 2] as number) / (perMessage * messages)
  return { enforcedUsPerValue: usual(times.enforced), plainUsPerValue: usual(times.plain) }
}

function contractOf(): NonNullable<IngestPoint['contract']> {
  return {
    version: 1,
    quantity: 'count',
    unit: '1',
    detector: 'raw',
    sampleRateHz: 10,
    timestampSource: 'source',
    expectedRange: [0, 1e12],
    updateCadenceMs: 100,
    policy: {
      missingAfterMs: 5000,
      late: 'accept',
      lateToleranceMs: 5000,
      duplicate: 'drop',
      outOfOrder: 'reorder',
    },
  }
}

/** Counters that go up by one every tenth of a second, as those of the bench's server. */
class Lane {
  readonly #intake: ScalarIntake
  readonly #silence: Silence
  readonly #columns: ScalarColumns
  #count = 0

  constructor(Intake: typeof ScalarIntake, Watch: typeof Silence) {
    const all = Array.from({ length: points }, (_, i): IngestPoint => {
      return { key: i + 1, id: `p${i}`, serverId: 's', kind: 'scalar', contract: contractOf() }
    })
    const clock = { nowUs: () => 0, monotonicMs: () => 0 }
    const table = createPointTable(all, [], 0)
    const gaps = new GapBook(all)
    this.#silence = new Watch(table, gaps, clock)
    this.#intake = new Intake(table, gaps, limits.scalarQueue, (index, tUs) => this.#silence.fresh(index, tUs))
    this.#columns = {
      count: perMessage,
      pointKey: new Uint32Array(perMessage),
      sourceUs: new Float64Array(perMessage),
      sourceTick: new Uint8Array(perMessage),
      serverUs: new Float64Array(perMessage),
      receiveUs: new Float64Array(perMessage),
      value: new Float64Array(perMessage),
      status: new Uint32Array(perMessage),
    }
  }

  /** Microseconds that the intake took. */
  turn(): number {
    let tookMs = 0
    let nowMs = 0
    for (let message = 0; message < messages; message++) {
      nowMs = this.#next()
      const began = performance.now()
      this.#intake.accept(this.#columns, nowMs)
      tookMs += performance.now() - began
    }
    const began = performance.now()
    this.#silence.look(nowMs, nowMs * 1000)
    const taken = this.#intake.take()
    tookMs += performance.now() - began
    if (taken.count !== perMessage * messages) throw new Error(`${taken.count} values came out of the intake.`)
    this.#intake.queue.recycle(taken)
    return tookMs * 1000
  }

  #next(): number {
    const c = this.#columns
    const beat = Math.floor(this.#count / points)
    const tUs = 1.7e15 + beat * 100_000
    for (let i = 0; i < perMessage; i++) {
      c.pointKey[i] = 1 + ((this.#count + i) % points)
      c.sourceUs[i] = tUs
      c.serverUs[i] = tUs + 500
      c.receiveUs[i] = tUs + 4000
      c.value[i] = beat
    }
    this.#count += perMessage
    return beat * 100
  }
}
