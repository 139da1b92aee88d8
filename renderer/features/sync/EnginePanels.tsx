import type { StatusFrame } from '../../../shared/protocol/views.ts'
import { useConnection } from '../../stores/connection.ts'
import { useNowUs } from '../../stores/clock.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { Age, Button, formatBytes, formatDuration, formatTime, t } from '../../ui/index.ts'
import { Facts, Panel } from '../../ui/Page.tsx'

export function TwinPanel({ frame }: { frame: StatusFrame }) {
  const { twin } = frame
  const facts = useConnection((state) => state.facts)
  return (
    <Panel
      title={t('sync.twin')}
      tools={
        <Button kind="quiet" onClick={() => navigate({ page: 'storage' })}>
          {t('sync.storage')}
        </Button>
      }
    >
      <Facts
        facts={[
          { label: t('sync.size'), value: formatBytes(twin.bytes) },
          { label: t('sync.lastCommit'), value: <Age tUs={twin.lastCommitUs} /> },
          { label: t('sync.commits'), value: twin.commits.toLocaleString('en') },
          { label: t('sync.opened'), value: twin.opened },
          { label: t('sync.key'), value: facts?.key.note ?? '' },
          { label: t('sync.folder'), value: <code>{frame.dataDir}</code> },
        ]}
      />
    </Panel>
  )
}

export function EngineFactsPanel({ frame }: { frame: StatusFrame }) {
  const zone = useTimeZone()
  const nowUs = useNowUs()
  return (
    <Panel title={t('sync.engine')}>
      <Facts
        facts={[
          {
            label: t('sync.version'),
            value: t('sync.versionWords', { version: frame.version, node: frame.node, pid: frame.pid }),
          },
          {
            label: t('sync.started'),
            value: t('sync.startedWords', {
              time: formatTime(frame.startedUs, zone, nowUs),
              duration: formatDuration((nowUs - frame.startedUs) / 1e6),
            }),
          },
          { label: t('sync.plantFile'), value: <code>{frame.plantFile}</code> },
          { label: t('sync.configuration'), value: <code>{frame.configHash.slice(0, 12)}</code> },
        ]}
      />
    </Panel>
  )
}
