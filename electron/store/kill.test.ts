import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import { openTwinForReading } from './api.ts'
import { openForReading } from './database.ts'
import { childUs, pointsOfChild } from './kill-child.ts'
import { throughTick } from './tables/chunks.ts'
import { random, testTwin } from './twin-fixtures.ts'

const kills = 12
const seed = 20260301
const where = testTwin()
afterAll(() => fs.rmSync(where.dir, { recursive: true, force: true }))

interface Line {
  started?: string | null
  receipt?: { number: number; featureHead: number; eventHead: number }
  alert?: string
  eventHead?: number
  capture?: string
}

/** Runs the child, kills it `delayMs` after its n-th line; returns what it had promised by then. */
function runAndKill(session: number, afterLines: number, delayMs: number): Promise<Line[]> {
  const script = path.join(import.meta.dirname, 'kill-child.ts')
  const child = spawn(process.execPath, [script, where.file, Buffer.from(where.key).toString('hex'), String(session)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Line[] = []
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | null = null
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line) as Line)
      if (lines.length >= afterLines) timer ??= setTimeout(() => child.kill('SIGKILL'), delayMs)
    })
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(lines)
      else reject(new Error(`the child ended by itself after ${lines.length} lines`))
    })
  })
}

describe(`kill -9 at ${kills} moments (seed ${seed})`, () => {
  it('loses nothing that was receipted, doubles nothing, and verify agrees', async () => {
    const next = random(seed)
    const promised: { session: number; lines: Line[] }[] = []
    for (let session = 1; session <= kills; session++) {
      const lines = await runAndKill(session, 1 + Math.floor(next() * 40), Math.floor(next() * 25))
      promised.push({ session, lines })
      expect(lines[0]?.started, `start of session ${session}`).toBe(session === 1 ? null : 'engine-killed')
    }
    const twin = openTwinForReading(where)
    expect(await twin.verify()).toEqual([])
    let total = 0
    for (const { session, lines } of promised) {
      const receipts = lines.flatMap(({ receipt }) => receipt ?? [])
      total += receipts.length
      const lastReceipt = receipts.at(-1)?.number ?? 0
      for (let key = 1; key <= pointsOfChild; key++) {
        const page = await twin.scalars(key, childUs(session, 0), childUs(session + 1, 0), null, 50_000)
        expect(page.count).toBeGreaterThanOrEqual(lastReceipt)
        // Each committed tick exactly once and in order, also those whose receipt the kill swallowed.
        const wanted = Array.from({ length: page.count }, (_, i) => childUs(session, i + 1) + key)
        expect([...page.sourceUs]).toEqual(wanted)
        expect([...page.value]).toEqual(wanted.map((_, i) => session * 1e6 + i + 1))
      }
      for (const { alert, capture, eventHead, receipt } of lines) {
        if (alert !== undefined) expect((await twin.transitions(alert)).length).toBe(1)
        if (capture !== undefined) expect((await twin.capture(capture))?.samples.length).toBe(4096)
        expect(await twin.head('events')).toBeGreaterThanOrEqual(eventHead ?? receipt?.eventHead ?? 0)
        expect(await twin.head('features')).toBeGreaterThanOrEqual(receipt?.featureHead ?? 0)
      }
    }
    // A row of features of two points with every third tick: in chunks or not, none is missing and none is there twice.
    const rows = await twin.features(1, childUs(1, 0), childUs(kills + 1, 0), 50_000)
    for (const { session, lines } of promised) {
      const own = rows.filter(({ tUs }) => tUs > childUs(session, 0) && tUs < childUs(session + 1, 0))
      expect(own.map(({ tUs }) => tUs)).toEqual(own.map((_, i) => childUs(session, (i + 1) * 3)))
      const last = lines.flatMap(({ receipt }) => receipt ?? []).at(-1)?.number ?? 0
      expect(own.length).toBeGreaterThanOrEqual(Math.floor(last / 3))
    }
    expect(await twin.head('features')).toBe(rows.length * 2)
    const gaps = (await twin.gaps({})).filter(({ cause }) => cause === 'engine-killed')
    expect(gaps.map(({ endUs }) => endUs)).toEqual(promised.slice(1).map(({ session }) => childUs(session, 0)))
    await twin.close()
    const db = openForReading(where.file, where.key)
    expect(throughTick(db)).toBeGreaterThan(kills)
    db.close()
    expect(total).toBeGreaterThan(kills)
    // About 15 s on an idle machine; the limit is for a busy one.
  }, 300_000)
})
