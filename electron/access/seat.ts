import {
  actions,
  allowingRole,
  allowsUnattended,
  type Account,
  type Action,
  type Actor,
} from '../../shared/domain/access.ts'
import { AccessError } from './access-error.ts'
import type { AccountBook } from './account-book.ts'

/**
 * One window's place at the desk and whoever has signed in there. Nothing of a person is asked for to look; a person who leaves
 * takes their rights with them while the view goes on.
 */
export class Seat {
  /** Who is logged in to the workstation. */
  readonly osUser: string
  readonly #book: AccountBook
  readonly #nowMs: () => number
  #name: string | null = null
  #handMs = 0
  /** The last person was signed out because nobody moved. */
  leftIdle = false

  constructor(osUser: string, book: AccountBook, nowMs: () => number) {
    this.osUser = osUser
    this.#book = book
    this.#nowMs = nowMs
  }

  get isUnattended(): boolean {
    return !this.#book.hasAccounts
  }

  /** Read at each question: a closed account or a taken role holds at once. */
  get person(): Account | null {
    return this.#name === null ? null : this.#book.active(this.#name)
  }

  signedIn(account: Account): void {
    this.#name = account.name
    this.leftIdle = false
    this.hand()
  }

  /** Answers who it was. */
  signedOut(): Account | null {
    const { person } = this
    this.#name = null
    return person
  }

  /** A hand on the desk. */
  hand(): void {
    this.#handMs = this.#nowMs()
  }

  isIdle(afterMin: number): boolean {
    return this.#name !== null && afterMin > 0 && this.#nowMs() - this.#handMs >= afterMin * 60_000
  }

  /** Whoever acts here when no right is needed. */
  get actor(): Actor {
    const { person } = this
    if (person) return { name: person.name, role: person.roles[0] ?? 'nobody' }
    return { name: this.osUser, role: this.isUnattended ? 'unattended' : 'nobody' }
  }

  may(action: Action): boolean {
    const { person } = this
    if (person) return allowingRole(action, person.roles) !== null
    return this.isUnattended && allowsUnattended(action)
  }

  get allowed(): Action[] {
    return actions.filter((action) => this.may(action))
  }

  /** Whoever acts, under the role that allows it. Throws AccessError. */
  allow(action: Action): Actor {
    const { person } = this
    if (person) {
      const role = allowingRole(action, person.roles)
      if (role) return { name: person.name, role }
      const held = person.roles.join(', ')
      const message = `${person.fullName} may not do this: no role of theirs (${held}) allows "${action}".`
      throw new AccessError(
        'denied',
        message,
        'Ask a colleague whose role allows it, or an administrator for the role.',
      )
    }
    if (this.isUnattended) {
      if (allowsUnattended(action)) return this.actor
      const message =
        'This desk has no accounts yet, so nobody at it is known: it neither writes to the plant nor manages accounts.'
      throw new AccessError('denied', message, 'Make the first administrator account under Settings, Accounts.')
    }
    throw new AccessError(
      'sign-in',
      'Sign in to do this; looking needs no sign-in.',
      'Sign in at the right of the header.',
    )
  }
}
