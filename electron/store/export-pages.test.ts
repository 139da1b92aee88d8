import fs from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Twin } from './api.ts'
import { exportPages, pageFromLine, pageLine, type ExportPage, type PageLine } from './export-pages.ts'
import { capture, columns, open, startUs, testTwin, tick } from './twin-fixtures.ts'

const where = testTwin()
afterAll(() => fs.rmSync(where.dir, { recursive: true, force: true }))

const count = 1000
/** Every exponent, both signs, and NaNs of both kinds with payloads. */
const words = BigUint64Array.from({ length: count }, (_, i) =>
  BigInt.asUintN(
    64,
    i % 3 === 0 ? 0x7ff0_0000_0000_0001n + BigInt(i) * 0x1_0203_0405n : BigInt(i) * 0x41c6_4e6d_1234_5679n,
  ),
)

async function pagesOf(twin: Twin): Promise<ExportPage[]> {
  const pages: ExportPage[] = []
  const request = { pointId: 'p', fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
  for await (const page of exportPages(twin, { key: 1, id: 'p', assetId: 'a', kind: 'scalar' }, request))
    pages.push(page)
  return pages
}

function valuesOf(pages: readonly PageLine[]): Buffer {
  return Buffer.concat(pages.flatMap((page) => (page.kind === 'samples' ? [Buffer.from(page.value.buffer)] : [])))
}

describe('a history on its way out', () => {
  it('has the bits that came in, from batches and from chunks, also as lines of text', async () => {
    const twin = await open(where, { compaction: { ticks: 2, chunkSamples: 100, fanOut: 2 } })
    await twin.points([{ id: 'p', assetId: 'a', kind: 'scalar' }])
    await twin.sessionStart(startUs)
    const ofTick = count / 10
    for (let n = 0; n < 10; n++) {
      const rows = Array.from({ length: ofTick }, (_, i) => ({
        pointKey: 1,
        sourceUs: startUs + n * ofTick + i,
        value: 0,
      }))
      const scalars = columns(rows)
      scalars.value.set(new Float64Array(words.buffer, n * ofTick * 8, ofTick))
      await twin.commitTick(tick(n + 1, [], { scalars }))
      const pages = await pagesOf(twin)
      const wanted = Buffer.from(words.buffer, 0, (n + 1) * ofTick * 8)
      expect(valuesOf(pages).equals(wanted)).toBe(true)
      const lines = pages.map(pageLine)
      expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
      expect(lines.map(pageFromLine)).toEqual(pages)
      expect(valuesOf(lines.map(pageFromLine)).equals(wanted)).toBe(true)
    }
    while ((await twin.counts()).compactedTicks < 10) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(valuesOf(await pagesOf(twin)).equals(Buffer.from(words.buffer))).toBe(true)
    await twin.close()
  })

  it('carries a capture by lines of text', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 50 }),
        fc.double({ min: 1, max: 1e6, noNaN: true }),
        fc.boolean(),
        (narrow, rate, wide) => {
          const { id, sourceUs } = capture('k "1"\n', 1)
          const samples = wide ? Float64Array.from(narrow, (x) => x / 3) : narrow
          const gaps = [{ atSample: 1, startUs: 5, endUs: 9 }]
          const page: PageLine = { kind: 'capture', id, sourceUs, sampleRateHz: rate, gaps, samples }
          expect(pageFromLine(pageLine(page))).toEqual(page)
        },
      ),
    )
  })
})
