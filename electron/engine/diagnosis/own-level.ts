import type { BaselineRecord } from '../../../shared/domain/health.ts'
import { SPEED_BAND } from '../../diagnosis/warning/health-monitor.ts'

/**
 * The machine's own usual RMS velocity at a speed: the median of the approved baseline that holds there, in mm/s. Null where
 * none was approved, none of that speed, or the point's unit gives no velocity.
 */
export function ownVelocity(
  source: { baselinesOf(pointKey: number): readonly BaselineRecord[] },
  pointKey: number,
  rpm: number | null,
): number | null {
  const distance = ({ rpm: learned }: BaselineRecord): number =>
    learned === null || rpm === null || !(rpm > 0) ? 0 : Math.abs(Math.log(rpm / learned))
  const [nearest] = source
    .baselinesOf(pointKey)
    .filter((record) => record.state === 'frozen' && distance(record) <= SPEED_BAND)
    .toSorted((a, b) => distance(a) - distance(b) || b.untilUs - a.untilUs)
  const median = nearest?.features.find(({ name }) => name === 'velocityRms')?.median ?? Number.NaN
  return median > 0 ? median : null
}
