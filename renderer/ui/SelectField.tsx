import { Field } from './Field.tsx'

interface SelectFieldProps {
  label: string
  hint?: string | undefined
  value: string
  /** Words of the choice of nothing, where that is one. */
  none?: string
  options: readonly { id: string; name?: string | undefined }[]
  onChange: (id: string) => void
}

/** One of a few things that have an id and mostly a name. */
export function SelectField({ label, hint, value, none, options, onChange }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onChange(event.target.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {options.map(({ id, name }) => (
            <option key={id} value={id}>
              {name ?? id}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}
