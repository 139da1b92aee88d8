import { useDeferredValue, useState } from 'react'
import { countPointStates, pointStates, type PointState } from '../../../shared/domain/point-state.ts'
import type { AssetTile } from '../../../shared/protocol/views.ts'
import { browser } from '../../bridge/browser.ts'
import { useFeed } from '../../stores/feeds.ts'
import { useRemembered } from '../../stores/router.ts'
import { Empty, matchesSearch, PointStateFilter, SearchField, Skeleton, t } from '../../ui/index.ts'
import { Choice, Page } from '../../ui/Page.tsx'
import { StaleStrip, useFrameStale } from '../../ui/StaleStrip.tsx'
import { groupByLine, needsAttention, type TileOrder } from './attention.ts'
import { TileGrid } from './TileGrid.tsx'
import './overview.css'

const orderSetting = 'overview.order'

function storedOrder(): TileOrder {
  return browser.readSetting(orderSetting) === 'place' ? 'place' : 'attention'
}

/** Without frames nothing may look live: what was live when they stopped is stale now. */
function asStale(tiles: readonly AssetTile[]): AssetTile[] {
  return tiles.map((tile) =>
    tile.freshness === 'live' ? Object.assign({}, tile, { freshness: 'stale' as const }) : tile,
  )
}

export function OverviewPage() {
  const frame = useFeed((feeds) => feeds.overview)
  const isStale = useFrameStale(frame?.atUs ?? null)
  const [order, setOrder] = useState(storedOrder)
  const [held, setHeld] = useState<readonly string[]>([])
  const [search, setSearch] = useRemembered('overview.search', '')
  // Typing goes on while the tiles follow.
  const sought = useDeferredValue(search)
  const [pointState, setPointState] = useRemembered<PointState | null>('overview.pointState', null)
  if (!frame) {
    return (
      <Page title={t('overview.title')}>
        <Skeleton rows={8} />
      </Page>
    )
  }
  const nameOf = new Map(frame.lines.map((line) => [line.id, line.name]))
  const all = isStale ? asStale(frame.assets) : frame.assets
  const found =
    sought.trim() === '' ? all : all.filter((tile) => matchesSearch(tile, nameOf.get(tile.lineId) ?? '', sought))
  const shown = pointState === null ? found : found.filter((tile) => tile.pointStates[pointState] > 0)
  const groups = groupByLine(shown, frame.lines, order, held)
  const ids = groups.flatMap((group) => group.tiles.map((tile) => tile.id))
  // The order shown is the one the next frame starts from, so that tiles stay where they are.
  if (order === 'attention' && (ids.length !== held.length || ids.some((id, index) => id !== held[index]))) setHeld(ids)
  const choose = (next: TileOrder): void => {
    browser.writeSetting(orderSetting, next)
    setOrder(next)
  }
  return (
    <Page
      title={t('overview.title')}
      layout="fixed"
      subtitle={<Summary tiles={frame.assets} />}
      tools={
        <>
          <SearchField label={t('overview.search')} value={search} onChange={setSearch} />
          <PointStateFilter counts={pointsOf(all)} value={pointState} onChange={setPointState} />
          <Choice
            label={t('overview.order')}
            value={order}
            options={[
              { value: 'attention', label: t('overview.byAttention') },
              { value: 'place', label: t('overview.byPlace') },
            ]}
            onChange={choose}
          />
        </>
      }
    >
      <StaleStrip atUs={frame.atUs} />
      {frame.assets.length === 0 ? (
        <Empty title={t('overview.empty')} next={t('overview.emptyNext')} />
      ) : groups.length === 0 && pointState !== null ? (
        <Empty title={t('pointStateNone')} next={t('pointStateNoneNext')} />
      ) : groups.length === 0 ? (
        <Empty title={t('overview.noMatch', { search: sought })} next={t('overview.noMatchNext')} />
      ) : (
        <TileGrid groups={groups} />
      )}
    </Page>
  )
}

function pointsOf(tiles: readonly AssetTile[]): Record<PointState, number> {
  const counts = countPointStates([])
  for (const tile of tiles) for (const state of pointStates) counts[state] += tile.pointStates[state]
  return counts
}

function Summary({ tiles }: { tiles: readonly AssetTile[] }) {
  const running = tiles.filter((tile) => tile.runState === 'running').length
  const attention = tiles.filter(needsAttention).length
  const words = attention === 0 ? t('overview.allCalm') : t('overview.attention', { count: attention })
  return `${t('overview.summary', { count: tiles.length, running })} · ${words}`
}
