import { beforeEach, describe, expect, it } from 'vitest'
import {
  defaultAccessSettings,
  type AccessSettings,
  type Actor,
  type StoredAccount,
} from '../../shared/domain/access.ts'
import type { AuditEntry } from '../../shared/domain/audit-trail.ts'
import { AccountBook, type AccessStore } from './account-book.ts'
import { lockMs } from './lockout.ts'
import { hashPassword, isPassword } from './passwords.ts'

class PaperStore implements AccessStore {
  stored = new Map<string, StoredAccount>()
  settings: AccessSettings = defaultAccessSettings
  audit: AuditEntry[] = []
  accounts = async (): Promise<StoredAccount[]> => [...this.stored.values()]
  accessSettings = async (): Promise<AccessSettings> => this.settings
  async commitAccess({ accounts, settings, audit }: Parameters<AccessStore['commitAccess']>[0]): Promise<void> {
    for (const account of accounts ?? []) this.stored.set(account.name, account)
    if (settings) this.settings = settings
    this.audit.push(...audit)
  }
}

const desk: Actor = { name: 'control-room', role: 'nobody' }
const anna: Actor = { name: 'anna', role: 'administrator' }
const right = 'four quiet grey pumps'

let store: PaperStore
let nowUs = 1e15
let book: AccountBook

beforeEach(async () => {
  store = new PaperStore()
  nowUs = 1e15
  book = await AccountBook.open(store, { nowUs: () => nowUs, monotonicMs: () => nowUs / 1000 })
  await book.begin({ name: 'Anna', fullName: 'Anna A.' }, right, { name: 'control-room', role: 'unattended' })
})

describe('accounts', () => {
  it('the first is an administrator and the only one that can be made by nobody in particular', async () => {
    expect(book.list()).toMatchObject([{ name: 'anna', roles: ['administrator'], disabled: false }])
    await expect(book.begin({ name: 'eve', fullName: 'Eve' }, right, desk)).rejects.toThrow(/has accounts already/)
    expect(store.audit).toMatchObject([
      { actor: 'control-room', role: 'unattended', action: 'account.create', subject: 'anna' },
    ])
  })

  it('keep no password, neither in the twin nor in the trail', async () => {
    await book.setPassword('anna', right, 'another quiet grey pump', anna)
    await book.signIn('anna', 'not what it is', desk).catch(() => undefined)
    const everything = JSON.stringify([[...store.stored.values()], store.audit])
    for (const secret of [right, 'another quiet grey pump', 'not what it is']) expect(everything).not.toContain(secret)
    expect(JSON.stringify(book.list())).not.toContain('scrypt')
    expect(JSON.stringify(store.audit)).not.toContain('scrypt')
  })

  it('sign in by name in any case, after a restart too', async () => {
    const again = await AccountBook.open(store, { nowUs: () => nowUs, monotonicMs: () => 0 })
    expect(await again.signIn(' ANNA ', right, desk)).toMatchObject({ name: 'anna' })
    expect(store.audit.at(-1)).toMatchObject({ actor: 'anna', role: 'administrator', action: 'access.sign-in' })
  })

  it('a wrong password, an unknown name and a closed account are refused with the same words and recorded with different ones', async () => {
    await book.create({ name: 'ben', fullName: 'Ben', roles: ['operator'], disabled: true }, right, anna)
    const refusals: string[] = []
    for (const [name, password] of [
      ['anna', 'wrong'],
      ['nobody', right],
      ['ben', right],
    ] as const)
      await book.signIn(name, password, desk).catch((error: unknown) => refusals.push(String(error)))
    expect(new Set(refusals).size).toBe(1)
    expect(refusals).toHaveLength(3)
    const failed = store.audit.filter(({ action }) => action === 'access.failed')
    expect(failed.map(({ subject, reason }) => [subject, reason])).toEqual([
      ['anna', 'wrong password'],
      // Somebody may have typed a password where the name belongs.
      ['unknown account', 'no such account'],
      ['ben', 'the account is closed'],
    ])
  })

  it('wait longer after each wrong password from the fourth on, restarts included, and a right one during the wait does not count', async () => {
    for (let i = 0; i < 4; i += 1)
      await expect(book.signIn('anna', 'wrong', desk)).rejects.toMatchObject({ code: 'wrong-password' })
    const again = await AccountBook.open(store, { nowUs: () => nowUs, monotonicMs: () => 0 })
    await expect(again.signIn('anna', right, desk)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining('wait 5 s'),
    })
    nowUs += 5e6
    await expect(again.signIn('anna', 'wrong', desk)).rejects.toMatchObject({ remedy: expect.stringContaining('10 s') })
    nowUs += 10e6
    expect(await again.signIn('anna', right, desk)).toMatchObject({ name: 'anna' })
    expect(store.stored.get('anna')).toMatchObject({ failures: 0, lockedUntilUs: 0 })
  })

  it('the wait doubles to a quarter of an hour', () => {
    expect([0, 3, 4, 5, 6, 11, 12, 1000].map(lockMs)).toEqual([0, 0, 5e3, 1e4, 2e4, 640e3, 900e3, 900e3])
  })

  it('two attempts at once count as two', async () => {
    await Promise.allSettled([1, 2, 3, 4, 5].map(() => book.signIn('anna', 'wrong', desk)))
    expect(store.stored.get('anna')?.failures).toBe(4)
    expect(store.stored.get('anna')?.lockedUntilUs).toBe(nowUs + 5e6)
  })

  it('one administrator who can sign in always remains', async () => {
    const wish = { name: 'anna', fullName: 'Anna', roles: ['operator' as const], disabled: false }
    await expect(book.change(wish, anna)).rejects.toMatchObject({ code: 'last-administrator' })
    await expect(book.change({ ...wish, roles: ['administrator'], disabled: true }, anna)).rejects.toMatchObject({
      code: 'last-administrator',
    })
    await book.create({ name: 'ben', fullName: 'Ben', roles: ['administrator'], disabled: false }, right, anna)
    await book.change(wish, anna)
    expect(store.audit.at(-1)).toMatchObject({
      action: 'account.change',
      before: { roles: ['administrator'] },
      after: { roles: ['operator'] },
    })
  })

  it.each([
    ['short', 'at least 10'],
    ['aaaaaaaaaaaa', 'repeats'],
    ['hello-anna-hello', 'name of its account'],
    ['x'.repeat(201), 'at most 200'],
  ])('refuse the password %s', async (password, words) => {
    await expect(book.setPassword('anna', right, password, anna)).rejects.toThrow(words)
  })

  it.each([
    [{ name: 'a b', fullName: 'X', roles: ['operator' as const] }, 'cannot be the name'],
    [{ name: 'anna', fullName: 'X', roles: ['operator' as const] }, 'already'],
    [{ name: 'ben', fullName: ' ', roles: ['operator' as const] }, 'full name'],
    [{ name: 'ben', fullName: 'X', roles: [] }, 'at least one role'],
  ])('refuse %j', async (wish, words) => {
    await expect(book.create({ ...wish, disabled: false }, right, anna)).rejects.toThrow(words)
    expect(book.list()).toHaveLength(1)
  })

  it('a forgotten administrator gets a new password, which is in the trail as a fact', async () => {
    const password = await book.recover('anna', { name: 'root', role: 'command-line' })
    await expect(book.signIn('anna', right, desk)).rejects.toThrow(/wrong/)
    expect(await book.signIn('anna', password, desk)).toMatchObject({ name: 'anna' })
    expect(store.audit.some(({ action, actor }) => action === 'account.recover' && actor === 'root')).toBe(true)
  })
})

describe('passwords', () => {
  it('are the same word however it was composed, and differ each time they are stored', async () => {
    const [one, two] = await Promise.all([hashPassword('café au lait!'), hashPassword('café au lait!')])
    expect(one).not.toBe(two)
    expect(await isPassword(one, 'cafe\u0301 au lait!')).toBe(true)
    expect(await isPassword(one, 'cafe au lait!')).toBe(false)
    for (const broken of [null, '', 'scrypt$x', one.slice(0, -4)])
      expect(await isPassword(broken, 'café au lait!')).toBe(false)
  })
})
