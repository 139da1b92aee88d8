import type { Fault } from '../../../shared/domain/fault.ts'
import type { Failure } from '../../../shared/domain/problem.ts'
import { t } from '../../ui/index.ts'

/** Faults that belong to no field of the form, and a refusal of the whole call: what, where, how to mend it. */
export function FaultList({ faults, refusal }: { faults: readonly Fault[]; refusal: Failure | null }) {
  if (faults.length === 0 && refusal === null) return null
  return (
    <div role="alert" className="stack">
      {refusal && (
        <p className="field-fault">
          {t('settings.notSaved', { message: refusal.message })} {refusal.remedy ?? ''}
        </p>
      )}
      {faults.map((fault) => (
        <p key={`${fault.path} ${fault.code}`} className="field-fault selectable">
          {fault.message} {fault.remedy} <code>{fault.path}</code>
        </p>
      ))}
    </div>
  )
}
