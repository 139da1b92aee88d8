import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openForReading, type ReadDb } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import { readScalars, type ScalarCursor } from '../scalars.ts'
import { columns, startUs, type ScalarRow } from '../twin-fixtures.ts'
import { writerMethods } from '../writer-methods.ts'
import { fastTwin } from './sweep.ts'

/** One sample a time and 100 ns digit, so that its place in the history does not hang on when it came. */
const samples = fc
  .uniqueArray(
    fc.record({
      sourceUs: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 0, max: 90 }).map((us) => startUs + us) },
        { weight: 2, arbitrary: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 0, 1, 2 ** 53 - 1, -(2 ** 53 - 1)) },
      ),
      sourceTick: fc.integer({ min: 0, max: 9 }),
      value: fc.constantFrom(0, -0, 1.5, Number.NaN, -Infinity, 5e-324),
      status: fc.constantFrom(0, 0x80050000, 0x40900480),
    }),
    { selector: ({ sourceUs, sourceTick }) => `${sourceUs} ${sourceTick}`, minLength: 1, maxLength: 80 },
  )
  .map((list) => list.map((one): ScalarRow => ({ pointKey: 1, ...one })))

/** An order of arrival: which comes when, what comes twice, how many a tick, how far compaction gets after each. */
const arrival = fc.record({
  seed: fc.array(fc.nat(), { minLength: 80, maxLength: 80 }),
  repeats: fc.array(fc.nat({ max: 79 }), { maxLength: 20 }),
  aTick: fc.integer({ min: 1, max: 12 }),
  steps: fc.integer({ min: 0, max: 5 }),
  page: fc.integer({ min: 1, max: 30 }),
})

const text = ({ sourceUs, sourceTick, value, status }: ScalarRow): string =>
  `${sourceUs} ${sourceTick} ${Object.is(value, -0) ? '-0' : value} ${status}`

function oracle(rows: readonly ScalarRow[]): string[] {
  const order = (a: ScalarRow, b: ScalarRow): number =>
    a.sourceUs - b.sourceUs || (a.sourceTick ?? 0) - (b.sourceTick ?? 0)
  return [...new Set(rows)].toSorted(order).map(text)
}

/** A page at a time, with `between` after each: what is read must not hang on what compaction does meanwhile. */
function history(db: ReadDb, page: number, between: () => void): string[] {
  const rows: string[] = []
  let cursor: ScalarCursor | null = null
  do {
    const found = readScalars(db, 1, -Infinity, Infinity, cursor, page)
    for (let i = 0; i < found.count; i++) {
      const [sourceUs = 0, value = 0] = [found.sourceUs[i], found.value[i]]
      rows.push(
        text({ pointKey: 1, sourceUs, value, sourceTick: found.sourceTick[i] ?? 0, status: found.status[i] ?? 0 }),
      )
    }
    cursor = found.next
    between()
  } while (cursor !== null)
  return rows
}

describe('any order of arrival', () => {
  it('gives the same history, also to a reader in the midst of it', () => {
    fc.assert(
      fc.property(samples, arrival, (given, { seed, repeats, aTick, steps, page }) => {
        const where = fastTwin()
        const writer = writerMethods()
        const compaction = { ticks: 3, samples: 20, chunkSamples: 12, fanOut: 2, segmentRuns: 3, sliceMs: 0 }
        writer.open({ ...where, createIfMissing: true, maxPages: null, featureNames: null, compaction })
        writer.points([{ id: 'p', assetId: 'a', kind: 'scalar' }])
        writer.sessionStart(startUs)
        const reader = openForReading(where.file, where.key)
        try {
          const shuffled = given.map((row, i) => ({ row, at: seed[i] ?? 0 })).sort((a, b) => a.at - b.at)
          const coming = shuffled.map(({ row }) => row)
          for (const at of repeats) {
            const again = given[at % given.length]
            if (again) coming.splice(at % coming.length, 0, again)
          }
          const step = (): void => void writer.compactStep()
          for (let number = 1, at = 0; at < coming.length; number++, at += aTick) {
            const rows = coming.slice(at, at + aTick)
            const scalars = packScalars(columns(rows))
            writer.commitTick({ number, atUs: startUs + number, scalars, gaps: [], features: [], runStates: [] })
            for (let i = 0; i < steps; i++) step()
            expect(history(reader, page, step)).toEqual(oracle(coming.slice(0, at + aTick)))
          }
          while (writer.compactStep());
          expect(history(reader, page, step)).toEqual(oracle(given))
        } finally {
          reader.close()
          writer.close()
          fs.rmSync(where.dir, { recursive: true, force: true })
        }
      }),
      { numRuns: 30 },
    )
  }, 300_000)
})
