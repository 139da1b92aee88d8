import { useState } from 'react'
import type { BackupsView, BackupView } from '../../../shared/protocol/methods.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useTimeZone } from '../../stores/feeds.ts'
import { navigate } from '../../stores/router.ts'
import { toast } from '../../stores/toasts.ts'
import { failureOf, useCall } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, formatBytes, formatPercent, formatTime, Skeleton, t } from '../../ui/index.ts'
import { Facts, Page, Panel } from '../../ui/Page.tsx'
import { Recoveries } from './Recoveries.tsx'
import { RepairDialog, RestoreDialog } from './RestoreDialog.tsx'
import './backups.css'

/** Progress is worth a look a second; without any the list changes once a day. */
const refreshMs = 1000

/** Copies of the twin, the way back to one, and what was ever brought back or lost. */
export function BackupsPage() {
  const { value, failure, again } = useCall('backup.list', {}, refreshMs)
  const [asked, setAsked] = useState<BackupView | 'repair' | null>(null)
  const ask = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      toast('failed', failureOf(error).message)
    }
    again()
  }
  const tools = (
    <>
      <Button onClick={() => navigate({ page: 'settings' })}>{t('backups.back')}</Button>
      <Button
        kind="primary"
        busy={value?.running !== null && value !== null}
        onClick={() => void ask(() => bridge.call('backup.make', {}))}
      >
        {t('backups.make')}
      </Button>
    </>
  )
  return (
    <Page title={t('backups.title')} subtitle={t('backups.subtitle')} tools={tools} className="backups page-stacked">
      {failure && !value && <ErrorPane title={t('backups.failed')} failure={failure} onRetry={again} />}
      {!value && !failure && <Skeleton rows={6} label={t('backups.loading')} />}
      {value && (
        <>
          <State view={value} onCancel={() => void ask(() => bridge.call('backup.cancel', {}))} />
          <Panel title={t('backups.list')}>
            <BackupTable view={value} onRestore={setAsked} />
          </Panel>
          <Recoveries onRepair={() => setAsked('repair')} />
        </>
      )}
      {asked === 'repair' && (
        <RepairDialog
          onClose={() => setAsked(null)}
          onConfirm={() => void ask(() => bridge.call('twin.repair', {})).then(() => setAsked(null))}
        />
      )}
      {asked !== null && asked !== 'repair' && (
        <RestoreDialog
          backup={asked}
          onClose={() => setAsked(null)}
          onConfirm={(replaceOther) =>
            void ask(() => bridge.call('backup.restore', { name: asked.name, discardNewer: true, replaceOther })).then(
              () => setAsked(null),
            )
          }
        />
      )}
    </Page>
  )
}

function State({ view, onCancel }: { view: BackupsView; onCancel: () => void }) {
  const zone = useTimeZone()
  const { folder, keep, running, failure, lastUs, nextUs } = view
  return (
    <Panel title={t('backups.state')}>
      <Facts
        facts={[
          { label: t('backups.last'), value: lastUs === null ? t('backups.never') : formatTime(lastUs, zone) },
          { label: t('backups.next'), value: formatTime(nextUs, zone) },
          { label: t('backups.folder'), value: <code>{folder}</code> },
          { label: t('backups.keep'), value: t('backups.keepWords', { count: String(keep) }) },
        ]}
      />
      {running && (
        <div className="backups-running" role="status">
          <span>
            {t(`backups.running.${running.what}`)} {t(`backups.step.${running.step}`)} {formatPercent(running.done)}
          </span>
          <progress value={running.done} max={1} aria-label={t(`backups.running.${running.what}`)} />
          {running.what !== 'salvage' && <Button onClick={onCancel}>{t('backups.cancel')}</Button>}
        </div>
      )}
      {failure !== null && <p className="backups-failure">{failure}</p>}
      <p className="small muted">{t('backups.keyNote')}</p>
    </Panel>
  )
}

function BackupTable({ view, onRestore }: { view: BackupsView; onRestore: (backup: BackupView) => void }) {
  const zone = useTimeZone()
  if (view.backups.length === 0) return <Empty title={t('backups.none')} next={t('backups.noneNext')} />
  return (
    <div className="table-scroll">
      <table className="data-table">
        <thead>
          <tr>
            <th scope="col">{t('backups.col.made')}</th>
            <th scope="col">{t('backups.col.kind')}</th>
            <th scope="col">{t('backups.col.ends')}</th>
            <th scope="col" className="number">
              {t('backups.col.size')}
            </th>
            <th scope="col">{t('backups.col.file')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('backups.restore')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {view.backups.map((backup) => {
            const { name, bytes, facts } = backup
            return (
              <tr key={name}>
                <th scope="row">{facts ? formatTime(facts.madeUs, zone) : t('backups.notWhole')}</th>
                <td>{facts && t(`backups.kind.${facts.kind}`)}</td>
                <td>
                  {facts && (facts.lastTickUs === null ? t('backups.empty') : formatTime(facts.lastTickUs, zone))}
                </td>
                <td className="number">{formatBytes(bytes)}</td>
                <td>
                  <code>{name}</code>
                  {facts && !facts.ours && <span className="backups-other">{t('backups.other')}</span>}
                </td>
                <td className="actions">
                  {facts && (
                    <Button disabled={view.running !== null} onClick={() => onRestore(backup)}>
                      {t('backups.restore')}
                    </Button>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
