import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Feed, LiveSubscription } from './feed.ts'
import { SilenceWatch } from './silence-watch.ts'

const keepAliveMs = 2_500
const graceMs = 1_500

/** A driven clock; timers and the monotonic time go together unless the process "stands still". */
let nowMs = 0
let lives: Map<number, LiveSubscription>
let silent: { seconds: number; all: boolean }[]
let watch: SilenceWatch

function live(id: number): LiveSubscription {
  const parts: Pick<LiveSubscription, 'id' | 'keepAliveMs' | 'lastHeardMs' | 'doubted'> = {
    id,
    keepAliveMs,
    lastHeardMs: 0,
    doubted: false,
  }
  return parts as LiveSubscription
}

/** Lets time pass in steps of 50 ms; `heard` are the subscriptions that keep sending. */
function pass(ms: number, heard: readonly number[] = []): void {
  for (let gone = 0; gone < ms; gone += 50) {
    nowMs += 50
    for (const id of heard) {
      const one = lives.get(id)
      if (one) Object.assign(one, { lastHeardMs: nowMs, doubted: false })
    }
    vi.advanceTimersByTime(50)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  nowMs = 1_000
  lives = new Map([1, 2].map((id) => [id, live(id)]))
  silent = []
  const feed = { subscriptions: lives } as unknown as Feed
  const clock = { nowUs: () => nowMs * 1_000, monotonicMs: () => nowMs }
  watch = new SilenceWatch(feed, clock, graceMs, (seconds, all) => silent.push({ seconds, all }))
  watch.start()
})
afterEach(() => {
  watch.stop()
  vi.useRealTimers()
})

describe('the silence watch', () => {
  test('says nothing while all are heard, and all of them after keep-alive time and grace', () => {
    pass(20_000, [1, 2])
    expect(silent).toEqual([])
    pass(keepAliveMs + graceMs)
    expect(silent).toEqual([])
    pass(500)
    expect(silent).toEqual([{ seconds: expect.closeTo(4.25, 1), all: true }])
    pass(60_000)
    expect(silent).toHaveLength(1)
  })

  test('one alone is asked for first; silent again it is the link', () => {
    pass(5_000, [1])
    expect(silent.map(({ all }) => all)).toEqual([false])
    watch.start()
    pass(5_000, [1])
    expect(silent.map(({ all }) => all)).toEqual([false, true])
  })

  test('all that end a little apart are the link, and are not asked for one by one', () => {
    pass(3_000, [1, 2])
    pass(1_000, [2])
    pass(keepAliveMs + graceMs)
    expect(silent).toEqual([])
    pass(500)
    expect(silent.map(({ all }) => all)).toEqual([true])
  })

  test('one whose companion has a long keep-alive time is asked for without waiting for that one', () => {
    Object.assign(lives.get(2) ?? {}, { keepAliveMs: 30_000 })
    pass(3_000, [1, 2])
    pass(2 * keepAliveMs + graceMs + 500)
    expect(silent.map(({ all }) => all)).toEqual([false])
  })

  test('a stall of this process gives what waits in the socket time to be read, and no more', () => {
    pass(2_000, [1, 2])
    nowMs += 30_000
    pass(50)
    expect(silent).toEqual([])
    // It was there: read after the stall.
    pass(3_000, [1, 2])
    expect(silent).toEqual([])
    // Silent for a second, then a stall: noticed a second after it instead of the whole time anew.
    pass(1_000)
    nowMs += 30_000
    pass(50)
    expect(silent).toEqual([])
    pass(1_500)
    expect(silent).toEqual([{ seconds: expect.any(Number), all: true }])
  })

  test('a short stall in the middle of a silence does not put its end off', () => {
    pass(2_000, [1, 2])
    pass(1_000)
    nowMs += 1_500
    pass(keepAliveMs + graceMs - 2_500 + 500)
    expect(silent).toHaveLength(1)
  })
})
