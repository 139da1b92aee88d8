import { describe, expect, test } from 'vitest'
import { LevelTest, RateTest, cusumLimit, referenceDb } from './sequential.ts'
import { gaussian, uniform } from '../../../shared/testkit/noise.ts'

const plan = (limit: number) => ({ medianDb: 0, spreadDb: 1, referenceDb: 0.5, limit })

/** Mean number of values between two crossings, each followed by a fresh start. */
function runLength(make: () => { add: (i: number) => void; ratio: () => number }, values: number): number {
  let crossings = 0
  let current = make()
  for (let i = 0; i < values; i += 1) {
    current.add(i)
    if (current.ratio() < 1) continue
    crossings += 1
    current = make()
  }
  return values / Math.max(1, crossings)
}

describe('level test', () => {
  test.each([1000, 50_000, 1e6])('its limit solves the equation of the average run length %d', (length) => {
    const reach = cusumLimit(length) + 1.166
    expect((Math.exp(reach) - 1 - reach) / 0.5).toBeCloseTo(length, -Math.log10(length) + 4)
  })

  test('Gaussian noise crosses it about as seldom as promised, and never much more often', () => {
    const noise = gaussian(5)
    const limit = cusumLimit(2000)
    const found = runLength(() => {
      const level = new LevelTest(plan(limit))
      return { add: (i) => level.add(i, noise()), ratio: () => level.ratio }
    }, 400_000)
    expect(found).toBeGreaterThan(1600)
    expect(found).toBeLessThan(3200)
  })

  test('no single value, however wild, crosses it; a lasting shift does and its begin is known', () => {
    const level = new LevelTest(plan(cusumLimit(50_000)))
    level.add(0, 1e6)
    expect(level.ratio).toBeLessThan(0.5)
    for (let i = 1; i < 40; i += 1) level.add(i, 0)
    expect([level.ratio, level.since]).toEqual([0, -1])
    let index = 40
    while (level.ratio < 1) level.add(index++, 2)
    expect(level.since).toBe(40)
    expect(index - 40).toBeGreaterThan(5)
    for (let i = 0; i < 100; i += 1) level.add(index++, Number.NaN)
    expect(level.ratio).toBeGreaterThan(1)
    for (let i = 0; i < 100; i += 1) level.add(index++, 0)
    expect(level.ratio).toBe(0)
  })

  test('the reference grows with an uncertain baseline and is never below what is tolerated', () => {
    expect(referenceDb(1, 25, 0)).toBeGreaterThan(referenceDb(1, 400, 0))
    expect(referenceDb(1, 1e9, 0)).toBeCloseTo(0.5, 3)
    expect(referenceDb(0.1, 100, 2)).toBe(2)
  })
})

describe('rate test', () => {
  test('events at the base rate cross it about as seldom as promised', () => {
    const random = uniform(11)
    const found = runLength(() => {
      const rate = new RateTest(0.01, 5000)
      return { add: (i) => rate.add(i, random() < 0.01), ratio: () => rate.ratio }
    }, 1_500_000)
    expect(found).toBeGreaterThan(3500)
    expect(found).toBeLessThan(9000)
  })

  test('needs several events: two never suffice, a tenfold rate does', () => {
    const rate = new RateTest(0.01, 50_000)
    rate.add(0, true)
    rate.add(1, true)
    expect(rate.ratio).toBeLessThan(1)
    expect(rate.events).toEqual([0, 1])
    for (let i = 2; i < 200; i += 1) rate.add(i, i % 10 === 0)
    expect(rate.ratio).toBeGreaterThan(1)
    for (let i = 200; i < 600; i += 1) rate.add(i, false)
    expect(rate.events).toEqual([])
  })
})
