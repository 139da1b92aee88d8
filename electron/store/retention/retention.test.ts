import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayUs, tierCaps, type RetentionTier } from '../../../shared/domain/plant-captures.ts'
import type { RetentionOrder } from '../../../shared/domain/retention.ts'
import type { Capture } from '../../../shared/domain/twin.ts'
import { openTwinForReading, type TwinReader } from '../api.ts'
import type { WriteDb } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import {
  capture,
  feature,
  gap,
  occurrence,
  random,
  ruleState,
  startUs,
  testTwin,
  tick,
  transition,
  type TestTwin,
} from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'

const { made } = testTwins()

interface Writing {
  where: TestTwin
  writer: WriterMethods
  db: WriteDb
}

function begin(where = testTwin(), isNew = true): Writing {
  made.push(where)
  const writer = writerMethods()
  writer.open({
    ...where,
    createIfMissing: isNew,
    maxPages: null,
    featureNames: null,
    compaction: { ticks: 5, chunkSamples: 16, fanOut: 3, sliceMs: 0 },
    featureCompaction: { rows: 8, chunkRows: 16, fanOut: 3, sliceMs: 0 },
  })
  if (isNew) {
    writer.points([
      { id: 'p1', assetId: 'a', kind: 'scalar' },
      { id: 'p2', assetId: 'a', kind: 'scalar' },
      { id: 'w', assetId: 'a', kind: 'waveform' },
    ])
    writer.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
    writer.sessionStart(startUs)
  }
  return { where, writer, db: writer.connection() }
}

function settle(writer: WriterMethods): number {
  let steps = 0
  while (writer.compactStep()) steps++
  return steps
}

async function reading<T>({ where }: Writing, body: (twin: TwinReader) => Promise<T>): Promise<T> {
  const twin = openTwinForReading(where)
  try {
    return await body(twin)
  } finally {
    await twin.close()
  }
}

const faults = (writing: Writing): Promise<string[]> =>
  reading(writing, async (twin) => (await twin.verify()).map(({ code, path }) => `${path} ${code}`))

type Caps = Partial<Record<RetentionTier, { days?: number; bytes?: number }>>

/** Everything is kept but for what is said. */
function order(nowUs: number, caps: Caps = {}, more: Partial<RetentionOrder> = {}): RetentionOrder {
  const all = tierCaps({})
  for (const tier of Object.keys(all) as RetentionTier[]) {
    all[tier] = { maxAgeUs: (caps[tier]?.days ?? 1e5) * dayUs, maxBytes: caps[tier]?.bytes ?? 1e15 }
  }
  return { nowUs, caps: all, destinations: [], wantedBytes: 0, shrink: false, ...more }
}

/** A tick a day: one sample of each point an hour, and as many rows of features. */
function fillDays({ writer }: Writing, days: number): void {
  const next = random(4)
  for (let day = 0; day < days; day++) {
    const hours = Array.from({ length: 24 }, (_, hour) => startUs + (day * 24 + hour) * 3600e6)
    const rows = hours.flatMap((sourceUs) => [1, 2].map((pointKey) => ({ pointKey, sourceUs, value: next() })))
    const features = hours.map((tUs, hour) => feature(3, tUs, day * 24 + hour))
    const given = { ...tick(day + 1, rows, { features }), atUs: startUs + day * dayUs }
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
  }
  settle(writer)
}

const total = (counts: Uint32Array): number => counts.reduce((sum, n) => sum + n, 0)
const storedBytes = (length: number): number => length + (length > 3900 ? 2300 : 200)

describe('captures', () => {
  const some = fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: 60 }),
      kind: fc.constantFrom('plain', 'plain', 'plain', 'alarm', 'hand', 'unpinned'),
      samples: fc.constantFrom(10, 500, 3000),
    }),
    { minLength: 1, maxLength: 25 },
  )
  it('that stay are exactly the pinned ones and the newest within age and size, and the others are told', async () => {
    await fc.assert(
      fc.asyncProperty(
        some,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 150_000 }),
        async (list, days, bytes) => {
          const writing = begin()
          const next = random(days)
          const all: Capture[] = list.map(({ day, kind, samples }, n) =>
            capture(`k${n}`, 3, {
              sourceUs: startUs + day * dayUs + n,
              occurrenceId: kind === 'alarm' ? `o${n}` : null,
              samples: Float32Array.from({ length: samples }, () => next()),
            }),
          )
          writing.writer.putCaptures(all)
          for (const [n, { kind }] of list.entries()) {
            const pin = { id: `k${n}`, by: 'Ada', atUs: startUs, reason: null }
            if (kind === 'hand' || kind === 'unpinned') writing.writer.pinCapture({ ...pin, pinned: true })
            if (kind === 'unpinned') writing.writer.pinCapture({ ...pin, pinned: false })
          }
          const nowUs = startUs + 61 * dayUs
          const heads = await reading(writing, (twin) => twin.captures({}))
          const young = heads.filter(({ pin, sourceUs }) => pin !== null || sourceUs >= nowUs - days * dayUs)
          let total = young.reduce((sum, head) => sum + storedBytes(head.bytes), 0)
          const kept = young.filter(({ pin, bytes: length }) => {
            if (pin !== null || total <= bytes) return true
            total -= storedBytes(length)
            return false
          })
          writing.writer.retain(order(nowUs, { captures: { days, bytes } }))
          settle(writing.writer)
          expect(await reading(writing, (twin) => twin.captures({}))).toEqual(kept)
          const removals = await reading(writing, (twin) => twin.removals(10))
          const rows = (why: string): number =>
            removals.filter((one) => one.why === why).reduce((sum, one) => sum + one.rows, 0)
          expect([rows('age'), rows('size')]).toEqual([heads.length - young.length, young.length - kept.length])
          const gaps = await reading(writing, (twin) => twin.gaps({}))
          const gone = heads.filter(({ id }) => !kept.some((one) => one.id === id))
          expect(gaps.map(({ cause, startUs: from, count }) => ({ cause, from, count }))).toEqual(
            gone.length === 0
              ? []
              : [
                  {
                    cause: 'retention',
                    from: Math.min(...gone.map(({ sourceUs }) => sourceUs)),
                    count: gone.length,
                  },
                ],
          )
          expect(await faults(writing)).toEqual([])
          expect(writing.writer.retention().held).toHaveLength(total > bytes ? 1 : 0)
          writing.writer.close()
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)
})

describe('values, features and what is made of them', () => {
  it('go by age, oldest first; minimum, mean and maximum stay; what is gone is a gap; verify agrees', async () => {
    const writing = begin()
    fillDays(writing, 40)
    const nowUs = startUs + 40 * dayUs
    const whole = await reading(writing, async (twin) => ({
      trend: await twin.trend(1, startUs, nowUs, 8),
      features: await twin.featureTrend(3, 1, startUs, nowUs, 8),
    }))
    writing.writer.retain(order(nowUs, { scalars: { days: 10 }, features: { days: 20 } }))
    settle(writing.writer)
    await reading(writing, async (twin) => {
      const page = await twin.scalars(1, -Infinity, Infinity, null, 5000)
      const oldest = page.tUs[0] ?? 0
      // A chunk goes when all of it is too old; one has 16 to 32 samples here.
      expect(oldest).toBeLessThanOrEqual(nowUs - 10 * dayUs)
      expect(oldest).toBeGreaterThan(nowUs - 13 * dayUs)
      expect(page.count).toBe((nowUs - oldest) / 3600e6)
      const rows = await twin.features(3, 0, nowUs, 5000)
      expect(rows[0]?.tUs).toBeLessThanOrEqual(nowUs - 20 * dayUs)
      expect(rows[0]?.tUs).toBeGreaterThan(nowUs - 23 * dayUs)
      for (const [key, read] of [
        ['trend', await twin.trend(1, startUs, nowUs, 8)],
        ['features', await twin.featureTrend(3, 1, startUs, nowUs, 8)],
      ] as const) {
        expect(Math.min(...read.min.filter(Number.isFinite))).toBe(Math.min(...whole[key].min))
        expect(Math.max(...read.max.filter(Number.isFinite))).toBe(Math.max(...whole[key].max))
        expect(total(read.count)).toBe(total(whole[key].count))
      }
      // Narrower than any bucket: the buckets are what there is, and nothing is counted twice.
      const near = await twin.trend(1, startUs, startUs + 5 * dayUs, 2000)
      expect(total(near.count)).toBeGreaterThanOrEqual(4 * 24)
      expect(total(near.count)).toBeLessThanOrEqual(7 * 24)
      const gaps = await twin.gaps({ pointKey: 1 })
      expect(gaps).toMatchObject([{ cause: 'retention', startUs, count: expect.any(Number) }])
      expect(gaps[0]?.endUs).toBe(oldest - 3600e6)
      expect(await twin.gaps({ pointKey: 1, removed: ['aggregates'] })).toEqual([])
      const { tiers } = await twin.storage()
      expect(tiers.find(({ tier }) => tier === 'scalars')).toMatchObject({ fromUs: oldest })
    })
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })

  it('lose their minimum, mean and maximum too in time, but never before the values', async () => {
    const writing = begin()
    fillDays(writing, 60)
    const nowUs = startUs + 60 * dayUs
    const count = async (): Promise<number> => {
      const trend = await reading(writing, (twin) => twin.trend(1, startUs, nowUs, 5))
      return total(trend.count)
    }
    writing.writer.retain(order(nowUs, { aggregates: { days: 5, bytes: 0 } }))
    settle(writing.writer)
    expect(await count()).toBe(60 * 24)
    expect(writing.writer.retention().held).toEqual([expect.stringContaining('still kept')])
    writing.writer.retain(order(nowUs, { scalars: { days: 8 }, features: { days: 8 }, aggregates: { days: 8 } }))
    settle(writing.writer)
    const left = await count()
    expect(left).toBeGreaterThanOrEqual(8 * 24)
    expect(left).toBeLessThan(60 * 24)
    expect(await faults(writing)).toEqual([])
    expect((await reading(writing, (twin) => twin.removals(10))).map(({ tier }) => tier).sort()).toEqual([
      'aggregates',
      'features',
      'scalars',
    ])
    writing.writer.close()
  })

  it('go by size, just so many that the rest fits; the bytes that are counted are about those of the file', async () => {
    const writing = begin()
    fillDays(writing, 60)
    const bytes = async (tier: string): Promise<number> =>
      (await reading(writing, (twin) => twin.storage())).tiers.find((one) => one.tier === tier)?.bytes ?? 0
    const before = await bytes('scalars')
    const cap = Math.round(before / 2)
    writing.writer.retain(order(startUs + 60 * dayUs, { scalars: { bytes: cap } }))
    settle(writing.writer)
    const after = await bytes('scalars')
    expect(after).toBeLessThanOrEqual(cap + 1000)
    expect(after).toBeGreaterThan(cap - 1000)
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })

  it('of a clock that ran far ahead go as well', async () => {
    const writing = begin()
    const farUs = startUs + 4000 * dayUs
    for (let n = 0; n < 40; n++) {
      const given = tick(n + 1, [{ pointKey: 1, sourceUs: n % 16 === 3 ? farUs + n : startUs + n, value: n }])
      writing.writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    }
    settle(writing.writer)
    writing.writer.retain(order(startUs + 30 * dayUs, { scalars: { days: 10 } }))
    settle(writing.writer)
    const page = await reading(writing, (twin) => twin.scalars(1, -Infinity, Infinity, null, 100))
    expect(page.count).toBeLessThan(20)
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })

  it('that are not delivered stay, and a destination that comes later begins behind what is gone', async () => {
    const writing = begin()
    fillDays(writing, 20)
    const { writer } = writing
    const nowUs = startUs + 1000 * dayUs
    const destinations = [
      { id: 'bulk', streams: ['events', 'features'] as const },
      { id: 'now', streams: ['events'] as const },
    ]
    const all = { features: { days: 1 }, events: { days: 1 } }
    const rows = async (): Promise<number> =>
      (await reading(writing, (twin) => twin.features(3, 0, nowUs, 5000))).length
    writer.retain(order(nowUs, all, { destinations }))
    settle(writer)
    expect(await rows()).toBe(480)
    writer.advance({ destinationId: 'bulk', stream: 'features', seq: 200, confirmedUs: nowUs })
    writer.retain(order(nowUs, all, { destinations }))
    settle(writer)
    const left = await rows()
    expect(left).toBeGreaterThanOrEqual(280)
    expect(left).toBeLessThan(320)
    await reading(writing, async (twin) => {
      const page = await twin.page('features', 200, 5000)
      expect(page.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 280 }, (_, i) => 201 + i))
      const { seq } = await twin.cursor('another', 'features')
      expect(seq).toBe(480 - left)
      expect((await twin.page('features', seq, 1)).rows[0]?.seq).toBe(seq + 1)
    })
    expect(await faults(writing)).toEqual([])
    writer.close()
  })
})

describe('events', () => {
  /** An alert that is raised, returns and is acknowledged, unless it is left open. */
  function alert({ writer }: Writing, id: string, open = false): void {
    const step = (state: 'unacknowledged' | 'normal', kind: 'raised' | 'returned'): void => {
      writer.commitAlerts({
        states: [ruleState(state === 'normal' ? null : id)],
        occurrences: [occurrence(id, { state })],
        transitions: [transition(id, { kind })],
      })
    }
    step('unacknowledged', 'raised')
    if (!open) step('normal', 'returned')
  }
  const late = Date.now() * 1000 + 10 * dayUs

  it('go as a beginning of the log, each alert with all that was said about it', async () => {
    const writing = begin()
    for (let n = 0; n < 20; n++) alert(writing, `o${n}`)
    const given = tick(1, [], { gaps: [gap(), gap({ startUs: startUs + 5, endUs: startUs + 6 })] })
    writing.writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    alert(writing, 'standing', true)
    alert(writing, 'later')
    writing.writer.retain(order(late, { events: { days: 30 } }))
    settle(writing.writer)
    expect(await reading(writing, (twin) => twin.counts())).toMatchObject({ events: 45, occurrences: 22 })
    writing.writer.retain(order(late, { events: { days: 1 } }))
    settle(writing.writer)
    await reading(writing, async (twin) => {
      // The first gap is open: it and what is behind it stay.
      expect(await twin.counts()).toMatchObject({ events: 5, occurrences: 2, transitions: 3, gaps: 2 })
      expect((await twin.openOccurrences()).map(({ id }) => id)).toEqual(['standing'])
      expect((await twin.cursor('another', 'events')).seq).toBe(40)
    })
    expect(await faults(writing)).toEqual([])
    writing.writer.retain(order(late, { events: { days: 1, bytes: 10 } }))
    settle(writing.writer)
    expect(writing.writer.retention().held).toEqual([expect.stringContaining('open alert or gap')])
    writing.writer.close()
  })

  it('go by size too, whole alerts at a time', async () => {
    const writing = begin()
    for (let n = 0; n < 30; n++) alert(writing, `o${n}`)
    const { bytes } = (await reading(writing, (twin) => twin.storage())).tiers[4] ?? { bytes: 0 }
    writing.writer.retain(order(late, { events: { bytes: bytes / 3 } }))
    settle(writing.writer)
    const counts = await reading(writing, (twin) => twin.counts())
    expect([9, 10]).toContain(counts.occurrences)
    expect(counts.events).toBe(2 * counts.occurrences)
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })
})

describe('retention', () => {
  it('under pressure of the disk takes from captures, then values, then features, but never the newest', async () => {
    const writing = begin()
    fillDays(writing, 60)
    const nowUs = startUs + 60 * dayUs
    writing.writer.putCaptures([0, 10, 59.5].map((day) => capture(`d${day}`, 3, { sourceUs: startUs + day * dayUs })))
    const left = (): Promise<string[]> =>
      reading(writing, async (twin) => (await twin.captures({})).map(({ id }) => id))
    writing.writer.retain(order(nowUs, {}, { wantedBytes: 10 }))
    settle(writing.writer)
    expect(await left()).toEqual(['d10', 'd59.5'])
    writing.writer.retain(order(nowUs, {}, { wantedBytes: 1e9 }))
    settle(writing.writer)
    expect(await left()).toEqual(['d59.5'])
    await reading(writing, async (twin) => {
      expect((await twin.removals(10)).map(({ tier, why }) => `${tier} ${why}`).sort()).toEqual([
        'captures disk',
        'features disk',
        'scalars disk',
      ])
      expect((await twin.scalars(1, nowUs - 7 * dayUs, nowUs, null, 500)).count).toBe(7 * 24)
      expect(await twin.features(3, nowUs - 7 * dayUs, nowUs, 500)).toHaveLength(7 * 24)
      const trend = await twin.trend(1, startUs, nowUs, 4)
      expect(total(trend.count)).toBe(60 * 24)
    })
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })

  it('gives pages back to the disk when it is asked for room, and else uses them again', async () => {
    const writing = begin()
    const next = random(9)
    const noise = (): Float32Array => Float32Array.from({ length: 100_000 }, () => next())
    const nowUs = startUs + 60 * dayUs
    for (let n = 0; n < 80; n++) {
      writing.writer.putCaptures([capture(`k${n}`, 3, { sourceUs: startUs + n, samples: noise() })])
    }
    writing.db.pragma('wal_checkpoint(TRUNCATE)')
    const full = fs.statSync(writing.where.file).size
    writing.writer.retain(order(nowUs, { captures: { bytes: full * 0.9 } }))
    settle(writing.writer)
    writing.db.pragma('wal_checkpoint(TRUNCATE)')
    const some = await reading(writing, (twin) => twin.storage())
    expect(some).toMatchObject({ fileBytes: full, canShrink: true })
    expect(some.freeBytes).toBeGreaterThan(1e6)
    const counted = some.tiers.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(counted / (full - some.freeBytes)).toBeGreaterThan(0.9)
    expect(counted / (full - some.freeBytes)).toBeLessThan(1.1)
    writing.writer.retain(order(nowUs, {}, { wantedBytes: 1e9, shrink: true }))
    settle(writing.writer)
    writing.db.pragma('wal_checkpoint(TRUNCATE)')
    expect(fs.statSync(writing.where.file).size).toBeLessThan(full * 0.6)
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })

  it('that is cut at any bite leaves a whole twin, and goes on after opening', async () => {
    const writing = begin()
    fillDays(writing, 12)
    for (let n = 0; n < 6; n++) {
      writing.writer.putCaptures([capture(`k${n}`, 3, { sourceUs: startUs + n * dayUs })])
    }
    const nowUs = startUs + 40 * dayUs
    const caps: Caps = Object.fromEntries(
      ['captures', 'scalars', 'features', 'aggregates'].map((tier) => [tier, { days: 30 }]),
    )
    const end = async (of: Writing): Promise<unknown> => {
      of.writer.retain(order(nowUs, caps))
      settle(of.writer)
      return reading(of, async (twin) => [
        await twin.captures({}),
        await twin.scalars(1, -Infinity, Infinity, null, 5000),
        (await twin.removals(10)).map(({ tier, rows, samples }) => ({ tier, rows, samples })),
        await twin.verify(),
      ])
    }
    const ends: unknown[] = []
    writing.writer.retain(order(nowUs, caps))
    for (let steps = 0; ; steps++) {
      const finished = !writing.writer.compactStep()
      // The very state that a kill leaves: files copied as they are, opened elsewhere.
      const copy = { ...testTwin(), key: writing.where.key }
      for (const name of ['twin.db', 'twin.db-wal', 'twin.id']) {
        fs.copyFileSync(`${writing.where.dir}/${name}`, `${copy.dir}/${name}`)
      }
      const again = begin(copy, false)
      expect(await faults(again)).toEqual([])
      ends.push(await end(again))
      again.writer.close()
      if (finished) break
      expect(steps).toBeLessThan(300)
    }
    expect(ends.length).toBeGreaterThan(4)
    for (const one of ends) expect(one).toEqual(ends[0])
    writing.writer.close()
  }, 60_000)

  it('gives way when the disk refuses, and goes on later', async () => {
    const writing = begin()
    fillDays(writing, 40)
    const nowUs = startUs + 40 * dayUs
    writing.db.pragma('query_only=ON')
    writing.writer.retain(order(nowUs, { scalars: { days: 10 } }))
    settle(writing.writer)
    expect(writing.writer.retention()).toMatchObject({
      isWorking: false,
      problem: expect.stringContaining('retention'),
    })
    writing.db.pragma('query_only=OFF')
    writing.writer.retain(order(nowUs, { scalars: { days: 10 } }))
    settle(writing.writer)
    expect(writing.writer.retention().problem).toBeNull()
    expect(await reading(writing, (twin) => twin.removals(1))).toHaveLength(1)
    expect(await faults(writing)).toEqual([])
    writing.writer.close()
  })
})
