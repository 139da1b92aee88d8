export interface TrendPoint {
  readonly timeS: number
  readonly valueDb: number
}

/** When the limit will be reached if the present rise goes on: a 90 % interval, or the reason why there is none. */
export type TrendToLimit =
  | { readonly earliestS: number; readonly latestS: number; readonly refused: null }
  | { readonly earliestS: null; readonly latestS: null; readonly refused: string }

const FEWEST = 12
/** Two-sided 90 % of Student's t at ten degrees of freedom; fewer effective points are refused. */
const T_90 = 1.812
/** Beyond three times what was seen of the rise, the straight line is a guess. */
const HORIZON = 3

const none = (refused: string): TrendToLimit => ({ earliestS: null, latestS: null, refused })

interface Line {
  readonly slope: number
  readonly slopeError: number
  readonly value: number
  readonly valueError: number
}

/** Least squares in decibels; errors widened for lag-one autocorrelation, since neighbouring snapshots repeat each other. */
function fitLine(points: readonly TrendPoint[], atS: number): Line | null {
  const n = points.length
  const meanT = points.reduce((sum, p) => sum + p.timeS, 0) / n
  const meanY = points.reduce((sum, p) => sum + p.valueDb, 0) / n
  const spreadT = points.reduce((sum, p) => sum + (p.timeS - meanT) ** 2, 0)
  if (!(spreadT > 0)) return null
  const slope = points.reduce((sum, p) => sum + (p.timeS - meanT) * (p.valueDb - meanY), 0) / spreadT
  const residuals = points.map((p) => p.valueDb - meanY - slope * (p.timeS - meanT))
  const squares = residuals.reduce((sum, r) => sum + r * r, 0)
  const lagged = residuals.reduce((sum, r, i) => sum + r * (residuals[i - 1] ?? 0), 0)
  const correlation = squares > 0 ? Math.max(0, Math.min(0.95, lagged / squares)) : 0
  const effective = (n * (1 - correlation)) / (1 + correlation)
  if (effective < FEWEST) return null
  const variance = squares / Math.max(1, effective - 2)
  const shrink = n / effective
  return {
    slope,
    slopeError: Math.sqrt((variance * shrink) / spreadT),
    value: meanY + slope * (atS - meanT),
    valueError: Math.sqrt(variance * (1 / effective + (shrink * (atS - meanT) ** 2) / spreadT)),
  }
}

/** Extrapolates the rise seen in `points`, oldest first, to `limitDb`. Says nothing that the points do not carry. */
export function trendToLimit(points: readonly TrendPoint[], limitDb: number): TrendToLimit {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined || points.length < FEWEST)
    return none(`the rise has only been seen for ${points.length} snapshots; ${FEWEST} are needed for a trend`)
  const line = fitLine(points, last.timeS)
  if (line === null) return none('the snapshots of the rise repeat each other too much to carry a trend')
  const steepest = line.slope + T_90 * line.slopeError
  const flattest = line.slope - T_90 * line.slopeError
  if (!(flattest > 0)) return none('the rise is not certain enough to be extrapolated: it may as well have stopped')
  const lowest = limitDb - line.value - T_90 * line.valueError
  const highest = limitDb - line.value + T_90 * line.valueError
  if (highest <= 0) return none('the limit is reached already')
  const latest = highest / flattest
  if (latest > HORIZON * (last.timeS - first.timeS))
    return none('the limit is more than three times as far away as the rise has lasted: too far to extrapolate')
  return { earliestS: last.timeS + Math.max(0, lowest / steepest), latestS: last.timeS + latest, refused: null }
}
