import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { limits } from '../../../shared/domain/limits.ts'
import type { Twin } from '../api.ts'
import { logFrames, openForReading } from '../database.ts'
import { capture, open, startUs, testTwin, tick, workers, type TestTwin } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'

const { made } = testTwins()

const compaction = { ticks: 5, chunkSamples: 40, fanOut: 3, sliceMs: 1 }

async function begin(compactor: URL): Promise<{ where: TestTwin; twin: Twin }> {
  const where = testTwin()
  made.push(where)
  const twin = await open(where, { compaction, workers: { ...workers, compactor } })
  await twin.points([1, 2].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' })))
  await twin.sessionStart(startUs)
  return { where, twin }
}

/** All asked at once, as a burst would be. */
async function fill(twin: Twin, from: number, ticks: number): Promise<void> {
  const waiting: Promise<unknown>[] = []
  for (let number = from; number < from + ticks; number++) {
    const given = Array.from({ length: 20 }, (_, i) => {
      const n = (number - 1) * 20 + i
      return { pointKey: 1 + (n % 2), sourceUs: startUs + n * 1000, value: n }
    })
    waiting.push(twin.commitTick(tick(number, given)))
  }
  await Promise.all(waiting)
}

async function compacted(twin: Twin, least: number): Promise<void> {
  while ((await twin.counts()).compactedTicks < least) {
    await sleep(5)
    // The writer compacts between calls only; in an engine the next tick is one.
    await twin.compaction()
  }
}

async function expectAll(twin: Twin, samples: number): Promise<void> {
  for (const key of [1, 2]) {
    const page = await twin.scalars(key, -Infinity, Infinity, null, 50_000)
    expect([...page.value]).toEqual(Array.from({ length: samples / 2 }, (_, i) => 2 * i + key - 1))
  }
  expect(await twin.verify()).toEqual([])
}

/** Answers that it is open, and dies when it is asked for its first run. */
const dying = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ id, method, args }) => {
    if (method === 'openCompactor') args[2].on('message', () => { throw new Error('out of luck') })
    parentPort.postMessage({ id, ok: true })
  })`

describe('the compactor thread', () => {
  it('makes chunks of what the writer commits, and closes with work on its way', async () => {
    const { where, twin } = await begin(workers.compactor)
    await fill(twin, 1, 60)
    await compacted(twin, 50)
    await expectAll(twin, 1200)
    expect((await twin.compaction()).problem).toBeNull()
    await fill(twin, 61, 40)
    await twin.close()
    const again = await open(where, { compaction })
    await expectAll(again, 2000)
    await again.close()
  })

  it('leaves compaction to the writer when it dies', async () => {
    const { twin } = await begin(new URL(`data:text/javascript,${encodeURIComponent(dying)}`))
    await fill(twin, 1, 60)
    await compacted(twin, 40)
    await expectAll(twin, 1200)
    await twin.close()
  })

  it('moves the log into the file, so that it does not grow with what is written', async () => {
    const { where, twin } = await begin(workers.compactor)
    const reader = openForReading(where.file, where.key)
    await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
    const samples = Float32Array.from({ length: 500_000 }, () => Math.random())
    let before = 0
    let most = 0
    let began = 0
    // Until the log has begun anew twice.
    for (let i = 0; began < 2; i++) {
      await twin.putCapture(capture(`c${i}`, 1, { sourceUs: startUs + i, samples }))
      const { log } = logFrames(reader)
      if (log < before) began++
      before = log
      most = Math.max(most, log)
      await sleep(20)
    }
    reader.close()
    await twin.close()
    // Not because a commit had to do it.
    expect(most).toBeLessThan(limits.compaction.checkpointAtMostPages)
  }, 60_000)
})
