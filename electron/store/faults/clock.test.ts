import fs from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { openTwinForReading } from '../api.ts'
import { packScalars } from '../scalars-message.ts'
import { gap, random, startUs, tick, type ScalarRow } from '../twin-fixtures.ts'
import { writerMethods } from '../writer-methods.ts'
import { fastTwin } from './sweep.ts'

const where = fastTwin()
afterAll(() => fs.rmSync(where.dir, { recursive: true, force: true }))

const hourUs = 3600e6
/** What our clock, and the server's, do: hours forward, back, 1969, 2150. */
const steps = [0, 5 * hourUs, -9 * hourUs, -startUs - hourUs, Date.UTC(2150, 0, 1) * 1000 - startUs, 0]

async function verified(): Promise<void> {
  const reader = openTwinForReading(where)
  expect(await reader.verify()).toEqual([])
  await reader.close()
}

describe('clocks that jump both ways', () => {
  it('keep the history complete and in order of source time, and no gap ends before it begins', async () => {
    const draw = random(20_261_122)
    const compaction = { ticks: 7, chunkSamples: 30, fanOut: 2, segmentRuns: 3, sliceMs: 1 }
    const given: ScalarRow[] = []
    for (const [run, ourUs] of steps.entries()) {
      const writer = writerMethods()
      writer.open({ ...where, createIfMissing: true, maxPages: null, featureNames: null, compaction })
      writer.points([{ id: 'p', assetId: 'a', kind: 'scalar' }])
      let nowUs = startUs + ourUs + run * 60e6
      const started = writer.sessionStart(nowUs)
      if (started.gap) expect(started.gap.endUs ?? 0).toBeGreaterThanOrEqual(started.gap.startUs)
      if (run === 2)
        expect(started.gap?.detail).toMatch(/the clock of this machine was set back by \d+\.\d h meanwhile\.$/)
      for (let number = 1; number <= 40; number++) {
        nowUs += draw() < 0.1 ? Math.round((draw() - 0.5) * 4 * hourUs) : 200_000
        const rows = Array.from({ length: 5 }, (_, i) => {
          const sourceUs = startUs + (steps[Math.floor(draw() * steps.length)] ?? 0) + Math.floor(draw() * 1e9)
          return { pointKey: 1, sourceUs, value: run * 1e6 + number * 10 + i, receiveUs: nowUs }
        })
        given.push(...rows)
        // Opened by one clock and closed by the other.
        const whole = tick(number, rows, { atUs: nowUs, gaps: [gap({ startUs: nowUs, endUs: nowUs - 3 * hourUs })] })
        writer.commitTick({ ...whole, scalars: packScalars(whole.scalars) })
        while (writer.compactStep());
      }
      if (run % 2 === 0) writer.sessionStop(nowUs)
      await verified()
      writer.close()
    }
    const twin = openTwinForReading(where)
    const page = await twin.scalars(1, -Infinity, Infinity, null, 50_000)
    const wanted = given.toSorted((a, b) => a.sourceUs - b.sourceUs)
    expect([...page.sourceUs]).toEqual(wanted.map(({ sourceUs }) => sourceUs))
    expect([...page.value]).toEqual(wanted.map(({ value }) => value))
    expect((await twin.counts()).compactedTicks).toBeGreaterThan(100)
    for (const { startUs: from, endUs } of await twin.gaps({})) expect(endUs ?? from).toBeGreaterThanOrEqual(from)
    // Whatever pieces it is asked for in.
    const times = [-Infinity, ...steps.map((step) => startUs + step + 5e8).sort((a, b) => a - b), Infinity]
    let pieces = 0
    for (const [i, from] of times.slice(0, -1).entries()) {
      pieces += (await twin.scalars(1, from, times[i + 1] ?? Infinity, null, 50_000)).count
    }
    expect(pieces).toBe(given.length)
    await twin.close()
    await verified()
  })
})
