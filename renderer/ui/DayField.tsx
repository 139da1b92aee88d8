import { useState } from 'react'
import { Field } from './Field.tsx'
import { t } from './text.ts'

interface DayFieldProps {
  label: string
  hint?: string | undefined
  fault?: string | undefined
  /** ISO; empty: none. */
  value: string
  onChange: (day: string) => void
}

/** A day there is, as year-month-day. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

/** The year first: a date field of the system may show day and month in either order. */
export function DayField({ label, hint, fault, value, onChange }: DayFieldProps) {
  const [isLeft, setIsLeft] = useState(false)
  // While it is typed it is no fault yet.
  const isWrong = value !== '' && (isLeft || value.length >= 10) && !isDay(value)
  return (
    <Field label={label} hint={hint ?? t('day.hint')} fault={fault ?? (isWrong ? t('day.wrong') : undefined)}>
      {(ids) => (
        <input
          {...ids}
          inputMode="numeric"
          spellCheck={false}
          maxLength={10}
          value={value}
          onChange={(event) => onChange(event.target.value.trim())}
          onBlur={() => setIsLeft(true)}
        />
      )}
    </Field>
  )
}
