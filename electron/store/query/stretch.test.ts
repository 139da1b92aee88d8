import fs from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Twin } from '../api.ts'
import { open, startUs, testTwin, tick, type ScalarRow, type TestTwin } from '../twin-fixtures.ts'

const where: TestTwin = testTwin()
let twin: Twin
let number = 0
beforeAll(async () => {
  // Two ticks make a run of compaction: some samples are in chunks, some in segments, the last ones in batches.
  twin = await open(where, { compaction: { ticks: 2, segmentRuns: 3 } })
  await twin.points(['a', 'b'].map((id) => ({ id, assetId: 'pump', kind: 'scalar' })))
  await twin.sessionStart(startUs)
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(where.dir, { recursive: true, force: true })
})

const row = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  pointKey: fc.constantFrom(1, 1, 2),
  value: fc.double({ noNaN: true }),
  late: fc.integer({ min: 0, max: 9 }),
  hasSource: fc.boolean(),
})

describe('a stretch', () => {
  it('has every sample of the point in its time, once each, in order, with source and receive time', async () => {
    let turn = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 7 }),
        async (given) => {
          let n = 0
          const baseUs = startUs + turn++ * 100e6
          // No two at one microsecond: which of repeats is kept is compaction's affair.
          const ticks = given.map((rows) =>
            rows.map(({ at, pointKey, value, late, hasSource }): ScalarRow => {
              const tUs = baseUs + at * 1e6 + n++
              const sourceUs = hasSource ? tUs : Number.NaN
              return { pointKey, sourceUs, value, receiveUs: hasSource ? tUs + late : tUs }
            }),
          )
          for (const rows of ticks) await twin.commitTick(tick(++number, rows))
          const [fromUs, toUs] = [baseUs + 10e6, baseUs + 50e6]
          const stretch = await twin.stretch(1, fromUs, toUs)
          const wanted = ticks
            .flat()
            .map((each) => ({ ...each, tUs: Number.isNaN(each.sourceUs) ? (each.receiveUs ?? 0) : each.sourceUs }))
            .filter(({ pointKey, tUs }) => pointKey === 1 && tUs >= fromUs && tUs < toUs)
            .toSorted((a, b) => a.tUs - b.tUs)
          expect(stretch.count).toBe(wanted.length)
          expect([...stretch.tUs]).toEqual(wanted.map(({ tUs }) => tUs))
          expect([...stretch.sourceUs]).toEqual(wanted.map(({ sourceUs }) => sourceUs))
          expect([...stretch.receiveUs]).toEqual(wanted.map(({ receiveUs }) => receiveUs))
          expect([...stretch.value]).toEqual(wanted.map(({ value }) => value))
        },
      ),
      { numRuns: 15 },
    )
  })
})

describe('what held before a window', () => {
  it('leads the run states and the revisions that came within it', async () => {
    const at = (s: number): number => startUs + s * 1e6
    const states = ['running', 'not-running', 'running'] as const
    const runStates = states.map((state, i) => ({
      assetId: 'pump',
      atUs: at(10 * i),
      state,
      rpm: 1500 * (1 - (i % 2)),
    }))
    await twin.commitTick(tick(++number, [], { runStates }))
    expect((await twin.runStates('pump', at(5), at(15))).map(({ state }) => state)).toEqual(['running', 'not-running'])
    expect(await twin.runStates('fan', at(5), at(15))).toEqual([])
    for (const [i, hash] of ['h1', 'h2', 'h3'].entries()) {
      await twin.commitConfig({ hash, text: '{}', author: 'a', reason: 'r', atUs: at(10 * i) })
    }
    expect((await twin.configRevisions(at(15), at(30))).map(({ hash }) => hash)).toEqual(['h2', 'h3'])
    expect(await twin.configRevisions(at(-9), at(-5))).toEqual([])
  })
})
