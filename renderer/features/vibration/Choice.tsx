import { useId } from 'react'

interface ChoiceProps<T extends string> {
  label: string
  value: T
  options: readonly (readonly [T, string])[]
  disabled?: boolean
  onChange: (value: T) => void
}

/** A labelled list of which one is chosen. */
export function Choice<T extends string>({ label, value, options, disabled, onChange }: ChoiceProps<T>) {
  const id = useId()
  return (
    <div className="plot-choice">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="plot-select"
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find(([key]) => key === event.target.value)
          if (chosen) onChange(chosen[0])
        }}
      >
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </div>
  )
}
