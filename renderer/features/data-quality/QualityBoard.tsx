import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import type { QualitySummary } from '../../../shared/protocol/quality.ts'
import { Button, Empty, SearchField, t, Table, type Column } from '../../ui/index.ts'
import { Choice } from '../../ui/Page.tsx'
import { GateMark } from './GateMark.tsx'
import { GroupReasons } from './GroupReasons.tsx'
import { PointReasons } from './PointReasons.tsx'
import { above, below, levels, shownRows, type Level, type QualityRow } from './quality-model.ts'
import { scoreText, shareText } from './words.ts'

interface BoardProps {
  report: QualitySummary
  level: Level
  within: string | null
  onGo: (level: Level, within: string | null) => void
}

/** The list of lines, machines or tags, and beside it the reasons of the chosen one. */
export function QualityBoard({ report, level, within, onGo }: BoardProps) {
  const [text, setText] = useState('')
  const [failingOnly, setFailingOnly] = useState(false)
  const [chosen, setChosen] = useState<string | null>(null)
  const { rows, more } = shownRows(report, { level, within, text, failingOnly })
  const selected = rows.find(({ id }) => id === chosen) ?? rows[0]
  const group = report.lines.concat(report.assets).find(({ id }) => id === within)

  const list = useRef<HTMLDivElement | null>(null)
  const byKeyboard = useRef(false)
  // The row that had the focus is gone: the keyboard goes on in the list that took its place.
  useEffect(() => {
    if (!byKeyboard.current) return
    byKeyboard.current = false
    const row = list.current?.querySelector('[aria-selected="true"]')
    if (row instanceof HTMLElement) row.focus()
  })

  const open = (row: QualityRow): void => {
    const next = below(row.level)
    if (!next) return
    byKeyboard.current = true
    setText('')
    onGo(next, row.id)
  }
  const up = (): void => {
    const to = above(report, level, within)
    if (!to) return
    byKeyboard.current = true
    setChosen(within)
    onGo(to.level, to.within)
  }
  const onKey = (_row: QualityRow, event: KeyboardEvent): void => {
    if (event.key !== 'Backspace' && event.key !== 'ArrowLeft') return
    event.preventDefault()
    up()
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
          {group && (
            <Button kind="quiet" onClick={up}>
              {t('dataQuality.within', { name: group.name })}
            </Button>
          )}
          <SearchField label={t('dataQuality.filter')} value={text} onChange={setText} />
          <label className="quality-only">
            <input type="checkbox" checked={failingOnly} onChange={(event) => setFailingOnly(event.target.checked)} />
            {t('dataQuality.failingOnly')}
          </label>
        </div>
        {rows.length === 0 ? (
          <Empty title={t('dataQuality.noRows')} next={t('dataQuality.noRowsNext')} />
        ) : (
          <Table
            label={t('dataQuality.list')}
            columns={columnsOf(level)}
            rows={rows}
            idOf={(row) => row.id}
            selectedId={selected?.id ?? null}
            onSelect={(row) => setChosen(row.id)}
            onOpen={open}
            onKey={onKey}
          />
        )}
        {more > 0 && <p className="small muted">{t('dataQuality.moreRows', { count: more })}</p>}
        <p className="small muted quality-hint">{t('dataQuality.keys')}</p>
      </div>
      <div className="quality-side">
        {selected && <Reasons row={selected} report={report} onGo={onGo} choose={setChosen} />}
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
      onOpen={(pointId) => {
        choose(pointId)
        onGo('points', row.id)
      }}
    />
  )
}

function columnsOf(level: Level): Column<QualityRow>[] {
  const columns: Column<QualityRow>[] = [
    {
      id: 'score',
      title: t('dataQuality.col.score'),
      width: '56px',
      align: 'end',
      cell: (row) => <span className="quality-score">{scoreText(row.score)}</span>,
    },
    {
      id: 'name',
      title: t(`dataQuality.col.${level}`),
      width: 'minmax(120px, 1.4fr)',
      cell: ({ id, name }) => (
        <span title={id}>
          {name} {name !== id && level === 'points' && <code className="small muted">{id}</code>}
        </span>
      ),
    },
    {
      id: 'completeness',
      title: t('dataQuality.col.completeness'),
      width: '104px',
      align: 'end',
      cell: (row) => shareText(row.completeness),
    },
    { id: 'gate', title: t('dataQuality.col.gate'), width: '150px', cell: (row) => <GateMark gate={row.gate} /> },
  ]
  if (level === 'points') {
    columns.push({
      id: 'found',
      title: t('dataQuality.col.found'),
      width: 'minmax(100px, 1fr)',
      cell: ({ kinds }) => kinds.map((kind) => t(`dataQuality.kind.${kind}`)).join(', '),
    })
  } else {
    columns.push({
      id: 'failing',
      title: t('dataQuality.col.failing'),
      width: '110px',
      align: 'end',
      cell: ({ failing, judged }) => t('dataQuality.failingOf', { failing, judged }),
    })
  }
  return columns
}
