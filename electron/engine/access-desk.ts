import type { AccessSettings, Action, Actor } from '../../shared/domain/access.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { AccessFrame, AccountsView } from '../../shared/protocol/access.ts'
import { AccessError, AccountBook, Seat, type AccessStore, type AccountWish } from '../access/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { Recorder } from './audit-desk.ts'

/** A refused attempt at the same thing is recorded once in this time: a window cannot flood the trail. */
const deniedEveryMs = 60_000

/** Who sits at which window, and what they may: the one place that lets a change through. */
export class AccessDesk {
  readonly #book: AccountBook
  readonly #audit: Recorder
  readonly #clock: Clock
  readonly #seats = new Map<Seat, () => void>()
  readonly #denied = new WeakMap<Seat, Map<Action, number>>()

  private constructor(book: AccountBook, audit: Recorder, clock: Clock) {
    this.#book = book
    this.#audit = audit
    this.#clock = clock
  }

  static async open(store: AccessStore, audit: Recorder, clock: Clock): Promise<AccessDesk> {
    return new AccessDesk(await AccountBook.open(store, clock), audit, clock)
  }

  /** `changed`: what the window shows of it is no longer so. */
  sit(osUser: string, changed: () => void): Seat {
    const seat = new Seat(osUser, this.#book, () => this.#clock.monotonicMs())
    this.#seats.set(seat, changed)
    return seat
  }

  /** The window is gone, and whoever sat there with it. */
  leave(seat: Seat): void {
    this.#seats.delete(seat)
    const person = seat.signedOut()
    if (person) void this.#recordSignOut(person.name, 'the window was closed')
  }

  /** Throws RequestError; a refusal is in the trail. */
  allow(seat: Seat, action: Action): Actor {
    try {
      const by = seat.allow(action)
      seat.hand()
      return by
    } catch (error) {
      this.#recordDenied(seat, action)
      throw asRequest(error)
    }
  }

  async signIn(seat: Seat, name: string, password: string): Promise<void> {
    const account = await orRefuse(this.#book.signIn(name, password, seat.actor))
    // The one before leaves; the view goes on.
    const before = seat.signedOut()
    if (before && before.name !== account.name) await this.#recordSignOut(before.name, `${account.name} signed in`)
    seat.signedIn(account)
    this.#changed(seat)
  }

  async signOut(seat: Seat): Promise<void> {
    const person = seat.signedOut()
    this.#changed(seat)
    if (person) await this.#recordSignOut(person.name, null)
  }

  async begin(seat: Seat, wish: { name: string; fullName: string }, password: string): Promise<void> {
    const account = await orRefuse(this.#book.begin(wish, password, seat.actor))
    seat.signedIn(account)
    this.#allChanged()
  }

  async setOwnPassword(seat: Seat, old: string, password: string): Promise<void> {
    const { person } = seat
    if (!person) throw asRequest(new AccessError('sign-in', 'Sign in first: a password belongs to a person.'))
    seat.hand()
    await orRefuse(this.#book.setPassword(person.name, old, password, seat.actor))
  }

  async create(wish: AccountWish, password: string, by: Actor): Promise<void> {
    await orRefuse(this.#book.create(wish, password, by))
  }

  async change(wish: AccountWish, by: Actor): Promise<void> {
    await orRefuse(this.#book.change(wish, by))
    this.#allChanged()
  }

  async setPassword(name: string, password: string, by: Actor): Promise<void> {
    await orRefuse(this.#book.setPassword(name, null, password, by))
  }

  async setSettings(settings: AccessSettings, by: Actor): Promise<void> {
    await orRefuse(this.#book.setSettings(settings, by))
    this.#allChanged()
  }

  /** From the command line: a new password of an administrator. */
  async recover(name: string, by: Actor): Promise<string> {
    const password = await orRefuse(this.#book.recover(name, by))
    this.#allChanged()
    return password
  }

  accounts(): AccountsView {
    return { accounts: this.#book.list(), settings: this.#book.settings }
  }

  frame(seat: Seat): AccessFrame {
    const { person, osUser, allowed, leftIdle, isUnattended } = seat
    return {
      desk: isUnattended ? 'unattended' : 'accounts',
      person: person && { name: person.name, fullName: person.fullName, roles: person.roles },
      osUser,
      allowed,
      idleSignOutMin: this.#book.settings.idleSignOutMin,
      leftIdle,
    }
  }

  everySecond(): void {
    for (const seat of this.#seats.keys()) {
      if (!seat.isIdle(this.#book.settings.idleSignOutMin)) continue
      const person = seat.signedOut()
      seat.leftIdle = true
      this.#changed(seat)
      if (person) void this.#recordSignOut(person.name, 'nobody moved')
    }
  }

  #changed(seat: Seat): void {
    this.#seats.get(seat)?.()
  }

  #allChanged(): void {
    for (const changed of this.#seats.values()) changed()
  }

  async #recordSignOut(name: string, reason: string | null): Promise<void> {
    const account = this.#book.active(name)
    const by: Actor = { name, role: account?.roles[0] ?? 'nobody' }
    await this.#audit.record(by, { action: 'access.sign-out', subject: name, reason })
  }

  #recordDenied(seat: Seat, action: Action): void {
    const nowMs = this.#clock.monotonicMs()
    const known = this.#denied.get(seat) ?? new Map<Action, number>()
    this.#denied.set(seat, known)
    if (nowMs - (known.get(action) ?? -Infinity) < deniedEveryMs) return
    known.set(action, nowMs)
    // The refusal stands whether it could be recorded or not.
    this.#audit.record(seat.actor, { action: 'access.denied', subject: action }).catch(() => undefined)
  }
}

async function orRefuse<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asRequest(error)
  }
}

function asRequest(error: unknown): unknown {
  if (!(error instanceof AccessError)) return error
  const { code, message, remedy } = error
  const retryable = code === 'sign-in' || code === 'locked' || code === 'wrong-password'
  return new RequestError({ code, message, retryable, ...(remedy === null ? {} : { remedy }) }, { cause: error })
}
