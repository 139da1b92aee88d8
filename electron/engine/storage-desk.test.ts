import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { plantFileSchema } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { Capture } from '../../shared/domain/twin.ts'
import type { Ingest } from '../ingest/index.ts'
import { resolvePlant } from '../assets/index.ts'
import { ProblemList } from '../observe/problem-list.ts'
import { openTwinForReading } from '../store/api.ts'
import { packScalars } from '../store/scalars-message.ts'
import { writerMethods } from '../store/writer-methods.ts'
import { AlertDesk } from './alert-desk.ts'
import { CaptureDesk } from './capture-desk.ts'
import type { DiskRoom } from './disk-guard.ts'
import type { DspPool } from './dsp-pool.ts'
import { FeatureTable, HeadTable } from './heads.ts'
import { noScalars } from './held-ticks.ts'
import { MachineStates } from './machine-state.ts'
import { Pipeline } from './pipeline.ts'
import { buildPlantModel } from './plant-model.ts'
import { Rings } from './rings.ts'
import { SpectrumHub } from './spectrum-hub.ts'
import { StorageDesk } from './storage-desk.ts'
import { WaveformHub } from './waveform-hub.ts'

const clock: Clock = {
  nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: () => performance.now(),
}
const policy = {
  missingAfterMs: 20_000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'drop',
  outOfOrder: 'reorder',
} as const
const contract = { version: 1, detector: 'raw', timestampSource: 'source', expectedRange: [-1e9, 1e9], policy }
const source = { serverId: 's', nodeId: 'nsu=urn:x;s=x' }
const plant = plantFileSchema.parse({
  schema: 'millwright/plant@1',
  plant: { id: 'p', name: 'P', timeZone: 'UTC' },
  lines: [{ id: 'l', name: 'L' }],
  servers: [],
  assets: [{ id: 'pump', lineId: 'l', family: 'pump', name: 'Pump' }],
  points: [
    {
      id: 'hot',
      assetId: 'pump',
      kind: 'scalar',
      source,
      contract: { ...contract, quantity: 'temperature', unit: 'degC', sampleRateHz: 10, updateCadenceMs: 100 },
    },
    {
      id: 'wave',
      assetId: 'pump',
      kind: 'waveform',
      source,
      contract: {
        ...contract,
        quantity: 'acceleration',
        unit: 'g',
        sampleRateHz: 1000,
        blockSize: 100,
        updateCadenceMs: 100,
      },
    },
  ],
  alerts: [
    {
      id: 'too-hot',
      pointId: 'hot',
      feature: 'value',
      limits: { alarm: 100 },
      deadband: 1,
      onDelayMs: 0,
      offDelayMs: 0,
      contract: {
        meaning: 'm',
        cause: 'c',
        consequence: 'c',
        action: 'a',
        recipient: 'r',
        respondWithinMin: 15,
        priority: 'high',
      },
    },
  ],
  sync: [{ id: 'now', kind: 'folder', path: 'cloud', lane: 'now' }],
})

/** A disk whose free share the test sets; `room` is how the guard reads it. */
interface Disk {
  dir: string
  room?: () => Promise<DiskRoom>
  fill(share: number): void
  end(): void
}

/** A real one that is small: full is full. */
function smallDisk(): Disk {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', dir])
  const filler = path.join(dir, 'somebody-else')
  return {
    dir,
    fill(share) {
      fs.rmSync(filler, { force: true })
      const { bavail, bsize, blocks } = fs.statfsSync(dir)
      const wanted = Math.floor(bavail - share * blocks) * bsize
      if (wanted <= 0) return
      const file = fs.openSync(filler, 'w')
      const piece = new Uint8Array(bsize * 16)
      try {
        for (let left = wanted; left > 0; left -= piece.length)
          fs.writeSync(file, piece, 0, Math.min(left, piece.length))
      } finally {
        fs.closeSync(file)
      }
    },
    end() {
      execFileSync('umount', ['-l', dir])
      fs.rmdirSync(dir)
    },
  }
}

/** Numbers in place of a disk, and SQLite's own limit where it is full: needs no rights. */
function numbers(limitPages: (isFull: boolean) => void): Disk {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-disk-'))
  let free = 0.5
  return {
    dir,
    room: () => Promise.resolve({ totalBytes: 1e9, freeBytes: free * 1e9 }),
    fill(share) {
      free = share
      limitPages(share === 0)
    },
    end: () => fs.rmSync(dir, { recursive: true, force: true }),
  }
}

function canMount(): boolean {
  try {
    smallDisk().end()
    return true
  } catch {
    return false
  }
}

const ended: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end()
})

function engineOn(make: (limitPages: (isFull: boolean) => void) => Disk) {
  const writer = writerMethods()
  const disk = make((isFull) => {
    const db = writer.connection()
    const pages = Number(db.pragma('page_count', { simple: true }))
    db.pragma(`max_page_count=${isFull ? pages : 1_000_000}`)
  })
  ended.push(() => disk.end())
  const file = path.join(disk.dir, 'twin.db')
  writer.open({ file, key: null, createIfMissing: true, maxPages: null, featureNames: null })
  ended.push(() => writer.close())
  const refs = writer.points(plant.points.map(({ id, assetId, kind }) => ({ id, assetId, kind })))
  writer.commitConfig({ hash: 'hash', text: '{}', author: 'a', reason: 'r', atUs: 1 })
  writer.sessionStart(clock.nowUs())
  const { rules } = resolvePlant(plant, 'hash')
  const model = buildPlantModel(plant, 'hash', 'plant.json', refs, rules)
  const reader = openTwinForReading({ file, key: null })
  ended.push(() => reader.close())
  const problems = new ProblemList(() => {})
  const errors: unknown[] = []
  const rings = new Rings(model)
  const put = async (list: readonly Capture[]): Promise<void> => writer.putCaptures([...list])
  const captures = new CaptureDesk({ rings, put, clock, refused: () => {} })
  const storage = new StorageDesk({
    dataDir: disk.dir,
    clock,
    plant: () => plant,
    twin: {
      retain: async (order) => writer.retain(order),
      retention: async () => writer.retention(),
      storage: () => reader.storage(),
      removals: (limit) => reader.removals(limit),
    },
    pauseCaptures: (why) => captures.pause(why),
    raise: (text) => problems.raise({ ...text, sinceUs: clock.nowUs() }),
    clear: (id) => problems.clear(id),
    report: (error) => errors.push(error),
    ...(disk.room ? { readDisk: disk.room } : {}),
  })
  const desk = new AlertDesk({
    commit: async (commit) => writer.commitAlerts(commit),
    find: (id) => reader.occurrence(id),
    nowUs: () => clock.nowUs(),
    told: () => {},
    stuck: () => {},
  })
  desk.setRules(model.rules)
  const sent: number[] = []
  let waiting: number[] = []
  const key = model.byId.get('hot')?.key ?? 0
  const waveKey = model.byId.get('wave')?.key ?? 0
  const ingest: Pick<Ingest, 'tick' | 'recycle'> = {
    recycle: () => {},
    tick: () => {
      const values = waiting
      waiting = []
      return { scalars: columns(key, values), gaps: [], blocks: [] }
    },
  }
  let number = 0
  const machines = new MachineStates(model)
  const pipeline = new Pipeline({
    model,
    clock,
    machines,
    desk,
    orders: new Map(),
    // The edges of the room: what ingest hands over and what analysis would.
    ingest: ingest as Ingest,
    dsp: { depth: 0 } as DspPool,
    heads: new HeadTable(),
    features: new FeatureTable(),
    waveforms: new WaveformHub(rings, () => clock.nowUs()),
    spectra: new SpectrumHub(() => clock.nowUs()),
    commitTick: async (tick) => writer.commitTick({ ...tick, scalars: packScalars(tick.scalars) }),
    nextTick: () => ++number,
    giveBack: () => void number--,
    committed: () => {},
    stuck: () => {},
    recording: () => storage.recording,
    diskFull: () => storage.guard.refused(),
    failed: (error) => {
      throw error
    },
  })
  pipeline.start()
  ended.push(() => pipeline.stop())
  const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    writer,
    reader,
    disk,
    problems,
    storage,
    desk,
    pipeline,
    errors,
    sent,
    until,
    /** Values that come in; the last is what the machine shows. */
    send(...values: number[]) {
      sent.push(...values)
      waiting.push(...values)
    },
    stored: async (): Promise<number[]> => [...(await reader.scalars(key, -Infinity, Infinity, null, 5000)).value],
    level: async (share: number): Promise<string> => {
      disk.fill(share)
      await storage.guard.check()
      return storage.guard.state.level
    },
    demand(): Promise<string> {
      const nowUs = clock.nowUs()
      const samples = new Float32Array(100)
      const block = { pointKey: waveKey, sourceUs: nowUs, sourceTick: 0, serverUs: nowUs, receiveUs: nowUs }
      rings.push({ ...block, sampleRateHz: 1000, samples, status: 0 }, false)
      const info = model.byId.get('wave') ?? expect.fail('no point')
      return captures.onDemand(model, machines, info, 'Ada')
    },
  }
}

function columns(key: number, values: readonly number[]): ScalarColumns {
  if (values.length === 0) return noScalars
  const nowUs = clock.nowUs()
  const times = Float64Array.from(values, (_, i) => nowUs - values.length + i)
  return {
    count: values.length,
    pointKey: new Uint32Array(values.length).fill(key),
    sourceUs: times,
    sourceTick: new Uint8Array(values.length),
    serverUs: times,
    receiveUs: times,
    value: Float64Array.from(values),
    status: new Uint32Array(values.length),
  }
}

const disks: [string, (limitPages: (isFull: boolean) => void) => Disk][] = [['a disk of numbers', numbers]]
if (canMount()) disks.push(['a disk of 96 MB', smallDisk])

describe.each(disks)('%s that fills up', (_name, make) => {
  it('gives up captures, then the keeping of values, never alerts and deliveries, and goes on by itself', async () => {
    const engine = engineOn(make)
    const { problems, writer, reader, until, storage } = engine
    const severity = (): string | undefined => problems.list().find(({ id }) => id === 'disk')?.severity
    expect(await engine.level(0.5)).toBe('ok')
    expect(storage.guard.state.reserveBytes).toBeGreaterThan(0)
    expect(fs.statSync(path.join(engine.disk.dir, 'twin.reserve')).size).toBe(storage.guard.state.reserveBytes)
    await engine.demand()
    engine.send(1)
    await until(async () => (await engine.stored()).length === 1)

    expect(await engine.level(0.095)).toBe('warn')
    expect(severity()).toBe('warning')
    expect(await engine.level(0.075)).toBe('thin')
    await engine.demand()
    // Between where a step begins and where it ends, it stays.
    expect(await engine.level(0.09)).toBe('thin')
    engine.send(2)
    await until(async () => (await engine.stored()).length === 2)

    expect(await engine.level(0.045)).toBe('captures')
    expect(severity()).toBe('error')
    await expect(engine.demand()).rejects.toMatchObject({ failure: { code: 'captures-stopped' } })
    engine.send(150)
    await until(async () => (await reader.openOccurrences()).length === 1)
    expect(await engine.stored()).toEqual([1, 2, 150])

    expect(await engine.level(0.009)).toBe('values')
    expect(fs.existsSync(path.join(engine.disk.dir, 'twin.reserve'))).toBe(false)
    engine.send(50, 51)
    await until(async () => (await reader.occurrences({})).some(({ returnedUs }) => returnedUs !== null))
    engine.send(160)
    await until(() => engine.desk.open().some(({ state }) => state === 'unacknowledged'))
    await until(async () => (await reader.gaps({ openOnly: true })).length === 1)
    const head = await reader.head('events')
    writer.advance({ destinationId: 'now', stream: 'events', seq: head, confirmedUs: clock.nowUs() })
    expect(await engine.stored()).toEqual([1, 2, 150])
    expect((await reader.gaps({ openOnly: true }))[0]).toMatchObject({ cause: 'disk-full', pointKey: null })

    // To the last byte: what is said of an alert now is kept and stored when there is room.
    expect(await engine.level(0)).toBe('values')
    engine.send(52)
    await until(() => engine.desk.state('too-hot') !== null)

    expect(await engine.level(0.5)).toBe('ok')
    expect(severity()).toBeUndefined()
    engine.send(53)
    await until(async () => (await engine.stored()).length === engine.sent.length)
    expect(await engine.stored()).toEqual(engine.sent)
    await engine.desk.settled()
    const occurrences = await reader.occurrences({})
    expect(occurrences.every(({ returnedUs }) => returnedUs !== null)).toBe(true)
    await until(async () => (await reader.gaps({ openOnly: true })).length === 0)
    const gaps = (await reader.gaps({})).filter(({ cause }) => cause === 'disk-full')
    expect(gaps).toMatchObject([{ count: 0 }])
    expect(gaps[0]?.endUs).toBe(gaps[0]?.startUs)
    await engine.demand()
    expect(storage.guard.state.reserveBytes).toBeGreaterThan(0)
    expect(await reader.captures({})).toHaveLength(3)
    await engine.pipeline.stop()
    expect(await reader.verify()).toEqual([])
    expect(engine.errors).toEqual([])
  }, 60_000)

  it('all at once, between two looks at it: values wait, alarms are judged, and nothing is lost', async () => {
    const engine = engineOn(make)
    const { until, storage, reader } = engine
    expect(await engine.level(0.5)).toBe('ok')
    engine.send(1)
    await until(async () => (await engine.stored()).length === 1)
    engine.disk.fill(0)
    // More than any spare page holds.
    for (let n = 0; n < 20_000; n++) engine.send(Math.sin(n) * 50)
    engine.send(500)
    await until(() => storage.guard.state.level === 'values')
    expect(storage.guard.state.reserveBytes).toBe(0)
    engine.send(501)
    // Room is made; the level is left when the twin's refusal is ten seconds old.
    engine.disk.fill(0.5)
    await until(async () => {
      await storage.guard.check()
      return storage.recording
    })
    await until(async () => (await reader.openOccurrences()).length === 1)
    await until(async () => (await reader.counts()).scalars === engine.sent.length)
    await engine.pipeline.stop()
    expect(await reader.verify()).toEqual([])
  }, 90_000)
})

describe('the disk guard', () => {
  it('reads the disk and sets room aside under the permissions that the engine has', () => {
    const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-disk-')))
    ended.push(() => fs.rmSync(dir, { recursive: true, force: true }))
    const root = path.join(import.meta.dirname, '..', '..')
    const script = path.join(dir, 'guard.mjs')
    fs.writeFileSync(
      script,
      `import { DiskGuard } from ${JSON.stringify(pathToFileURL(path.join(import.meta.dirname, 'disk-guard.ts')).href)}
       const clock = { nowUs: () => 1, monotonicMs: () => performance.now() }
       const report = (error) => console.log(error)
       const guard = new DiskGuard({ dataDir: ${JSON.stringify(dir)}, clock, changed: () => {}, report })
       await guard.check()
       const { totalBytes, freeBytes, reserveBytes } = guard.state
       console.log(totalBytes > freeBytes, reserveBytes > 0 || freeBytes < totalBytes / 8)`,
    )
    const grants = ['--permission', `--allow-fs-read=${root}`, `--allow-fs-read=${dir}`, `--allow-fs-write=${dir}`]
    const said = execFileSync(process.execPath, [...grants, '--no-warnings', script], { encoding: 'utf8' })
    expect(said.trim()).toBe('true true')
  })
})

describe('storage', () => {
  it('is shown with what each tier holds, may hold and has lost, and what the disk guard does', async () => {
    const engine = engineOn(numbers)
    await engine.demand()
    engine.storage.order()
    await engine.storage.close()
    const view = await engine.storage.view()
    expect(view.storage.tiers.map(({ tier }) => tier)).toEqual([
      'captures',
      'scalars',
      'features',
      'aggregates',
      'events',
    ])
    expect(view.storage.tiers[0]).toMatchObject({ rows: 1, pinned: { rows: 0, bytes: 0 }, removed: null })
    expect(view.caps.captures.maxAgeUs).toBe(35 * 86_400e6)
    expect(view).toMatchObject({ disk: { level: 'ok' }, removals: [], retention: { held: [], problem: null } })
  })
})
