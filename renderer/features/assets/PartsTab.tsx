import { useId } from 'react'
import type { Asset, PlantFile } from '../../../shared/domain/plant-file.ts'
import { fieldOf } from '../../../shared/lib/entry-changes.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import { isRaw, type Raw } from '../../../shared/lib/json.ts'
import { BearingNote, Button, t, tMaybe } from '../../ui/index.ts'
import { Panel } from '../../ui/Page.tsx'
import type { Editing } from './draft-store.ts'
import { withText, withValue } from './drafts.ts'
import { numberOf, numberText } from './numbers.ts'

type Component = NonNullable<Asset['components']>[number]
const kinds = ['bearing', 'gear', 'impeller', 'belt', 'rotor', 'coupling'] as const
/** Numbers that a component of a kind is known by; a bearing goes by its name in the catalogue. */
const numbers: Readonly<Record<Component['kind'], readonly { key: string; isWhole: boolean }[]>> = {
  bearing: [],
  gear: [{ key: 'teeth', isWhole: true }],
  impeller: [{ key: 'blades', isWhole: true }],
  rotor: [{ key: 'bars', isWhole: true }],
  belt: [
    { key: 'pulleyDiameterMm', isWhole: false },
    { key: 'lengthMm', isWhole: false },
  ],
  coupling: [],
}

/** Facts of the kind, and all that any kind has. */
const factsOf = (kind: Component['kind']): string[] =>
  kind === 'bearing' ? ['bearing'] : numbers[kind].map(({ key }) => key)
const everyFact = new Set(kinds.flatMap(factsOf))

interface PartsTabProps {
  plant: PlantFile
  assetId: string
  editing: Editing
  bearings: readonly string[]
  /** The component the tree points at. */
  chosen: string | null
}

/** Components with what their fault frequencies follow from, and the shafts they sit on. */
export function PartsTab({ plant, assetId, editing, bearings, chosen }: PartsTabProps) {
  const parts = listOf(editing, 'components')
  const shafts = listOf(editing, 'shafts')
  const used = new Map<string, number>()
  for (const point of plant.points)
    if (point.assetId === assetId && point.componentId !== undefined)
      used.set(point.componentId, (used.get(point.componentId) ?? 0) + 1)
  const add = (kind: Component['kind']): void => {
    const id = freeId(kind, parts)
    put(editing, 'components', [...parts, { id, kind, name: tMaybe(`assets.option.component.${kind}`, kind) }])
  }
  return (
    <div className="stack">
      <Panel title={t('assets.parts.title')}>
        {parts.length === 0 && <p className="muted">{t('assets.parts.none')}</p>}
        {parts.map((part, at) => (
          <PartRow
            key={String(part['id'])}
            part={part}
            at={at}
            editing={editing}
            shafts={shafts}
            bearings={bearings}
            isChosen={part['id'] === chosen}
            points={used.get(String(part['id'])) ?? 0}
          />
        ))}
        <div className="form-actions">
          {kinds.map((kind) => (
            <Button key={kind} onClick={() => add(kind)}>
              {t('assets.parts.add', { kind: tMaybe(`assets.option.component.${kind}`, kind).toLocaleLowerCase() })}
            </Button>
          ))}
        </div>
      </Panel>
      <Panel title={t('assets.shafts.title')}>
        <p className="field-hint">{t('assets.shafts.hint')}</p>
        {shafts.map((shaft, at) => (
          <ShaftRow key={String(shaft['id'])} shaft={shaft} at={at} editing={editing} parts={parts} />
        ))}
        <div className="form-actions">
          <Button onClick={() => put(editing, 'shafts', [...shafts, { id: freeId('shaft', shafts), ratio: 1 }])}>
            {t('assets.shafts.add')}
          </Button>
        </div>
      </Panel>
    </div>
  )
}

function listOf(editing: Editing, field: string): Raw[] {
  const value = fieldOf(editing.draft.now, field)
  return Array.isArray(value) ? value.filter(isRaw) : []
}

function put(editing: Editing, field: string, list: readonly Raw[]): void {
  editing.edit((draft) => withValue(draft, field, list.length === 0 ? undefined : list))
}

function freeId(wish: string, list: readonly Raw[]): string {
  const taken = new Set(list.map(({ id }) => id))
  const plain = idFrom(wish)
  for (let n = 1; ; n++) {
    const id = n === 1 ? plain : `${plain}-${n}`
    if (!taken.has(id)) return id
  }
}

interface PartRowProps {
  part: Raw
  at: number
  editing: Editing
  shafts: readonly Raw[]
  bearings: readonly string[]
  isChosen: boolean
  points: number
}

function PartRow({ part, at, editing, shafts, bearings, isChosen, points }: PartRowProps) {
  const list = useId()
  const kind = kinds.find((one) => one === part['kind']) ?? 'bearing'
  const name = typeof part['name'] === 'string' ? part['name'] : String(part['id'])
  const set = (key: string, value: unknown): void => edit(editing, 'components', at, key, value)
  const faults = editing.draft.faults
  const fault = factsOf(kind).flatMap((key) => faults[`components[${at}].${key}`] ?? [])[0]
  return (
    <fieldset
      className={`part-row${isChosen ? ' chosen' : ''}`}
      ref={(element) => {
        if (isChosen) element?.scrollIntoView({ block: 'nearest' })
      }}
    >
      <legend>
        {name} <code>{String(part['id'])}</code>
      </legend>
      <TextCell label={t('assets.field.part.name')} value={part['name']} onChange={(text) => set('name', text)} />
      <label className="part-cell">
        <span>{t('assets.field.part.kind')}</span>
        <select value={kind} onChange={(event) => set('kind', event.target.value)}>
          {kinds.map((one) => (
            <option key={one} value={one}>
              {tMaybe(`assets.option.component.${one}`, one)}
            </option>
          ))}
        </select>
      </label>
      {kind === 'bearing' && (
        <>
          <TextCell
            label={t('assets.field.part.bearing')}
            value={part['bearing']}
            list={list}
            onChange={(text) => set('bearing', text)}
          />
          <datalist id={list}>
            {bearings.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <BearingNote name={typeof part['bearing'] === 'string' ? part['bearing'] : ''} />
        </>
      )}
      {numbers[kind].map(({ key, isWhole }) => (
        <NumberCell
          key={key}
          editing={editing}
          place={`components#${String(part['id'])}.${key}`}
          label={tMaybe(`assets.field.part.${key}`, key)}
          value={part[key]}
          isWhole={isWhole}
          onChange={(value) => set(key, value)}
        />
      ))}
      <label className="part-cell">
        <span>{t('assets.field.part.shaftId')}</span>
        <select
          value={typeof part['shaftId'] === 'string' ? part['shaftId'] : ''}
          onChange={(event) => set('shaftId', event.target.value)}
        >
          <option value="">{t('assets.notSaid')}</option>
          {shafts.map(({ id }) => (
            <option key={String(id)} value={String(id)}>
              {String(id)}
            </option>
          ))}
        </select>
      </label>
      <Button
        disabled={points > 0}
        title={points > 0 ? t('assets.parts.inUse', { count: points }) : undefined}
        aria-label={t('assets.parts.removeOne', { name })}
        onClick={() =>
          put(
            editing,
            'components',
            listOf(editing, 'components').filter((_, index) => index !== at),
          )
        }
      >
        {t('assets.parts.remove')}
      </Button>
      {points > 0 && <p className="field-hint part-words">{t('assets.parts.inUse', { count: points })}</p>}
      {fault !== undefined && <p className="field-fault part-words">{fault}</p>}
    </fieldset>
  )
}

function edit(editing: Editing, field: string, at: number, key: string, value: unknown): void {
  const isEmpty = value === undefined || value === ''
  const list = listOf(editing, field).map((entry, index): Raw => {
    if (index !== at) return entry
    const rest = Object.fromEntries(
      Object.entries(entry).filter(([name]) => name !== key && !isForeign(name, key, value)),
    )
    return isEmpty ? rest : { ...rest, [key]: value }
  })
  put(editing, field, list)
}

/** Another kind has other facts: teeth of what is now a bearing would stay behind unseen. */
function isForeign(name: string, key: string, value: unknown): boolean {
  if (key !== 'kind') return false
  const own = kinds.find((kind) => kind === value)
  return everyFact.has(name) && !factsOf(own ?? 'bearing').includes(name)
}

interface ShaftRowProps {
  shaft: Raw
  at: number
  editing: Editing
  parts: readonly Raw[]
}

function ShaftRow({ shaft, at, editing, parts }: ShaftRowProps) {
  const id = String(shaft['id'])
  const on = parts.filter((part) => part['shaftId'] === id).length
  return (
    <fieldset className="part-row">
      <legend className="mono">{id}</legend>
      <NumberCell
        editing={editing}
        place={`shafts#${id}.ratio`}
        label={t('assets.field.part.ratio')}
        value={shaft['ratio']}
        onChange={(value) => edit(editing, 'shafts', at, 'ratio', value)}
      />
      <Button
        disabled={on > 0}
        aria-label={t('assets.shafts.removeOne', { id })}
        onClick={() =>
          put(
            editing,
            'shafts',
            listOf(editing, 'shafts').filter((_, index) => index !== at),
          )
        }
      >
        {t('assets.parts.remove')}
      </Button>
      {on > 0 && <p className="field-hint part-words">{t('assets.shafts.inUse', { count: on })}</p>}
    </fieldset>
  )
}

interface TextCellProps {
  label: string
  value: unknown
  onChange: (text: string) => void
  list?: string
}

function TextCell({ label, value, onChange, list }: TextCellProps) {
  return (
    <label className="part-cell">
      <span>{label}</span>
      <input
        list={list}
        spellCheck={false}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}

interface NumberCellProps {
  editing: Editing
  /** Where the text under way is kept. */
  place: string
  label: string
  value: unknown
  isWhole?: boolean
  onChange: (value: number | undefined) => void
}

/** A number in a list: what is typed stays as it is until it is one. */
export function NumberCell({ editing, place, label, value, isWhole = false, onChange }: NumberCellProps) {
  const { draft } = editing
  const typed = draft.texts[place]
  const invalid = draft.invalid[place]
  const type = (text: string): void => {
    const number = numberOf(text)
    const isEmpty = text.trim() === ''
    const fault = isEmpty ? null : number === null ? 'number' : isWhole && !Number.isInteger(number) ? 'whole' : null
    if (fault === null) onChange(number ?? undefined)
    editing.edit((before) => ({
      ...withText(before, place, text, undefined, fault ?? 'number'),
      invalid:
        fault === null
          ? Object.fromEntries(Object.entries(before.invalid).filter(([key]) => key !== place))
          : { ...before.invalid, [place]: fault },
    }))
  }
  return (
    <label className="part-cell">
      <span>{label}</span>
      <input
        className="number"
        inputMode={isWhole ? 'numeric' : 'decimal'}
        aria-invalid={invalid !== undefined}
        value={typed ?? (typeof value === 'number' ? numberText(value) : '')}
        onChange={(event) => type(event.target.value)}
        onBlur={() =>
          invalid === undefined &&
          editing.edit((before) => ({
            ...before,
            texts: Object.fromEntries(Object.entries(before.texts).filter(([key]) => key !== place)),
          }))
        }
      />
      {invalid !== undefined && <span className="field-fault">{t(`assets.invalid.${invalid}`)}</span>}
    </label>
  )
}
