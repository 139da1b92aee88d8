import fs from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { killCycles } from './faults/kill-cycles.ts'
import { testTwin } from './twin-fixtures.ts'

const kills = 10
const seed = 20_260_301
const where = testTwin()
afterAll(() => fs.rmSync(where.dir, { recursive: true, force: true }))

// 200 of them: npm run -s soak -- kill9-store
describe(`kill -9 at ${kills} moments (seed ${seed})`, () => {
  it('loses nothing that was receipted, doubles nothing, and verify agrees', async () => {
    const report = await killCycles(where, seed, kills)
    expect(report.faults).toEqual([])
    expect(report.receipts).toBeGreaterThan(kills)
    expect(report.compactedTicks).toBeGreaterThan(kills)
    // About 15 s on an idle machine; the limit is for a busy one.
  }, 300_000)
})
