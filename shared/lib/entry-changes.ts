import type { PlantChange } from '../domain/plant-change.ts'
import { isRaw, type Raw } from './json.ts'

type Field = Pick<PlantChange, 'kind' | 'field' | 'before' | 'after'>

/**
 * An entry of the plant file with changes made to it, by field as `diffEntry` names them; undefined where the changes remove the
 * whole. What has no place any more is left out: a copy of the past is shown with what is known.
 */
export function withEntryChanges(entry: unknown, changes: readonly Field[]): unknown {
  return changes.reduce<unknown>((now, change) => {
    if (change.field === '') return change.kind === 'removed' ? undefined : change.after
    return put(now, change.field.split('.'), change)
  }, entry)
}

function put(into: unknown, path: readonly string[], change: Field): unknown {
  if (Array.isArray(into)) return putInList(into as readonly unknown[], path, change)
  if (!isRaw(into)) return into
  const end = endOfName(path, (name) => Object.hasOwn(into, name))
  const name = path.slice(0, end).join('.')
  if (end < path.length) {
    return Object.hasOwn(into, name) ? { ...into, [name]: put(into[name], path.slice(end), change) } : into
  }
  if (change.kind !== 'removed') return { ...into, [name]: change.after }
  return Object.fromEntries(Object.entries(into).filter(([key]) => key !== name))
}

function putInList(list: readonly unknown[], path: readonly string[], change: Field): unknown {
  const idOf = (element: unknown): unknown => (isRaw(element) ? element['id'] : undefined)
  // An element that came or went says its own id; of ids that begin alike (`de`, `de.b`) the longest counts.
  const whole = idOf(change.kind === 'removed' ? change.before : change.after) === path.join('.')
  const ends = path.map((_, index) => path.length - index)
  const known = ends.find((end) => list.some((element) => idOf(element) === path.slice(0, end).join('.')))
  const end = whole ? path.length : (known ?? path.length)
  const id = path.slice(0, end).join('.')
  const at = list.findIndex((element) => idOf(element) === id)
  if (at < 0) return end === path.length && change.kind === 'added' ? [...list, change.after] : list
  if (end === path.length && change.kind === 'removed') return list.filter((_, index) => index !== at)
  const after = end === path.length ? change.after : put(list[at], path.slice(end), change)
  return list.map((element, index) => (index === at ? after : element))
}

/** Keys may hold dots: the first name that exists counts, else the whole rest is one. */
function endOfName(path: readonly string[], exists: (name: string) => boolean): number {
  for (let end = 1; end < path.length; end++) if (exists(path.slice(0, end).join('.'))) return end
  return path.length
}

/** Where `field` stands in an entry; undefined where there is nothing. */
export function fieldOf(entry: unknown, field: string): unknown {
  let at: unknown = entry
  for (const name of field === '' ? [] : field.split('.')) at = isRaw(at) ? at[name] : undefined
  return at
}

/** The words at `field`; `otherwise` where there are none. */
export function textAt(entry: unknown, field: string, otherwise = ''): string {
  const value = fieldOf(entry, field)
  return typeof value === 'string' ? value : otherwise
}

/** The entry with `field` set, or taken out where `value` is undefined; objects that are left empty go with it. */
export function withField(entry: Raw, field: string, value: unknown): Raw {
  const [name = '', ...rest] = field.split('.')
  if (rest.length > 0) {
    const inner = entry[name]
    const after = withField(isRaw(inner) ? inner : {}, rest.join('.'), value)
    return withField(entry, name, Object.keys(after).length === 0 ? undefined : after)
  }
  if (value !== undefined) return { ...entry, [name]: value }
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== name))
}
