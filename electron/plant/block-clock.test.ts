import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterFeeds, scalarFeed, waveformFeed } from './feeds.ts'
import { createPlantClock, sampleTime, type ExactTime } from './plant-clock.ts'

const t0Us = 1_790_000_000_000_123

/** Exact start of a sample in 100 ns since t0, by integers of any length. */
const oracleTicks = (n: number, rateHz: number): bigint => (BigInt(n) * 10_000_000n) / BigInt(rateHz)
const ticksOf = (at: ExactTime): bigint => BigInt(at.us - t0Us) * 10n + BigInt(at.tick)

interface Written {
  k: number
  at: ExactTime
}

function drivenWaveform(rateHz: number): { written: Written[]; feed: ReturnType<typeof waveformFeed> } {
  const written: Written[] = []
  const feed = waveformFeed({
    writer: { write: (_block, k, at) => void written.push({ k, at }), fail: () => undefined },
    t0Us,
    sampleRateHz: rateHz,
    blockSize: 4096,
    render: () => new Float32Array(4096),
  })
  return { written, feed }
}

describe('block clock', () => {
  it('gives the exact 100 ns of any sample for ten years', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(25_600, 12_800, 12_000, 48_000, 48_828, 20_480, 51_200),
        fc.integer({ min: 0, max: 2_000_000_000 }),
        (rateHz, block) => {
          const n = block * 4096
          expect(ticksOf(sampleTime(t0Us, n, rateHz))).toBe(oracleTicks(n, rateHz))
        },
      ),
    )
  })

  it('emits every block once, in order and in time, whatever the jitter of the timer', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 50, maxLength: 200 }), (stepsMs) => {
        const { written, feed } = drivenWaveform(12_000)
        let nowUs = t0Us
        for (const stepMs of stepsMs) {
          nowUs += stepMs * 1000
          feed.pump(nowUs)
        }
        expect(written.map((w) => w.k)).toEqual(written.map((_, i) => i))
        for (const { k, at } of written) {
          expect(ticksOf(at)).toBe(oracleTicks(k * 4096, 12_000))
          expect(sampleTime(t0Us, (k + 1) * 4096, 12_000).us).toBeLessThanOrEqual(nowUs)
        }
        expect(feed.skipped()).toBe(0)
      }),
    )
  })

  it('catches up after a stall without a burst and without a hole', () => {
    const { written, feed } = drivenWaveform(25_600)
    let nowUs = t0Us
    const tick = (): number => {
      const before = written.length
      nowUs += 10_000
      feed.pump(nowUs)
      return written.length - before
    }
    for (let i = 0; i < 100; i++) tick()
    nowUs += 5_000_000
    const perTick = Array.from({ length: 400 }, tick)
    expect(Math.max(...perTick)).toBe(1)
    expect(written.map((w) => w.k)).toEqual(written.map((_, i) => i))
    expect(written.length).toBe(Math.floor((nowUs - t0Us) / 160_000))
    expect(feed.skipped()).toBe(0)
  })

  it('leaves blocks out after a long stall, and their numbers are gone', () => {
    const { written, feed } = drivenWaveform(25_600)
    feed.pump(t0Us + 160_000)
    feed.pump(t0Us + 3_600_000_000)
    expect(written.map((w) => w.k)).toEqual([0, 22_499])
    expect(feed.skipped()).toBe(22_498)
    expect(ticksOf(written[1]?.at ?? { us: 0, tick: 0 })).toBe(oracleTicks(22_499 * 4096, 25_600))
  })
})

describe('counters', () => {
  it('count 1, 2, 3 ... for every point, with rising times, also over a stall of an hour', () => {
    const counts = new Map<number, number[]>()
    const times = new Map<number, number[]>()
    const feeds = counterFeeds(
      (value, from, to, at) => {
        for (let i = from; i < to; i++) counts.set(i, [...(counts.get(i) ?? []), value])
        times.set(from, [...(times.get(from) ?? []), at.us])
      },
      1200,
      20,
      t0Us,
    )
    let nowUs = t0Us
    const run = (ticks: number): void => {
      for (let i = 0; i < ticks; i++) {
        nowUs += 10_000
        for (const feed of feeds) feed.pump(nowUs)
      }
    }
    run(50)
    nowUs += 3_600_000_000
    run(50)
    expect(counts.size).toBe(1200)
    for (const values of counts.values()) expect(values).toEqual(values.map((_, i) => i + 1))
    for (const list of times.values()) {
      expect(list).toEqual([...list].sort((a, b) => a - b))
      expect(nowUs - (list.at(-1) ?? 0)).toBeLessThan(100_000)
    }
    expect(times.size).toBe(3)
  })
})

describe('scalars', () => {
  it('belong to t0 + n x period exactly', () => {
    const at: number[] = []
    const feed = scalarFeed(
      (_value, when) => void at.push(when.us),
      t0Us,
      100,
      (n) => n,
    )
    for (let i = 0; i < 500; i++) feed.pump(t0Us + i * 13_000)
    expect(at).toEqual(at.map((_, n) => t0Us + n * 100_000))
    expect(at.length).toBe(65)
  })
})

describe('plant clock', () => {
  it('never goes back, and follows a wall clock that ran ahead (suspend)', () => {
    let wallMs = 1_790_000_000_000
    let monotonicMs = 5
    const clock = createPlantClock({ wallMs: () => wallMs, monotonicMs: () => monotonicMs })
    const first = clock.nowUs()
    wallMs -= 3_600_000
    monotonicMs += 10
    expect(clock.nowUs()).toBe(first + 10_000)
    wallMs += 2 * 3_600_000
    monotonicMs += 10
    expect(clock.nowUs()).toBe(wallMs * 1000)
    monotonicMs += 10
    expect(clock.nowUs()).toBe(wallMs * 1000 + 10_000)
  })
})
