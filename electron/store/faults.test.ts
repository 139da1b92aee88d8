import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTwinForReading, TwinError, type Twin, type TwinReader } from './api.ts'
import { openForWriting, pageSize, run } from './database.ts'
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
} from './twin-fixtures.ts'
import { testTwins } from './test-twins.ts'
import { packScalars } from './scalars-message.ts'
import { writerMethods } from './writer-methods.ts'

const { fresh } = testTwins()

const next = random(7)
/** Noise, so that a tick needs many pages. */
const bigTick = (number: number): Parameters<Twin['commitTick']>[0] =>
  tick(
    number,
    Array.from({ length: 4000 }, (_, i) => ({
      pointKey: 1 + (i % 3),
      sourceUs: startUs + number * 4000 + i,
      value: next(),
    })),
    { gaps: [gap({ startUs: startUs + number })], features: [feature(1, startUs + number, number)] },
  )

describe('a full disk', () => {
  it('at any page of a commit: the tick is refused by name, nothing of it is kept, and it is taken once there is room', () => {
    const where = fresh()
    const writer = writerMethods()
    writer.open({ file: where.file, key: where.key, createIfMissing: true, maxPages: null, featureNames: null })
    writer.points([1, 2, 3].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' })))
    writer.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
    writer.sessionStart(startUs)
    const db = writer.connection()
    const commit = (number: number): unknown => {
      const given = bigTick(number)
      return writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    }
    let refused = 0
    for (let number = 1; number <= 12; number++) {
      // The commit needs some ten pages: each turn leaves one more of them than the one before.
      const pages = Number(db.pragma('page_count', { simple: true }))
      for (let spare = 0; ; spare++) {
        db.pragma(`max_page_count=${pages + spare}`)
        try {
          commit(number)
          break
        } catch (error) {
          expect(error).toMatchObject({ name: 'TwinError', code: 'disk-full', retryable: true })
          refused++
        }
        const reader = openTwinForReading(where)
        // The reader of another connection is the judge: the ledger, the logs and the batches agree on the tick before.
        expect(db.prepare('SELECT ifnull(max(last_number), 0) FROM session').pluck().get()).toBe(number - 1)
        expect(db.prepare('SELECT count(*) FROM tick_batch').pluck().get()).toBe(number - 1)
        expect(db.prepare('SELECT ifnull(max(seq), 0) FROM event').pluck().get()).toBe(number - 1)
        expect(db.prepare('SELECT ifnull(max(seq), 0) FROM feature').pluck().get()).toBe(number - 1)
        void reader.close()
      }
    }
    writer.close()
    expect(refused).toBeGreaterThan(20)
  })

  it('is named through the worker too, and the twin stays whole', async () => {
    const where = fresh()
    const twin = await open(where, { maxPages: 120 })
    await twin.points([1, 2, 3].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' })))
    await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
    await twin.sessionStart(startUs)
    let number = 0
    let refusal: unknown = null
    while (refusal === null && number < 100) {
      refusal = await twin.commitTick(bigTick(number + 1)).then(
        () => null,
        (error: unknown) => error,
      )
      if (refusal === null) number++
    }
    expect(refusal).toMatchObject({ code: 'disk-full' })
    expect(String(refusal)).toContain(`tick ${number + 1}`)
    expect((await twin.counts()).ticks).toBe(number)
    expect(await twin.verify()).toEqual([])
    await twin.close()
  })
})

/** A twin with rows in every table. */
async function filled(where: TestTwin, close = true): Promise<Twin> {
  const twin = await open(where)
  await twin.points([{ id: 'p1', assetId: 'a', kind: 'scalar' }])
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
  await twin.sessionStart(startUs)
  for (let number = 1; number <= 70; number++) {
    await twin.commitTick(
      number % 10 === 0 ? bigTick(number) : tick(number, [{ pointKey: 1, sourceUs: startUs + number, value: 1 }]),
    )
  }
  await twin.commitAlerts({
    states: [ruleState('o1')],
    occurrences: [occurrence('o1')],
    transitions: [transition('o1')],
  })
  await twin.putCapture(capture('k1', 1))
  await twin.advance({ destinationId: 'now', stream: 'events', seq: 1, confirmedUs: 1 })
  if (close) await twin.close()
  return twin
}

const codes = async (where: TestTwin): Promise<string[]> => {
  let twin: TwinReader
  try {
    twin = openTwinForReading(where)
  } catch (error) {
    // What the first pages hold is needed to open it at all; the command line reports that as a fault too.
    if (error instanceof TwinError && error.code === 'damaged') return [error.code]
    throw error
  }
  const faults = await twin.verify()
  await twin.close()
  for (const fault of faults) {
    for (const text of Object.values(fault)) expect(text).not.toBe('')
  }
  return faults.map(({ code }) => code)
}

describe('verify', () => {
  it('finds one flipped bit in any used page', async () => {
    const where = fresh()
    await filled(where)
    expect(await codes(where)).toEqual([])
    const whole = fs.readFileSync(where.file)
    const draw = random(11)
    for (let page = 1; page < whole.length / pageSize; page++) {
      const bytes = Buffer.from(whole)
      const at = page * pageSize + Math.floor(draw() * pageSize)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(draw() * 8))
      fs.writeFileSync(where.file, bytes)
      expect(await codes(where), `byte ${at}`).not.toEqual([])
    }
  })

  it('finds a flipped bit in the write-ahead log, which SQLite itself takes for the end of it', async () => {
    const where = fresh()
    const twin = await filled(where, false)
    const copy = { ...where, dir: path.join(where.dir, 'copy'), file: path.join(where.dir, 'copy', 'twin.db') }
    fs.mkdirSync(copy.dir)
    const files = ['twin.db', 'twin.db-wal', 'twin.id']
    for (const name of files) fs.copyFileSync(path.join(where.dir, name), path.join(copy.dir, name))
    await twin.close()
    expect(await codes(copy)).toEqual([])
    const wal = fs.readFileSync(`${copy.file}-wal`)
    const at = 32 + Math.floor((wal.length - 32) / (pageSize + 24) / 2) * (pageSize + 24) + 500
    wal[at] = (wal[at] ?? 0) ^ 4
    fs.rmSync(`${copy.file}-shm`, { force: true })
    fs.writeFileSync(`${copy.file}-wal`, wal)
    expect(await codes(copy)).toContain('wal-damaged')

    const again = await open(copy)
    expect(again.opened).toMatchObject({
      kind: 'existing',
      message: expect.stringMatching(/nothing is lost/) as string,
    })
    expect([again.installation, again.epoch]).toEqual([twin.installation, twin.epoch])
    const folder = fs.readdirSync(copy.dir).find((name) => name.startsWith('damaged-')) ?? ''
    expect(fs.readFileSync(path.join(copy.dir, folder, 'twin.db-wal')).equals(wal)).toBe(true)
    expect((await again.counts()).ticks).toBe(70)
    expect(await again.verify()).toEqual([])
    await again.close()
  })

  const wrongs: [string, string][] = [
    ['tick-missing', 'DELETE FROM tick_batch WHERE number = 30'],
    ['tick-missing', 'DELETE FROM tick_batch WHERE number = 70'],
    ['checksum', 'UPDATE tick_batch SET at_us = at_us + 1 WHERE number = 5'],
    ['count', 'UPDATE session SET scalars = scalars + 1'],
    ['checksum', 'UPDATE head_snapshot SET payload = zeroblob(length(payload))'],
    ['checksum', "UPDATE capture SET payload = x'00'"],
    ['sequence-hole', 'DELETE FROM feature WHERE seq = 3'],
    ['sequence-hole', 'DELETE FROM feature WHERE seq = (SELECT max(seq) FROM feature)'],
    ['checksum', 'UPDATE feature SET payload = zeroblob(80) WHERE seq = 2'],
    ['checksum', "UPDATE event SET payload = replace(payload, 'lost', 'kept')"],
    ['sequence-hole', 'DELETE FROM event WHERE seq = 2'],
    ['gap-without-event', 'DELETE FROM event WHERE seq = 2'],
    ['gap-without-event', 'UPDATE gap SET end_us = 5 WHERE id = 3'],
    ['event-without-gap', 'DELETE FROM gap WHERE id = 4'],
    ['transition-without-event', "DELETE FROM event WHERE kind = 'alert'"],
    ['event-without-transition', 'DELETE FROM transition'],
    ['occurrence-without-raise', 'DELETE FROM transition'],
    ['state-without-occurrence', "UPDATE rule_state SET occurrence_id = 'nobody'"],
    ['cursor-beyond-head', 'UPDATE delivery_cursor SET seq = 99999'],
    ['config-missing', 'DELETE FROM config_revision; DELETE FROM config_text'],
    ['reference', "UPDATE transition SET occurrence_id = 'nobody'"],
  ]
  it('names each broken promise', async () => {
    const where = fresh()
    await filled(where)
    const whole = fs.readFileSync(where.file)
    for (const [code, sql] of wrongs) {
      fs.writeFileSync(where.file, whole)
      const db = openForWriting(where.file, where.key)
      db.pragma('foreign_keys=OFF')
      for (const statement of sql.split(';')) run(db, statement)
      db.close()
      expect(await codes(where), sql).toContain(code)
    }
  })
})
