import type { Actor } from '../../shared/domain/access.ts'
import type { AuditAction, AuditEntry, AuditFacts } from '../../shared/domain/audit-trail.ts'
import {
  type AlarmsState,
  type ConditionAction,
  type ConditionAnswer,
  type ConditionCommit,
  type ConditionEntry,
  type ConditionNews,
  type ConditionRequest,
  keyOfCondition,
  type PresentCondition,
} from '../../shared/domain/condition.ts'
import type { LinkState } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import { RequestError } from '../live/window-session.ts'
import { ConditionBook, entryOf, unheard } from './condition-book.ts'

export interface ConditionDeskDependencies {
  commit(commit: ConditionCommit): Promise<unknown>
  nowUs(): number
  /** After the twin has it: windows and sync are told. */
  told(): void
  /** The twin refuses to take rows of alarms; they are kept and tried again. null: it takes them again. */
  stuck(message: string | null): void
  /** Asks a server; rejects with an Error in words when it cannot be reached. */
  call(serverId: string, request: ConditionRequest): Promise<ConditionAnswer>
  /** The entry of the audit trail, which is stored with the journal's row. */
  audit(by: Actor, facts: AuditFacts): AuditEntry
}

export interface ConditionWish extends ConditionRequest {
  serverId: string
}

/**
 * `live`: the server is connected and its alarms are known. `reading`: it is connected, and its list has not come yet.
 * `unreachable`: nobody knows what it has now.
 */
export interface ServerReach {
  reach: 'live' | 'reading' | 'unreachable'
  /** Since when it has been so. */
  sinceUs: number
}

const auditActionOf = {
  acknowledge: 'alert.acknowledge',
  confirm: 'alert.confirm',
  comment: 'alert.comment',
  shelve: 'alert.shelve',
  'shelve-once': 'alert.shelve',
  unshelve: 'alert.shelve',
} as const satisfies Record<ConditionAction, AuditAction>

const retryMs = 1000

/**
 * The servers' own alarms: what is heard goes through the book into the twin, and is shown after its commit. What a
 * person wants of an alarm is asked of its server and shown by the event that comes back, never before.
 */
export class ConditionDesk {
  readonly #deps: ConditionDeskDependencies
  readonly #book = new ConditionBook()
  /** Committed: what is shown. */
  readonly #shown = new Map<string, PresentCondition>()
  readonly #links = new Map<string, { phase: LinkState['phase']; alarms: AlarmsState['phase']; sinceUs: number }>()
  /** Rows of the journal that had to be given up since start. */
  dropped = 0
  #waiting: ConditionCommit | null = null
  #draining: Promise<void> | null = null
  #closing = false

  constructor(deps: ConditionDeskDependencies) {
    this.#deps = deps
  }

  /** What the twin remembers; not live before its server has told its list. */
  restore(present: readonly PresentCondition[]): void {
    this.#book.restore(present)
    for (const condition of present) this.#shown.set(keyOfCondition(condition), condition)
  }

  /** The servers of the revision in force whose alarms are wanted. */
  setServers(serverIds: readonly string[]): void {
    const detail = 'The plant file no longer has the server, or its alarms are switched off there.'
    void this.#submit(this.#book.keepOnly(new Set(serverIds), this.#deps.nowUs(), detail))
  }

  hear(news: ConditionNews): void {
    void this.#submit(this.#book.hear(news, this.#deps.nowUs()))
  }

  /** True when it changes how the alarms of the server are to be shown. */
  link({ serverId, phase, alarms }: LinkState): boolean {
    const before = this.#links.get(serverId)
    const now = alarms?.phase ?? 'off'
    if (before?.phase === phase && before.alarms === now) return false
    const was = this.reach(serverId).reach
    this.#links.set(serverId, { phase, alarms: now, sinceUs: before?.sinceUs ?? this.#deps.nowUs() })
    const isSame = this.reach(serverId).reach === was
    if (!isSame) this.#links.set(serverId, { phase, alarms: now, sinceUs: this.#deps.nowUs() })
    return !isSame
  }

  reach(serverId: string): ServerReach {
    const link = this.#links.get(serverId)
    const sinceUs = link?.sinceUs ?? 0
    if (link?.phase !== 'connected') return { reach: 'unreachable', sinceUs }
    const isKnown = link.alarms === 'listening' || link.alarms === 'changes-only'
    return { reach: isKnown ? 'live' : 'reading', sinceUs }
  }

  present(): PresentCondition[] {
    return [...this.#shown.values()]
  }

  /**
   * Asks the server; settles when it has answered. That it was asked, and by whom, is in the twin before it is sent.
   * Throws RequestError in words.
   */
  async act(wish: ConditionWish, by: Actor): Promise<void> {
    const condition = this.#shown.get(keyOfCondition(wish))
    if (!condition)
      throw new RequestError({
        code: 'no-condition',
        message: 'The server does not report this alarm any more; nothing was sent to it.',
        retryable: false,
      })
    const { action, comment, durationMs } = wish
    const facts: AuditFacts = {
      action: auditActionOf[action],
      subject: `${wish.serverId} ${wish.conditionId}`,
      after: { asked: action, eventId: wish.eventId, ...(action === 'shelve' ? { minutes: durationMs / 60_000 } : {}) },
      reason: comment === '' ? null : comment,
    }
    await this.#record(condition, 'asked', wish, by, action, [this.#deps.audit(by, facts)])
    const answer = await this.#ask(wish)
    if (answer.ok) return
    const refusal = this.#deps.audit(by, { ...facts, after: { asked: action, refused: answer.message } })
    await this.#record(condition, 'refused', wish, by, `${action}: ${answer.message}`, [refusal])
    throw new RequestError({ code: 'refused', message: answer.message, retryable: answer.status === '' })
  }

  async #record(
    condition: PresentCondition,
    change: 'asked' | 'refused',
    { eventId, comment }: ConditionWish,
    by: Actor,
    detail: string,
    audit: readonly AuditEntry[],
  ): Promise<void> {
    const nowUs = this.#deps.nowUs()
    const entry: ConditionEntry = {
      ...entryOf(condition, [change]),
      eventId,
      atUs: nowUs,
      heardUs: nowUs,
      by: by.name,
      comment,
      detail,
    }
    await this.#submit({ present: [], removed: [], entries: [entry], audit })
  }

  /** Everything heard so far is in the twin. */
  settled(): Promise<void> {
    return this.#draining ?? Promise.resolve()
  }

  get queue(): { depth: number; hits: number } {
    return { depth: this.#waiting?.entries.length ?? 0, hits: this.dropped }
  }

  /** Stores what has been heard; a twin that refuses it is not waited for. */
  async close(): Promise<void> {
    this.#closing = true
    await this.settled()
  }

  async #ask({ serverId, ...request }: ConditionWish): Promise<ConditionAnswer> {
    try {
      return await this.#deps.call(serverId, request)
    } catch (error) {
      return { ok: false, status: '', message: error instanceof Error ? error.message : String(error) }
    }
  }

  /** Settles when the twin has it. What comes while the twin is busy, or refuses, waits together. */
  #submit(commit: ConditionCommit | null): Promise<void> {
    if (commit !== null) {
      this.#waiting = this.#waiting ? merged(this.#waiting, commit, (dropped) => this.#tooMany(dropped)) : commit
      this.#draining ??= this.#drain()
    }
    return this.settled()
  }

  async #drain(): Promise<void> {
    while (this.#waiting !== null) {
      const commit = this.#waiting
      this.#waiting = null
      try {
        await this.#deps.commit(commit)
        this.#show(commit)
      } catch (error) {
        const since = this.#waiting
        this.#waiting = since ? merged(commit, since, (dropped) => this.#tooMany(dropped)) : commit
        this.#deps.stuck(error instanceof Error ? error.message : String(error))
        if (this.#closing) return
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
    this.#draining = null
  }

  /** The oldest rows of the journal give way; that they did is one itself. */
  #tooMany(dropped: readonly ConditionEntry[]): ConditionEntry[] {
    this.dropped += dropped.length
    const [first] = dropped
    const last = dropped.at(-1)
    if (!first || !last) return []
    const detail = 'The twin refused to take events of alarms for so long that the oldest had to be given up.'
    return [unheard(first.serverId, first.heardUs, last.heardUs, detail)]
  }

  #show(commit: ConditionCommit): void {
    this.#deps.stuck(null)
    for (const key of commit.removed) this.#shown.delete(keyOfCondition(key))
    for (const condition of commit.present) this.#shown.set(keyOfCondition(condition), condition)
    this.#deps.told()
  }
}

function merged(
  before: ConditionCommit,
  after: ConditionCommit,
  tooMany: (dropped: readonly ConditionEntry[]) => ConditionEntry[],
): ConditionCommit {
  const present = new Map([...before.present, ...after.present].map((each) => [keyOfCondition(each), each]))
  const removed = new Map(before.removed.map((each) => [keyOfCondition(each), each]))
  for (const each of after.present) removed.delete(keyOfCondition(each))
  for (const each of after.removed) {
    removed.set(keyOfCondition(each), each)
    present.delete(keyOfCondition(each))
  }
  const entries = [...before.entries, ...after.entries]
  const over = entries.length - limits.serverAlarmEntries
  const kept = over > 0 ? [...tooMany(entries.slice(0, over + 1)), ...entries.slice(over + 1)] : entries
  const audit = [...(before.audit ?? []), ...(after.audit ?? [])]
  return { present: [...present.values()], removed: [...removed.values()], entries: kept, audit }
}
