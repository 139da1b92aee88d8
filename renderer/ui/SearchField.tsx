interface SearchFieldProps {
  /** Always in sight: what is typed must not hide what the field is for. */
  label: string
  value: string
  onChange: (text: string) => void
}

/** A search box with its label before it, on one line. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <label className="search-field">
      <span>{label}</span>
      <input className="input" type="search" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}
