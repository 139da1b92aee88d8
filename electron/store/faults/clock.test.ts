import fs from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { gap, open, random, startUs, tick, type ScalarRow } from '../twin-fixtures.ts'
import { fastTwin } from './sweep.ts'

const where = fastTwin()
afterAll(() => fs.rmSync(where.dir, { recursive: true, force: true }))

const hourUs = 3600e6
/** What our clock, and the server's, do at each of the runs: hours forward, back, 1969, 2150. */
const steps = [0, 5 * hourUs, -9 * hourUs, -startUs - hourUs, 0, Date.UTC(2150, 0, 1) * 1000 - startUs, 0]

describe('clocks that jump both ways', () => {
  it('keep the history complete and in order of source time, and no gap ends before it begins', async () => {
    const draw = random(20_261_122)
    const compaction = { ticks: 7, chunkSamples: 30, fanOut: 2, sliceMs: 1 }
    const given: ScalarRow[] = []
    for (const [run, ourUs] of steps.slice(1, 5).entries()) {
      const twin = await open(where, { compaction })
      await twin.points([{ id: 'p', assetId: 'a', kind: 'scalar' }])
      const started = await twin.sessionStart(startUs + ourUs + run * 60e6)
      if (started.gap) expect(started.gap.endUs ?? 0).toBeGreaterThanOrEqual(started.gap.startUs)
      if (run === 2)
        expect(started.gap?.detail).toMatch(/the clock of this machine was set back by \d+\.\d h meanwhile\.$/)
      let nowUs = startUs + ourUs + run * 60e6
      for (let number = 1; number <= 50; number++) {
        nowUs += draw() < 0.1 ? Math.round((draw() - 0.5) * 4 * hourUs) : 200_000
        const rows = Array.from({ length: 5 }, (_, i) => {
          const sourceUs = startUs + (steps[Math.floor(draw() * steps.length)] ?? 0) + Math.floor(draw() * 1e9)
          return { pointKey: 1, sourceUs, value: run * 1e6 + number * 10 + i, receiveUs: nowUs }
        })
        given.push(...rows)
        // Opened by one clock and closed by the other.
        const gaps = [gap({ startUs: nowUs, endUs: nowUs - 3 * hourUs })]
        await twin.commitTick(tick(number, rows, { atUs: nowUs, gaps }))
      }
      expect(await twin.verify()).toEqual([])
      if (run % 2 === 0) await twin.sessionStop(nowUs)
      await twin.close()
    }
    const twin = await open(where, { compaction })
    const page = await twin.scalars(1, -Infinity, Infinity, null, 50_000)
    const wanted = given.toSorted((a, b) => a.sourceUs - b.sourceUs)
    expect([...page.sourceUs]).toEqual(wanted.map(({ sourceUs }) => sourceUs))
    expect([...page.value]).toEqual(wanted.map(({ value }) => value))
    expect((await twin.counts()).compactedTicks).toBeGreaterThan(0)
    for (const { startUs: from, endUs } of await twin.gaps({})) expect(endUs ?? from).toBeGreaterThanOrEqual(from)
    // Whatever pieces it is asked for in.
    const times = [-Infinity, ...steps.map((step) => startUs + step + 5e8).sort((a, b) => a - b), Infinity]
    let pieces = 0
    for (const [i, from] of times.slice(0, -1).entries()) {
      pieces += (await twin.scalars(1, from, times[i + 1] ?? Infinity, null, 50_000)).count
    }
    expect(pieces).toBe(given.length)
    expect(await twin.verify()).toEqual([])
    await twin.close()
  })
})
