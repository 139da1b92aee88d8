import type { ScalarColumns } from '../../shared/domain/intake.ts'

/**
 * A plant of 500 points at 10 Hz, in equal parts: slow temperatures (hundredths of a degree, a random walk), noisy pressures
 * (thousandths of a bar), counters, setpoints and booleans that change now and then. The clock of a point ticks in milliseconds
 * and is a millisecond late one time in eight; server times follow within 3 ms; receive times are one per message of 5 s. One
 * sample in 2000 is bad.
 */
export const POINTS = 500
const PER_TICK = 50
const CADENCE_US = 100_000
/** What a tick of the bench spans. */
export const TICK_US = PER_TICK * CADENCE_US
export const TICK_SAMPLES = POINTS * PER_TICK
export const START_US = Date.UTC(2026, 0, 1) * 1000
export class Plant {
  #seed = 9
  #tick: number
  readonly #points: number
  readonly #perTick: number
  readonly #state: Float64Array
  /** Used again for each tick: the twin takes a copy, and the bench's memory shall be the twin's. */
  readonly #columns: ScalarColumns

  constructor(fromTick = 0, points = POINTS, perTick = PER_TICK) {
    this.#tick = fromTick
    this.#points = points
    this.#perTick = perTick
    this.#state = new Float64Array(points).fill(1000)
    const count = points * perTick
    this.#columns = {
      count,
      pointKey: new Uint32Array(count),
      sourceUs: new Float64Array(count),
      sourceTick: new Uint8Array(count),
      serverUs: new Float64Array(count),
      receiveUs: new Float64Array(count),
      value: new Float64Array(count),
      status: new Uint32Array(count),
    }
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }

  #value(point: number): number {
    const before = this.#state[point] as number
    const draw = this.#random()
    let next = before
    const kind = point % 5
    if (kind === 0) next = before + (draw < 0.25 ? -1 : draw > 0.75 ? 1 : 0)
    else if (kind === 1) next = 4200 + Math.round(40 * (draw + this.#random() - 1))
    else if (kind === 2) next = before + (draw < 0.3 ? 1 : 0)
    else if (draw < 0.001) next = kind === 3 ? 500 + Math.floor(draw * 1e6) : 1 - (before % 2)
    this.#state[point] = next
    return kind === 0 ? next / 100 : kind === 1 ? next / 1000 : kind === 4 ? next % 2 : next
  }

  /** The next tick of the whole plant (5 s, unless another size was asked for), in the order a server would send them: a message per sampling instant. */
  next(): ScalarColumns {
    const columns = this.#columns
    const tickUs = this.#perTick * CADENCE_US
    const startUs = START_US + this.#tick++ * tickUs
    const receiveUs = startUs + tickUs + Math.floor(this.#random() * 20) * 1000
    let row = 0
    for (let i = 0; i < this.#perTick; i++) {
      for (let point = 0; point < this.#points; point++, row++) {
        const draw = this.#random()
        const sourceUs = startUs + i * CADENCE_US + (draw < 0.125 ? 1000 : 0)
        columns.pointKey[row] = point + 1
        columns.sourceUs[row] = sourceUs
        columns.serverUs[row] = sourceUs + (Math.floor(draw * 32) % 4) * 1000
        columns.receiveUs[row] = receiveUs
        columns.value[row] = this.#value(point)
        columns.status[row] = draw > 0.9995 ? 0x80050000 : 0
      }
    }
    return columns
  }
}
