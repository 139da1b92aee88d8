import { nameWithin, PointStateWord, t, type Column } from '../../ui/index.ts'
import { GateMark } from './GateMark.tsx'
import type { Level, QualityRow, StateNow } from './quality-model.ts'
import { scoreText, shareText } from './words.ts'

/** Name and id of a tag stand below each other. */
export const tallRowPx = 44

/** `machine`: what the names of its tags need not repeat. */
export function columnsOf(level: Level, machine: string, now: StateNow): Column<QualityRow>[] {
  const score: Column<QualityRow> = {
    id: 'score',
    title: t('dataQuality.col.score'),
    width: '44px',
    align: 'end',
    cell: (row) => <span className="quality-score">{scoreText(row.score)}</span>,
  }
  const completeness: Column<QualityRow> = {
    id: 'completeness',
    title: t('dataQuality.col.completeness'),
    width: '84px',
    align: 'end',
    cell: (row) => shareText(row.completeness),
  }
  const gate: Column<QualityRow> = {
    id: 'gate',
    title: t('dataQuality.col.gate'),
    width: '122px',
    cell: (row) => <GateMark gate={row.gate} />,
  }
  if (level !== 'points')
    return [
      score,
      { id: 'name', title: t(`dataQuality.col.${level}`), width: 'minmax(120px, 1fr)', cell: ({ name }) => name },
      completeness,
      gate,
      {
        id: 'failing',
        title: t('dataQuality.col.failing'),
        width: '96px',
        align: 'end',
        cell: ({ failing, judged }) => t('dataQuality.failingOf', { failing, judged }),
      },
    ]
  return [
    score,
    {
      id: 'name',
      title: t('dataQuality.col.points'),
      width: 'minmax(130px, 2fr)',
      cell: ({ id, name }) => (
        <span className="quality-tag" title={id}>
          <span>{nameWithin(machine, name)}</span>
          {name !== id && <code className="muted">{id}</code>}
        </span>
      ),
    },
    {
      id: 'state',
      title: t('dataQuality.col.stateNow'),
      width: '134px',
      cell: ({ id }) => <PointStateWord state={now.get(id) ?? 'normal'} />,
    },
    completeness,
    gate,
    {
      id: 'found',
      title: t('dataQuality.col.found'),
      width: 'minmax(84px, 1fr)',
      cell: ({ kinds }) => {
        const words = kinds.map((kind) => t(`dataQuality.kind.${kind}`)).join(', ')
        return (
          <span className="quality-kinds" title={words}>
            {words}
          </span>
        )
      },
    },
  ]
}
