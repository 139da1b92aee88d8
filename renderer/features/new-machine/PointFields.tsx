import { useId } from 'react'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Template } from '../../../shared/domain/template.ts'
import { Field, SelectField, t } from '../../ui/index.ts'
import { nodeOf, type SiteDraft } from './site-draft.ts'

interface PointFieldsProps {
  plant: PlantFile
  template: Template
  draft: SiteDraft
  onChange: (part: Partial<SiteDraft>) => void
}

/** Which points there are, and on which nodes. */
export function PointFields({ plant, template, draft, onChange }: PointFieldsProps) {
  return (
    <>
      <div className="new-machine-source">
        <SelectField
          label={t('newMachine.server')}
          value={draft.serverId}
          options={plant.servers}
          onChange={(id) => onChange({ serverId: id })}
        />
        <Field
          label={t('newMachine.nodePattern')}
          hint={t('newMachine.nodePatternHint', { asset: '{asset}', point: '{point}' })}
        >
          {(ids) => (
            <input
              {...ids}
              spellCheck={false}
              className="mono"
              value={draft.nodePattern}
              onChange={(event) => onChange({ nodePattern: event.target.value })}
            />
          )}
        </Field>
      </div>
      <div className="table-scroll">
        <table className="data-table">
          <thead>
            <tr>
              <th scope="col">{t('newMachine.col.point')}</th>
              <th scope="col">{t('newMachine.col.node')}</th>
              <th scope="col">{t('newMachine.col.why')}</th>
            </tr>
          </thead>
          <tbody>
            {template.points.map((point) => (
              <PointRow key={point.id} point={point} draft={draft} onChange={onChange} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

interface PointRowProps {
  point: Template['points'][number]
  draft: SiteDraft
  onChange: (part: Partial<SiteDraft>) => void
}

function PointRow({ point: { id, name, optional, why }, draft, onChange }: PointRowProps) {
  const box = useId()
  const isOut = optional && draft.leftOut.has(id)
  const toggle = (): void => {
    const leftOut = new Set(draft.leftOut)
    if (!leftOut.delete(id)) leftOut.add(id)
    onChange({ leftOut })
  }
  return (
    <tr className={isOut ? 'muted' : ''}>
      <th scope="row">
        <input id={box} type="checkbox" checked={!isOut} disabled={!optional} onChange={toggle} />{' '}
        <label htmlFor={box}>{name}</label>
      </th>
      <td className="field">
        <input
          className="mono"
          spellCheck={false}
          disabled={isOut}
          aria-label={t('newMachine.nodeOf', { name })}
          value={nodeOf(draft, id)}
          onChange={(event) => onChange({ nodes: { ...draft.nodes, [id]: event.target.value } })}
        />
      </td>
      <td className="small">{why}</td>
    </tr>
  )
}
