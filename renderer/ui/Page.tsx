import { useId, type ReactNode } from 'react'
import './page.css'

interface PageProps {
  title: string
  /** One line under the title: what is shown, in words. */
  subtitle?: ReactNode
  tools?: ReactNode
  /** `fixed`: the page fills its region and its parts scroll; `flow`: the page scrolls as a whole. */
  layout?: 'fixed' | 'flow'
  className?: string
  children: ReactNode
}

/** Title row with tools, then the page's own content. */
export function Page({ title, subtitle, tools, layout = 'flow', className = '', children }: PageProps) {
  const id = useId()
  return (
    <section className={`page page-${layout} ${className}`} aria-labelledby={id}>
      <header className="page-head">
        <h1 id={id}>{title}</h1>
        {subtitle !== undefined && <div className="page-subtitle">{subtitle}</div>}
        {tools !== undefined && <div className="page-tools">{tools}</div>}
      </header>
      {children}
    </section>
  )
}

interface PanelProps {
  title: string
  tools?: ReactNode
  className?: string
  children: ReactNode
}

/** A titled card. */
export function Panel({ title, tools, className = '', children }: PanelProps) {
  const id = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {tools !== undefined && <div className="panel-tools">{tools}</div>}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  )
}

export interface Fact {
  label: string
  value: ReactNode
}

/** Names and values, one a row. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(({ label, value }) => (
        <div key={label} className="facts-row">
          <dt>{label}</dt>
          <dd className="selectable">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

interface ChoiceProps<T extends string> {
  label: string
  value: T
  options: readonly { value: T; label: string }[]
  onChange: (value: T) => void
}

/** Few options side by side, exactly one chosen: a radio group that looks like buttons. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const name = useId()
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <label key={option.value} className={`choice-option${option.value === value ? ' chosen' : ''}`}>
          <input
            type="radio"
            className="visually-hidden"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  )
}
