import { median } from '../../../shared/lib/median.ts'

/** A standing machine leaves the sensor's own noise: a tenth of the running level and mostly far below. */
const STOPPED_DB = -20
const RUNNING_DB = -14
const REMEMBERED = 200
/** Before this many snapshots there is no running level to compare with. */
const FEWEST = 5

export interface RunningLevelMemory {
  readonly levels: readonly number[]
  readonly standing: boolean
}

/**
 * Does the machine run, judged by its overall level against its own past alone: gains differ by a hundred between records, so
 * that no absolute level would do.
 */
export class RunningLevel {
  readonly #levels: number[]
  #standing: boolean

  constructor(memory: RunningLevelMemory = { levels: [], standing: false }) {
    this.#levels = [...memory.levels]
    this.#standing = memory.standing
  }

  save(): RunningLevelMemory {
    return { levels: [...this.#levels], standing: this.#standing }
  }

  /** Forgets the level, for a machine that had been standing when it was learned. */
  restart(): void {
    this.#levels.length = 0
    this.#standing = false
  }

  /** `levelDb` NaN: nothing new, the last answer holds. */
  runs(levelDb: number): boolean {
    if (Number.isNaN(levelDb)) return !this.#standing
    if (this.#levels.length >= FEWEST) {
      const change = levelDb - median(this.#levels)
      if (change < STOPPED_DB) this.#standing = true
      else if (change > RUNNING_DB) this.#standing = false
    }
    if (!this.#standing) {
      this.#levels.push(levelDb)
      if (this.#levels.length > REMEMBERED) this.#levels.shift()
    }
    return !this.#standing
  }
}
