import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Raw } from '../../../shared/lib/json.ts'
import { beginDraft, entryOf, isEdited, keyOf, rebased, type EntryDraft, type Section } from './drafts.ts'

/** Edits that are not saved yet, by entry; they outlive a look at another page. */
const store = createStore<{ drafts: ReadonlyMap<string, EntryDraft> }>(() => ({ drafts: new Map() }))

function put(key: string, draft: EntryDraft | null): void {
  store.setState(({ drafts }) => {
    const next = new Map(drafts)
    if (draft === null) next.delete(key)
    else next.set(key, draft)
    return { drafts: next }
  })
}

export interface Editing {
  draft: EntryDraft
  isEdited: boolean
  /** The next draft from the present one, however quickly edits follow each other. */
  edit: (change: (draft: EntryDraft) => EntryDraft) => void
  discard: () => void
}

export function useEditing(section: Section, id: string | null, entry: Raw): Editing {
  const key = keyOf(section, id)
  const held = useStore(store, ({ drafts }) => drafts.get(key))
  const draft = held ?? beginDraft(section, id, entry)
  return {
    draft,
    isEdited: held !== undefined && isEdited(held),
    edit: (change) => {
      const next = change(store.getState().drafts.get(key) ?? beginDraft(section, id, entry))
      put(key, isEdited(next) || Object.keys(next.texts).length > 0 ? next : null)
    },
    discard: () => put(key, null),
  }
}

export function useEditedKeys(): ReadonlySet<string> {
  const drafts = useStore(store, (state) => state.drafts)
  return new Set([...drafts].filter(([, draft]) => isEdited(draft)).map(([key]) => key))
}

/** A new revision is in force: what is edited goes on from there. */
export function rebaseDrafts(plant: PlantFile): void {
  const { drafts } = store.getState()
  if (drafts.size === 0) return
  const next = new Map<string, EntryDraft>()
  for (const [key, draft] of drafts) {
    const moved = rebased(draft, entryOf(plant, draft.section, draft.id))
    if (moved) next.set(key, moved)
  }
  store.setState({ drafts: next })
}

export function dropDraft(section: Section, id: string | null): void {
  put(keyOf(section, id), null)
}
