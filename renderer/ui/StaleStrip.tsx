import type { TimeUs } from '../../shared/domain/time.ts'
import { useNowUs } from '../stores/clock.ts'
import { useTimeZone } from '../stores/feeds.ts'
import { formatAge, formatTime } from './format.ts'
import { t } from './text.ts'

/** Frames of the slow topics come at least once a second; five without one is not jitter any more. */
const staleFrameS = 5

export function isFrameStale(atUs: TimeUs, nowUs: TimeUs): boolean {
  return nowUs - atUs > staleFrameS * 1e6
}

export function useFrameStale(atUs: TimeUs | null): boolean {
  const nowUs = useNowUs()
  return atUs !== null && isFrameStale(atUs, nowUs)
}

/** Says across a page that what it shows has stopped; nothing while it is current. */
export function StaleStrip({ atUs }: { atUs: TimeUs }) {
  const nowUs = useNowUs()
  const zone = useTimeZone()
  if (!isFrameStale(atUs, nowUs)) return null
  return (
    <div className="stale-strip hatched" role="status">
      <span>{t('state.staleFrame', { time: formatTime(atUs, zone, nowUs), age: formatAge(atUs, nowUs) })}</span>
    </div>
  )
}
