import { useEffect, useId, useState, type KeyboardEvent, type RefObject } from 'react'
import type { MappingChange } from '../../../../shared/domain/mapping.ts'
import { t, Value } from '../../../ui/index.ts'
import { useSize } from '../../../ui/use-size.ts'
import { rowWindow, scrollFor } from '../../../ui/virtual-rows.ts'
import { MappingMark, ScoreBar } from './MappingMark.tsx'
import { useAssetValues, useValueOf } from './mapping-values.ts'
import type { MappedAsset, MappedTag, MappingRow } from './mapping-model.ts'

/** Height of a row as in mapping.css: rows out of sight are not drawn, so it has to be known. */
const rowPx = 34

interface GridProps {
  rows: readonly MappingRow[]
  /** Index of the row that the keyboard is on. */
  at: number
  marked: ReadonlySet<string>
  onMove: (index: number, extend: boolean) => void
  onMark: (row: MappingRow) => void
  onMarkAll: () => void
  onFold: (row: MappingRow, isFolded: boolean) => void
  /** Any further key. */
  onKey: (event: KeyboardEvent) => void
}

/** Machines with their tags, thousands of them: only what is in sight exists, so the focus stays on the grid itself. */
export function MappingGrid(props: GridProps) {
  const { rows, at, marked, onMove, onMark, onMarkAll, onFold, onKey } = props
  const id = useId()
  const [host, size] = useSize<HTMLDivElement>()
  const [scrollTopPx, setScrollTopPx] = useState(0)
  const heightPx = size?.heightPx ?? 400
  const view = rowWindow(scrollTopPx, heightPx, rowPx, rows.length)
  const drawn = rows.slice(view.first, view.end)
  useAssetValues([...new Set(drawn.map(({ of }) => of.asset.id))])

  useEffect(() => {
    bringIntoView(host, at, heightPx)
  }, [at, heightPx, host])

  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at]
    const page = Math.max(1, Math.floor(heightPx / rowPx) - 1)
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }
    const step = steps[event.key]
    const to = event.key === 'Home' ? 0 : event.key === 'End' ? rows.length - 1 : step === undefined ? null : at + step
    if (to !== null) onMove(Math.min(rows.length - 1, Math.max(0, to)), event.shiftKey)
    else if (event.key === ' ' && row) onMark(row)
    else if (event.key.toLowerCase() === 'a' && event.ctrlKey) onMarkAll()
    else if (event.key === 'ArrowLeft' && row) onFold(row, true)
    else if (event.key === 'ArrowRight' && row) onFold(row, false)
    else return onKey(event)
    event.preventDefault()
  }
  return (
    <div className="mapping-table">
      <div className="mapping-columns mapping-head" aria-hidden>
        <span />
        <span>{t('mapping.col.tag')}</span>
        <span>{t('mapping.col.node')}</span>
        <span className="align-end">{t('mapping.col.now')}</span>
        <span>{t('mapping.col.evidence')}</span>
      </div>
      <div
        className="mapping-grid"
        role="treegrid"
        aria-multiselectable
        aria-label={t('mapping.list')}
        aria-rowcount={rows.length}
        aria-activedescendant={rows.length > 0 ? `${id}-${at}` : undefined}
        tabIndex={0}
        ref={host}
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrollTopPx(event.currentTarget.scrollTop)}
      >
        <div style={{ height: view.beforePx }} />
        {drawn.map((row, offset) => {
          const index = view.first + offset
          const place = {
            id: `${id}-${index}`,
            index,
            isEntry: index === at,
            onPress: (extend: boolean) => onMove(index, extend),
          }
          return row.kind === 'asset' ? (
            <AssetRow
              key={row.id}
              {...place}
              of={row.of}
              isOpen={row.isOpen}
              isMarked={row.of.tags.every(({ point }) => marked.has(point.id))}
              onMark={() => onMark(row)}
              onFold={() => onFold(row, row.isOpen)}
            />
          ) : (
            <TagRow
              key={row.id}
              {...place}
              tag={row.tag}
              isMarked={marked.has(row.tag.point.id)}
              onMark={() => onMark(row)}
            />
          )
        })}
        <div style={{ height: view.afterPx }} />
      </div>
    </div>
  )
}

function bringIntoView(host: RefObject<HTMLDivElement | null>, at: number, heightPx: number): void {
  if (host.current) host.current.scrollTop = scrollFor(at, host.current.scrollTop, heightPx, rowPx)
}

interface Place {
  id: string
  index: number
  isEntry: boolean
  isMarked: boolean
  onPress: (extend: boolean) => void
  onMark: () => void
}

function rowProps({ id, index, isEntry, isMarked, onPress }: Place, level: number, kind: string) {
  return {
    id,
    role: 'row',
    'aria-level': level,
    'aria-rowindex': index + 1,
    'aria-selected': isMarked,
    className: `mapping-columns mapping-row ${kind}${isEntry ? ' entry' : ''}${isMarked ? ' marked' : ''}`,
    onClick: (event: { shiftKey: boolean }) => onPress(event.shiftKey),
  }
}

/** For the mouse; the space key marks where the keyboard is. */
function MarkBox({ isMarked, onMark }: { isMarked: boolean; onMark: () => void }) {
  return (
    <span
      className="mapping-box"
      aria-hidden
      onClick={(event) => {
        event.stopPropagation()
        onMark()
      }}
    >
      <svg width="14" height="14" viewBox="0 0 14 14">
        <rect x="1" y="1" width="12" height="12" fill="none" stroke="currentColor" strokeWidth="1.4" />
        {isMarked && <path d="M3 7.200 6 10.200 11 4" fill="none" stroke="currentColor" strokeWidth="1.8" />}
      </svg>
    </span>
  )
}

function AssetRow({
  of: { asset, lineName, score },
  isOpen,
  onFold,
  ...place
}: Place & { of: MappedAsset; isOpen: boolean; onFold: () => void }) {
  const words = t('mapping.verifiedOf', { verified: score.verified, points: score.points })
  return (
    <div {...rowProps(place, 1, 'mapping-asset')} aria-expanded={isOpen} aria-label={`${asset.name}, ${words}`}>
      <MarkBox isMarked={place.isMarked} onMark={place.onMark} />
      <span role="gridcell" className="mapping-asset-name">
        <svg
          width="14"
          height="14"
          viewBox="0 0 14 14"
          aria-hidden
          onClick={(event) => {
            event.stopPropagation()
            onFold()
          }}
        >
          <path d={isOpen ? 'M2 4.500h10L7 10.500z' : 'M4.500 2v10L10.500 7z'} fill="currentColor" />
        </svg>
        {asset.name} <span className="small muted">{lineName}</span>
      </span>
      <span role="gridcell" className="mapping-asset-score">
        <ScoreBar accuracy={score.accuracy} label={words} /> <span className="small muted">{words}</span>
      </span>
    </div>
  )
}

function TagRow({ tag, ...place }: Place & { tag: MappedTag }) {
  const { point, name, judged, shared } = tag
  const { mapping, source } = point
  const evidence =
    judged.state === 'out-of-date'
      ? judged.changes.map(changeWords).join('; ')
      : mapping
        ? t('mapping.evidence', {
            method: t(`dataQuality.method.${mapping.method}`),
            who: mapping.verifiedBy,
            when: mapping.verifiedOn,
          })
        : ''
  return (
    <div {...rowProps(place, 2, 'mapping-tag')} aria-label={`${name}, ${t(`mapping.state.${judged.state}`)}`}>
      <MarkBox isMarked={place.isMarked} onMark={place.onMark} />
      <span role="gridcell" className="mapping-name" title={point.id}>
        {name} <code className="small muted">{point.id}</code>
      </span>
      <span role="gridcell" title={`${source.serverId} ${source.nodeId}`}>
        <code className="small">{shortNode(source.nodeId)}</code>
        {shared.length > 0 && (
          <span className="small mapping-shared"> {t('mapping.shared', { count: shared.length })}</span>
        )}
      </span>
      <span role="gridcell" className="align-end">
        <Now pointId={point.id} hasContract={point.contract !== undefined} />
      </span>
      <span role="gridcell" className="mapping-evidence" title={evidence}>
        <MappingMark state={judged.state} /> <span className="small muted">{evidence}</span>
      </span>
    </div>
  )
}

/** Without the namespace, which most tags of a server share; the whole NodeId is in the title and beside the list. */
export function shortNode(nodeId: string): string {
  return nodeId.replace(/^nsu=[^;]*;/, '')
}

function Now({ pointId, hasContract }: { pointId: string; hasContract: boolean }) {
  const value = useValueOf(pointId)
  if (!hasContract) return <span className="small muted">{t('mapping.noContract')}</span>
  if (!value) return <span className="small muted">{t('mapping.noValue')}</span>
  return (
    <Value
      value={value.value}
      unit={value.unit}
      tUs={value.tUs}
      freshness={value.freshness}
      quality={value.quality}
      statusName={value.statusName}
      staleAfterMs={value.staleAfterMs}
    />
  )
}

export function changeWords(change: MappingChange): string {
  return change.what === 'sensor'
    ? t('mapping.change.sensor', { on: change.on })
    : t(`mapping.change.${change.what}`, { was: change.was === '' ? '–' : change.was })
}
