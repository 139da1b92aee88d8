import { useEffect, useState } from 'react'
import type { ConditionEntry } from '../../../shared/domain/condition.ts'
import { priorityOfSeverity } from '../../../shared/domain/condition.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import { bridge } from '../../bridge/bridge.ts'
import { useConnectionPhase } from '../../stores/connection.ts'
import { useFeed, useTimeZone } from '../../stores/feeds.ts'
import { failureOf } from '../../stores/topic.ts'
import { Button, Empty, ErrorPane, formatTime, PriorityMark, Skeleton, t, Table, type Column } from '../../ui/index.ts'
import { entryWords } from './ServerAlarmDetail.tsx'
import { alertRowPx } from './alert-rows.ts'

type Row = ConditionEntry & { id: number }

interface Pages {
  rows: Row[]
  more: boolean
  failure: Failure | null
}

const pageRows = 100

/** Everything servers have said of their alarms and people have asked of them, newest first. */
export function ServerJournal() {
  const { pages, readMore } = useServerJournal()
  const [selected, setSelected] = useState<string | null>(null)
  const zone = useTimeZone()
  const names = useFeed((feeds) => feeds.plant?.plant.servers ?? null)
  if (pages?.failure && pages.rows.length === 0)
    return <ErrorPane title={t('serverAlarm.journalFailed')} failure={pages.failure} onRetry={readMore} />
  if (pages === null) return <Skeleton rows={8} />
  if (pages.rows.length === 0)
    return <Empty title={t('serverAlarm.journalEmpty')} next={t('serverAlarm.journalEmptyNext')} />
  const nameOf = (id: string): string => names?.find((server) => server.id === id)?.name ?? id
  return (
    <div className="alerts-list">
      <Table
        label={t('serverAlarm.journal')}
        columns={columns(zone, nameOf)}
        rows={pages.rows}
        idOf={(row) => String(row.id)}
        selectedId={selected ?? String(pages.rows[0]?.id ?? '')}
        rowPx={alertRowPx}
        onSelect={(row) => setSelected(String(row.id))}
      />
      <div className="journal-more">
        {pages.failure && <span className="field-fault">{pages.failure.message}</span>}
        {pages.more && <Button onClick={readMore}>{t('serverAlarm.older')}</Button>}
      </div>
    </div>
  )
}

function columns(zone: string, nameOf: (id: string) => string): Column<Row>[] {
  return [
    {
      id: 'mark',
      title: t('alerts.col.priority'),
      hasHiddenTitle: true,
      width: '18px',
      cell: ({ severity }) => severity > 0 && <PriorityMark priority={priorityOfSeverity(severity)} size={16} />,
    },
    { id: 'at', title: t('serverAlarm.at'), width: '150px', cell: ({ atUs }) => formatTime(atUs, zone) },
    {
      id: 'server',
      title: t('serverAlarm.server'),
      width: 'minmax(90px, 0.5fr)',
      cell: ({ serverId }) => nameOf(serverId),
    },
    {
      id: 'what',
      title: t('serverAlarm.condition'),
      width: 'minmax(120px, 0.8fr)',
      cell: ({ conditionName, sourceName }) => `${sourceName} ${conditionName}`,
    },
    {
      id: 'words',
      title: t('serverAlarm.happened'),
      width: 'minmax(160px, 2fr)',
      cell: (row) => <span title={entryWords(row)}>{entryWords(row)}</span>,
    },
  ]
}

/** A fresh first page over the pages already read. */
function merged(before: Pages | null, rows: Row[], more: boolean): Pages {
  const oldest = rows.at(-1)?.id ?? 0
  const older = before?.rows.filter(({ id }) => id < oldest) ?? []
  return { rows: [...rows, ...older], more: older.length > 0 ? (before?.more ?? false) : more, failure: null }
}

function failed(before: Pages | null, error: unknown): Pages {
  return { rows: before?.rows ?? [], more: before?.more ?? false, failure: failureOf(error) }
}

/** Read again when the live list changes, which is told after the commit of the journal's row. */
function useServerJournal(): { pages: Pages | null; readMore: () => void } {
  const phase = useConnectionPhase()
  const newest = useFeed(({ alerts }) =>
    alerts === null
      ? null
      : alerts.servers.open.reduce((sum, { condition }) => sum + condition.heardUs, alerts.servers.open.length),
  )
  const [pages, setPages] = useState<Pages | null>(null)

  useEffect(() => {
    if (phase !== 'live' || newest === null) return undefined
    let isWanted = true
    bridge.call('serverAlarm.journal', { beforeId: null, limit: pageRows, of: null }).then(
      ({ rows, more }) => isWanted && setPages((before) => merged(before, rows, more)),
      (error: unknown) => isWanted && setPages((before) => failed(before, error)),
    )
    return () => {
      isWanted = false
    }
  }, [phase, newest])

  const readMore = (): void => {
    const beforeId = pages?.rows.at(-1)?.id ?? null
    bridge.call('serverAlarm.journal', { beforeId, limit: pageRows, of: null }).then(
      ({ rows, more }) => setPages((before) => ({ rows: [...(before?.rows ?? []), ...rows], more, failure: null })),
      (error: unknown) => setPages((before) => failed(before, error)),
    )
  }
  return { pages, readMore }
}
