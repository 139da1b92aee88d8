import { priorities, type Priority } from '../../shared/domain/alert.ts'
import type { AlertView, AlertsFrame, ServerAlarmView } from '../../shared/protocol/views.ts'
import { useConnectionPhase } from '../stores/connection.ts'
import { useFeed } from '../stores/feeds.ts'
import { navigate } from '../stores/router.ts'
import { Age, formatNumber, PriorityMark, t } from '../ui/index.ts'
import { countsOf, rowIdOf, topOf } from './banner.ts'

export function AlertBanner() {
  const frame = useFeed((feeds) => feeds.alerts)
  const phase = useConnectionPhase()
  const stale = phase !== 'live'
  return (
    <section className={`app-banner${stale ? ' hatched' : ''}`} data-region aria-label={t('banner.label')}>
      {frame === null ? (
        <span className="muted">{t('banner.waiting')}</span>
      ) : (
        <BannerContent frame={frame} stale={stale} />
      )}
    </section>
  )
}

function BannerContent({ frame, stale }: { frame: AlertsFrame; stale: boolean }) {
  const top = topOf(frame)
  const total = priorities.reduce((sum, priority) => sum + countsOf(frame, priority).active, 0)
  return (
    <>
      {top ? (
        <Top top={top} flashing={!stale} />
      ) : (
        <span className="banner-quiet">
          {total === 0 ? t('banner.none') : t('banner.allAcknowledged', { count: total })}
        </span>
      )}
      {stale && <span className="banner-stale">{t('banner.stale')}</span>}
      {frame.servers.unreachable > 0 && (
        <button type="button" className="banner-link" onClick={() => navigate({ page: 'alerts', tab: 'active' })}>
          {t('banner.unreachable', { count: frame.servers.unreachable })}
        </button>
      )}
      {frame.flood && <strong className="banner-flood">{t('banner.flood')}</strong>}
      {frame.awaitingOutcome > 0 && (
        <button type="button" className="banner-link" onClick={() => navigate({ page: 'alerts', tab: 'awaiting' })}>
          {t('banner.awaiting', { count: frame.awaitingOutcome })}
        </button>
      )}
      <ul className="banner-counts" aria-label={t('banner.counts')}>
        {priorities.map((priority) => (
          <Count key={priority} priority={priority} {...countsOf(frame, priority)} />
        ))}
      </ul>
    </>
  )
}

function Top({ top, flashing }: { top: AlertView | ServerAlarmView; flashing: boolean }) {
  return 'occurrence' in top ? (
    <TopAlert view={top} flashing={flashing} />
  ) : (
    <TopServerAlarm alarm={top} flashing={flashing} />
  )
}

function TopServerAlarm({ alarm, flashing }: { alarm: ServerAlarmView; flashing: boolean }) {
  const { condition, priority, serverName } = alarm
  return (
    <button
      type="button"
      className="banner-top"
      onClick={() => navigate({ page: 'alerts', occurrenceId: rowIdOf(alarm) })}
    >
      <PriorityMark priority={priority} flashing={flashing} />
      <strong>{t('banner.ofServer', { server: serverName, source: condition.sourceName })}</strong>
      <span className="banner-meaning">{condition.message}</span>
      <span className="muted">{t('banner.serverSeverity', { severity: condition.severity })}</span>
      <Age tUs={condition.activeSinceUs} />
    </button>
  )
}

function TopAlert({ view, flashing }: { view: AlertView; flashing: boolean }) {
  const { occurrence, assetName, pointName, unit } = view
  return (
    <button
      type="button"
      className="banner-top"
      onClick={() => navigate({ page: 'alerts', occurrenceId: occurrence.id })}
    >
      <PriorityMark priority={occurrence.priority} flashing={flashing} />
      <strong>{assetName}</strong>
      <span className="banner-meaning">{occurrence.contract.meaning}</span>
      <span className="muted">
        {t('banner.value', {
          point: pointName,
          value: formatNumber(occurrence.value, 3),
          unit,
          limit: formatNumber(occurrence.limit, 3),
        })}
      </span>
      <Age tUs={occurrence.raisedUs} />
    </button>
  )
}

/** Two numbers a priority: unacknowledged in full strength, active beside it. Zero is grey and without colour. */
interface CountProps {
  priority: Priority
  unacknowledged: number
  active: number
  /** Of the active ones. */
  servers: number
}

function Count({ priority, unacknowledged, active, servers }: CountProps) {
  const none = active === 0 && unacknowledged === 0
  return (
    <li
      className={`banner-count${none ? ' none' : ''}`}
      title={t('banner.countHint', { priority: t(`priority.${priority}`), unacknowledged, active, servers })}
    >
      <PriorityMark priority={priority} size={14} />
      <span className="banner-number">{t('banner.count', { unacknowledged, active })}</span>
    </li>
  )
}
