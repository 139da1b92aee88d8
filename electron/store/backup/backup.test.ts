import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTwinForReading, type Twin } from '../api.ts'
import { all, openForReading, openForWriting, run } from '../database.ts'
import {
  capture,
  feature,
  gap,
  occurrence,
  open,
  random,
  ruleState,
  startUs,
  tick,
  transition,
  type TestTwin,
} from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { appendFacts, readFacts } from './bundle.ts'
import { backUpHere, restoreHere } from './here.ts'
import { backupName, listBackups, rotateBackups } from './list.ts'
import { makeBackup } from './make.ts'
import { orderSwap, stageRestore, swapIn } from './restore.ts'
import { runJob } from './run-job.ts'

const { fresh, opened } = testTwins()

async function openFor(where: TestTwin): Promise<Twin> {
  const twin = await open(where)
  opened.push(twin)
  return twin
}

const next = random(3)
const row = (number: number): Parameters<Twin['commitTick']>[0] =>
  tick(
    number,
    Array.from({ length: 500 }, (_, i) => ({
      pointKey: 1 + (i % 3),
      sourceUs: startUs + number * 1000 + i,
      value: next(),
    })),
    {
      gaps: [gap({ startUs: startUs + number, endUs: startUs + number + 1 })],
      features: [feature(1, startUs + number, number)],
    },
  )

/** A twin in use, with rows in every table and `ticks` commits. */
async function inUse(where: TestTwin, ticks = 20): Promise<Twin> {
  const twin = await openFor(where)
  await twin.points([1, 2, 3].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' as const })))
  await twin.commitConfig({ hash: 'hash-1', text: '{ "plant": 1 }', author: 'test', reason: 'test', atUs: 1 })
  await twin.sessionStart(startUs)
  for (let number = 1; number <= ticks; number++) await twin.commitTick(row(number))
  await twin.commitAlerts({
    states: [ruleState('o1')],
    occurrences: [occurrence('o1')],
    transitions: [transition('o1')],
  })
  await twin.putCapture(capture('k1', 1))
  await twin.advance({ destinationId: 'now', stream: 'events', seq: Math.min(5, ticks), confirmedUs: 1 })
  return twin
}

const request = (where: TestTwin, out = path.join(where.dir, 'copy.mwbackup')): Parameters<typeof backUpHere>[0] => ({
  file: where.file,
  key: where.key,
  out,
  kind: 'asked',
  plantId: 'plant-a',
  appVersion: '0.0.0',
  nowUs: startUs + 3600e6,
})
const ignore = (): void => {}
const refusal = (body: () => unknown): unknown => {
  try {
    return body()
  } catch (error) {
    return error
  }
}
/** Every row of every table, as text. */
function content(where: Pick<TestTwin, 'file' | 'key'>, but: readonly string[] = []): Record<string, string[]> {
  const db = openForReading(where.file, where.key)
  try {
    const names = all<{ name: string }>(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return Object.fromEntries(
      names
        .filter(({ name }) => !but.includes(name))
        .map(({ name }) => [name, all(db, `SELECT * FROM "${name}"`).map((each) => JSON.stringify(each))]),
    )
  } finally {
    db.close()
  }
}
const elsewhere = (where: TestTwin): TestTwin => {
  const other = fresh()
  return { ...other, key: where.key }
}

describe('a backup', () => {
  it('of a twin in use is one moment of it, encrypted with its key, whatever is committed while it is made', async () => {
    const where = fresh()
    const twin = await inUse(where)
    const before = content(where)
    const steps = makeBackup(request(where))
    // The snapshot is taken at the first step; everything after it must stay out.
    steps.next()
    for (let number = 21; number <= 40; number++) await twin.commitTick(row(number))
    let step = steps.next()
    while (!step.done) step = steps.next()
    expect(step.value).toMatchObject({
      installation: twin.installation,
      epoch: twin.epoch,
      lastTickUs: startUs + 20 * 200_000,
    })
    const out = path.join(where.dir, 'copy.mwbackup')
    const bytes = fs.readFileSync(out)
    expect(bytes.subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3')
    expect(bytes.includes(Buffer.from(where.key))).toBe(false)
    expect(bytes.includes(Buffer.from(Buffer.from(where.key).toString('hex')))).toBe(false)
    const alone = elsewhere(where)
    fs.writeFileSync(alone.file, bytes.subarray(0, step.value.twinBytes))
    expect(content(alone)).toEqual(before)
    expect(fs.readdirSync(where.dir).filter((name) => name.includes('.part'))).toEqual([])
  })

  it('runs in a thread of its own while ticks are committed, and can be stopped without leaving anything', async () => {
    const where = fresh()
    const twin = await inUse(where)
    const entry = new URL('./job.worker.ts', import.meta.url)
    const job = runJob(entry, { kind: 'backup', request: request(where) })
    let number = 20
    const ended = { yet: false }
    void job.done.then(() => (ended.yet = true))
    while (!ended.yet) await twin.commitTick(row(++number))
    expect(number).toBeGreaterThan(20)
    expect((await job.done).twinBytes).toBeGreaterThan(0)
    const cut = runJob(entry, { kind: 'backup', request: request(where, path.join(where.dir, 'cut.mwbackup')) })
    await cut.cancel()
    await expect(cut.done).rejects.toMatchObject({ code: 'stopped' })
    expect(fs.readdirSync(where.dir).filter((name) => name.startsWith('cut'))).toEqual([])
  })

  it('is not made of a twin with a fault: it is named, and no file is left', async () => {
    const where = fresh()
    const twin = await inUse(where)
    await twin.close()
    opened.length = 0
    const db = openForWriting(where.file, where.key)
    run(db, 'UPDATE capture SET checksum = checksum + 1')
    db.close()
    expect(refusal(() => backUpHere(request(where), ignore))).toMatchObject({
      code: 'damaged',
      message: expect.stringContaining('Capture k1 does not match its checksum') as string,
    })
    expect(fs.readdirSync(where.dir).filter((name) => name.startsWith('copy'))).toEqual([])
  })

  it('that is cut at any byte, or changed, is named as no backup', async () => {
    const where = fresh()
    await inUse(where, 3)
    backUpHere(request(where), ignore)
    const out = path.join(where.dir, 'copy.mwbackup')
    const whole = fs.readFileSync(out)
    const draw = random(5)
    const cut = path.join(where.dir, 'cut.mwbackup')
    for (let turn = 0; turn < 40; turn++) {
      fs.writeFileSync(cut, whole.subarray(0, Math.floor(draw() * whole.length)))
      expect(refusal(() => readFacts(cut))).toMatchObject({ code: 'no-backup' })
    }
    expect(listBackups(where.dir).map(({ facts }) => facts?.plantId ?? null)).toEqual(['plant-a', null])
    const { twinBytes } = readFacts(out).facts
    for (let turn = 0; turn < 40; turn++) {
      const bytes = Buffer.from(whole)
      const at =
        turn < 20 ? Math.floor(draw() * twinBytes) : twinBytes + Math.floor(draw() * (whole.length - twinBytes))
      // Bytes 16 to 23 of a twin are its page size in plain text; SQLite3MC does not read them again with a raw key's cipher.
      if (at < 24) continue
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (turn % 8))
      fs.writeFileSync(cut, bytes)
      const empty = elsewhere(where)
      const refused = refusal(() =>
        restoreHere({ from: cut, file: empty.file, key: where.key, nowUs: startUs }, ignore),
      )
      expect(refused, `byte ${at}`).toMatchObject({ name: 'TwinError' })
      expect(fs.existsSync(empty.file)).toBe(false)
    }
  })

  it('daily ones make room for each other; those a person asked for, and those of others, stay', () => {
    const where = fresh()
    const facts = { ...readFactsOf(where), salt: '00', keyCheck: null }
    for (let day = 1; day <= 6; day++) {
      const file = path.join(where.dir, backupName(startUs + day * 86_400e6))
      fs.writeFileSync(file, '')
      const kind = day === 2 ? 'asked' : 'daily'
      appendFacts(
        file,
        { ...facts, kind, installation: day === 1 ? 'other' : 'mine', madeUs: startUs + day * 86_400e6 },
        null,
      )
    }
    rotateBackups(where.dir, 'mine', 2, startUs + 7 * 86_400e6)
    expect(
      listBackups(where.dir).map((entry) => Math.round(((entry.facts?.madeUs ?? 0) - startUs) / 86_400e6)),
    ).toEqual([6, 5, 2, 1])
  })
})

function readFactsOf(where: TestTwin): Parameters<typeof appendFacts>[1] {
  return {
    schema: 'millwright/backup@1',
    kind: 'daily',
    installation: where.dir,
    epoch: 'e',
    plantId: null,
    madeUs: 0,
    lastTickUs: null,
    layout: 1,
    appVersion: '0',
    twinBytes: 0,
    cipher: 'none',
    salt: '',
    keyCheck: null,
    secrets: null,
  }
}

describe('a restore', () => {
  it('brings everything back under a new epoch, with the hole behind it recorded, and rows keep the epoch they were made in', async () => {
    const where = fresh()
    const twin = await inUse(where)
    backUpHere(request(where), ignore)
    const before = content(where, ['meta', 'recovery', 'audit', 'sqlite_sequence', 'session'])
    const page = await twin.page('events', 5, 1000)
    for (let number = 21; number <= 25; number++) await twin.commitTick(row(number))
    await twin.close()
    opened.length = 0
    const from = path.join(where.dir, 'copy.mwbackup')
    const asked = { from, file: where.file, key: where.key, nowUs: startUs + 7200e6 }
    const refused = refusal(() => restoreHere(asked, ignore))
    expect(refused).toMatchObject({ code: 'newer-twin', message: expect.stringContaining('--discard-newer') as string })
    const { aside } = restoreHere({ ...asked, discardNewer: true }, ignore)
    expect(fs.existsSync(path.join(aside ?? '', 'twin.db'))).toBe(true)
    expect(content(where, ['meta', 'recovery', 'audit', 'sqlite_sequence', 'session'])).toEqual(before)

    const again = await openFor(where)
    expect(again.installation).toBe(twin.installation)
    expect(again.epoch).not.toBe(twin.epoch)
    const { gap: hole } = await again.sessionStart(startUs + 7300e6)
    expect(hole).toMatchObject({ cause: 'restored', startUs: startUs + 20 * 200_000, endUs: startUs + 7300e6 })
    // Rows of the backup go out under the epoch the far side may know them by, later ones under the new epoch.
    const resent = await again.page('events', 5, 1000)
    expect(resent).toEqual({ ...page, endsEpoch: true })
    const behind = await again.page('events', resent.rows.at(-1)?.seq ?? 0, 1000)
    expect(behind.epoch).toBe(again.epoch)
    expect(behind.rows.map(({ payload }) => payload).join()).toContain('"restored"')
    expect(await again.recoveries(5)).toMatchObject([{ kind: 'restored', fromUs: startUs + 20 * 200_000 }])
    expect(await again.verify()).toEqual([])
  })

  it('refuses another key, another twin, a twin in use; and nothing is changed', async () => {
    const where = fresh()
    const twin = await inUse(where, 2)
    backUpHere(request(where), ignore)
    const from = path.join(where.dir, 'copy.mwbackup')
    const asked = { from, file: where.file, key: where.key, nowUs: startUs }
    expect(refusal(() => restoreHere(asked, ignore))).toMatchObject({ code: 'in-use' })
    await twin.close()
    opened.length = 0
    const before = fs.readFileSync(where.file)
    const otherKey = Uint8Array.from(randomBytes(32))
    expect(refusal(() => restoreHere({ ...asked, key: otherKey }, ignore))).toMatchObject({ code: 'wrong-key' })
    expect(fs.readFileSync(where.file).equals(before)).toBe(true)
    const other = elsewhere(where)
    await (await open(other)).close()
    const onOther = { ...asked, file: other.file }
    expect(refusal(() => restoreHere(onOther, ignore))).toMatchObject({ code: 'not-this-twin' })
    restoreHere({ ...onOther, replaceOther: true }, ignore)
    const reader = openTwinForReading(other)
    expect(reader.installation).toBe(twin.installation)
    await reader.close()
    const names = fs.readdirSync(where.dir).filter((name) => /restor|replaced/.test(name))
    expect(names).toEqual([])
  })

  it('of a backup to a folder that cannot be written says so', async () => {
    const where = fresh()
    await inUse(where, 3)
    const folder = path.join(where.dir, 'none', 'there')
    fs.writeFileSync(path.join(where.dir, 'none'), '')
    expect(refusal(() => backUpHere(request(where, path.join(folder, 'x.mwbackup')), ignore))).toMatchObject({
      code: 'disk-error',
    })
  })

  it('that is cut anywhere between staging and the last rename ends with the old twin or the restored one', async () => {
    const where = fresh()
    await inUse(where, 4)
    backUpHere(request(where), ignore)
    await opened.pop()?.close()
    const from = path.join(where.dir, 'copy.mwbackup')
    const steps = stageRestore({ from, file: where.file, key: where.key, nowUs: startUs + 7200e6, discardNewer: true })
    let step = steps.next()
    while (!step.done) step = steps.next()
    orderSwap(where.file, step.value)
    const stage = fresh()
    const files = (dir: string): string[] =>
      fs.readdirSync(dir).filter((name) => fs.statSync(path.join(dir, name)).isFile())
    const aside = fs.readdirSync(where.dir).find((name) => name.startsWith('replaced-')) ?? ''
    // Every prefix of the renames that the swap makes.
    const renames: [string, string][] = [
      ['twin.db', path.join(aside, 'twin.db')],
      ['twin.id', path.join(aside, 'twin.id')],
      ['twin.db.restored', 'twin.db'],
    ]
    for (let done = 0; done <= renames.length; done++) {
      fs.rmSync(stage.dir, { recursive: true, force: true })
      fs.mkdirSync(path.join(stage.dir, aside), { recursive: true })
      for (const name of files(where.dir)) fs.copyFileSync(path.join(where.dir, name), path.join(stage.dir, name))
      for (const [a, b] of renames.slice(0, done)) fs.renameSync(path.join(stage.dir, a), path.join(stage.dir, b))
      const twin = await open({ ...stage, key: where.key })
      expect(twin.opened).toMatchObject({ kind: 'existing', message: expect.stringContaining('restored') as string })
      expect(await twin.verify(), `after ${done} renames`).toEqual([])
      expect((await twin.recoveries(5)).length).toBe(1)
      await twin.close()
      expect(files(path.join(stage.dir, aside))).toEqual(expect.arrayContaining(['twin.db', 'twin.id']))
      expect(swapIn(stage.file)).toBe(null)
    }
  })
})
