import { useId } from 'react'
import type { Template } from '../../../shared/domain/template.ts'
import { t, tMaybe } from '../../ui/index.ts'

interface TemplateChoiceProps {
  templates: readonly Template[]
  chosen: string | null
  onChoose: (id: string) => void
}

export function TemplateChoice({ templates, chosen, onChoose }: TemplateChoiceProps) {
  const name = useId()
  return (
    <fieldset className="template-choice">
      <legend className="visually-hidden">{t('newMachine.step.template')}</legend>
      {templates.map(({ id, family, name: title, description, version, points }) => (
        <label key={id} className={`template-card${id === chosen ? ' chosen' : ''}`}>
          <input type="radio" name={name} checked={id === chosen} onChange={() => onChoose(id)} />
          <span>
            <strong>{title}</strong>
            <span className="small muted template-facts">
              {t('newMachine.templateFacts', {
                family: tMaybe(`machine.family.${family}`, family),
                points: points.length,
                version,
              })}
            </span>
            <span className="small">{description}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
