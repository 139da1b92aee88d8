import { describe, expect, it } from 'vitest'
import { auditEntry, noHash, type AuditFacts } from '../../shared/domain/audit-trail.ts'
import { openTwinForReading } from './api.ts'
import { get, openForWriting, run, type WriteDb } from './database.ts'
import { open, occurrence, startUs, transition, type TestTwin } from './twin-fixtures.ts'
import { testTwins } from './test-twins.ts'
import { writerMethods } from './writer-methods.ts'

const { fresh } = testTwins()

const anna = { name: 'anna', role: 'administrator' } as const
const entry = (subject: string, more: Partial<AuditFacts> = {}) =>
  auditEntry(anna, startUs, { action: 'certificate.trust', subject, ...more })

/** As somebody with the key and a tool of their own would. */
function tamper(where: TestTwin, body: (db: WriteDb) => void): void {
  const db = openForWriting(where.file, where.key)
  for (const name of ['audit_never_changes', 'audit_never_shrinks', 'audit_never_replaces'])
    db.exec(`DROP TRIGGER ${name}`)
  body(db)
  db.close()
}

/** In this thread: a twin with its threads takes seconds to open on a busy machine. */
function record(where: TestTwin, ...subjects: string[]): void {
  const writer = writerMethods()
  const { file, key } = where
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null })
  writer.appendAudit(subjects.map((subject) => entry(subject)))
  writer.close()
}

async function faultsOf({ file, key }: TestTwin): Promise<string[]> {
  const twin = openTwinForReading({ file, key })
  const alone = await twin.auditCheck()
  const faults = await twin.verify()
  await twin.close()
  expect(faults.filter(({ path }) => path.startsWith('audit'))).toEqual(alone)
  return alone.map(({ path, code }) => `${path} ${code}`)
}

describe('the audit trail', () => {
  it('keeps what was recorded, newest first, each entry chained to the one before', async () => {
    const where = fresh()
    const twin = await open(where)
    await twin.appendAudit([entry('a', { before: { trusted: false }, after: { trusted: true }, reason: 'new line' })])
    await twin.appendAudit([
      entry('b'),
      auditEntry({ name: 'ben', role: 'operator' }, startUs + 1, { action: 'write.asked', subject: 'p-1' }),
    ])
    const [third, second, first] = await twin.audit({ limit: 10 })
    expect(first).toMatchObject({ seq: 1, actor: 'anna', role: 'administrator', previous: noHash, reason: 'new line' })
    expect(first?.after).toEqual({ trusted: true })
    expect(second?.previous).toBe(first?.hash)
    expect(third).toMatchObject({ seq: 3, previous: second?.hash, action: 'write.asked', before: null })
    expect((await twin.audit({ limit: 10, actor: 'ben' })).map(({ seq }) => seq)).toEqual([3])
    expect((await twin.audit({ limit: 10, action: 'certificate.trust', beforeSeq: 2 })).map(({ seq }) => seq)).toEqual([
      1,
    ])
    expect((await twin.audit({ limit: 10, subject: 'P-' })).map(({ seq }) => seq)).toEqual([3])
    expect(await twin.auditActors()).toEqual(['anna', 'ben'])
    await twin.close()
    expect(await faultsOf(where)).toEqual([])
  })

  it('goes on as one chain after the twin was closed', async () => {
    const where = fresh()
    for (const subject of ['a', 'b']) record(where, subject)
    expect(await faultsOf(where)).toEqual([])
  })

  it('refuses to change, remove or replace an entry', async () => {
    const where = fresh()
    record(where, 'a', 'b')
    const db = openForWriting(where.file, where.key)
    expect(() => run(db, "UPDATE audit SET subject = 'x' WHERE seq = 1")).toThrow(/append-only/)
    expect(() => run(db, 'DELETE FROM audit WHERE seq = 2')).toThrow(/append-only/)
    run(
      db,
      `INSERT OR REPLACE INTO audit (seq, t_us, actor, role, action, subject, before, after, previous, hash)
       VALUES (1, 0, 'x', 'x', 'x', 'x', 'null', 'null', 'x', 'x')`,
    )
    expect(get(db, 'SELECT subject FROM audit WHERE seq = 1')).toEqual({ subject: 'a' })
    db.close()
    expect(await faultsOf(where)).toEqual([])
  })

  it.each([
    ['an altered entry', "UPDATE audit SET actor = 'nobody' WHERE seq = 2", ['audit[2] audit-altered']],
    ['an altered time', 'UPDATE audit SET t_us = t_us + 1 WHERE seq = 4', ['audit[4] audit-altered']],
    ['a removed entry', 'DELETE FROM audit WHERE seq = 2', ['audit[3] audit-missing']],
    ['a removed end', 'DELETE FROM audit WHERE seq > 2', ['audit[5] audit-missing']],
    ['a removed beginning', 'DELETE FROM audit WHERE seq < 3', ['audit[3] audit-missing']],
    [
      'an entry in the place of another',
      "UPDATE audit SET subject = (SELECT subject FROM audit WHERE seq = 3), previous = 'x' WHERE seq = 2",
      ['audit[2] audit-broken', 'audit[2] audit-altered'],
    ],
  ])('verify names %s', async (_what, sql, expected) => {
    const where = fresh()
    record(where, 'a', 'b', 'c', 'd')
    tamper(where, (db) => run(db, sql))
    expect(await faultsOf(where)).toEqual(expected)
  })

  it('verify names the entry behind one whose hash was made anew', async () => {
    const where = fresh()
    const other = fresh()
    record(where, 'a', 'b', 'c')
    // The forger's own chain gives a row that fits its own hash.
    record(other, 'a', 'forged')
    const forged = openTwinForReading(other)
    const [row] = await forged.audit({ limit: 1 })
    await forged.close()
    tamper(where, (db) => run(db, 'UPDATE audit SET subject = ?, hash = ? WHERE seq = 2', 'forged', row?.hash ?? ''))
    expect(await faultsOf(where)).toEqual(['audit[3] audit-broken'])
  })

  it('stands or falls with what it records', async () => {
    const where = fresh()
    const twin = await open(where)
    const audit = [entry('occurrence-1')]
    await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'a', reason: 'r', atUs: 1, audit: entry('hash-1') })
    const unknown = { states: [], occurrences: [], transitions: [transition('no-such')], audit }
    await expect(twin.commitAlerts(unknown)).rejects.toThrow(/no-such/)
    expect(await twin.audit({ limit: 10 })).toHaveLength(1)
    await twin.commitAlerts({ states: [], occurrences: [occurrence('o')], transitions: [transition('o')], audit })
    expect(await twin.audit({ limit: 10 })).toHaveLength(2)
    expect(await twin.pinCapture({ id: 'none', pinned: true, by: 'a', atUs: 1, reason: null, audit: entry('c') })).toBe(
      false,
    )
    expect(await twin.audit({ limit: 10 })).toHaveLength(2)
    await twin.close()
  })

  it('keeps accounts and settings with their entries', async () => {
    const where = fresh()
    const twin = await open(where)
    expect(await twin.accounts()).toEqual([])
    expect(await twin.accessSettings()).toEqual({ idleSignOutMin: 15 })
    const account = {
      name: 'anna',
      fullName: 'Anna A.',
      roles: ['administrator' as const],
      disabled: false,
      createdUs: 1,
      changedUs: 1,
      password: 'scrypt$x',
      failures: 0,
      lockedUntilUs: 0,
    }
    await twin.commitAccess({ accounts: [account], settings: { idleSignOutMin: 5 }, audit: [entry('anna')] })
    await twin.commitAccess({ accounts: [{ ...account, disabled: true, changedUs: 2 }], audit: [entry('anna')] })
    expect(await twin.accounts()).toEqual([{ ...account, disabled: true, changedUs: 2 }])
    expect(await twin.accessSettings()).toEqual({ idleSignOutMin: 5 })
    expect(await twin.audit({ limit: 10 })).toHaveLength(2)
    await twin.close()
  })
})
