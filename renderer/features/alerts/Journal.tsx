import { useEffect, useState } from 'react'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { AlertView } from '../../../shared/protocol/views.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useConnectionPhase } from '../../stores/connection.ts'
import { useFeed } from '../../stores/feeds.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, ErrorPane, Skeleton, t } from '../../ui/index.ts'
import { AlertTable } from './AlertTable.tsx'

const pageRows = 100

interface Pages {
  rows: AlertView[]
  more: boolean
  failure: Failure | null
  isLoading: boolean
}

const none: Pages = { rows: [], more: true, failure: null, isLoading: true }

interface JournalProps {
  selected: string | null
  onSelect: (occurrenceId: string) => void
}

export function Journal(props: JournalProps) {
  const assets = useFeed((feeds) => feeds.overview?.assets ?? null)
  const [assetId, setAssetId] = useState<string | null>(null)
  return (
    <div className="alerts-active">
      <div className="journal-filter">
        <label>
          <span className="muted">{t('alerts.journalOf')}</span>
          <select
            className="input"
            value={assetId ?? ''}
            onChange={(event) => setAssetId(event.target.value === '' ? null : event.target.value)}
          >
            <option value="">{t('alerts.everyMachine')}</option>
            {assets?.map((asset) => (
              <option key={asset.id} value={asset.id}>
                {asset.name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <JournalRows key={assetId ?? ''} assetId={assetId} {...props} />
    </div>
  )
}

function JournalRows({ assetId, selected, onSelect }: JournalProps & { assetId: string | null }) {
  const { pages, readMore } = useJournal(assetId)
  if (pages.failure && pages.rows.length === 0)
    return <ErrorPane title={t('alerts.journalFailed')} failure={pages.failure} onRetry={readMore} />
  if (pages.isLoading && pages.rows.length === 0) return <Skeleton rows={8} />
  return (
    <AlertTable
      isHistory
      label={t('alerts.journal')}
      views={pages.rows}
      selected={selected}
      onSelect={onSelect}
      empty={{ title: t('alerts.journalEmpty'), next: t('alerts.journalEmptyNext') }}
      footer={
        <div className="journal-more">
          {pages.failure && <span className="field-fault">{pages.failure.message}</span>}
          {pages.more ? (
            <Button busy={pages.isLoading} onClick={readMore}>
              {pages.isLoading ? t('state.loading') : t('alerts.older')}
            </Button>
          ) : (
            <span className="muted">{t('alerts.journalStart', { count: pages.rows.length })}</span>
          )}
        </div>
      }
    />
  )
}

/** Pages of the journal, newest first. What changes while it is open is read again with the live list's next change. */
function useJournal(assetId: string | null): { pages: Pages; readMore: () => void } {
  const phase = useConnectionPhase()
  const newestChange = useFeed(({ alerts }) => (alerts === null ? null : Math.max(0, ...alerts.open.map(newestOf))))
  const [pages, setPages] = useState<Pages>(none)

  useEffect(() => {
    // The live list tells when the journal has changed; before its first frame there is nothing to follow.
    if (phase !== 'live' || newestChange === null) return undefined
    let isWanted = true
    bridge.call('alert.journal', { beforeUs: null, limit: pageRows, assetId }).then(
      ({ rows, more }) => isWanted && setPages((before) => merge(before, rows, more)),
      (error: unknown) =>
        isWanted && setPages((before) => ({ ...before, failure: failureOf(error), isLoading: false })),
    )
    return () => {
      isWanted = false
    }
  }, [phase, assetId, newestChange])

  const readMore = (): void => {
    const oldest = pages.rows.at(-1)
    setPages((before) => ({ ...before, isLoading: true, failure: null }))
    bridge.call('alert.journal', { beforeUs: oldest?.occurrence.raisedUs ?? null, limit: pageRows, assetId }).then(
      ({ rows, more }) =>
        setPages((before) => ({ rows: unique([...before.rows, ...rows]), more, failure: null, isLoading: false })),
      (error: unknown) => setPages((before) => ({ ...before, failure: failureOf(error), isLoading: false })),
    )
  }
  return { pages, readMore }
}

function newestOf({ occurrence }: AlertView): number {
  return Math.max(
    occurrence.changedUs,
    occurrence.acknowledgedUs ?? 0,
    occurrence.returnedUs ?? 0,
    occurrence.labelledUs ?? 0,
  )
}

function unique(rows: readonly AlertView[]): AlertView[] {
  return [...new Map(rows.map((row) => [row.occurrence.id, row])).values()]
}

/** A fresh first page over the pages already read: new rows in front, changed rows replaced, older ones kept. */
function merge(before: Pages, rows: readonly AlertView[], more: boolean): Pages {
  const fresh = new Set(rows.map((row) => row.occurrence.id))
  const older = before.rows.filter((row) => !fresh.has(row.occurrence.id))
  return { rows: [...rows, ...older], more: older.length > 0 ? before.more : more, failure: null, isLoading: false }
}
