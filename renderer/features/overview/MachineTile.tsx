import { memo } from 'react'
import { pointStates, type PointState } from '../../../shared/domain/point-state.ts'
import type { AssetTile } from '../../../shared/protocol/views.ts'
import { navigate } from '../../stores/router.ts'
import { useNowUs } from '../../stores/clock.ts'
import {
  formatAge,
  formatPercent,
  HealthBar,
  PointStateMark,
  PriorityMark,
  RunStateWord,
  Sparkline,
  t,
  tMaybe,
} from '../../ui/index.ts'
import type { Density } from './fit-grid.ts'

/** The health axis ends at 1.25: its limit line stands at four fifths, as in the bar. */
const healthTop = 1.25
const sparkSizes: Record<Density, { width: number; height: number }> = {
  roomy: { width: 112, height: 40 },
  compact: { width: 80, height: 30 },
  dense: { width: 56, height: 16 },
}

function summary(tile: AssetTile): string {
  const parts = [tile.name, t(`runState.${tile.runState}`)]
  if (tile.freshness !== 'live') parts.push(t(`freshness.${tile.freshness}`))
  parts.push(tile.health === null ? t('health.unknown') : t('health.share', { share: formatPercent(tile.health) }))
  if (tile.priority !== null && tile.state !== 'normal')
    parts.push(t(`priority.${tile.priority}`), t(`alarmState.${tile.state}`))
  parts.push(...stateWords(tile))
  if (tile.finding !== null) parts.push(tile.finding)
  return parts.join(', ')
}

/** The engine names the rule by point and feature (`Drive end rms`); the feature is said as everywhere else. */
function featureWords(healthOf: string): string {
  const at = healthOf.lastIndexOf(' ')
  const feature = healthOf.slice(at + 1)
  return `${healthOf.slice(0, at + 1)}${tMaybe(`feature.${feature}`, feature)}`
}

function TileAge({ tile }: { tile: AssetTile }) {
  const nowUs = useNowUs()
  if (tile.freshness === 'never') return <span className="tile-age">{t('freshness.never')}</span>
  const age = formatAge(tile.lastUs, nowUs)
  if (tile.freshness === 'live') return <span className="tile-age">{age}</span>
  return (
    <span className="tile-age tile-age-stale">
      {t('overview.lastSeen', { freshness: t(`freshness.${tile.freshness}`), age })}
    </span>
  )
}

/** States of a machine's points that a person may have to mend; what its run state explains is in its run state. */
const toldStates: readonly PointState[] = [
  'comms-lost',
  'not-measured',
  'cable-fault',
  'sensor-fault',
  'out-of-range',
  'no-contract',
]

function stateWords(tile: AssetTile): string[] {
  return toldStates
    .filter((state) => tile.pointStates[state] > 0)
    .map((state) => t('pointStateCount', { state: t(`pointState.${state}`), count: tile.pointStates[state] }))
}

function TileStates({ tile }: { tile: AssetTile }) {
  const told = toldStates.filter((state) => tile.pointStates[state] > 0)
  if (told.length === 0) return null
  return (
    <span className="tile-states" title={stateWords(tile).join(', ')}>
      {told.map((state) => (
        <PointStateMark key={state} state={state} />
      ))}
    </span>
  )
}

interface MachineTileProps {
  tile: AssetTile
  density: Density
  /** Where it stands in its line's grid, of which not all tiles are drawn; from 1. */
  row: number
  column: number
  position: number
  of: number
  tabIndex: 0 | -1
  onFocus: (id: string) => void
}

function MachineTileView({ tile, density, row, column, position, of, tabIndex, onFocus }: MachineTileProps) {
  const isOpen = tile.priority !== null && tile.state !== 'normal'
  const isBlind = tile.freshness !== 'live'
  return (
    <li style={{ gridRow: row, gridColumn: column }} aria-posinset={position} aria-setsize={of}>
      <button
        type="button"
        className={`tile tile-${density}${isOpen ? ` tile-open priority-${tile.priority ?? 'low'}` : ''}${isBlind ? ' tile-blind' : ''}`}
        data-tile={tile.id}
        tabIndex={tabIndex}
        aria-label={summary(tile)}
        onFocus={() => onFocus(tile.id)}
        onClick={() => navigate({ page: 'machine', assetId: tile.id })}
      >
        <span className="tile-head">
          {isOpen && tile.priority !== null && (
            <PriorityMark priority={tile.priority} flashing={isUnseen(tile)} size={16} />
          )}
          <span className="tile-name">{tile.name}</span>
          <TileStates tile={tile} />
          {!isBlind && density !== 'dense' && <TileAge tile={tile} />}
        </span>
        {isBlind && (
          <span className="tile-blind-words">
            <TileAge tile={tile} />
          </span>
        )}
        {(!isBlind || density === 'roomy') && <HealthRow tile={tile} density={density} />}
        {density === 'roomy' && tile.healthOf !== null && !isBlind && !isOpen && (
          <span className="tile-of">{t('overview.healthOf', { what: featureWords(tile.healthOf) })}</span>
        )}
        <span className="tile-foot">
          <span className="tile-finding">
            {tile.finding ??
              (isOpen ? t(`alarmState.${tile.state}`) : <span className="muted">{t('overview.noFinding')}</span>)}
          </span>
          {!isBlind && density === 'dense' && <TileAge tile={tile} />}
        </span>
        {isBlind && <span className="tile-veil hatched" aria-hidden />}
      </button>
    </li>
  )
}

const isUnseen = (tile: AssetTile): boolean =>
  tile.state === 'unacknowledged' || tile.state === 'returned-unacknowledged'

function HealthRow({ tile, density }: { tile: AssetTile; density: Density }) {
  const spark = sparkSizes[density]
  return (
    <span className="tile-health">
      <span className="tile-run">
        <RunStateWord state={tile.runState} />
      </span>
      <HealthBar health={tile.health} level={tile.level} of={tile.healthOf} />
      <span className="tile-share">{tile.health === null ? '' : formatPercent(tile.health)}</span>
      <Sparkline
        values={tile.spark}
        top={healthTop}
        limit={1}
        width={spark.width}
        height={spark.height}
        label={t('overview.spark')}
      />
    </span>
  )
}

function sameFacts(a: AssetTile, b: AssetTile): boolean {
  return (
    a.name === b.name &&
    a.runState === b.runState &&
    a.freshness === b.freshness &&
    a.lastUs === b.lastUs &&
    a.health === b.health &&
    a.healthOf === b.healthOf &&
    a.level === b.level &&
    a.priority === b.priority &&
    a.state === b.state &&
    a.finding === b.finding &&
    a.openAlerts === b.openAlerts &&
    pointStates.every((state) => a.pointStates[state] === b.pointStates[state]) &&
    a.sparkFromUs === b.sparkFromUs &&
    a.spark.length === b.spark.length &&
    a.spark.at(-1) === b.spark.at(-1)
  )
}

/** Frames bring new objects for every machine; a tile is drawn again only when what it shows changed. */
export const MachineTile = memo(
  MachineTileView,
  (a, b) =>
    a.density === b.density &&
    a.row === b.row &&
    a.column === b.column &&
    a.position === b.position &&
    a.of === b.of &&
    a.tabIndex === b.tabIndex &&
    a.onFocus === b.onFocus &&
    sameFacts(a.tile, b.tile),
)
