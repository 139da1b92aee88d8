import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react'
import type { QualitySummary } from '../../../shared/protocol/quality.ts'
import { useTopic } from '../../stores/topic.ts'
import { Button, Empty, t, Table } from '../../ui/index.ts'
import { Choice } from '../../ui/Page.tsx'
import { columnsOf, tallRowPx } from './BoardColumns.tsx'
import { GroupReasons } from './GroupReasons.tsx'
import { PointReasons } from './PointReasons.tsx'
import { choose, chooseRow, goOnByKeyboard, takeKeyboard, useChosenRow, useQualityChoice } from './quality-choice.ts'
import { QualityFilters } from './QualityFilters.tsx'
import { above, below, countsOf, levels, shownRows, type Level, type QualityRow } from './quality-model.ts'

interface BoardProps {
  report: QualitySummary
  level: Level
  within: string | null
  onGo: (level: Level, within: string | null) => void
}

/** The list of lines, machines or tags, and beside it the reasons of the chosen one. */
export function QualityBoard({ report, level, within, onGo }: BoardProps) {
  const choice = useQualityChoice()
  const chosen = useChosenRow()
  const { frame } = useTopic('points', {})
  const now = useMemo(() => new Map(frame?.notNormal.map(({ pointId, state }) => [pointId, state])), [frame])
  const criteria = { level, within, ...choice }
  const rows = shownRows(report, criteria, now)
  const counts = countsOf(report, criteria, now)
  const selected = rows.find(({ id }) => id === chosen) ?? rows[0]
  const group = report.lines.concat(report.assets).find(({ id }) => id === within)

  const list = useRef<HTMLDivElement | null>(null)
  // The row that had the focus is gone: the keyboard goes on in the list that took its place.
  useEffect(() => {
    if (!takeKeyboard()) return
    // Nothing left in it: to what took the last row out of sight.
    const row =
      list.current?.querySelector('[aria-selected="true"]') ?? list.current?.querySelector('.quality-only input')
    if (row instanceof HTMLElement) row.focus()
  })

  const open = (row: QualityRow): void => {
    const next = below(row.level)
    if (!next) return
    goOnByKeyboard()
    choose({ ...choice, text: '' })
    onGo(next, row.id)
  }
  const up = (): void => {
    const to = above(report, level, within)
    if (!to) return
    goOnByKeyboard()
    chooseRow(within)
    onGo(to.level, to.within)
  }
  const onKey = (_row: QualityRow, event: KeyboardEvent): void => {
    if (event.key === 'f' && !event.ctrlKey) {
      goOnByKeyboard()
      choose({ ...choice, failingOnly: !choice.failingOnly })
    } else if (event.key === 'Backspace' || event.key === 'ArrowLeft') {
      event.preventDefault()
      up()
    }
  }
  return (
    <div className="quality-split">
      <div className="quality-list" ref={list}>
        <div className="quality-tools">
          <Choice
            label={t('dataQuality.level.label')}
            value={level}
            options={levels.map((each) => ({ value: each, label: t(`dataQuality.level.${each}`) }))}
            onChange={(each) => onGo(each, null)}
          />
          <QualityFilters choice={choice} counts={counts} onChange={choose} />
        </div>
        {/* Always there, so that the list does not jump when one goes into a line or a machine. */}
        <div className="quality-where">
          <span role="status">
            {t('dataQuality.shown', {
              count: level === 'points' ? rows.length : counts.tags,
              of: report.points.length,
            })}
          </span>
          {group && <Button onClick={up}>{t('dataQuality.within', { name: group.name })}</Button>}
        </div>
        {rows.length === 0 ? (
          <Empty title={t('dataQuality.noRows')} next={t('dataQuality.noRowsNext')} />
        ) : (
          <Table
            label={t('dataQuality.list')}
            columns={columnsOf(level, level === 'points' ? (group?.name ?? '') : '', now)}
            rowPx={level === 'points' ? tallRowPx : undefined}
            rows={rows}
            idOf={(row) => row.id}
            selectedId={selected?.id ?? null}
            onSelect={(row) => chooseRow(row.id)}
            onOpen={open}
            onKey={onKey}
          />
        )}
        <p className="small muted quality-hint">{t('dataQuality.keys')}</p>
      </div>
      <div className="quality-side">
        {selected && <Reasons row={selected} report={report} onGo={onGo} choose={chooseRow} />}
      </div>
    </div>
  )
}

interface ReasonsProps {
  row: QualityRow
  report: QualitySummary
  onGo: BoardProps['onGo']
  choose: (id: string) => void
}

function Reasons({ row, report, onGo, choose }: ReasonsProps) {
  // A later audit is another answer to the same question: the key asks it anew.
  if (row.level === 'points') return <PointReasons key={`${row.id}${report.to}`} pointId={row.id} />
  const groups = row.level === 'lines' ? report.lines : report.assets
  const group = groups.find(({ id }) => id === row.id)
  if (!group) return null
  return (
    <GroupReasons
      group={group}
      nameOf={(pointId) => report.points.find(({ id }) => id === pointId)}
      onOpen={(pointId) => {
        choose(pointId)
        onGo('points', row.id)
      }}
    />
  )
}
