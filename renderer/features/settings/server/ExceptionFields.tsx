import { useNowUs } from '../../../stores/clock.ts'
import { DayField, Field, t } from '../../../ui/index.ts'
import { dayLimits, type ExceptionDraft, type ExceptionFault, type ExceptionField } from './exception-draft.ts'

interface ExceptionFieldsProps {
  draft: ExceptionDraft
  faults: readonly ExceptionFault[]
  onChange: (draft: ExceptionDraft) => void
}

/** Who answers for it, to which day, and why: the three without which there is no exception. */
export function ExceptionFields({ draft, faults, onChange }: ExceptionFieldsProps) {
  const { last } = dayLimits(useNowUs())
  const faultOf = (field: ExceptionField): string | undefined => {
    const fault = faults.find((candidate) => candidate.field === field)
    return fault && t(`exception.fault.${fault.key}`, { last })
  }
  return (
    <>
      <div className="form-grid">
        <Field label={t('exception.owner')} hint={t('exception.ownerHint')} fault={faultOf('owner')}>
          {(ids) => (
            <input
              {...ids}
              value={draft.owner}
              onChange={(event) => onChange({ ...draft, owner: event.target.value })}
            />
          )}
        </Field>
        <DayField
          label={t('exception.until')}
          hint={t('exception.untilHint', { last })}
          fault={faultOf('until')}
          value={draft.until}
          onChange={(until) => onChange({ ...draft, until })}
        />
      </div>
      <Field label={t('exception.reason')} hint={t('exception.reasonHint')} fault={faultOf('reason')}>
        {(ids) => (
          <input
            {...ids}
            value={draft.reason}
            onChange={(event) => onChange({ ...draft, reason: event.target.value })}
          />
        )}
      </Field>
    </>
  )
}
