import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveLocalSocket } from '../../engine/local-socket.ts'
import { backUpHere, openTwin } from '../../store/api.ts'
import { startUs, tick, workers } from '../../store/twin-fixtures.ts'
import { UsageError } from '../io.ts'
import { runBackup } from './backup.ts'
import { runRestore } from './restore.ts'
import { runVerify } from './verify.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-backup-'))
const data = path.join(dir, 'data')
const file = path.join(data, 'twin.db')
const key = Uint8Array.from(randomBytes(32))

beforeAll(async () => {
  fs.writeFileSync(path.join(dir, 'key'), `${Buffer.from(key).toString('hex')}\n`)
  const twin = await openTwin({ file, key, workers })
  await twin.points([{ id: 'speed', assetId: 'pump', kind: 'scalar' }])
  await twin.commitConfig({ hash: 'hash-1', text: '{ "plant": 1 }', author: 'a', reason: 'r', atUs: 1 })
  await twin.sessionStart(startUs)
  await twin.commitTick(tick(1, [{ pointKey: 1, sourceUs: startUs, value: 1.5 }]))
  await twin.close()
})
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

async function run(verb: typeof runBackup, argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: (t: string) => void (out += t), stderr: (t: string) => void (err += t), cwd: dir, json: true }
  try {
    return { code: await verb(argv, io), out, err }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { code: 2, out, err: error.message }
  }
}

describe('backup and restore', () => {
  it('go through a file: made, refused a second time under its name, restored to an empty folder, whole', async () => {
    const made = await run(runBackup, ['--data', 'data', '--out', 'one.mwbackup', '--key-file', 'key'])
    expect(made.code).toBe(0)
    expect(JSON.parse(made.out)).toMatchObject({ schema: 'millwright/backup-made@1', facts: { kind: 'asked' } })
    expect(made.out).not.toContain('keyCheck')
    const twice = await run(runBackup, ['--data', 'data', '--out', 'one.mwbackup', '--key-file', 'key'])
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('is there already') as string })
    const restored = await run(runRestore, ['one.mwbackup', '--data', 'fresh', '--key-file', 'key'])
    expect(restored.code).toBe(0)
    expect(JSON.parse(restored.out)).toMatchObject({ aside: null, written: [path.join(dir, 'fresh', 'plant.json')] })
    expect(fs.readFileSync(path.join(dir, 'fresh', 'plant.json'), 'utf8')).toBe('{ "plant": 1 }')
    expect(await run(runVerify, ['--data', 'fresh', '--key-file', 'key'])).toMatchObject({ code: 0 })
  })

  it('refuse in one sentence what they cannot do', async () => {
    const refused: [typeof runBackup, string[], RegExp][] = [
      [runBackup, ['--data', 'data'], /needs --out/],
      [runBackup, ['--data', 'nowhere', '--out', 'x', '--key-file', 'key'], /no twin/],
      [runBackup, ['--data', 'data', '--out', 'no/folder/x', '--key-file', 'key'], /no folder/],
      [runBackup, ['--data', 'data', '--out', 'x'], /give --key-file/],
      [runRestore, ['--data', 'data', '--key-file', 'key'], /needs a file/],
      [runRestore, ['key', '--data', 'data', '--key-file', 'key'], /no whole backup/],
      [runRestore, ['none', '--data', 'data', '--key-file', 'key'], /no whole backup/],
    ]
    for (const [verb, argv, sentence] of refused) {
      const { code, err, out } = await run(verb, argv)
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(sentence)
    }
    expect(fs.existsSync(path.join(dir, 'x'))).toBe(false)
  })

  it('without a key the engine makes it in its own folder and it is moved from there', async () => {
    const aside = path.join(data, 'tmp', 'asked.mwbackup')
    const server = await serveLocalSocket(data, (request, io) => {
      expect(request.verb).toBe('backup')
      const request1 = { file, key, out: aside, kind: 'asked', plantId: 'p', appVersion: '0', nowUs: startUs } as const
      const facts = backUpHere(request1, () => {})
      void io.out(JSON.stringify({ file: aside, facts }))
      return Promise.resolve(0)
    })
    try {
      const made = await run(runBackup, ['--data', 'data', '--out', 'two.mwbackup'])
      expect(made.code).toBe(0)
      expect(fs.existsSync(aside)).toBe(false)
      expect(fs.statSync(path.join(dir, 'two.mwbackup')).size).toBeGreaterThan(0)
    } finally {
      await server.close()
    }
  })
})
