/**
 * How much evidence the same search finds where no fault frequency lies. A recording with many lines (gears, sidebands of
 * another fault) scores high everywhere; a fixed threshold would call that a fault.
 */
export interface ChanceLevel {
  readonly location: number
  readonly scale: number
  /** the upper tenth of the decoys' evidence */
  readonly upper: number
}

/** A maximum over some 10^4 trials follows Gumbel's law; its 90 % point lies 1.88 scales above its median. */
const MEDIAN_TO_UPPER = 1.88
const LOCATION_TO_MEDIAN = 0.3665
/** With a score or so of decoys the spread is uncertain; noise alone has never shown less than this. */
const SCALE_FLOOR = 0.8

export function chanceLevel(decoyEvidence: readonly number[], scaleFloor = SCALE_FLOOR): ChanceLevel {
  const sorted = decoyEvidence.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.trunc(share * sorted.length))] ?? Number.NaN
  const middle = at(0.5)
  const upper = at(0.9)
  const scale = Math.max(scaleFloor, (upper - middle) / MEDIAN_TO_UPPER)
  return { location: middle - LOCATION_TO_MEDIAN * scale, scale, upper }
}

/** Probability that chance alone reaches this evidence in at least one of `families` searches. */
export function falseAlarmProbability(evidence: number, level: ChanceLevel, families: number): number {
  const single = -Math.expm1(-Math.exp(-(evidence - level.location) / level.scale))
  return Math.min(1, Math.max(0, -Math.expm1(families * Math.log1p(-Math.min(single, 1 - 1e-12)))))
}

/** Orders between 2.2 and 7.5 that no bearing line, its simple multiples, sidebands or shaft harmonic explains. */
export function decoyOrders(bearingLines: readonly number[], sidebandLines: readonly number[]): number[] {
  const multiples = [1, 2, 3, 1 / 2, 3 / 2, 2 / 3, 4 / 3]
  const taken = [
    ...bearingLines.flatMap((line) => multiples.map((multiple) => line * multiple)),
    ...sidebandLines.flatMap((line) => [line - 2, line - 1, line + 1, line + 2]),
  ]
  const orders: number[] = []
  for (let step = 0; step < 96; step += 1) {
    const order = 2.2 + step * 0.055
    if (Math.abs(order - Math.round(order)) < 0.06) continue
    if (taken.every((line) => Math.abs(order / line - 1) > 0.03)) orders.push(order)
  }
  return orders
}
