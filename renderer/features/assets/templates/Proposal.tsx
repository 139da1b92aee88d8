import { useId, useState } from 'react'
import { placeOf } from '../../../../shared/domain/plant-change.ts'
import type { Template, TemplateProposal } from '../../../../shared/domain/template.ts'
import { Field, t } from '../../../ui/index.ts'
import { ChangeTable } from '../ChangeTable.tsx'
import { fieldWords, subjectOf, valueWords } from '../words.ts'
import { numberOf } from '../numbers.ts'
import { useFeed } from '../../../stores/feeds.ts'
import type { Chosen } from './chosen.ts'

interface ProposalProps {
  name: string
  proposal: TemplateProposal
  template: Template
  chosen: Chosen
  onChange: (part: Partial<Chosen>) => void
}

/** One machine: what would change, where the site has its own, and what the template asks for. */
export function Proposal({ name, proposal, template, chosen, onChange }: ProposalProps) {
  const plant = useFeed((feeds) => feeds.plant?.plant ?? null)
  const box = useId()
  const { applies, conflicts, needs } = proposal
  const summary = [
    t('assets.templates.applies', { count: applies.length }),
    ...(conflicts.length > 0 ? [t('assets.templates.conflicts', { count: conflicts.length })] : []),
    ...(needs.length > 0 ? [t('assets.templates.needs', { count: needs.length })] : []),
  ].join(' · ')
  return (
    <div className="proposal-row">
      <input
        id={box}
        type="checkbox"
        checked={chosen.isChosen}
        aria-label={t('assets.templates.choose', { name })}
        onChange={() => onChange({ isChosen: !chosen.isChosen })}
      />
      <details className="panel proposal">
        <summary>
          <strong>{name}</strong>
          <span className="muted">{summary}</span>
        </summary>
        <div className="panel-body stack">
          {needs.map(({ kind, id, message }) =>
            kind === 'fact' ? (
              <FactField key={id} id={id} template={template} chosen={chosen} onChange={onChange} />
            ) : (
              <p key={`${kind} ${id}`} className="assets-notice">
                {message}
              </p>
            ),
          )}
          {applies.length > 0 && <ChangeTable plant={plant} changes={applies} hasEntry />}
          {conflicts.length > 0 && (
            <fieldset className="conflicts">
              <legend>{t('assets.templates.conflictsTitle')}</legend>
              {conflicts.map((change) => {
                const place = placeOf(change)
                return (
                  <label key={place} className="check">
                    <input
                      type="checkbox"
                      checked={chosen.takeOver.has(place)}
                      onChange={() => {
                        const takeOver = new Set(chosen.takeOver)
                        if (!takeOver.delete(place)) takeOver.add(place)
                        onChange({ takeOver })
                      }}
                    />
                    <span>
                      {t('assets.templates.conflict', {
                        subject: subjectOf(plant, change),
                        field: fieldWords(change.section, change.field),
                        site: valueWords(change.section, change.field, change.before),
                        template: valueWords(change.section, change.field, change.after),
                      })}
                    </span>
                  </label>
                )
              })}
            </fieldset>
          )}
        </div>
      </details>
    </div>
  )
}

/** What the new version asks for and the old one did not know. */
function FactField({
  id,
  template,
  chosen,
  onChange,
}: {
  id: string
  template: Template
  chosen: Chosen
  onChange: ProposalProps['onChange']
}) {
  const fact = template.facts.find((one) => one.id === id)
  const [text, setText] = useState(() => String(chosen.facts[id] ?? ''))
  if (!fact) return null
  const value = numberOf(text)
  const isBad = text.trim() !== '' && (value === null || value < fact.range[0] || value > fact.range[1])
  return (
    <Field
      label={t('newMachine.fact', { name: fact.name, unit: fact.unit })}
      fault={
        isBad
          ? t('assets.templates.factRange', { low: fact.range[0], high: fact.range[1], unit: fact.unit })
          : undefined
      }
    >
      {(ids) => (
        <input
          {...ids}
          inputMode="decimal"
          className="number"
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            const number = numberOf(event.target.value)
            const { [id]: _gone, ...rest } = chosen.facts
            onChange({ facts: number === null ? rest : { ...rest, [id]: number } })
          }}
        />
      )}
    </Field>
  )
}
