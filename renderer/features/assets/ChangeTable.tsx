import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { t } from '../../ui/index.ts'
import { fieldWords, subjectOf, valueWords } from './words.ts'

interface ChangeTableProps {
  plant: PlantFile | null
  changes: readonly PlantChange[]
  /** Whether each row says whose change it is; by itself only where there are several. */
  hasEntry?: boolean | undefined
}

/** Rows that are drawn; a bulk change has thousands, and nobody reads them. */
const shown = 200

/** Field by field: what it was, what it becomes. Added and removed are told by a sign and a word, never by colour. */
export function ChangeTable({ plant, changes, hasEntry }: ChangeTableProps) {
  const several = new Set(changes.map(({ section, id }) => `${section}/${id}`)).size > 1
  const ofOne = !(hasEntry ?? several)
  return (
    <div className="table-scroll">
      <table className="data-table changes">
        <thead>
          <tr>
            {!ofOne && <th scope="col">{t('assets.col.entry')}</th>}
            <th scope="col">{t('assets.col.field')}</th>
            <th scope="col">{t('assets.col.before')}</th>
            <th scope="col">{t('assets.col.after')}</th>
          </tr>
        </thead>
        <tbody>
          {changes.slice(0, shown).map((change) => (
            <ChangeRow
              key={`${change.section}/${change.id}/${change.field}`}
              plant={plant}
              change={change}
              ofOne={ofOne}
            />
          ))}
        </tbody>
      </table>
      {changes.length > shown && <p className="muted">{t('assets.moreChanges', { count: changes.length - shown })}</p>}
    </div>
  )
}

const signs = { added: '+', removed: '\u2212', changed: '\u2192' } as const

function ChangeRow({ plant, change, ofOne }: { plant: PlantFile | null; change: PlantChange; ofOne: boolean }) {
  const { kind, section, field, before, after } = change
  return (
    <tr className={`change-${kind}`}>
      {!ofOne && <th scope="row">{subjectOf(plant, change)}</th>}
      <td>
        <span className="change-sign" aria-label={t(`assets.kind.${kind}`)} title={t(`assets.kind.${kind}`)}>
          {signs[kind]}
        </span>{' '}
        {field === '' ? t('assets.wholeEntry') : fieldWords(section, field)}
      </td>
      <td className="selectable change-before">{kind === 'added' ? '' : valueWords(section, field, before)}</td>
      <td className="selectable change-after">{kind === 'removed' ? '' : valueWords(section, field, after)}</td>
    </tr>
  )
}
