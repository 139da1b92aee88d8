/** Decides which item of an endless series is due; knows no clock of its own. */
export interface Pacer {
  /** Index to emit at `nowUs`, or null. Call again until null is returned. */
  next(nowUs: number): number | null
  /** Items left out because the process stood still for longer than can be caught up. */
  readonly skipped: number
  /** Microseconds by which the series was moved on instead (see `overdue`). */
  readonly shiftUs: number
}

export interface PacerOptions {
  /** When item k is complete and may leave. */
  dueUs: (k: number) => number
  periodUs: number
  /** Behind by more than this: jump to now (an honest gap) instead of sending old items. */
  maxBehindUs?: number
  /** What happens then: `skip` items (their numbers are gone), or `shift` the rest of the series in time. */
  overdue?: 'skip' | 'shift'
  /** While behind, items leave at most this many times as fast as they arise, so no burst follows a stall. */
  catchUp?: number
}

export function createPacer(options: PacerOptions): Pacer {
  const { dueUs, periodUs, maxBehindUs = 10_000_000, overdue = 'skip', catchUp = 4 } = options
  let k = 0
  let skipped = 0
  let shiftUs = 0
  let notBeforeUs = Number.NEGATIVE_INFINITY
  return {
    next(nowUs) {
      if (nowUs < dueUs(k) + shiftUs || nowUs < notBeforeUs) return null
      const behindUs = nowUs - dueUs(k) - shiftUs
      if (behindUs > maxBehindUs) {
        const jump = Math.floor(behindUs / periodUs)
        if (overdue === 'shift') shiftUs += jump * periodUs
        else {
          k += jump
          skipped += jump
        }
      }
      notBeforeUs = nowUs + periodUs / catchUp
      return k++
    },
    get skipped() {
      return skipped
    },
    get shiftUs() {
      return shiftUs
    },
  }
}
