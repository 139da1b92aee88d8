import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { limits } from '../../../shared/domain/limits.ts'
import { openTwinForReading, type Twin } from '../api.ts'
import { open, startUs, testTwin, tick, type TestTwin } from '../twin-fixtures.ts'
import { cancellable, newCancelFlag, raise, stopIfCancelled } from './cancel.ts'

let where: TestTwin
let twin: Twin
beforeAll(async () => {
  where = testTwin()
  twin = await open(where)
  await twin.points([{ id: 'a', assetId: 'pump', kind: 'scalar' }])
  await twin.sessionStart(startUs)
  for (let number = 1; number <= 20; number++) {
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      pointKey: 1,
      sourceUs: startUs + number * 200_000 + i * 100,
      value: Math.sin(i),
    }))
    await twin.commitTick(tick(number, rows))
  }
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(where.dir, { recursive: true, force: true })
})

const endUs = startUs + 30 * 200_000
const trend = (options?: Parameters<Twin['trend']>[4]): Promise<unknown> => twin.trend(1, startUs, endUs, 100, options)
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'other'),
  )

describe('a long read', () => {
  it('that is aborted rejects with cancelled, waiting or running, and those beside it are answered', async () => {
    const controllers = Array.from({ length: 6 }, () => new AbortController())
    const reads = controllers.map(({ signal }) => codeOf(trend({ signal })))
    for (const index of [0, 2, 5]) controllers[index]?.abort()
    expect(await Promise.all(reads)).toEqual([
      'cancelled',
      'answered',
      'cancelled',
      'answered',
      'answered',
      'cancelled',
    ])
    expect(await codeOf(trend({ signal: AbortSignal.abort() }))).toBe('cancelled')
    controllers[1]?.abort()
    expect(await codeOf(trend())).toBe('answered')
  })

  it('gives way to a newer one for the same place on the screen', async () => {
    const reads = [
      codeOf(trend({ slot: 'left' })),
      codeOf(trend({ slot: 'right' })),
      codeOf(trend({ slot: 'left' })),
      codeOf(trend()),
      codeOf(trend({ slot: 'left' })),
    ]
    expect(await Promise.all(reads)).toEqual(['cancelled', 'answered', 'cancelled', 'answered', 'answered'])
  })

  it('is refused with busy when too many wait', async () => {
    const reads = Array.from({ length: limits.longReads + 3 }, () => codeOf(trend()))
    const codes = await Promise.all(reads)
    // One runs, as many as the limit wait.
    expect(codes.filter((code) => code === 'busy').length).toBe(2)
    expect(codes.filter((code) => code === 'answered').length).toBe(limits.longReads + 1)
  })

  it('ends at its next look when its flag is raised, and the flag of one read is not that of the next', () => {
    const flag = newCancelFlag()
    let looks = 0
    const body = (): number => {
      for (;;) {
        if (++looks === 3) raise(flag)
        stopIfCancelled()
      }
    }
    expect(() => cancellable(flag, body)).toThrow(expect.objectContaining({ code: 'cancelled' }))
    expect(looks).toBe(3)
    expect(() => cancellable(flag, () => 1)).toThrow(expect.objectContaining({ code: 'cancelled' }))
    expect(cancellable(newCancelFlag(), () => 1)).toBe(1)
    expect(() => stopIfCancelled()).not.toThrow()
  })
})

describe('verify', () => {
  it('runs beside other reads, and can be cancelled', async () => {
    const stop = new AbortController()
    const verified = [codeOf(twin.verify()), codeOf(twin.verify({ signal: stop.signal }))]
    stop.abort()
    expect(await codeOf(trend())).toBe('answered')
    expect(await Promise.all(verified)).toEqual(['answered', 'cancelled'])
  })
})

describe('a twin that is read in the same thread', () => {
  it('refuses what was cancelled before it was asked', async () => {
    const reader = openTwinForReading(where)
    expect(await codeOf(reader.trend(1, startUs, endUs, 10, { signal: AbortSignal.abort() }))).toBe('cancelled')
    expect(await codeOf(reader.trend(1, startUs, endUs, 10, { signal: new AbortController().signal }))).toBe('answered')
    await reader.close()
  })
})
