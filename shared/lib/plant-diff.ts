import type { PlantChange } from '../domain/plant-change.ts'
import { canonicalJson, isRaw, type Raw } from './json.ts'

/**
 * What changed from one plant file to another, in the order of the second one. Entries of a list are the same where their
 * ids are; order, layout and comments mean nothing. Both may be any JSON, so that a draft with faults can be compared too.
 */
export function diffPlants(before: unknown, after: unknown): PlantChange[] {
  const old = isRaw(before) ? before : {}
  const now = isRaw(after) ? after : {}
  return keysOf(old, now).flatMap((section) => sectionChanges(section, old[section], now[section]))
}

/** What changed of one entry; undefined where it is not there. */
export function diffEntry(section: string, id: string | null, before: unknown, after: unknown): PlantChange[] {
  return fieldChanges(before, after, '').map((change) => ({ ...change, section, id }))
}

function sectionChanges(section: string, before: unknown, after: unknown): PlantChange[] {
  const old = before === undefined ? [] : identified(before)
  const now = after === undefined ? [] : identified(after)
  if (old === null || now === null)
    return fieldChanges(before, after, '').map((change) => ({ ...change, section, id: null }))
  return listChanges(old, now).flatMap(({ id, before: was, after: is }) =>
    fieldChanges(was, is, '').map((change) => ({ ...change, section, id })),
  )
}

type FieldChange = Omit<PlantChange, 'section' | 'id'>

function fieldChanges(before: unknown, after: unknown, field: string): FieldChange[] {
  if (before === undefined) return after === undefined ? [] : [{ kind: 'added', field, before, after }]
  if (after === undefined) return [{ kind: 'removed', field, before, after }]
  if (isRaw(before) && isRaw(after))
    return keysOf(before, after).flatMap((key) => fieldChanges(before[key], after[key], joined(field, key)))
  const old = identified(before)
  const now = identified(after)
  if (old !== null && now !== null && old.length + now.length > 0)
    return listChanges(old, now).flatMap((entry) => fieldChanges(entry.before, entry.after, joined(field, entry.id)))
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ kind: 'changed', field, before, after }]
}

function joined(field: string, key: string): string {
  return field === '' ? key : `${field}.${key}`
}

function keysOf(before: Raw, after: Raw): string[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])]
}

interface Pair {
  id: string
  before: Raw | undefined
  after: Raw | undefined
}

function listChanges(before: readonly Raw[], after: readonly Raw[]): Pair[] {
  const old = new Map(before.map((entry) => [idOf(entry), entry]))
  const now = new Map(after.map((entry) => [idOf(entry), entry]))
  return [...new Set([...now.keys(), ...old.keys()])].map((id) => ({ id, before: old.get(id), after: now.get(id) }))
}

function idOf(entry: Raw): string {
  const id = entry['id']
  return typeof id === 'string' && id.trim() !== '' ? id : ''
}

/** The entries of a list of which each has an id of its own; null for anything else. */
function identified(value: unknown): Raw[] | null {
  if (!Array.isArray(value)) return null
  const entries = value.filter(isRaw)
  const ids = new Set(entries.map(idOf))
  return entries.length === value.length && ids.size === entries.length && !ids.has('') ? entries : null
}
