import type { Removal } from '../../../shared/domain/retention.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { formatBytes, formatSpan, formatTime, t } from '../../ui/index.ts'

/** What retention has removed, newest first. */
export function Removals({ removals }: { removals: readonly Removal[] }) {
  const zone = useTimeZone()
  if (removals.length === 0) return <p className="muted">{t('storage.noRemovals')}</p>
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('storage.col.when')}</th>
            <th scope="col">{t('storage.col.tier')}</th>
            <th scope="col">{t('storage.col.span')}</th>
            <th scope="col" className="number">
              {t('storage.col.size')}
            </th>
            <th scope="col">{t('storage.col.why')}</th>
          </tr>
        </thead>
        <tbody>
          {removals.map(({ tier, why, fromUs, toUs, bytes, firstAtUs, lastAtUs }) => (
            <tr key={`${tier} ${why} ${firstAtUs}`}>
              <td>{formatTime(lastAtUs, zone)}</td>
              <th scope="row">{t(`storage.tier.${tier}`)}</th>
              <td>{t('storage.span', formatSpan(fromUs, toUs, zone))}</td>
              <td className="number">{formatBytes(bytes)}</td>
              <td>{t(`storage.why.${why}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
