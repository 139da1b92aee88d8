import type { Actor } from '../../shared/domain/access.ts'
import { auditEntry, type AuditEntry, type AuditFacts } from '../../shared/domain/audit-trail.ts'
import { limits } from '../../shared/domain/limits.ts'
import { RequestError } from '../live/window-session.ts'

export interface AuditDeskDependencies {
  append(entries: readonly AuditEntry[]): Promise<void>
  nowUs(): number
  /** The twin refuses entries; they are kept and tried again. null: it takes them again. */
  stuck(message: string | null): void
}

const retryMs = 1000

/** What one does, for whoever has to record it: the seam the desks share. */
export interface Recorder {
  /** For what the twin itself commits: hand it in with that commit. */
  entry(by: Actor, facts: AuditFacts): AuditEntry
  /** For what happens outside the twin. Settles when it is in the trail. */
  record(by: Actor, facts: AuditFacts): Promise<void>
}

/**
 * Puts entries into the audit trail in the order they were asked, and tries again while the twin refuses them: like alarms, they
 * are the last to be given up. Too many that wait refuse further ones, so that nothing goes on unrecorded for long.
 */
export class AuditDesk implements Recorder {
  readonly #deps: AuditDeskDependencies
  #waiting = 0
  #refused = 0
  #chain: Promise<void> = Promise.resolve()

  constructor(deps: AuditDeskDependencies) {
    this.#deps = deps
  }

  get queue(): { depth: number; hits: number } {
    return { depth: this.#waiting, hits: this.#refused }
  }

  entry(by: Actor, facts: AuditFacts): AuditEntry {
    return auditEntry(by, this.#deps.nowUs(), facts)
  }

  async record(by: Actor, facts: AuditFacts): Promise<void> {
    if (this.#waiting >= limits.auditWaiting) {
      this.#refused += 1
      const message = `${limits.auditWaiting} entries of the audit trail wait for the twin; what cannot be recorded is not done.`
      throw new RequestError({
        code: 'audit-waits',
        message,
        remedy: 'Make room on the disk of the data folder, then try again.',
        retryable: true,
      })
    }
    const entry = this.entry(by, facts)
    this.#waiting += 1
    this.#chain = this.#chain.then(() => this.#append(entry))
    await this.#chain
  }

  /** Everything recorded so far is in the twin. */
  settled(): Promise<void> {
    return this.#chain
  }

  /** Before the twin closes; what it still refuses then is lost with the process, and `stuck` has said so. */
  close(): Promise<void> {
    return Promise.race([this.settled(), new Promise<void>((resolve) => setTimeout(resolve, retryMs))])
  }

  async #append(entry: AuditEntry): Promise<void> {
    for (;;) {
      try {
        await this.#deps.append([entry])
        break
      } catch (error) {
        this.#deps.stuck(error instanceof Error ? error.message : String(error))
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
      }
    }
    this.#waiting -= 1
    this.#deps.stuck(null)
  }
}
