import type { AccessSettings, Account, Actor, Role, StoredAccount } from '../../shared/domain/access.ts'
import { auditEntry, type AuditEntry, type AuditFacts } from '../../shared/domain/audit-trail.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { AccessError } from './access-error.ts'
import { lockMs } from './lockout.ts'
import { hashPassword, isPassword, makePassword, refuseWeakPassword } from './passwords.ts'

export interface AccessStore {
  accounts(): Promise<StoredAccount[]>
  accessSettings(): Promise<AccessSettings>
  /** In one transaction. */
  commitAccess(commit: { accounts?: StoredAccount[]; settings?: AccessSettings; audit: AuditEntry[] }): Promise<void>
}

export interface AccountWish {
  name: string
  fullName: string
  roles: Role[]
  disabled: boolean
}

const pattern = /^[a-z0-9][a-z0-9._-]{1,63}$/

/** The local accounts of this desk: they work without a network. Every change is one commit with its entry of the audit trail. */
export class AccountBook {
  readonly #store: AccessStore
  readonly #clock: Clock
  readonly #accounts = new Map<string, StoredAccount>()
  settings: AccessSettings
  /** One at a time: two attempts at once must not count as one. */
  #chain: Promise<unknown> = Promise.resolve()

  private constructor(store: AccessStore, clock: Clock, accounts: readonly StoredAccount[], settings: AccessSettings) {
    this.#store = store
    this.#clock = clock
    this.settings = settings
    for (const account of accounts) this.#accounts.set(account.name, account)
  }

  static async open(store: AccessStore, clock: Clock): Promise<AccountBook> {
    return new AccountBook(store, clock, await store.accounts(), await store.accessSettings())
  }

  /** Before the first there are no accounts at all, and the desk is unattended. */
  get hasAccounts(): boolean {
    return this.#accounts.size > 0
  }

  list(): Account[] {
    return [...this.#accounts.values()].map(shown).sort((a, b) => a.name.localeCompare(b.name))
  }

  /** null when there is none, or it may no longer sign in. */
  active(name: string): Account | null {
    const account = this.#accounts.get(name)
    return account && !account.disabled ? shown(account) : null
  }

  /** `at`: the desk, which a failed attempt is recorded for. */
  signIn(typed: string, password: string, at: Actor): Promise<Account> {
    return this.#inTurn(async () => {
      const name = typed.trim().toLowerCase()
      const account = this.#accounts.get(name)
      const nowUs = this.#clock.nowUs()
      if (account && account.lockedUntilUs > nowUs) {
        const seconds = Math.ceil((account.lockedUntilUs - nowUs) / 1e6)
        const message = `There were ${account.failures} wrong passwords in a row for ${name}: wait ${seconds} s before the next attempt.`
        throw new AccessError('locked', message, 'An administrator can set a new password, which lifts the lock.')
      }
      const isRight = await isPassword(account?.password ?? null, password)
      if (!account || !isRight || account.disabled) return await this.#failed(name, account, isRight, at)
      const next = { ...account, failures: 0, lockedUntilUs: 0 }
      await this.#commit([next], { name, role: next.roles[0] ?? 'nobody' }, { action: 'access.sign-in', subject: name })
      return shown(next)
    })
  }

  async #failed(name: string, account: StoredAccount | undefined, isRight: boolean, at: Actor): Promise<never> {
    const failures = (account?.failures ?? 0) + 1
    const waitMs = lockMs(failures)
    const why = !account ? 'no such account' : isRight ? 'the account is closed' : 'wrong password'
    const next = account && {
      ...account,
      failures,
      lockedUntilUs: waitMs > 0 ? this.#clock.nowUs() + waitMs * 1000 : 0,
    }
    const after = { failures, lockedS: waitMs / 1000 }
    // A password typed where the name belongs must not stand in the trail for ever.
    const subject = account ? name : 'unknown account'
    await this.#commit(next ? [next] : [], at, { action: 'access.failed', subject, after, reason: why })
    throw new AccessError(
      'wrong-password',
      'The name or the password is wrong, or the account is closed.',
      waitMs > 0
        ? `The next attempt is possible in ${waitMs / 1000} s.`
        : 'Look at the keyboard (Caps Lock) and try again.',
    )
  }

  /** The first account ends the unattended desk; it is an administrator's. */
  begin(wish: Pick<AccountWish, 'name' | 'fullName'>, password: string, by: Actor): Promise<Account> {
    return this.#inTurn(async () => {
      if (this.hasAccounts) {
        const message = 'This desk has accounts already: an administrator makes further ones.'
        throw new AccessError(
          'denied',
          message,
          'Sign in as an administrator, or see the runbook on a forgotten password.',
        )
      }
      return this.#create({ ...wish, roles: ['administrator'], disabled: false }, password, by)
    })
  }

  create(wish: AccountWish, password: string, by: Actor): Promise<Account> {
    return this.#inTurn(() => this.#create(wish, password, by))
  }

  async #create(wish: AccountWish, password: string, by: Actor): Promise<Account> {
    const name = checkedName(wish.name)
    if (this.#accounts.has(name))
      throw new AccessError('bad-account', `There is an account "${name}" already; names are never given twice.`)
    checkRest(wish)
    refuseWeakPassword(password, name)
    const nowUs = this.#clock.nowUs()
    const account: StoredAccount = {
      ...wish,
      name,
      createdUs: nowUs,
      changedUs: nowUs,
      password: await hashPassword(password),
      failures: 0,
      lockedUntilUs: 0,
    }
    await this.#commit([account], by, { action: 'account.create', subject: name, after: facts(account) })
    return shown(account)
  }

  change(wish: AccountWish, by: Actor): Promise<Account> {
    return this.#inTurn(async () => {
      const account = this.#known(wish.name)
      checkRest(wish)
      const { fullName, roles, disabled } = wish
      const next = { ...account, fullName, roles, disabled, changedUs: this.#clock.nowUs() }
      if (isAdministrator(account) && !isAdministrator(next)) this.#keepAnAdministrator(account.name)
      const entry = {
        action: 'account.change',
        subject: account.name,
        before: facts(account),
        after: facts(next),
      } as const
      await this.#commit([next], by, entry)
      return shown(next)
    })
  }

  /** `old`: what the person themselves has to know; null: an administrator sets it. Lifts a lock. */
  setPassword(name: string, old: string | null, password: string, by: Actor): Promise<void> {
    return this.#inTurn(async () => {
      const account = this.#known(name)
      if (old !== null && !(await isPassword(account.password, old))) return this.#failed(name, account, false, by)
      refuseWeakPassword(password, name)
      const next = await this.#withPassword(account, password)
      await this.#commit([next], by, { action: 'account.password', subject: name })
    })
  }

  /** For whoever holds the data folder's own rights and has forgotten every administrator's password. Answers the new one. */
  recover(name: string, by: Actor): Promise<string> {
    return this.#inTurn(async () => {
      const account = this.#known(name)
      const password = makePassword()
      const roles: Role[] = account.roles.includes('administrator')
        ? account.roles
        : [...account.roles, 'administrator']
      const next = { ...(await this.#withPassword(account, password)), roles, disabled: false }
      const entry = { action: 'account.recover', subject: name, before: facts(account), after: facts(next) } as const
      await this.#commit([next], by, entry)
      return password
    })
  }

  setSettings(settings: AccessSettings, by: Actor): Promise<void> {
    return this.#inTurn(async () => {
      const [before, after] = [{ ...this.settings }, { ...settings }]
      const entry = auditEntry(by, this.#clock.nowUs(), { action: 'access.settings', subject: 'desk', before, after })
      await this.#store.commitAccess({ settings, audit: [entry] })
      this.settings = settings
    })
  }

  async #withPassword(account: StoredAccount, password: string): Promise<StoredAccount> {
    const changedUs = this.#clock.nowUs()
    return { ...account, password: await hashPassword(password), failures: 0, lockedUntilUs: 0, changedUs }
  }

  #known(name: string): StoredAccount {
    const account = this.#accounts.get(name)
    if (!account) throw new AccessError('bad-account', `There is no account "${name}".`)
    return account
  }

  #keepAnAdministrator(besides: string): void {
    const others = [...this.#accounts.values()].filter((each) => each.name !== besides && isAdministrator(each))
    if (others.length > 0) return
    const message = `${besides} is the only administrator who can sign in: without one nobody could manage accounts or trust.`
    throw new AccessError('last-administrator', message, 'Give somebody else the role first.')
  }

  /** Memory follows the disk. */
  async #commit(accounts: StoredAccount[], by: Actor, entry: AuditFacts): Promise<void> {
    await this.#store.commitAccess({ accounts, audit: [auditEntry(by, this.#clock.nowUs(), entry)] })
    for (const account of accounts) this.#accounts.set(account.name, account)
  }

  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#chain.then(body)
    this.#chain = turn.catch(() => undefined)
    return turn
  }
}

function shown({ name, fullName, roles, disabled, createdUs, changedUs }: StoredAccount): Account {
  return { name, fullName, roles, disabled, createdUs, changedUs }
}

function facts({ fullName, roles, disabled }: StoredAccount) {
  return { fullName, roles: [...roles], disabled }
}

function isAdministrator({ roles, disabled }: StoredAccount): boolean {
  return roles.includes('administrator') && !disabled
}

function checkedName(typed: string): string {
  const name = typed.trim().toLowerCase()
  if (pattern.test(name)) return name
  const message = `"${typed}" cannot be the name of an account: take 2 to 64 letters, digits, dots, dashes or underscores, a letter or digit first.`
  throw new AccessError('bad-account', message)
}

function checkRest({ fullName, roles }: AccountWish): void {
  if (fullName.trim() === '') throw new AccessError('bad-account', 'Give the full name: it is what colleagues read.')
  if (roles.length === 0)
    throw new AccessError('bad-account', 'Give at least one role; without one there is no need to sign in.')
}
