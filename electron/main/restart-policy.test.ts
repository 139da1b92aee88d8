import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RestartPolicy } from './restart-policy.ts'

test('delays grow, stay at the last, and end at the limit', () => {
  const policy = new RestartPolicy([100, 200, 400], 5, 60_000)
  expect([1, 2, 3, 4, 5].map((ms) => policy.next(ms)?.delayMs)).toEqual([100, 200, 400, 400, 400])
  expect(policy.next(6)).toBeUndefined()
})

test('a crash long after the last one starts at the shortest delay again', () => {
  const policy = new RestartPolicy([100, 200], 2, 60_000)
  policy.next(0)
  policy.next(10)
  expect(policy.next(60_011)).toEqual({ delayMs: 100, attempt: 1 })
})

test('no window ever holds more restarts than the limit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5000), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 20_000 }),
      (stepsMs, limit, windowMs) => {
        const policy = new RestartPolicy([1, 2, 4], limit, windowMs)
        let nowMs = 0
        const startedMs: number[] = []
        for (const stepMs of stepsMs) {
          nowMs += stepMs
          if (policy.next(nowMs)) startedMs.push(nowMs)
        }
        for (const atMs of startedMs) {
          expect(startedMs.filter((ms) => ms > atMs - windowMs && ms <= atMs).length).toBeLessThanOrEqual(limit)
        }
      },
    ),
  )
})
