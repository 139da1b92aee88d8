import type { DestinationState } from '../../../shared/domain/outbox.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { Age, formatDuration, formatNumber, formatTime, noValue, t } from '../../ui/index.ts'
import { StatusShape } from './StatusShape.tsx'
import { deliveryPhase } from './words.ts'

export function Destinations({ destinations }: { destinations: readonly DestinationState[] }) {
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('sync.col.destination')}</th>
            <th scope="col">{t('sync.col.state')}</th>
            <th scope="col" className="number">
              {t('sync.col.waiting')}
            </th>
            <th scope="col">{t('sync.col.oldest')}</th>
            <th scope="col" className="number">
              {t('sync.col.rate')}
            </th>
            <th scope="col">{t('sync.col.empty')}</th>
            <th scope="col">{t('sync.col.receipt')}</th>
            <th scope="col" className="number">
              {t('sync.col.delivered')}
            </th>
          </tr>
        </thead>
        <tbody>
          {destinations.map((destination) => (
            <DestinationRow key={destination.id} destination={destination} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function DestinationRow({ destination }: { destination: DestinationState }) {
  const phase = deliveryPhase(destination)
  return (
    <tr>
      <th scope="row">
        {destination.id}
        <div className="small muted">{t(`sync.kind.${destination.kind}`)}</div>
        <div className="small muted">{t(`sync.lane.${destination.lane}`)}</div>
      </th>
      <td className="sync-state">
        <div className="with-shape">
          <StatusShape
            kind={
              phase === 'outage'
                ? 'bad'
                : phase === 'draining' || phase === 'paused' || phase === 'notYet'
                  ? 'waiting'
                  : 'good'
            }
          />
          <PhaseWords destination={destination} />
        </div>
        {destination.lastError !== null && phase === 'outage' && (
          <div className="small selectable">{t('sync.lastError', { error: destination.lastError })}</div>
        )}
      </td>
      <td className="number">{destination.depth.toLocaleString('en')}</td>
      <td>{destination.oldestUs === null ? noValue : <Age tUs={destination.oldestUs} />}</td>
      <td className="number">{formatNumber(destination.rowsPerSecond, 3)}</td>
      <td>
        {destination.depth === 0 || destination.secondsToEmpty === null
          ? noValue
          : formatDuration(destination.secondsToEmpty)}
      </td>
      <td>
        <Age tUs={destination.lastReceiptUs} />
      </td>
      <td className="number">{destination.deliveredRows.toLocaleString('en')}</td>
    </tr>
  )
}

/** An outage is a fact with a start, not a spinner. */
function PhaseWords({ destination }: { destination: DestinationState }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const path = useFeed((feeds) => feeds.plant?.plant.sync.find((entry) => entry.id === destination.id) ?? null)
  const phase = deliveryPhase(destination)
  const since = destination.failingSinceUs
  if (phase === 'outage' && since !== null)
    return (
      <strong>
        {t('sync.phase.outage', {
          since: formatTime(since, zone, nowUs),
          duration: formatDuration((nowUs - since) / 1e6),
        })}
      </strong>
    )
  const where = path === null ? '' : path.kind === 'folder' ? path.path : path.url
  return (
    <span>
      {t(`sync.phase.${phase}`)}
      {where !== '' && <span className="small muted selectable sync-where">{where}</span>}
    </span>
  )
}
