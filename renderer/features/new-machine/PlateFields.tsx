import type { Template, TemplateNeed } from '../../../shared/domain/template.ts'
import { BearingNote, Field, t } from '../../ui/index.ts'
import type { SiteDraft } from './site-draft.ts'

interface PlateFieldsProps {
  template: Template
  draft: SiteDraft
  needs: readonly TemplateNeed[]
  onChange: (part: Partial<SiteDraft>) => void
}

/** Numbers of the nameplate, how it stands, and its components. */
export function PlateFields({ template, draft, needs, onChange }: PlateFieldsProps) {
  // An empty field is no fault while somebody is still on the way to it; a number out of reach is one at once.
  const faultOf = (kind: TemplateNeed['kind'], id: string, text: string): string | undefined =>
    text === '' ? undefined : needs.find((need) => need.kind === kind && need.id === id)?.message
  const { facts, components, identity } = draft
  return (
    <div className="form-grid">
      {template.facts.map(({ id, name, unit, usual }) => (
        <Field
          key={id}
          label={t('newMachine.fact', { name: capital(name), unit })}
          hint={usual === undefined ? undefined : t('newMachine.usual', { value: usual })}
          fault={faultOf('fact', id, facts[id] ?? '')}
        >
          {(ids) => (
            <input
              {...ids}
              inputMode="decimal"
              className="number"
              value={facts[id] ?? ''}
              onChange={(event) => onChange({ facts: { ...facts, [id]: event.target.value } })}
            />
          )}
        </Field>
      ))}
      <Field label={t('newMachine.support')} hint={t('newMachine.supportHint')}>
        {(ids) => (
          <select
            {...ids}
            value={identity.support}
            onChange={(event) => onChange({ identity: { ...identity, support: event.target.value } })}
          >
            <option value="">{t('newMachine.asTemplate')}</option>
            <option value="rigid">{t('newMachine.rigid')}</option>
            <option value="flexible">{t('newMachine.flexible')}</option>
          </select>
        )}
      </Field>
      <Field label={t('newMachine.isoGroup')} hint={t('newMachine.isoGroupHint')}>
        {(ids) => (
          <select
            {...ids}
            value={identity.isoGroup}
            onChange={(event) => onChange({ identity: { ...identity, isoGroup: event.target.value } })}
          >
            <option value="">{t('newMachine.asTemplate')}</option>
            <option value="1">{t('newMachine.group1')}</option>
            <option value="2">{t('newMachine.group2')}</option>
          </select>
        )}
      </Field>
      {template.components.map(({ id, name, asks, optional }) =>
        asks === null ? null : (
          <Field
            key={id}
            label={t('newMachine.componentFact', { name: capital(name), asked: t(`newMachine.asks.${asks}`) })}
            hint={optional ? t('newMachine.optional') : undefined}
            fault={faultOf('component', id, components[id] ?? '')}
          >
            {(ids) => (
              <>
                <input
                  {...ids}
                  spellCheck={false}
                  inputMode={asks === 'bearing' ? 'text' : 'numeric'}
                  value={components[id] ?? ''}
                  onChange={(event) => onChange({ components: { ...components, [id]: event.target.value } })}
                />
                {asks === 'bearing' && <BearingNote name={components[id] ?? ''} />}
              </>
            )}
          </Field>
        ),
      )}
    </div>
  )
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
