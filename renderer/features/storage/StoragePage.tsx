import { useCall } from '../../stores/topic.ts'
import { ErrorPane, formatBytes, Skeleton, t } from '../../ui/index.ts'
import { Facts, Page, Panel } from '../../ui/Page.tsx'
import { DiskPanel } from './DiskPanel.tsx'
import { Removals } from './Removals.tsx'
import { TierTable } from './TierTable.tsx'
import './storage.css'

/** Sizes change slowly; a person who makes room wants to see it. */
const refreshMs = 5000

/** What is kept, from when and up to when, and what is given up when the disk fills. */
export function StoragePage() {
  const { value, failure, again } = useCall('storage.read', {}, refreshMs)
  return (
    <Page title={t('storage.title')} subtitle={t('storage.subtitle')} className="storage page-stacked">
      {failure && !value && <ErrorPane title={t('storage.failed')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={8} label={t('storage.loading')} />}
      {value && (
        <>
          <Panel title={t('storage.kept')}>
            <TierTable view={value} />
            {value.retention.held.map((sentence) => (
              <p key={sentence} className="storage-note">
                {sentence}
              </p>
            ))}
            {value.retention.problem !== null && <p className="storage-note">{value.retention.problem}</p>}
          </Panel>
          <div className="storage-columns">
            <DiskPanel disk={value.disk} />
            <Panel title={t('storage.file')}>
              <Facts
                facts={[
                  { label: t('storage.fileBytes'), value: formatBytes(value.storage.fileBytes) },
                  { label: t('storage.freeBytes'), value: formatBytes(value.storage.freeBytes) },
                  { label: t('storage.walBytes'), value: formatBytes(value.storage.walBytes) },
                  {
                    label: t('storage.shrinks'),
                    value: t(value.storage.canShrink ? 'storage.canShrink' : 'storage.keeps'),
                  },
                  {
                    label: t('storage.retention'),
                    value: t(value.retention.isWorking ? 'storage.working' : 'storage.resting'),
                  },
                ]}
              />
            </Panel>
          </div>
          <Panel title={t('storage.removed')}>
            <Removals removals={value.removals} />
          </Panel>
        </>
      )}
    </Page>
  )
}
