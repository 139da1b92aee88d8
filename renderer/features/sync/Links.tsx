import type { LinkState } from '../../../shared/domain/intake.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { Age, Button, formatTime, t } from '../../ui/index.ts'
import { StatusShape } from './StatusShape.tsx'
import { insecureReason } from './words.ts'

export function Links({ links }: { links: readonly LinkState[] }) {
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('sync.col.server')}</th>
            <th scope="col">{t('sync.col.state')}</th>
            <th scope="col">{t('sync.col.security')}</th>
            <th scope="col" className="number">
              {t('sync.col.items')}
            </th>
            <th scope="col">{t('sync.col.lastData')}</th>
            <th scope="col" className="number">
              {t('sync.col.reconnects')}
            </th>
          </tr>
        </thead>
        <tbody>
          {links.map((link) => (
            <LinkRow key={link.serverId} link={link} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

const shapeOf = { connected: 'good', connecting: 'waiting', stopped: 'waiting', lost: 'bad', refused: 'bad' } as const

function LinkRow({ link }: { link: LinkState }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  const fileReason = useFeed(
    (feeds) => feeds.plant?.plant.servers.find((server) => server.id === link.serverId)?.security.reason ?? '',
  )
  const linkReason = insecureReason(link)
  const reason = linkReason === '' ? fileReason : linkReason
  return (
    <tr>
      <th scope="row">
        {link.serverId}
        <div className="small muted selectable">{link.endpointUrl}</div>
      </th>
      <td className="sync-state">
        <div className="with-shape">
          <StatusShape kind={shapeOf[link.phase]} />
          <span>{t(`sync.link.${link.phase}`, { since: formatTime(link.sinceUs, zone, nowUs) })}</span>
        </div>
        {link.message !== '' && <div className="small selectable">{link.message}</div>}
        {link.phase === 'connected' && link.alarms && (
          <div className="small muted" title={link.alarms.message}>
            {t(`sync.alarms.${link.alarms.phase}`)}
          </div>
        )}
        {link.phase === 'refused' && (
          <Button onClick={() => navigate({ page: 'settings', section: `server:${link.serverId}` })}>
            {t('sync.openTrust')}
          </Button>
        )}
      </td>
      <td>
        {reason === null ? (
          link.security
        ) : (
          <>
            <strong className="insecure">{t('sync.insecure')}</strong>
            <div className="small muted">
              {t('sync.reason', { reason: reason === '' ? t('sync.noReason') : reason })}
            </div>
          </>
        )}
      </td>
      <td className="number">
        {t('sync.itemsGood', { count: link.itemsGood })}
        {link.itemsBad > 0 && <div className="hatched">{t('sync.itemsBad', { count: link.itemsBad })}</div>}
      </td>
      <td>
        <Age tUs={link.lastDataUs} />
      </td>
      <td className="number">{link.reconnects}</td>
    </tr>
  )
}
