import fs from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertTransition } from '../../shared/domain/alert.ts'
import { openTwin, openTwinForReading, type Twin } from './api.ts'
import {
  capture,
  feature,
  gap,
  occurrence,
  open,
  ruleState,
  startUs,
  testTwin,
  tick,
  transition,
  workers,
  type ScalarRow,
  type TestTwin,
} from './twin-fixtures.ts'

let where: TestTwin
let twin: Twin
let number = 0

beforeAll(async () => {
  where = testTwin()
  twin = await open(where)
  await twin.points(
    ['a', 'b', 'c', 'w'].map((id) => ({ id, assetId: 'pump', kind: id === 'w' ? 'waveform' : 'scalar' })),
  )
  await twin.commitConfig({ hash: 'hash-1', text: '{ "x": 1 } // note', author: 'Ada', reason: 'first', atUs: startUs })
  await twin.sessionStart(startUs)
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(where.dir, { recursive: true, force: true })
})
const commit = (rows: readonly ScalarRow[], more: Parameters<typeof tick>[2] = {}) =>
  twin.commitTick(tick(++number, rows, more))

describe('points', () => {
  it('keep their key for the life of the twin, also when their asset changes', async () => {
    const [b, fresh] = await twin.points([
      { id: 'b', assetId: 'fan', kind: 'scalar' },
      { id: 'new', assetId: 'fan', kind: 'event' },
    ])
    expect(b).toEqual({ key: 2, id: 'b', assetId: 'fan', kind: 'scalar' })
    expect(fresh?.key).toBe(5)
    expect(await twin.point('b')).toEqual(b)
    expect((await twin.knownPoints()).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'w', 'new'])
  })
})

describe('ticks', () => {
  it('are receipted with what they made durable, and the caller keeps its arrays', async () => {
    const given = tick(++number, [{ pointKey: 1, sourceUs: startUs, value: 1 }], {
      gaps: [gap()],
      features: [feature(4, startUs, 0.5), feature(4, startUs + 1, 0.75)],
    })
    const receipt = await twin.commitTick(given)
    expect(receipt).toMatchObject({ number, scalars: 1, features: 2, gaps: 1, featureHead: 2, eventHead: 1 })
    expect(given.scalars.value[0]).toBe(1)
    expect(await twin.lastFeatures(4)).toEqual(given.features[1])
  })

  it('are refused out of order, twice, or with short columns, and the next right one is taken', async () => {
    const rows = [{ pointKey: 1, sourceUs: startUs + 1, value: 2 }]
    for (const wrong of [number, number + 2, 0.5]) {
      await expect(twin.commitTick(tick(wrong, rows))).rejects.toMatchObject({ code: 'tick-order' })
    }
    const short = tick(number + 1, rows)
    short.scalars.count = 2
    short.scalars.value = new Float64Array(1)
    await expect(twin.commitTick(short)).rejects.toThrow()
    const wrongFeature = { ...feature(4, startUs, 1), values: new Float32Array(3) }
    await expect(twin.commitTick(tick(number + 1, rows, { features: [wrongFeature] }))).rejects.toMatchObject({
      code: 'bad-row',
    })
    expect((await commit(rows)).number).toBe(number)
  })

  it('give the heads: the newest by source time, the later of equals, through snapshots', async () => {
    for (let i = 0; i < 70; i++)
      await commit([{ pointKey: 2, sourceUs: startUs + i, value: i, status: 0x80000000 + i }])
    await commit([
      { pointKey: 2, sourceUs: startUs + 5, value: -1 },
      { pointKey: 3, sourceUs: Number.NaN, receiveUs: startUs + 9, value: Number.NaN },
      { pointKey: 2, sourceUs: startUs + 69, value: 6.5, status: 0x40000000 },
    ])
    const heads = await twin.heads()
    expect(heads.filter(({ pointKey }) => pointKey > 1)).toEqual([
      { pointKey: 2, tUs: startUs + 69, value: 6.5, status: 0x40000000 },
      { pointKey: 3, tUs: startUs + 9, value: Number.NaN, status: 0 },
    ])
  })
})

describe('scalars of one point', () => {
  it('come in order of source time and 100 ns digit from any arrival order, page by page, and as trend columns', async () => {
    const [point] = await twin.points([{ id: 'any-order', assetId: 'pump', kind: 'scalar' }])
    const key = point?.key ?? 0
    const stored: ScalarRow[] = []
    const sample = fc.record({
      sourceUs: fc.integer({ min: 0, max: 3000 }).map((us) => startUs + us),
      sourceTick: fc.integer({ min: 0, max: 9 }),
      // Of 0 and -0 either is the least: only one of them, so that the extremes are compared by their bits.
      value: fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map((value) => value + 0),
      status: fc.constantFrom(0, 0x40900000, 0x80050000),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 8 }), fc.integer({ min: 1, max: 7 }), async (samples, limit) => {
        const rows = samples.map((one) => ({ pointKey: key, serverUs: one.sourceUs + 3, ...one }))
        await commit([...rows, { pointKey: 1, sourceUs: startUs + 1, value: 0 }])
        stored.push(...rows)
        const time = (row: ScalarRow): number => (row.sourceUs - startUs) * 10 + (row.sourceTick ?? 0)
        const isSame = (a: ScalarRow, b: ScalarRow): boolean =>
          time(a) === time(b) && Object.is(a.value, b.value) && a.status === b.status
        const wanted = stored
          .filter(({ sourceUs }) => sourceUs >= startUs + 100 && sourceUs < startUs + 2900)
          .toSorted((a, b) => time(a) - time(b))
          // What came twice counts once.
          .filter((row, i, rows) => rows.findIndex((other) => isSame(row, other)) === i)
        const found: ScalarRow[] = []
        let cursor = null
        do {
          const page = await twin.scalars(key, startUs + 100, startUs + 2900, cursor, limit)
          expect(page.count).toBeLessThanOrEqual(limit)
          for (let i = 0; i < page.count; i++) {
            const [sourceUs = 0, serverUs = 0, value = 0] = [page.sourceUs[i], page.serverUs[i], page.value[i]]
            found.push({
              pointKey: key,
              serverUs,
              sourceUs,
              sourceTick: page.sourceTick[i] ?? 0,
              value,
              status: page.status[i] ?? 0,
            })
          }
          cursor = page.next
        } while (cursor !== null)
        expect(found).toEqual(wanted)
        const trend = await twin.trend(key, startUs + 100, startUs + 2900, 7)
        for (let column = 0; column < 7; column++) {
          const inside = wanted.filter(({ sourceUs }) => Math.floor((sourceUs - startUs - 100) / 400) === column)
          const usable = inside.filter(({ status }) => status !== 0x80050000).map(({ value }) => value)
          expect(trend.tUs[column]).toBe(startUs + 100 + column * 400)
          expect([trend.count[column], trend.badCount[column]]).toEqual([usable.length, inside.length - usable.length])
          expect(trend.min[column]).toBe(usable.length > 0 ? Math.min(...usable) : Number.NaN)
          expect(trend.max[column]).toBe(usable.length > 0 ? Math.max(...usable) : Number.NaN)
          const mean = usable.reduce((sum, value) => sum + value, 0) / usable.length
          if (usable.length > 0) expect(trend.mean[column]).toBeCloseTo(mean, 6)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('features', () => {
  it('are an unbroken log whose rows leave with names, null where nothing is known', async () => {
    await commit([], { features: [feature(4, startUs + 1000, 3), feature(4, startUs + 1000, 5)] })
    const page = await twin.page('features', 0, 100)
    expect(page.rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(page).toMatchObject({ installation: twin.installation, epoch: twin.epoch, stream: 'features' })
    const body: unknown = JSON.parse(page.rows[3]?.payload ?? '')
    expect(body).toMatchObject({
      pointId: 'w',
      assetId: 'pump',
      tUs: startUs + 1000,
      rpm: null,
      configHash: 'hash-1',
      features: { mean: null, rms: 5, kurtosis: null },
    })
    const trend = await twin.featureTrend(4, 1, startUs, startUs + 2000, 2)
    expect([...trend.count]).toEqual([2, 2])
    expect([...trend.max]).toEqual([0.75, 5])
    expect([...(await twin.featureTrend(4, 0, startUs, startUs + 2000, 2)).badCount]).toEqual([2, 2])
    expect((await twin.features(4, startUs, startUs + 1000, 10)).map(({ values }) => values[1])).toEqual([0.5, 0.75])
  })
})

describe('gaps', () => {
  it('without a time of their own take the tick’s', async () => {
    await commit([], { gaps: [gap({ cause: 'decode-failed', startUs: Number.NaN, endUs: Number.NaN })] })
    const atUs = startUs + number * 200_000
    const found = (await twin.gaps({})).find(({ cause }) => cause === 'decode-failed')
    expect(found).toMatchObject({ startUs: atUs, endUs: atUs })
  })

  it('open and close as one row and two events, and are found by time, point and server', async () => {
    const before = await twin.head('events')
    const mine = gap({ pointKey: 1, cause: 'missing', startUs: startUs + 50_000 })
    await commit([], { gaps: [mine] })
    expect(await twin.gaps({ openOnly: true, pointKey: 1, fromUs: startUs + 60_000 })).toContainEqual(mine)
    await commit([], { gaps: [{ ...mine, endUs: startUs + 70_000, count: 3 }] })
    const found = await twin.gaps({ pointKey: 1, fromUs: startUs + 60_000, toUs: startUs + 61_000 })
    expect(found.filter(({ cause }) => cause === 'missing')).toEqual([{ ...mine, endUs: startUs + 70_000, count: 3 }])
    expect(await twin.gaps({ pointKey: 1, serverId: 'other', openOnly: true })).toEqual([])
    const events = (await twin.page('events', before, 10)).rows
    expect(events.map(({ kind }) => kind)).toEqual(['gap', 'gap'])
    expect(JSON.parse(events[1]?.payload ?? '')).toMatchObject({
      pointId: 'a',
      cause: 'missing',
      endUs: startUs + 70_000,
    })
  })
})

describe('alerts', () => {
  it('commit state, occurrence, transition and outbox row together, with the whole context in the row', async () => {
    const before = await twin.head('events')
    const raised = occurrence('o1', { value: Number.NaN })
    const steps: [Partial<AlertTransition>, string][] = [
      [{}, 'alert'],
      [{ kind: 'acknowledged', by: 'Ada', comment: 'seen' }, 'acknowledge'],
      [{ kind: 'labelled', by: 'Ada', outcome: 'true-positive' }, 'label'],
    ]
    await twin.putCapture(capture('k1', 4, { occurrenceId: 'o1' }))
    for (const [more] of steps) {
      await twin.commitAlerts({
        states: [ruleState('o1')],
        occurrences: [raised],
        transitions: [transition('o1', more)],
      })
    }
    expect((await twin.page('events', before, 10)).rows.map(({ kind }) => kind)).toEqual(steps.map(([, kind]) => kind))
    expect(JSON.parse((await twin.page('events', before, 1)).rows[0]?.payload ?? '')).toMatchObject({
      kind: 'raised',
      occurrence: { id: 'o1', value: null, contract: { action: 'Grease it.' } },
    })
    expect(await twin.occurrence('o1')).toEqual(raised)
    expect(await twin.transitions('o1')).toEqual(steps.map(([more]) => transition('o1', more)))
    expect(await twin.ruleStates()).toEqual([ruleState('o1')])
  })

  it('commit nothing when one row is wrong', async () => {
    const before = await twin.counts()
    const step = { states: [], occurrences: [occurrence('o2')], transitions: [transition('nobody')] }
    await expect(twin.commitAlerts(step)).rejects.toMatchObject({ code: 'bad-row' })
    expect(await twin.counts()).toMatchObject({ occurrences: before.occurrences, events: before.events })
  })

  it('are listed newest first, by state and asset, and open ones apart', async () => {
    const rows = [1, 2, 3].map((i) =>
      occurrence(`list-${i}`, {
        assetId: 'fan',
        raisedUs: startUs + i,
        state: i === 2 ? 'normal' : 'acknowledged',
        returnedUs: i === 2 ? startUs + 9 : null,
      }),
    )
    const transitions = rows.map(({ id }) => transition(id))
    await twin.commitAlerts({ states: [], occurrences: rows, transitions })
    const ids = (list: { id: string }[]): string[] => list.map(({ id }) => id)
    expect(ids(await twin.occurrences({ assetId: 'fan' }))).toEqual(['list-3', 'list-2', 'list-1'])
    expect(ids(await twin.occurrences({ assetId: 'fan', beforeUs: startUs + 3, limit: 1 }))).toEqual(['list-2'])
    expect(ids(await twin.occurrences({ states: ['acknowledged'] }))).toEqual(['list-3', 'list-1'])
    expect(ids(await twin.openOccurrences())).toEqual(['o1', 'list-1', 'list-3'])
    expect(await twin.occurrence('list-2')).toEqual(rows[1])
  })
})

describe('captures', () => {
  it('keep every sample bit and are listed without them', async () => {
    const samples = new Float32Array(Uint32Array.of(0x7fc12345, 0x80000000, 0x3f800000, 0xff800000).buffer)
    const faults = [{ fault: 'clipped' as const, detail: 'two samples on the rail' }]
    const given = capture('k2', 4, { samples, faults, cause: 'alarm', rpm: Number.NaN, sourceUs: startUs + 5 })
    await twin.putCapture(given)
    const back = await twin.capture('k2')
    expect(back && new Uint32Array(back.samples.buffer)).toEqual(new Uint32Array(samples.buffer))
    const { samples: _samples, ...head } = given
    expect(await twin.captures({ pointKey: 4, cause: 'alarm' })).toEqual([
      { ...head, sampleCount: 4, coding: 'float32', bytes: expect.any(Number), pin: null },
    ])
    expect((await twin.captures({ pointKey: 4, fromUs: startUs + 1 })).map(({ id }) => id)).toEqual(['k2'])
    await twin.putCapture(capture('sound', 4, { faults: [], sourceUs: startUs - 5 }))
    expect((await twin.capture('sound'))?.faults).toEqual([])
    expect(await twin.capture('none')).toBeNull()
    await expect(twin.putCapture(given)).rejects.toMatchObject({ code: 'bad-row' })
  })

  it('say who pins them: an alarm, its label, a person', async () => {
    const pins = async (): Promise<unknown> =>
      Object.fromEntries((await twin.captures({ pointKey: 2 })).map(({ id, pin }) => [id, pin]))
    await twin.commitAlerts({
      states: [],
      occurrences: [occurrence('pins'), occurrence('pins-labelled', { outcome: 'true-positive' })],
      transitions: [transition('pins'), transition('pins-labelled')],
    })
    await twin.putCapture(capture('plain', 2))
    await twin.putCapture(capture('alarm', 2, { occurrenceId: 'pins' }))
    await twin.putCapture(capture('label', 2, { occurrenceId: 'pins-labelled' }))
    expect(await pins()).toEqual({ plain: null, alarm: 'alarm', label: 'label' })
    const by = { by: 'Ada', atUs: startUs, reason: null }
    expect(await twin.pinCapture({ id: 'plain', pinned: true, ...by })).toBe(true)
    expect(await pins()).toMatchObject({ plain: 'hand' })
    for (const id of ['plain', 'alarm']) await twin.pinCapture({ id, pinned: false, ...by })
    expect(await pins()).toEqual({ plain: null, alarm: 'alarm', label: 'label' })
    expect(await twin.pinCapture({ id: 'none', pinned: true, ...by })).toBe(false)
  })
})

describe('configuration', () => {
  it('is kept with its text, author and reason by hash', async () => {
    expect(await twin.config('hash-1')).toEqual({
      hash: 'hash-1',
      text: '{ "x": 1 } // note',
      author: 'Ada',
      reason: 'first',
      atUs: startUs,
    })
    expect(await twin.config('unknown')).toBeNull()
  })
})

describe('delivery cursors', () => {
  it('move forward only and never beyond what was committed', async () => {
    expect(await twin.cursor('now', 'events')).toEqual({
      destinationId: 'now',
      stream: 'events',
      seq: 0,
      confirmedUs: 0,
    })
    await twin.advance({ destinationId: 'now', stream: 'events', seq: 3, confirmedUs: 7 })
    await twin.advance({ destinationId: 'now', stream: 'events', seq: 2, confirmedUs: 8 })
    expect((await twin.cursor('now', 'events')).seq).toBe(3)
    const beyond = { destinationId: 'now', stream: 'events' as const, seq: 10_000, confirmedUs: 9 }
    await expect(twin.advance(beyond)).rejects.toMatchObject({ code: 'cursor-beyond-head' })
    expect(await twin.cursors()).toHaveLength(1)
  })
})

describe('reading', () => {
  it('blocks no commit: ticks are receipted while a reader holds its view open', async () => {
    const { default: Database } = await import('better-sqlite3-multiple-ciphers')
    const reader = new Database(where.file, { readonly: true })
    reader.pragma("cipher='chacha20'")
    reader.pragma(`key="raw:${Buffer.from(where.key).toString('hex')}"`)
    const count = (): unknown => reader.prepare('SELECT count(*) FROM tick_batch').pluck().get()
    reader.exec('BEGIN')
    const seen = count()
    for (let i = 0; i < 20; i++) await commit([{ pointKey: 1, sourceUs: startUs + 1e6 + i, value: i }])
    expect(count()).toBe(seen)
    reader.exec('COMMIT')
    expect(count()).toBe(Number(seen) + 20)
    reader.close()
  })

  it('beside a running engine sees what is committed and finds it whole', async () => {
    const beside = openTwinForReading(where)
    expect(beside.epoch).toBe(twin.epoch)
    expect(await beside.verify()).toEqual([])
    expect(await beside.counts()).toMatchObject({ ticks: number, sessions: 1, points: 6 })
    await beside.close()
    expect(await twin.verify()).toEqual([])
  })
})

describe('sessions and closing', () => {
  it('record a clean stop as engine-stopped, close what was left open, and drain before the threads end', async () => {
    await twin.sessionStop(startUs + 5_000_000)
    await expect(commit([])).rejects.toMatchObject({ code: 'tick-order' })
    const answers = Promise.all([twin.counts(), twin.points([{ id: 'late', assetId: 'x', kind: 'scalar' }])])
    await twin.close()
    expect((await answers)[1][0]?.id).toBe('late')
    await expect(twin.counts()).rejects.toMatchObject({ code: 'stopped' })
    expect(fs.existsSync(`${where.file}-wal`)).toBe(false)

    twin = await open(where)
    const { gap: found } = await twin.sessionStart(startUs + 8_000_000)
    expect(found).toMatchObject({
      cause: 'engine-stopped',
      pointKey: null,
      serverId: null,
      startUs: startUs + 5_000_000,
      endUs: startUs + 8_000_000,
    })
    expect(await twin.gaps({ openOnly: true })).toEqual([])
    expect(await twin.verify()).toEqual([])
  })

  it('a worker that dies rejects what waits and what comes', async () => {
    const other = testTwin()
    const dying = new URL(`data:text/javascript,${encodeURIComponent(dyingWorker)}`)
    const broken = await openTwin({ ...other, workers: { ...workers, reader: dying } })
    const waiting = [broken.counts(), broken.heads()]
    for (const call of waiting) await expect(call).rejects.toMatchObject({ name: 'TwinError', code: 'stopped' })
    await expect(broken.counts()).rejects.toThrow(/reader stopped: out of luck/)
    await broken.close()
    fs.rmSync(other.dir, { recursive: true, force: true })
  })
})

const dyingWorker = `
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ id, method }) => {
    if (method === 'heads') throw new Error('out of luck')
    if (method !== 'counts') parentPort.postMessage({ id, ok: true })
  })`
