import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { displayUnit } from '../../../shared/domain/units.ts'
import { commonMode } from '../../../shared/domain/failure-modes.ts'
import { t, tMaybe } from '../../ui/index.ts'
import { numberText } from './numbers.ts'

/** A field in words; one that nobody has put into words is named as the plant file names it. */
export function fieldWords(section: string, field: string): string {
  const own = tMaybe(`assets.field.${section}.${field}`, '') || tMaybe(`assets.whole.${section}.${field}`, '')
  return own === '' ? partWords(section, field) : own
}

/** `components.de-bearing.bearing`: the part, then its field. */
function partWords(section: string, field: string): string {
  const [list = '', ...rest] = field.split('.')
  const own = tMaybe(`assets.list.${section}.${list}`, '')
  if (own === '' || rest.length === 0) return field
  const last = rest.at(-1) ?? ''
  const name = tMaybe(`assets.field.part.${last}`, '')
  return name === ''
    ? t('assets.partOf', { list: own, part: rest.join('.') })
    : t('assets.partField', { list: own, part: rest.slice(0, -1).join('.'), field: name })
}

/** A value as it is shown in a list of changes. */
export function valueWords(section: string, field: string, value: unknown): string {
  if (value === undefined || value === null) return t('assets.nothing')
  if (typeof value === 'string' && field === 'contract.unit') return displayUnit(value) || t('assets.contract.noUnit')
  if (typeof value === 'string')
    return tMaybe(`assets.option.${section}.${field}.${value}`, commonMode(value)?.name ?? value)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) {
    const list = value as readonly unknown[]
    if (list.length === 0) return t('assets.nothing')
    if (list.length === 2 && list.every((each) => typeof each === 'number'))
      return list.map((each) => numberText(each)).join(` ${t('assets.to')} `)
    if (list.every((each) => typeof each === 'string')) return list.join(', ')
  }
  return summary(value)
}

/** A whole entry or part: by its name, else what is in it. */
function summary(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { name, id } = value as { name?: unknown; id?: unknown }
    if (typeof name === 'string') return typeof id === 'string' ? `${name} (${id})` : name
    if (typeof id === 'string') return id
  }
  return JSON.stringify(value)
}

/** Whose change it is, in words. */
export function subjectOf(plant: PlantFile | null, { section, id }: Pick<PlantChange, 'section' | 'id'>): string {
  if (id === null) return tMaybe(`assets.section.${section}`, section)
  const list: unknown = plant === null ? undefined : Reflect.get(plant, section)
  const entry: unknown = Array.isArray(list)
    ? list.find((each: unknown) => typeof each === 'object' && each !== null && Reflect.get(each, 'id') === id)
    : undefined
  const name: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'name') : undefined
  const kind = tMaybe(`assets.section.${section}`, section)
  return `${kind} ${typeof name === 'string' ? name : id}`
}
