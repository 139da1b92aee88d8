import { limits } from '../../../shared/domain/limits.ts'
import { diskLevels, type DiskState } from '../../../shared/domain/retention.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { formatBytes, formatPercent, formatTime, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'

const steps = diskLevels.filter((level) => level !== 'ok')

/** How full the disk is, with the marks at which something is given up, and what is given up now. */
export function DiskPanel({ disk }: { disk: DiskState }) {
  const zone = useTimeZone()
  const { level, sinceUs, totalBytes, freeBytes, reserveBytes } = disk
  const reached = diskLevels.indexOf(level)
  return (
    <Panel title={t('storage.disk')} className={level === 'ok' ? '' : 'storage-abnormal'}>
      {totalBytes === null || freeBytes === null ? (
        <p className="muted">{t('storage.diskUnknown')}</p>
      ) : (
        <>
          <p>
            <strong className="storage-free">{formatPercent(freeBytes / totalBytes)}</strong>{' '}
            {t('storage.free', { free: formatBytes(freeBytes), total: formatBytes(totalBytes) })}
          </p>
          <div className="storage-disk" role="img" aria-label={t('storage.diskLabel')}>
            <div style={{ transform: `scaleX(${1 - freeBytes / totalBytes})` }} />
            {steps.map((step) => (
              <i key={step} style={{ left: `${(1 - limits.disk[step]) * 100}%` }} />
            ))}
          </div>
        </>
      )}
      <p>
        {level === 'ok'
          ? t('storage.level.ok')
          : t('storage.since', { what: t(`storage.level.${level}`), time: formatTime(sinceUs, zone) })}
      </p>
      <ol className="storage-steps">
        {steps.map((step, index) => (
          <li
            key={step}
            aria-current={reached > index ? 'step' : undefined}
            className={reached > index ? 'reached' : ''}
          >
            <span className="storage-at">{formatPercent(limits.disk[step])}</span>
            <span>{t(`storage.step.${step}`)}</span>
          </li>
        ))}
      </ol>
      <p className="small muted">
        {reserveBytes > 0 ? t('storage.reserve', { size: formatBytes(reserveBytes) }) : t('storage.noReserve')}
      </p>
    </Panel>
  )
}
