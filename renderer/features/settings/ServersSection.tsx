import { useState, type ReactNode } from 'react'
import type { PlantFile, PlantServer } from '../../../shared/domain/plant-file.ts'
import { useFeed } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { Button, Empty, t } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import { ConnectionDoctor } from './ConnectionDoctor.tsx'
import { exceptedWords, isDecidable } from './link-words.ts'
import { PhaseShape } from './PhaseShape.tsx'
import { ExceptionTable } from './server/ExceptionTable.tsx'

export function ServersSection({ plant, file }: { plant: PlantFile; file: string }) {
  const add = (
    <Button kind="primary" onClick={() => navigate({ page: 'settings', section: 'add' })}>
      {t('settings.addServer')}
    </Button>
  )
  if (plant.servers.length === 0)
    return (
      <Empty title={t('settings.noServers')} next={t('settings.noServersNext')}>
        {add}
      </Empty>
    )
  return (
    <div className="stack">
      <Servers plant={plant} file={file} add={add} />
      {(plant.exceptions ?? []).some(({ scope }) => scope.startsWith('opcua:')) && (
        <Panel title={t('exception.list')}>
          <ExceptionTable plant={plant} />
        </Panel>
      )}
    </div>
  )
}

function Servers({ plant, file, add }: { plant: PlantFile; file: string; add: ReactNode }) {
  return (
    <Panel title={t('settings.servers')} tools={add}>
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('settings.col.server')}</th>
            <th scope="col">{t('settings.col.security')}</th>
            <th scope="col">{t('settings.col.user')}</th>
            <th scope="col">{t('settings.col.state')}</th>
            <th scope="col" className="number">
              {t('settings.col.points')}
            </th>
            <th scope="col">
              <span className="visually-hidden">{t('settings.col.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {plant.servers.map((server) => (
            <ServerRow
              key={server.id}
              server={server}
              points={plant.points.filter((point) => point.source.serverId === server.id).length}
            />
          ))}
        </tbody>
      </table>
      <p className="small muted settings-note">{t('settings.file', { file })}</p>
    </Panel>
  )
}

function ServerRow({ server, points }: { server: PlantServer; points: number }) {
  const link = useFeed((feeds) => feeds.status?.links.find((candidate) => candidate.serverId === server.id) ?? null)
  const [isChecking, setIsChecking] = useState(false)
  const { security, user } = server
  const excepted = exceptedWords(link)
  const isUndecided = isDecidable(link)
  const open = (): void => navigate({ page: 'settings', section: `server:${server.id}` })
  return (
    <tr>
      <th scope="row">
        {server.name ?? server.id}
        <div className="small muted selectable">{server.endpointUrl}</div>
      </th>
      <td>
        {security.mode === 'None' || excepted !== null ? (
          <>
            <strong className="insecure">{t('settings.insecure')}</strong>
            <div className="small muted">{excepted ?? security.reason ?? t('settings.noReason')}</div>
          </>
        ) : (
          <>
            {t(`settings.mode.${security.mode}`)}
            <div className="small muted">{security.policy}</div>
          </>
        )}
      </td>
      <td>{user.type === 'userName' ? user.name : t(`settings.userType.${user.type}`)}</td>
      <td className="settings-state">
        <span className="with-shape">
          <PhaseShape phase={link?.phase ?? 'stopped'} />
          {link === null ? t('settings.noLink') : t(`settings.phase.${link.phase}`)}
        </span>
        {link !== null && link.message !== '' && <div className="small selectable">{link.message}</div>}
      </td>
      <td className="number">{points}</td>
      <td className="actions">
        <div className="settings-row-actions">
          <Button kind={isUndecided ? 'primary' : 'plain'} onClick={open}>
            {t(isUndecided ? 'connection.decide' : 'connection.open')}
          </Button>
          <Button onClick={() => navigate({ page: 'settings', section: 'browse' })}>{t('settings.browse')}</Button>
          <Button onClick={() => setIsChecking(true)}>{t('doctor.check')}</Button>
        </div>
        {isChecking && (
          <ConnectionDoctor
            subject={{ serverId: server.id }}
            name={server.name ?? server.id}
            onClose={() => setIsChecking(false)}
          />
        )}
      </td>
    </tr>
  )
}
