/** A clock that only goes forward, in Unix microseconds: source timestamps of the plant come from it. */
export interface PlantClock {
  nowUs(): number
}

export interface ClockParts {
  wallMs(): number
  monotonicMs(): number
}

/** Beyond this the machine slept or was set forward: the plant's clock follows the wall, and skipped blocks say so. */
const followAfterUs = 2_000_000

/**
 * Wall time at the start plus monotonic time since. A wall clock set back is ignored (source times never repeat); a
 * wall clock far ahead (suspend does not count in CLOCK_MONOTONIC) is followed in one step.
 */
export function createPlantClock(
  parts: ClockParts = { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
): PlantClock {
  let anchorUs = Math.round(parts.wallMs() * 1000)
  const startMs = parts.monotonicMs()
  return {
    nowUs() {
      const nowUs = anchorUs + Math.round((parts.monotonicMs() - startMs) * 1000)
      const aheadUs = Math.round(parts.wallMs() * 1000) - nowUs
      if (aheadUs <= followAfterUs) return nowUs
      anchorUs += aheadUs
      return nowUs + aheadUs
    },
  }
}

/** A time OPC UA can carry exactly: microseconds and the 100 ns digit. */
export interface ExactTime {
  us: number
  tick: number
}

/**
 * Start of sample `n` at `rateHz`, counted from `t0Us`. Whole seconds are split off first, so that the product stays
 * an exact integer: after ten years at 25.6 kHz the result is still the right 100 ns.
 */
export function sampleTime(t0Us: number, n: number, rateHz: number): ExactTime {
  const seconds = Math.floor(n / rateHz)
  const rest = n - seconds * rateHz
  const ticks = Math.floor((rest * 1e7) / rateHz + 1e-6)
  const us = Math.floor(ticks / 10)
  return { us: t0Us + seconds * 1_000_000 + us, tick: ticks - us * 10 }
}
