import { useState } from 'react'
import type { AssetTile } from '../../../shared/protocol/views.ts'
import { useFeed } from '../../stores/feeds.ts'
import { navigate, useRemembered } from '../../stores/router.ts'
import {
  Age,
  Button,
  Empty,
  formatPercent,
  FreshnessWord,
  matchesSearch,
  noValue,
  PriorityMark,
  RunStateWord,
  SearchField,
  Skeleton,
  t,
  Table,
  tMaybe,
  type Column,
} from '../../ui/index.ts'
import { Page } from '../../ui/Page.tsx'
import { StaleStrip } from '../../ui/StaleStrip.tsx'

interface Row {
  tile: AssetTile
  lineName: string
}

function mark({ tile }: Row) {
  if (tile.priority === null || tile.state === 'normal') return null
  return <PriorityMark priority={tile.priority} size={16} flashing={tile.state === 'unacknowledged'} />
}

const runState = ({ tile }: Row) => <RunStateWord state={tile.runState} />
const freshness = ({ tile }: Row) => <FreshnessWord freshness={tile.freshness} />
const age = ({ tile }: Row) => <Age tUs={tile.lastUs} />

function columns(): Column<Row>[] {
  return [
    { id: 'mark', title: t('alerts.col.priority'), hasHiddenTitle: true, width: '20px', cell: mark },
    { id: 'name', title: t('machine.col.machine'), width: 'minmax(130px, 1.2fr)', cell: ({ tile }) => tile.name },
    { id: 'line', title: t('machine.col.line'), width: 'minmax(120px, 1.2fr)', cell: ({ lineName }) => lineName },
    {
      id: 'family',
      title: t('machine.col.family'),
      width: '92px',
      cell: ({ tile }) => tMaybe(`machine.family.${tile.family}`, tile.family),
    },
    { id: 'run', title: t('machine.col.run'), width: '130px', cell: runState },
    {
      id: 'health',
      title: t('machine.col.health'),
      width: '80px',
      align: 'end',
      cell: ({ tile }) => (tile.health === null ? noValue : formatPercent(tile.health)),
    },
    {
      id: 'finding',
      title: t('machine.col.finding'),
      width: 'minmax(200px, 3fr)',
      cell: ({ tile }) => tile.finding ?? '',
    },
    { id: 'fresh', title: t('machine.col.freshness'), width: '84px', cell: freshness },
    { id: 'age', title: t('machine.col.age'), width: '84px', align: 'end', cell: age },
  ]
}

/** Without a machine chosen: all of them, to choose one. */
export function MachineList() {
  const frame = useFeed((feeds) => feeds.overview)
  const [selectedId, setSelectedId] = useState<string | null>(null)
  const [search, setSearch] = useRemembered('machines.search', '')
  if (!frame) {
    return (
      <Page title={t('machine.all')}>
        <Skeleton rows={8} />
      </Page>
    )
  }
  const lineName = new Map(frame.lines.map((line) => [line.id, line.name]))
  const rows = frame.assets
    .map((tile) => ({ tile, lineName: lineName.get(tile.lineId) ?? tile.lineId }))
    .filter(({ tile, lineName: line }) => search.trim() === '' || matchesSearch(tile, line, search))
  return (
    <Page
      title={t('machine.all')}
      layout="fixed"
      subtitle={t('machine.allHint')}
      tools={
        <>
          <SearchField label={t('overview.search')} value={search} onChange={setSearch} />
          <Button onClick={() => navigate({ page: 'assets' })}>{t('assets.open')}</Button>
          <Button onClick={() => navigate({ page: 'new-machine' })}>{t('newMachine.open')}</Button>
        </>
      }
    >
      <StaleStrip atUs={frame.atUs} />
      {frame.assets.length === 0 ? (
        <Empty title={t('overview.empty')} next={t('overview.emptyNext')} />
      ) : rows.length === 0 ? (
        <Empty title={t('overview.noMatch', { search })} next={t('overview.noMatchNext')} />
      ) : (
        <Table
          label={t('machine.all')}
          columns={columns()}
          rows={rows}
          idOf={({ tile }) => tile.id}
          selectedId={selectedId}
          onSelect={({ tile }) => setSelectedId(tile.id)}
          onOpen={({ tile }) => navigate({ page: 'machine', assetId: tile.id })}
        />
      )}
    </Page>
  )
}
