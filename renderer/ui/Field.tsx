import { useId, type ReactNode } from 'react'

interface FieldProps {
  label: string
  /** What to put in, in one line. */
  hint?: string | undefined
  /** What is wrong with it and how to mend it. */
  fault?: string | undefined
  /** Receives the ids that tie the control to its label, hint and fault. */
  children: (ids: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean }) => ReactNode
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const id = useId()
  const described = fault !== undefined || hint !== undefined ? `${id}-words` : undefined
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described, 'aria-invalid': fault !== undefined })}
      {fault !== undefined ? (
        <p id={described} className="field-fault">
          {fault}
        </p>
      ) : (
        hint !== undefined && (
          <p id={described} className="field-hint">
            {hint}
          </p>
        )
      )}
    </div>
  )
}
