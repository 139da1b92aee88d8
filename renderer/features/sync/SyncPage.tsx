import type { StatusFrame } from '../../../shared/protocol/views.ts'
import { useFeed } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { Button, Empty, Skeleton, t } from '../../ui/index.ts'
import { Page, Panel } from '../../ui/Page.tsx'
import { StaleStrip } from '../../ui/StaleStrip.tsx'
import { Destinations } from './Destinations.tsx'
import { EngineFactsPanel, TwinPanel } from './EnginePanels.tsx'
import { Links } from './Links.tsx'
import { Problems } from './Problems.tsx'
import { Queues } from './Queues.tsx'
import './sync.css'

/** Links in, queues between, deliveries out, and what needs a person. */
export function SyncPage() {
  const frame = useFeed((feeds) => feeds.status)
  if (!frame) {
    return (
      <Page title={t('sync.title')}>
        <Skeleton rows={10} />
      </Page>
    )
  }
  return (
    <Page title={t('sync.title')} className="sync" subtitle={<Summary frame={frame} />}>
      <StaleStrip atUs={frame.atUs} />
      <div className="stack">
        {frame.problems.length > 0 && (
          <Panel title={t('sync.problems')}>
            <Problems problems={frame.problems} />
          </Panel>
        )}
        <Panel title={t('sync.destinations')}>
          {frame.destinations.length === 0 ? (
            <Empty title={t('sync.noDestinations')} next={t('sync.noDestinationsNext')} />
          ) : (
            <Destinations destinations={frame.destinations} />
          )}
        </Panel>
        <Panel title={t('sync.links')}>
          {frame.links.length === 0 ? (
            <Empty title={t('sync.noLinks')} next={t('sync.noLinksNext')}>
              <Button onClick={() => navigate({ page: 'settings', section: 'servers' })}>{t('sync.addServer')}</Button>
            </Empty>
          ) : (
            <Links links={frame.links} />
          )}
        </Panel>
        <div className="sync-columns">
          <Panel title={t('sync.queues')}>
            <Queues queues={frame.queues} />
          </Panel>
          <TwinPanel frame={frame} />
          <EngineFactsPanel frame={frame} />
        </div>
      </div>
    </Page>
  )
}

function Summary({ frame }: { frame: StatusFrame }) {
  const { live, stale, bad } = frame.points
  return t('sync.summary', {
    live,
    stale,
    bad,
    rate: Math.round(frame.valuesPerSecond),
    blocks: frame.blocksPerSecond.toFixed(1),
  })
}
