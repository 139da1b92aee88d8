import { engineActor, fileActor, type Actor } from '../../shared/domain/access.ts'
import { auditEntry, type AuditFact } from '../../shared/domain/audit-trail.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import { diffPlants } from '../assets/index.ts'
import type { ConfigCommit, Twin } from '../store/api.ts'
import { readPlantText } from './plant-text.ts'

interface Revision {
  /** What was in force before; null at the start. */
  was: { configHash: string; plant: PlantFile } | null
  loaded: { configHash: string; plant: PlantFile }
  text: string
  by: Actor
  reason: string
  atUs: number
}

/** A revision of the plant file as the twin takes it, with its entry of the audit trail where somebody changed something. */
export function revisionOf({ was, loaded, text, by, reason, atUs }: Revision): ConfigCommit {
  const { configHash, plant } = loaded
  const author = by === engineActor ? fileActor.name : by.name
  const commit = { hash: configHash, text, author, reason, atUs }
  // A start with the file of last time is a revision in the twin, but nothing that anybody did.
  if (was?.configHash === configHash) return commit
  const before = was && { hash: was.configHash }
  const entries = new Entries()
  const after = { hash: configHash, ...(was ? { changes: plantChanges(was.plant, plant, entries) } : {}) }
  return {
    ...commit,
    changes: was ? fieldChanges(was.plant, plant, entries) : [],
    audit: auditEntry(by, atUs, { action: 'config.revision', subject: configHash, before, after, reason }),
  }
}

/** What was in force when the twin was last in use; null for a new twin. */
export async function lastInForce(
  twin: Pick<Twin, 'config' | 'configRevisions'>,
  nowUs: number,
): Promise<{ configHash: string; plant: PlantFile } | null> {
  const [last] = await twin.configRevisions(nowUs, nowUs)
  const stored = last ? await twin.config(last.hash) : null
  const loaded = stored && readPlantText(stored.text, [], true).loaded
  return last && loaded ? { configHash: last.hash, plant: loaded.plant } : null
}

/** By entry and field; entries that say the same are not looked into, since a plant has thousands. */
function fieldChanges(before: PlantFile, after: PlantFile, entries: Entries): PlantChange[] {
  const differing = (of: PlantFile, other: PlantFile): object =>
    Object.fromEntries(
      Object.entries(of).map(([section, value]) => {
        const [mine, others] = [entries.byId(value), entries.byId(valueOf(other, section))]
        if (!mine || !others || !Array.isArray(value)) return [section, value]
        const ids = [...mine.keys()]
        // In the order of `mine`, which was made from it.
        return [section, value.filter((_, at) => mine.get(ids[at] ?? '') !== others.get(ids[at] ?? ''))]
      }),
    )
  return diffPlants(differing(before, after), differing(after, before))
}

/** Names of one section that the trail lists before it only counts them. */
const listed = 20

/**
 * Which parts of the plant file a revision adds, changes and removes, by id: what somebody who reads the trail wants to know first.
 * Both texts are in the twin under their hashes.
 */
export function plantChanges(
  before: PlantFile,
  after: PlantFile,
  entries = new Entries(),
): { [section: string]: AuditFact } {
  const changes: { [section: string]: AuditFact } = {}
  const sections = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const section of sections) {
    const [was, is] = [valueOf(before, section), valueOf(after, section)]
    const [old, now] = [entries.byId(was), entries.byId(is)]
    if (!old || !now) {
      if (JSON.stringify(was) !== JSON.stringify(is)) changes[section] = 'changed'
      continue
    }
    const added = [...now.keys()].filter((id) => !old.has(id))
    const removed = [...old.keys()].filter((id) => !now.has(id))
    const changed = [...now.keys()].filter((id) => old.has(id) && old.get(id) !== now.get(id))
    const said = { added: some(added), changed: some(changed), removed: some(removed) }
    const kept = Object.entries(said).filter(([, names]) => names !== null)
    if (kept.length > 0) changes[section] = Object.fromEntries(kept)
  }
  return changes
}

function valueOf(plant: PlantFile, section: string): unknown {
  return Object.entries(plant).find(([key]) => key === section)?.[1]
}

/** What lists of the plant file say, by id. Each is written out once a comparison: 10 ms of the main thread for 5,000 points. */
class Entries {
  readonly #known = new Map<unknown, Map<string, string> | null>()

  /** null: no list of things with ids. A list that is not there is an empty one. */
  byId(value: unknown): Map<string, string> | null {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const found = byId(value)
    this.#known.set(value, found)
    return found
  }
}

function byId(value: unknown): Map<string, string> | null {
  if (value === undefined) return new Map()
  if (!Array.isArray(value)) return null
  const found = new Map<string, string>()
  for (const each of value as unknown[]) {
    if (typeof each !== 'object' || each === null || !('id' in each) || typeof each.id !== 'string') return null
    found.set(each.id, JSON.stringify(each))
  }
  return found
}

function some(names: string[]): AuditFact {
  if (names.length === 0) return null
  return names.length <= listed ? names : [...names.slice(0, listed), `and ${names.length - listed} more`]
}
