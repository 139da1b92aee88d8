import type { Failure } from '../../shared/domain/problem.ts'

/** Why what was asked for was not done, and how to mend it. */
export function Refusal({ failure }: { failure: Failure | null }) {
  if (failure === null) return null
  return (
    <p className="field-fault" role="alert">
      {failure.message} {failure.remedy}
    </p>
  )
}
