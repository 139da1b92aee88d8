import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import type { Destination } from '../../shared/domain/plant-file.ts'
import { nodeFolderIo, type FolderIo } from './folder-io.ts'
import { createSync, type Sync, type SyncOptions } from './index.ts'
import { eventually, MemoryOutbox, systemClock } from '../testkit/sync/memory-outbox.ts'

let base = ''
beforeEach(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'millwright-sync-'))
})
afterEach(() => rm(base, { recursive: true, force: true }))

const bulk: Destination = { id: 'bulk', kind: 'folder', path: 'cloud', lane: 'later' }

function sync(outbox: MemoryOutbox, more: Partial<SyncOptions> = {}): Sync {
  return createSync({
    outbox,
    destinations: [bulk],
    plantId: 'plant-a',
    clock: systemClock,
    random: Math.random,
    dataDir: base,
    secrets: () => Promise.resolve(null),
    onState: () => undefined,
    ...more,
  })
}

interface Line {
  installation: string
  epoch: string
  stream: string
  seq: number
  kind: string
  createdUs: number
  payload: unknown
}

/** The reader of the other side, on its own: every line of every object, in order of names. */
async function arrived(stream: string, root = path.join(base, 'cloud')): Promise<Line[]> {
  const folder = path.join(root, stream, 'inst', 'e1')
  const names = (await readdir(folder).catch(() => [])).sort((a, b) => (a < b ? -1 : 1))
  const lines: Line[] = []
  for (const name of names) {
    expect(name).toMatch(/^\d{12}-\d{12}\.ndjson\.gz$/)
    const text = gunzipSync(await readFile(path.join(folder, name))).toString('utf8')
    const inside = text
      .trimEnd()
      .split('\n')
      .map((line): Line => JSON.parse(line))
    expect(name).toBe(
      `${String(inside[0]?.seq).padStart(12, '0')}-${String(inside.at(-1)?.seq).padStart(12, '0')}.ndjson.gz`,
    )
    lines.push(...inside)
  }
  return lines
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe('folder destination', () => {
  it('delivers both streams as whole objects with identity and payload', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 3)
    outbox.add('features', 4500)
    expect(await sync(outbox).drainOnce()).toEqual([{ id: 'bulk', deliveredRows: 4503, depth: 0, error: null }])
    const events = await arrived('events')
    expect(events[0]).toEqual({
      installation: 'inst',
      epoch: 'e1',
      stream: 'events',
      seq: 1,
      kind: 'alert',
      createdUs: 1_700_000_000_000_001,
      payload: { seq: 1 },
    })
    expect((await arrived('features')).map((line) => line.seq)).toEqual(upTo(4500))
    expect(await readdir(path.join(base, 'cloud', 'features', 'inst', 'e1'))).toHaveLength(3)
  })

  it('keeps numbers of the payload as they were written', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 1, () => '{"big":12345678901234567890,\n "x":1.50}')
    outbox.add('events', 1, () => '{"big":12345678901234567890}')
    await sync(outbox).drainOnce()
    const [name] = await readdir(path.join(base, 'cloud/events/inst/e1'))
    const text = gunzipSync(await readFile(path.join(base, 'cloud/events/inst/e1', name ?? ''))).toString()
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(text).toContain('"payload":{"big":12345678901234567890}}')
  })

  it('says in words what stands in the way, keeps everything, and goes on when it is gone', async () => {
    const outbox = new MemoryOutbox()
    let states: DestinationState[] = []
    const running = sync(outbox, { onState: (all) => (states = all) })
    outbox.add('events', 2)
    running.start()
    await eventually(() => states[0]?.deliveredRows === 2, 'first delivery')
    expect(states[0]).toMatchObject({ depth: 0, lastError: null, failingSinceUs: null })
    // The switch of the simulated plant: a plain file takes the folder's place.
    const cloud = path.join(base, 'cloud')
    await rename(cloud, `${cloud}.off`)
    await writeFile(cloud, '')
    outbox.add('events', 5)
    running.wake()
    await eventually(() => states[0]?.state === 'waiting', 'waiting')
    expect(states[0]?.lastError).toMatch(/a file stands where a folder should be/)
    expect(states[0]?.failingSinceUs).toBeGreaterThan(0)
    outbox.add('events', 1)
    running.wake()
    await eventually(() => states[0]?.depth === 6, 'the depth grows while it fails')
    await rm(cloud)
    await rename(`${cloud}.off`, cloud)
    await eventually(() => states[0]?.deliveredRows === 8, 'recovery')
    await eventually(() => states[0]?.state === 'idle', 'idle')
    expect(states[0]).toMatchObject({ depth: 0, lastError: null, failingSinceUs: null })
    await running.stop()
    expect(states[0]?.state).toBe('paused')
    expect((await arrived('events')).map((line) => line.seq)).toEqual(upTo(8))
  })

  it('does not make a share anew that was there before, nor a folder without a parent', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 1)
    const outside = await mkdtemp(path.join(tmpdir(), 'millwright-share-'))
    const share = path.join(outside, 'share')
    const destinations: Destination[] = [{ ...bulk, path: share }]
    expect((await sync(outbox, { destinations }).drainOnce())[0]?.error).toBeNull()
    await rm(share, { recursive: true })
    outbox.add('events', 1)
    expect((await sync(outbox, { destinations }).drainOnce())[0]).toMatchObject({
      depth: 1,
      error: expect.stringContaining('was there before and is gone'),
    })
    await mkdir(share)
    expect((await sync(outbox, { destinations }).drainOnce())[0]).toMatchObject({ depth: 0, error: null })
    const nowhere: Destination[] = [{ ...bulk, id: 'other', path: path.join(outside, 'no', 'where') }]
    expect((await sync(outbox, { destinations: nowhere }).drainOnce())[0]?.error).toContain('is the disk mounted?')
    await rm(outside, { recursive: true })
  })

  it.each([
    ['ENOSPC', 'no space left'],
    ['EACCES', 'not permitted'],
    ['EROFS', 'read-only'],
    ['EIO', 'input/output error'],
    ['EWEIRD', 'failed (EWEIRD)'],
  ])('%s in words', async (code, words) => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 1)
    const folderIo: FolderIo = {
      ...nodeFolderIo,
      writeDurably: () => Promise.reject(Object.assign(new Error(code), { code })),
    }
    const [result] = await sync(outbox, { folderIo }).drainOnce()
    expect(result?.error).toContain(words)
    expect(result?.depth).toBe(1)
  })

  it('sets aside what is not JSON and lets the rest flow', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 20, (seq) => (seq === 7 || seq === 8 ? 'not json' : '1'))
    const aside: number[] = []
    const [result] = await sync(outbox, { onQuarantine: ({ row }) => aside.push(row.seq) }).drainOnce()
    expect(result).toMatchObject({ depth: 0, error: null })
    expect(aside).toEqual([7, 8])
    expect((await arrived('events')).map((line) => line.seq)).toEqual(upTo(20).filter((seq) => seq !== 7 && seq !== 8))
    const kept: unknown = JSON.parse(await readFile(path.join(base, 'quarantine/bulk/events/inst-e1-7.json'), 'utf8'))
    expect(kept).toMatchObject({ seq: 7, payload: 'not json', reason: expect.stringContaining('not JSON') })
  })

  it('delivers again what the disk lost, and refuses to mix with another twin', async () => {
    const outbox = new MemoryOutbox()
    outbox.add('events', 3)
    await sync(outbox).drainOnce()
    const file = path.join(base, 'cloud/events/inst/e1/000000000001-000000000003.ndjson.gz')
    const whole = await readFile(file)
    outbox.cursors.clear()
    await writeFile(file, whole.subarray(0, whole.length - 9))
    expect((await sync(outbox).drainOnce())[0]).toMatchObject({ depth: 0, error: null })
    expect((await arrived('events')).map((line) => line.seq)).toEqual([1, 2, 3])
    outbox.cursors.clear()
    outbox.rows.events.forEach((row) => (row.payload = '{"other":1}'))
    expect((await sync(outbox).drainOnce())[0]?.error).toContain('other rows')
  })

  it('has the effect of once through any single failure of any file operation or cursor, and restarts', async () => {
    // Fail the n-th operation, before or after it took effect, until a run needs no n-th operation any more.
    for (const [after, restart] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      let n = 0
      let reached = true
      while (reached) {
        n++
        reached = false
        let count = 0
        let armed = false
        const step = (): boolean => armed && ++count === n && (reached = true)
        const failing =
          <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
          async (...args: A): Promise<R> => {
            const now = step()
            if (now && !after) throw Object.assign(new Error('injected'), { code: 'EIO' })
            const result = await work(...args)
            if (now) throw Object.assign(new Error('injected'), { code: 'EIO' })
            return result
          }
        const folderIo: FolderIo = {
          isFolder: failing(nodeFolderIo.isFolder),
          makeFolder: failing(nodeFolderIo.makeFolder),
          list: failing(nodeFolderIo.list),
          read: failing(nodeFolderIo.read),
          writeDurably: failing(nodeFolderIo.writeDurably),
          rename: failing(nodeFolderIo.rename),
          syncFolder: failing(nodeFolderIo.syncFolder),
          remove: failing(nodeFolderIo.remove),
        }
        const outbox = new MemoryOutbox()
        outbox.fail = (when) => {
          if (when === (after ? 'after' : 'before') && step()) throw new Error('injected')
        }
        const first = sync(outbox, { folderIo })
        // Without a restart the fault comes after a good delivery, with one before any.
        if (!restart) {
          outbox.add('events', 1)
          await first.drainOnce()
        }
        armed = true
        outbox.add('events', restart ? 3 : 2)
        await first.drainOnce()
        // The process died or not; the stream went on in the meantime.
        outbox.add('events', 2)
        const second = restart ? sync(outbox, { folderIo }) : first
        await second.drainOnce()
        outbox.add('events', 1)
        await second.drainOnce()
        expect((await second.drainOnce())[0]).toMatchObject({ depth: 0, error: null })
        expect(
          (await arrived('events')).map((line) => line.seq),
          `operation ${n}`,
        ).toEqual(upTo(6))
        await rm(path.join(base, 'cloud'), { recursive: true })
      }
      expect(n).toBeGreaterThan(restart ? 15 : 4)
    }
  })

  it('has the effect of once through random failures and restarts', async () => {
    const steps = fc.array(
      fc.record({
        rows: fc.integer({ min: 0, max: 5 }),
        failures: fc.array(fc.boolean(), { maxLength: 25 }),
        restart: fc.boolean(),
      }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        await rm(path.join(base, 'cloud'), { recursive: true, force: true })
        const outbox = new MemoryOutbox()
        let script: boolean[] = []
        const strike = (): void => {
          if (script.shift() === true) throw Object.assign(new Error('injected'), { code: 'EIO' })
        }
        outbox.fail = strike
        const folderIo: FolderIo = {
          ...nodeFolderIo,
          async writeDurably(file, data) {
            strike()
            await nodeFolderIo.writeDurably(file, data)
            strike()
          },
          async rename(from, to) {
            strike()
            await nodeFolderIo.rename(from, to)
            strike()
          },
        }
        let running = sync(outbox, { folderIo })
        let total = 0
        for (const { rows, failures, restart } of list) {
          script = [...failures]
          outbox.add('events', rows)
          total += rows
          if (restart) running = sync(outbox, { folderIo })
          await running.drainOnce()
        }
        script = []
        expect((await running.drainOnce())[0]).toMatchObject({ depth: 0, error: null })
        expect((await arrived('events')).map((line) => line.seq)).toEqual(upTo(total))
      }),
      { numRuns: 40 },
    )
  })
})
