import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTwinForReading } from './api.ts'
import { rekeyHere } from './rekey.ts'
import { packScalars } from './scalars-message.ts'
import { random, startUs, tick, type TestTwin } from './twin-fixtures.ts'
import { testTwins } from './test-twins.ts'
import { writerMethods } from './writer-methods.ts'

const { fresh } = testTwins()

function fill({ file, key }: TestTwin): void {
  const writer = writerMethods()
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null })
  writer.points([{ id: 'p1', assetId: 'a', kind: 'scalar' }])
  writer.sessionStart(startUs, null)
  const next = random(3)
  for (let number = 1; number <= 60; number++) {
    const rows = Array.from({ length: 400 }, (_, i) => ({
      pointKey: 1,
      sourceUs: startUs + number * 1000 + i,
      value: next(),
    }))
    const given = tick(number, rows)
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
  }
  writer.close()
}

const newKeyOf = (): Uint8Array<ArrayBuffer> => Uint8Array.from(randomBytes(32))
const ignore = (): void => {}

/** Opens for writing as an engine does; the code of the refusal otherwise. */
function tried(file: string, key: Uint8Array): string {
  const writer = writerMethods()
  try {
    writer.open({ file, key, createIfMissing: false, maxPages: null, featureNames: null })
    writer.close()
    return 'opens'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

describe('another key', () => {
  it('opens the twin with all it held, and the old one does not any more', async () => {
    const where = fresh()
    fill(where)
    const newKey = newKeyOf()
    expect(rekeyHere({ file: where.file, oldKey: where.key, newKey }, ignore)).toBe('changed')
    expect(tried(where.file, where.key)).toBe('wrong-key')
    expect(tried(where.file, newKey)).toBe('opens')
    const twin = openTwinForReading({ file: where.file, key: newKey })
    expect(await twin.verify()).toEqual([])
    expect((await twin.counts()).scalars).toBe(60 * 400)
    await twin.close()
    expect(rekeyHere({ file: where.file, oldKey: where.key, newKey }, ignore)).toBe('done')
    const leftovers = fs.readdirSync(where.dir).filter((name) => /rekeyed|damaged|part/.test(name))
    expect(leftovers).toEqual([])
  })

  it('is refused for a wrong old key, the same key, or a twin in use, with nothing changed', () => {
    const where = fresh()
    fill(where)
    const before = fs.readFileSync(where.file)
    const newKey = newKeyOf()
    const refused = (oldKey: Uint8Array, to: Uint8Array): unknown => {
      try {
        return rekeyHere({ file: where.file, oldKey, newKey: to }, ignore)
      } catch (error) {
        return error
      }
    }
    expect(refused(newKeyOf(), newKey)).toMatchObject({ code: 'wrong-key' })
    expect(refused(where.key, where.key)).toMatchObject({ code: 'wrong-key' })
    expect(fs.readFileSync(where.file).equals(before)).toBe(true)
    const writer = writerMethods()
    writer.open({ file: where.file, key: where.key, createIfMissing: false, maxPages: null, featureNames: null })
    expect(refused(where.key, newKey)).toMatchObject({ code: 'in-use' })
    writer.close()
    expect(tried(where.file, where.key)).toBe('opens')
  })

  it('killed anywhere leaves a twin that opens with exactly one of the two, says so, and can be finished', async () => {
    const next = random(41)
    const ends: string[] = []
    for (let turn = 0; turn < 12; turn++) {
      const where = fresh()
      fill(where)
      const newKey = newKeyOf()
      const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex')
      const child = spawn(
        process.execPath,
        [path.join(import.meta.dirname, 'rekey-child.ts'), where.file, hex(where.key), hex(newKey)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      // It says each step; the kill comes somewhere behind one of them.
      let seen = 0
      const after = Math.floor(next() * 22)
      child.stdout.on('data', (data: Buffer) => {
        seen += data.toString().split('\n').length - 1
        if (seen > after) child.kill('SIGKILL')
      })
      await ended
      const [old, young] = [tried(where.file, where.key), tried(where.file, newKey)]
      expect(
        [old, young].filter((each) => each === 'opens'),
        `turn ${turn}: ${old}, ${young}`,
      ).toHaveLength(1)
      expect([old, young], `turn ${turn}`).toContain('wrong-key')
      expect(fs.readdirSync(where.dir).filter((name) => name.startsWith('damaged'))).toEqual([])
      rekeyHere({ file: where.file, oldKey: where.key, newKey }, ignore)
      const twin = openTwinForReading({ file: where.file, key: newKey })
      expect(await twin.verify()).toEqual([])
      await twin.close()
      ends.push(old === 'opens' ? 'old' : 'new')
    }
    expect(ends).toContain('new')
  }, 300_000)

  it('is known to twin.id before the rename and behind it, by whichever key the file has', () => {
    const where = fresh()
    fill(where)
    const newKey = newKeyOf()
    const old = { file: fs.readFileSync(where.file), id: '' }
    rekeyHere(
      {
        file: where.file,
        oldKey: where.key,
        newKey,
        afterSwap: () => (old.id = fs.readFileSync(path.join(where.dir, 'twin.id'), 'utf8')),
      },
      ignore,
    )
    const changed = fs.readFileSync(where.file)
    const announced = JSON.parse(old.id) as Record<string, unknown>
    for (const [bytes, right, wrong] of [
      [old.file, where.key, newKey],
      [changed, newKey, where.key],
    ] as const) {
      const stage = fresh()
      fs.writeFileSync(stage.file, bytes)
      const next = { cipher: 'chacha20', salt: '00', keyCheck: '00' }
      fs.writeFileSync(path.join(stage.dir, 'twin.id'), JSON.stringify({ ...announced, next }))
      expect(tried(stage.file, wrong)).toBe('wrong-key')
      expect(tried(stage.file, right)).toBe('opens')
      expect(JSON.parse(fs.readFileSync(path.join(stage.dir, 'twin.id'), 'utf8'))).not.toHaveProperty('next')
    }
  })
})
