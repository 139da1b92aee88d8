import type { InputHTMLAttributes } from 'react'
import { fieldOf } from '../../../shared/lib/entry-changes.ts'
import { Field, isDay, t, tMaybe } from '../../ui/index.ts'
import type { Editing } from './draft-store.ts'
import { settled, withText, withValue, type Invalid, type Section } from './drafts.ts'
import { numberOf, numberText } from './numbers.ts'
import type { Option, Spec } from './specs.ts'
import { fieldWords } from './words.ts'

interface SpecFieldProps {
  spec: Spec
  editing: Editing
  /** In the place of the spec's own hint. */
  hint?: string | undefined
}

interface Ids {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': boolean
}

/** The fields of a form, two or more beside each other. */
export function SpecForm({ specs, editing }: { specs: readonly Spec[]; editing: Editing }) {
  return (
    <div className="form-grid">
      {specs.map((spec) => (
        <SpecField key={spec.field} spec={spec} editing={editing} />
      ))}
    </div>
  )
}

export function SpecField({ spec, editing, hint }: SpecFieldProps) {
  const { draft } = editing
  const { section } = draft
  const invalid = invalidOf(draft.invalid, spec.field)
  const fault = invalid === null ? draft.faults[spec.field] : t(`assets.invalid.${invalid}`)
  const own = tMaybe(`assets.hint.${section}.${spec.field}`, '')
  const value = fieldOf(draft.now, spec.field)
  const chosen = typeof value === 'string' ? tMaybe(`assets.effect.${section}.${spec.field}.${value}`, '') : ''
  const words = hint ?? (chosen !== '' ? chosen : own === '' && spec.type === 'date' ? t('day.hint') : own)
  return (
    <div className={spec.isWide === true || spec.type === 'words' ? 'wide' : ''}>
      <Field label={labelOf(section, spec)} hint={words === '' ? undefined : words} fault={fault}>
        {(ids) => <Control spec={spec} editing={editing} ids={ids} />}
      </Field>
    </div>
  )
}

function invalidOf(invalid: Readonly<Record<string, Invalid>>, field: string): Invalid | null {
  return invalid[field] ?? invalid[`${field}#0`] ?? invalid[`${field}#1`] ?? null
}

export function labelOf(section: Section, { field, unit }: Pick<Spec, 'field' | 'unit'>): string {
  const name = fieldWords(section, field)
  return unit === undefined || unit === '' ? name : t('assets.withUnit', { name, unit })
}

function Control({ spec, editing, ids }: { spec: Spec; editing: Editing; ids: Ids }) {
  if (spec.type === 'choice' || spec.type === 'number-choice') return <Choice spec={spec} editing={editing} ids={ids} />
  if (spec.type === 'pair') return <Pair spec={spec} editing={editing} ids={ids} />
  if (spec.type === 'words') {
    return (
      <textarea
        {...ids}
        rows={2}
        value={textOf(editing, spec.field)}
        onChange={(event) => type(editing, spec, event.target.value)}
        onBlur={() => leave(editing, spec.field)}
      />
    )
  }
  return (
    <input
      {...ids}
      className={spec.type === 'mono' ? 'mono' : ''}
      spellCheck={spec.type === 'text'}
      inputMode={modeOf(spec)}
      value={textOf(editing, spec.field)}
      onChange={(event) => type(editing, spec, event.target.value)}
      onBlur={() => leave(editing, spec.field)}
    />
  )
}

function modeOf({ type: kind }: Spec): InputHTMLAttributes<HTMLInputElement>['inputMode'] {
  return kind === 'number' ? 'decimal' : kind === 'whole' || kind === 'date' ? 'numeric' : 'text'
}

/** What stands in the field: as it is typed, else as the value is written. */
function textOf({ draft }: Editing, field: string): string {
  const typed = draft.texts[field]
  if (typed !== undefined) return typed
  const value = fieldOf(draft.now, field)
  return typeof value === 'number' ? numberText(value) : typeof value === 'string' ? value : ''
}

function type(editing: Editing, spec: Spec, text: string): void {
  const isNumber = spec.type === 'number' || spec.type === 'whole'
  const isEmpty = text.trim() === ''
  const value = isEmpty ? undefined : isNumber ? (numberOf(text) ?? undefined) : text.trim()
  const fault = faultOf(spec, isEmpty, isNumber, value)
  editing.edit((draft) => withText(draft, spec.field, text, value, fault))
}

function faultOf(spec: Spec, isEmpty: boolean, isNumber: boolean, value: unknown): Invalid | null {
  if (isEmpty) return spec.isRequired === true ? 'required' : null
  if (isNumber && value === undefined) return 'number'
  if (spec.type === 'date' && !isDay(String(value))) return 'day'
  return spec.type === 'whole' && !Number.isInteger(value) ? 'whole' : null
}

function leave(editing: Editing, field: string): void {
  if (editing.draft.texts[field] !== undefined) editing.edit((draft) => settled(draft, field))
}

function Choice({ spec, editing, ids }: { spec: Spec; editing: Editing; ids: Ids }) {
  const { section, now } = editing.draft
  const value = fieldOf(now, spec.field)
  const present = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const options = optionsOf(section, spec)
  const isStrange = present !== '' && !options.some((option) => option.value === present)
  const choose = (text: string): void => {
    const next = text === '' ? undefined : spec.type === 'number-choice' ? Number(text) : text
    editing.edit((draft) => withValue(draft, spec.field, next))
  }
  return (
    <select {...ids} value={present} onChange={(event) => choose(event.target.value)}>
      {(spec.isRequired !== true || present === '') && <option value="">{t('assets.notSaid')}</option>}
      {isStrange && <option value={present}>{present}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  )
}

export function optionsOf(section: Section, { field, options, values = [] }: Spec): readonly Option[] {
  return (
    options ?? values.map((value) => ({ value, label: tMaybe(`assets.option.${section}.${field}.${value}`, value) }))
  )
}

/** Two ends of one range. */
function Pair({ spec, editing, ids }: { spec: Spec; editing: Editing; ids: Ids }) {
  const end = (at: 0 | 1) => (
    <input
      {...ids}
      id={at === 0 ? ids.id : `${ids.id}-high`}
      inputMode="decimal"
      aria-label={t(at === 0 ? 'assets.low' : 'assets.high', { name: labelOf(editing.draft.section, spec) })}
      value={pairText(editing, spec.field, at)}
      onChange={(event) => typePair(editing, spec, at, event.target.value)}
      onBlur={() => leave(editing, `${spec.field}#${at}`)}
    />
  )
  return (
    <span className="pair">
      {end(0)}
      <span className="muted">{t('assets.to')}</span>
      {end(1)}
    </span>
  )
}

function pairText({ draft }: Editing, field: string, at: 0 | 1): string {
  const typed = draft.texts[`${field}#${at}`]
  if (typed !== undefined) return typed
  const value = fieldOf(draft.now, field)
  const part: unknown = Array.isArray(value) ? value[at] : undefined
  return typeof part === 'number' ? numberText(part) : ''
}

export function typePair(editing: Editing, spec: Spec, at: 0 | 1, text: string): void {
  const other = pairText(editing, spec.field, at === 0 ? 1 : 0)
  const [low, high] = at === 0 ? [text, other] : [other, text]
  const ends = [low, high].map(numberOf)
  const key = `${spec.field}#${at}`
  const sibling = `${spec.field}#${at === 0 ? 1 : 0}`
  const isEmpty = low.trim() === '' && high.trim() === ''
  const isWhole = ends.every((end) => end !== null)
  editing.edit((draft) => {
    const rest = Object.fromEntries(Object.entries(draft.invalid).filter(([name]) => name !== key && name !== sibling))
    const texts = { ...draft.texts, [key]: text }
    if (isWhole || (isEmpty && spec.isRequired !== true))
      return { ...withValue(draft, spec.field, isWhole ? ends : undefined), texts, invalid: rest }
    const fault: Invalid = text.trim() !== '' && numberOf(text) === null ? 'number' : 'required'
    return { ...draft, texts, invalid: { ...rest, [key]: fault } }
  })
}
