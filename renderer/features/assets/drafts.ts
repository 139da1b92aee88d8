import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { withEntryChanges, withField } from '../../../shared/lib/entry-changes.ts'
import { canonicalJson, isRaw, type Raw } from '../../../shared/lib/json.ts'
import { diffEntry } from '../../../shared/lib/plant-diff.ts'

export type Section = 'plant' | 'lines' | 'assets' | 'points' | 'sensors' | 'alerts'

/** Somebody else has changed the same field meanwhile. */
export interface Clash {
  field: string
  mine: unknown
  theirs: unknown
}

/** An entry of the plant file that is being edited in this window, and what it was when the edit began. */
export interface EntryDraft {
  section: Section
  /** null: the plant's own entry, which has no list. */
  id: string | null
  base: Raw
  now: Raw
  /** What stands in a field while it is typed. */
  texts: Readonly<Record<string, string>>
  /** Fields whose text is no value, with the key of the sentence that says so. */
  invalid: Readonly<Record<string, Invalid>>
  /** What the engine found wrong at the last look, by field. */
  faults: Readonly<Record<string, string>>
  clashes: readonly Clash[]
  /** The entry was taken out of the plant file meanwhile. */
  isGone: boolean
}

export type Invalid = 'required' | 'number' | 'whole' | 'day'

export function keyOf(section: Section, id: string | null): string {
  return `${section}/${id ?? ''}`
}

export function entryOf(plant: PlantFile, section: Section, id: string | null): Raw | null {
  const file: Raw = plant
  const value = file[section]
  if (id === null) return isRaw(value) ? value : null
  const found = Array.isArray(value) ? value.find((entry: unknown) => isRaw(entry) && entry['id'] === id) : undefined
  return isRaw(found) ? found : null
}

export function beginDraft(section: Section, id: string | null, entry: Raw): EntryDraft {
  return { section, id, base: entry, now: entry, texts: {}, invalid: {}, faults: {}, clashes: [], isGone: false }
}

export function changesOf({
  section,
  id,
  base,
  now,
}: Pick<EntryDraft, 'section' | 'id' | 'base' | 'now'>): PlantChange[] {
  return diffEntry(section, id, base, now)
}

export function isEdited(draft: EntryDraft): boolean {
  return Object.keys(draft.invalid).length > 0 || canonicalJson(draft.base) !== canonicalJson(draft.now)
}

export function withValue(draft: EntryDraft, field: string, value: unknown): EntryDraft {
  return { ...draft, now: withField(draft.now, field, value), faults: without(draft.faults, field) }
}

/** What was typed, and the value it stands for; `Invalid` where it stands for none. */
export function withText(
  draft: EntryDraft,
  field: string,
  text: string,
  value: unknown,
  fault: Invalid | null,
): EntryDraft {
  const texts = { ...draft.texts, [field]: text }
  if (fault !== null) return { ...draft, texts, invalid: { ...draft.invalid, [field]: fault } }
  return { ...withValue(draft, field, value), texts, invalid: without(draft.invalid, field) }
}

/** The field is left: what is no text under way any more is shown as the value is written. */
export function settled(draft: EntryDraft, field: string): EntryDraft {
  return draft.invalid[field] === undefined ? { ...draft, texts: without(draft.texts, field) } : draft
}

/**
 * The draft on top of what is in force now; null when nothing of it is left to save. What nobody else touched moves along;
 * where somebody else changed the same field, the value here stays and both are kept to choose from.
 */
export function rebased(draft: EntryDraft, current: Raw | null): EntryDraft | null {
  if (current === null) return { ...draft, isGone: true }
  if (canonicalJson(current) === canonicalJson(draft.base)) return draft.isGone ? { ...draft, isGone: false } : draft
  const mine = changesOf(draft)
  const theirs = diffEntry(draft.section, draft.id, draft.base, current)
  const still = mine.filter(
    (change) => !theirs.some(({ field, after }) => field === change.field && same(after, change.after)),
  )
  const clashes = still.flatMap((change): Clash[] => {
    const other = theirs.find(({ field }) => overlap(field, change.field))
    return other ? [{ field: change.field, mine: change.after, theirs: valueAt(current, change.field) }] : []
  })
  const now = withEntryChanges(current, still)
  const next = {
    ...draft,
    base: current,
    now: isRaw(now) ? now : draft.now,
    clashes: [...draft.clashes.filter(({ field }) => !clashes.some((one) => one.field === field)), ...clashes],
    isGone: false,
  }
  return isEdited(next) ? next : null
}

/** The person has looked at both: theirs is taken, or mine stays. */
export function decided(draft: EntryDraft, field: string, takes: 'mine' | 'theirs'): EntryDraft {
  const clash = draft.clashes.find((one) => one.field === field)
  if (!clash) return draft
  const next = { ...draft, clashes: draft.clashes.filter((one) => one !== clash) }
  if (takes === 'mine') return next
  const kind = clash.theirs === undefined ? 'removed' : 'changed'
  const now = withEntryChanges(next.now, [{ kind, field, before: clash.mine, after: clash.theirs }])
  return isRaw(now) ? { ...next, now } : next
}

function valueAt(entry: Raw, field: string): unknown {
  const change = diffEntry('', null, {}, entry).find((one) => one.field === field)
  if (change) return change.after
  return field.split('.').reduce<unknown>((at, name) => {
    if (isRaw(at)) return at[name]
    return Array.isArray(at) ? at.find((each: unknown) => isRaw(each) && each['id'] === name) : undefined
  }, entry)
}

function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`)
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null)
}

function without<T>(of: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(of).filter(([name]) => name !== key && !name.startsWith(`${key}#`)))
}

/** Faults of the engine that belong to a field of this entry, by field; the others are for the dialog. */
export function faultsOfEntry(
  plant: PlantFile,
  { section, id }: Pick<EntryDraft, 'section' | 'id'>,
  faults: readonly { path: string; message: string; remedy: string }[],
): Record<string, string> {
  const file: Raw = plant
  const list = file[section]
  const at = Array.isArray(list) ? list.findIndex((entry: unknown) => isRaw(entry) && entry['id'] === id) : -1
  const prefix = id === null ? `${section}.` : `${section}[${at}].`
  return Object.fromEntries(
    faults.flatMap(({ path, message, remedy }) =>
      path.startsWith(prefix) ? [[path.slice(prefix.length), `${message} ${remedy}`]] : [],
    ),
  )
}
