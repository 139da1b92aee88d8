import {
  type Condition,
  type ConditionChange,
  type ConditionCommit,
  type ConditionEntry,
  type ConditionKey,
  type ConditionNews,
  keyOfCondition,
  type PresentCondition,
} from '../../shared/domain/condition.ts'

/** What an event says that is new, beside what was known; empty when it is nothing. */
export function changesOf(before: Condition | undefined, now: Condition): ConditionChange[] {
  const changes: ConditionChange[] = []
  const tell = (is: boolean, change: ConditionChange): void => void (is && changes.push(change))
  tell(now.active === true && before?.active !== true, 'activated')
  tell(now.active === false && before?.active === true, 'returned')
  tell(now.acked === true && before?.acked === false, 'acknowledged')
  tell(now.acked === false && before?.acked === true, 'unacknowledged')
  tell(now.confirmed === true && before?.confirmed === false, 'confirmed')
  tell(now.confirmed === false && before?.confirmed === true, 'unconfirmed')
  const wasShelved = isShelved(before)
  tell(isShelved(now) && (!wasShelved || before?.shelving !== now.shelving), 'shelved')
  tell(!isShelved(now) && wasShelved, 'unshelved')
  const wasSuppressed = before?.suppressedOrShelved === true && !wasShelved
  tell(now.suppressedOrShelved && !isShelved(now) && !wasSuppressed, 'suppressed')
  tell(!now.suppressedOrShelved && wasSuppressed, 'unsuppressed')
  tell(!now.enabled && before?.enabled !== false, 'disabled')
  tell(now.enabled && before?.enabled === false, 'enabled')
  if (!before) return changes
  tell(now.comment !== '' && now.comment !== before.comment, 'commented')
  tell(now.severity !== before.severity, 'severity')
  tell(now.message !== before.message, 'message')
  tell(now.quality >>> 30 !== before.quality >>> 30, 'quality')
  return changes
}

function isShelved(condition: Condition | undefined): boolean {
  return condition?.shelving === 'timed' || condition?.shelving === 'one-shot'
}

interface Draft {
  present: Map<string, PresentCondition>
  removed: Map<string, ConditionKey>
  entries: ConditionEntry[]
}

/**
 * The alarms of all servers as they stand, and what each event means beside that: pure bookkeeping, whose commits are
 * stored in the order they are made. A server's list (ConditionRefresh) repeats what is known and says by silence what
 * is gone.
 */
export class ConditionBook {
  readonly #present = new Map<string, PresentCondition>()
  /** Of servers whose list is being told: what has been named. */
  readonly #seen = new Map<string, Set<string>>()

  restore(present: readonly PresentCondition[]): void {
    for (const condition of present) this.#present.set(keyOfCondition(condition), condition)
  }

  get(key: ConditionKey): PresentCondition | undefined {
    return this.#present.get(keyOfCondition(key))
  }

  /** null: nothing new. */
  hear(news: ConditionNews, nowUs: number): ConditionCommit | null {
    const draft: Draft = { present: new Map(), removed: new Map(), entries: [] }
    switch (news.kind) {
      case 'refreshing':
        this.#seen.set(news.serverId, new Set())
        break
      case 'refreshed':
        this.#sweep(draft, news.serverId, nowUs, '')
        break
      case 'unheard':
        draft.entries.push(unheard(news.serverId, news.fromUs, news.toUs, news.detail))
        break
      case 'events':
        for (const event of news.events) this.#event(draft, event)
    }
    return committed(draft)
  }

  /** The alarms of servers that are listened to no more are gone. */
  keepOnly(serverIds: ReadonlySet<string>, nowUs: number, detail: string): ConditionCommit | null {
    const draft: Draft = { present: new Map(), removed: new Map(), entries: [] }
    const left = new Set([...this.#present.values()].map(({ serverId }) => serverId).filter((id) => !serverIds.has(id)))
    for (const serverId of left) {
      this.#seen.set(serverId, new Set())
      this.#sweep(draft, serverId, nowUs, detail)
    }
    return committed(draft)
  }

  #event(draft: Draft, event: Condition): void {
    const key = keyOfCondition(event)
    const before = this.#present.get(key)
    const seen = this.#seen.get(event.serverId)
    seen?.add(key)
    const changes = changesOf(before, event)
    const isNews = changes.length > 0 || event.retain !== (before !== undefined)
    // The same event comes once more by a second notifier, or with the server's list; there it may have another EventId.
    if (!isNews && (before?.eventId === event.eventId || seen)) {
      if (before && before.eventId !== event.eventId) this.#keep(draft, key, event, before)
      return
    }
    // An end that comes with the list of what stands: it was never known here.
    if (!before && !event.retain && seen) return
    if (!before && seen) changes.unshift('found')
    if (changes.length === 0) changes.push('repeated')
    if (event.retain) this.#keep(draft, key, event, before)
    else {
      changes.push('ended')
      this.#remove(draft, key, event)
    }
    const entry = entryOf(event, changes)
    // Some servers (node-opcua's) leave the time as it was when the alarm came: what is told now happened when it came here.
    if (before && event.timeUs <= before.timeUs) entry.atUs = event.heardUs
    draft.entries.push(entry)
  }

  #keep(draft: Draft, key: string, event: Condition, before: PresentCondition | undefined): void {
    const begins = event.active === true && before?.active !== true
    const activeSinceUs = begins ? event.timeUs : (before?.activeSinceUs ?? event.timeUs)
    const condition = { ...event, activeSinceUs }
    this.#present.set(key, condition)
    draft.present.set(key, condition)
    draft.removed.delete(key)
  }

  #remove(draft: Draft, key: string, { serverId, conditionId, branchId }: ConditionKey): void {
    this.#present.delete(key)
    draft.present.delete(key)
    draft.removed.set(key, { serverId, conditionId, branchId })
  }

  #sweep(draft: Draft, serverId: string, nowUs: number, detail: string): void {
    const seen = this.#seen.get(serverId)
    this.#seen.delete(serverId)
    if (!seen) return
    for (const [key, condition] of this.#present) {
      if (condition.serverId !== serverId || seen.has(key)) continue
      this.#remove(draft, key, condition)
      draft.entries.push({ ...entryOf(condition, ['gone']), atUs: nowUs, heardUs: nowUs, by: '', comment: '', detail })
    }
  }
}

/** A span in which events of a server were not heard, or not kept. */
export function unheard(serverId: string, fromUs: number, toUs: number, detail: string): ConditionEntry {
  return {
    serverId,
    conditionId: '',
    branchId: '',
    eventId: '',
    sourceName: '',
    conditionName: '',
    message: '',
    severity: 0,
    changes: ['unheard'],
    atUs: fromUs,
    heardUs: toUs,
    active: null,
    acked: null,
    confirmed: null,
    by: '',
    comment: '',
    detail,
  }
}

export function entryOf(condition: Condition, changes: ConditionChange[]): ConditionEntry {
  const { serverId, conditionId, branchId, eventId, sourceName, conditionName, message, severity } = condition
  const { timeUs: atUs, heardUs, active, acked, confirmed, clientUserId: by, comment } = condition
  return {
    serverId,
    conditionId,
    branchId,
    eventId,
    sourceName,
    conditionName,
    message,
    severity,
    changes,
    atUs,
    heardUs,
    active,
    acked,
    confirmed,
    by,
    comment,
    detail: '',
  }
}

function committed({ present, removed, entries }: Draft): ConditionCommit | null {
  if (present.size === 0 && removed.size === 0 && entries.length === 0) return null
  return { present: [...present.values()], removed: [...removed.values()], entries }
}
