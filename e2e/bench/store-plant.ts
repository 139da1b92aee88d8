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
  readonly #state = new Float64Array(POINTS).fill(1000)
  /** Used again for each tick: the twin takes a copy, and the bench's memory shall be the twin's. */
  readonly #columns: ScalarColumns = {
    count: TICK_SAMPLES,
    pointKey: new Uint32Array(TICK_SAMPLES),
    sourceUs: new Float64Array(TICK_SAMPLES),
    sourceTick: new Uint8Array(TICK_SAMPLES),
    serverUs: new Float64Array(TICK_SAMPLES),
    receiveUs: new Float64Array(TICK_SAMPLES),
    value: new Float64Array(TICK_SAMPLES),
    status: new Uint32Array(TICK_SAMPLES),
  }

  constructor(fromTick = 0) {
    this.#tick = fromTick
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

  /** The next 5 s of the whole plant, in the order a server would send them: a message per sampling instant. */
  next(): ScalarColumns {
    const columns = this.#columns
    const startUs = START_US + this.#tick++ * TICK_US
    const receiveUs = startUs + TICK_US + Math.floor(this.#random() * 20) * 1000
    let row = 0
    for (let i = 0; i < PER_TICK; i++) {
      for (let point = 0; point < POINTS; point++, row++) {
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
