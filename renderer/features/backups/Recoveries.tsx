import type { LostRows, Recovery } from '../../../shared/domain/recovery.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, formatSpan, formatTime, inPlantTime, Skeleton, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'

/** A long list is in the twin as gaps; here are enough to see what was hit. */
const lossesShown = 50

/** What was restored or salvaged, newest first, and what was lost by it. */
export function Recoveries({ onRepair }: { onRepair: () => void }) {
  const { value, failure, again } = useCall('recovery.list', {})
  return (
    <Panel title={t('backups.recoveries')} tools={<Button onClick={onRepair}>{t('backups.repair')}</Button>}>
      {failure && <ErrorPane title={t('backups.recoveriesFailed')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={2} />}
      {value?.recoveries.length === 0 && (
        <Empty title={t('backups.noRecoveries')} next={t('backups.noRecoveriesNext')} />
      )}
      {value?.recoveries.map((recovery) => (
        <Report key={recovery.atUs} recovery={recovery} />
      ))}
    </Panel>
  )
}

function Report({ recovery }: { recovery: Recovery }) {
  const zone = useTimeZone()
  const { kind, atUs, message, source, lost } = recovery
  return (
    <section className="backups-report">
      <h3>{t(`backups.recovery.${kind}`, { time: formatTime(atUs, zone) })}</h3>
      <p>{inPlantTime(message, zone)}</p>
      <p className="small muted">
        {t('backups.source')} <code>{source}</code>
      </p>
      {lost.length > 0 && (
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">{t('backups.col.what')}</th>
              <th scope="col">{t('backups.col.point')}</th>
              <th scope="col">{t('backups.col.span')}</th>
              <th scope="col" className="number">
                {t('backups.col.count')}
              </th>
            </tr>
          </thead>
          <tbody>
            {lost.slice(0, lossesShown).map((rows) => (
              <Loss key={`${rows.what} ${rows.table ?? ''} ${rows.pointId ?? ''} ${rows.fromUs ?? ''}`} rows={rows} />
            ))}
          </tbody>
        </table>
      )}
      {lost.length > lossesShown && (
        <p className="small muted">{t('backups.moreLost', { count: String(lost.length - lossesShown) })}</p>
      )}
    </section>
  )
}

function Loss({ rows }: { rows: LostRows }) {
  const zone = useTimeZone()
  const { what, table, pointId, fromUs, toUs, count } = rows
  return (
    <tr>
      <th scope="row">
        {t(`backups.lost.${what}`)} {table}
      </th>
      <td>{pointId ?? t('backups.allPoints')}</td>
      <td>
        {fromUs === null || toUs === null
          ? t('backups.timeUnknown')
          : t('backups.span', formatSpan(fromUs, toUs, zone))}
      </td>
      <td className="number">{count ?? t('backups.countUnknown')}</td>
    </tr>
  )
}
