import type { StorageView } from '../../../shared/protocol/storage.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { formatBytes, formatTime, noValue, t } from '../../ui/index.ts'
import { daysWords, shareOf } from './storage-words.ts'

export function TierTable({ view }: { view: StorageView }) {
  const zone = useTimeZone()
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('storage.col.tier')}</th>
            <th scope="col">{t('storage.col.from')}</th>
            <th scope="col">{t('storage.col.age')}</th>
            <th scope="col" className="number">
              {t('storage.col.size')}
            </th>
            <th scope="col">{t('storage.col.cap')}</th>
            <th scope="col">{t('storage.col.pinned')}</th>
            <th scope="col">{t('storage.col.removed')}</th>
          </tr>
        </thead>
        <tbody>
          {view.storage.tiers.map(({ tier, bytes, fromUs, pinned, removed }) => {
            const cap = view.caps[tier]
            const share = shareOf(bytes, cap.maxBytes)
            return (
              <tr key={tier}>
                <th scope="row">
                  {t(`storage.tier.${tier}`)}
                  <div className="small muted">{t(`storage.what.${tier}`)}</div>
                </th>
                <td>{fromUs === null ? t('storage.none') : formatTime(fromUs, zone)}</td>
                <td>{daysWords(cap.maxAgeUs)}</td>
                <td className="number">{formatBytes(bytes)}</td>
                <td>
                  {t('storage.of', { cap: formatBytes(cap.maxBytes) })}
                  <div className="storage-bar" aria-hidden>
                    <div className={share > 1 ? 'over' : ''} style={{ transform: `scaleX(${Math.min(1, share)})` }} />
                  </div>
                </td>
                <td>
                  {pinned === null
                    ? noValue
                    : t('storage.pinnedWords', { count: pinned.rows, size: formatBytes(pinned.bytes) })}
                </td>
                <td>
                  {removed === null
                    ? t('storage.nothing')
                    : t('storage.removedWords', {
                        size: formatBytes(removed.bytes),
                        until: formatTime(removed.throughUs, zone),
                      })}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
