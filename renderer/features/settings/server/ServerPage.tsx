import { useState, type ReactNode } from 'react'
import type { LinkState } from '../../../../shared/domain/intake.ts'
import type { PlantFile, PlantServer } from '../../../../shared/domain/plant-file.ts'
import type { ServerReviewView } from '../../../../shared/protocol/methods.ts'
import { useFeed, useTimeZone } from '../../../stores/feeds.ts'
import { navigate } from '../../../stores/router.ts'
import { Age, Button, Empty, formatTime, t } from '../../../ui/index.ts'
import { Facts, Panel } from '../../../ui/Page.tsx'
import { ConnectionDoctor } from '../ConnectionDoctor.tsx'
import { exceptedWords, isDecidable } from '../link-words.ts'
import { PhaseShape } from '../PhaseShape.tsx'
import { ExceptionTable } from './ExceptionTable.tsx'
import { Review, useReview } from './Review.tsx'

interface ServerPageProps {
  plant: PlantFile
  serverId: string
  /** It was added just now: where its first connection fails, the doctor says. */
  isNew: boolean
}

/** One connection: how it stands, the certificate the server shows, what was allowed, and what can be decided. */
export function ServerPage({ plant, serverId, isNew }: ServerPageProps) {
  const server = plant.servers.find(({ id }) => id === serverId)
  const link = useFeed((feeds) => feeds.status?.links.find((candidate) => candidate.serverId === serverId) ?? null)
  const review = useReview(server, link)
  const back = (
    <Button onClick={() => navigate({ page: 'settings', section: 'servers' })}>{t('connection.back')}</Button>
  )
  if (!server)
    return (
      <Empty title={t('connection.unknown', { server: serverId })} next={t('connection.unknownNext')}>
        {back}
      </Empty>
    )
  const exceptions = plant.exceptions?.filter(({ scope }) => scope.startsWith(`opcua:${serverId}:`)) ?? []
  return (
    <div className="stack server-page">
      <LinkPanel server={server} link={link} isUnclear={isNew && isUnclear(link, review.value)} back={back} />
      {server.security.mode === 'None' ? (
        <Panel title={t('connection.certificate')}>
          <p>
            <strong className="insecure">{t('settings.insecure')}</strong> {t('connection.none')}
          </p>
        </Panel>
      ) : (
        <Review serverId={serverId} review={review} />
      )}
      {exceptions.length > 0 && (
        <Panel title={t('exception.list')}>
          <ExceptionTable plant={plant} serverId={serverId} />
        </Panel>
      )}
    </div>
  )
}

interface LinkPanelProps {
  server: PlantServer
  link: LinkState | null
  /** The doctor is asked without anybody's press. */
  isUnclear: boolean
  back: ReactNode
}

/** The link has failed, and neither a decision nor a finding on the certificate says why. */
function isUnclear(link: LinkState | null, review: ServerReviewView | null): boolean {
  if (link?.phase === 'lost') return true
  const isExplained = isDecidable(link) || (review?.findings ?? []).some(({ accepted }) => accepted === null)
  return link?.phase === 'refused' && review !== null && !isExplained
}

function LinkPanel({ server, link, isUnclear, back }: LinkPanelProps) {
  const zone = useTimeZone()
  const [doctor, setDoctor] = useState<'unasked' | 'open' | 'closed'>('unasked')
  const isOpen = doctor === 'open' || (doctor === 'unasked' && isUnclear)
  const name = server.name ?? server.id
  const excepted = exceptedWords(link)
  const { mode, policy, reason } = server.security
  return (
    <Panel
      title={name}
      tools={
        <>
          <Button onClick={() => setDoctor('open')}>{t('doctor.check')}</Button>
          <Button onClick={() => navigate({ page: 'settings', section: 'browse' })}>{t('settings.browse')}</Button>
          {back}
        </>
      }
    >
      <div className="stack">
        <div role="status" className="server-state">
          <PhaseShape phase={link?.phase ?? 'stopped'} />
          <strong>{link === null ? t('settings.noLink') : t(`settings.phase.${link.phase}`)}</strong>
          {link !== null && link.message !== '' && <span className="selectable">{link.message}</span>}
        </div>
        <Facts
          facts={[
            { label: t('settings.address'), value: server.endpointUrl },
            {
              label: t('settings.col.security'),
              value:
                mode === 'None' || excepted !== null ? (
                  <>
                    <strong className="insecure">{t('settings.insecure')}</strong>{' '}
                    {excepted ?? reason ?? t('settings.noReason')}
                  </>
                ) : (
                  `${t(`settings.mode.${mode}`)}, ${policy}`
                ),
            },
            ...(link?.phase !== 'connected'
              ? []
              : [
                  {
                    label: t('connection.since'),
                    value: formatTime(link.sinceUs, zone),
                  },
                  {
                    label: t('connection.items'),
                    value: t('connection.itemsWords', { good: link.itemsGood, bad: link.itemsBad }),
                  },
                  { label: t('connection.lastData'), value: <Age tUs={link.lastDataUs} /> },
                ]),
          ]}
        />
      </div>
      {isOpen && <ConnectionDoctor subject={{ serverId: server.id }} name={name} onClose={() => setDoctor('closed')} />}
    </Panel>
  )
}
