import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DataType, DataValue, StatusCodes, Variant } from 'node-opcua'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport, FindingKind, PointAudit } from '../../shared/domain/audit.ts'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { plainServer } from '../testkit/opcua/plant-parts.ts'
import { systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import { baselineReadiness, mustBeReady, type ReadinessSource } from './baseline-readiness.ts'
import { Engine } from './engine.ts'

/** Ten minutes of a value a second, sent as fast as the wire takes them: the source clock is the test's. */
const seconds = 600
const names = ['good', 'dead', 'stuck', 'spiky', 'wide', 'badq', 'lossy', 'quiet'] as const
type Name = (typeof names)[number]
const spikesAt = [77, 150, 301, 420, 555]

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-quality-'))
let server: TestServer
let engine: Engine
let report: AuditReport
/** What the injector sent, value by value. */
const sent: Record<Name, number> = { good: 0, dead: 0, stuck: 0, spiky: 0, wide: 0, badq: 0, lossy: 0, quiet: 0 }

function plantText(port: number): string {
  return JSON.stringify({
    schema: 'millwright/plant@1',
    plant: { id: 'plant-a', name: 'Plant A', timeZone: 'UTC' },
    lines: [{ id: 'line-1', name: 'Line 1' }],
    servers: [plainServer(port)],
    assets: [{ id: 'pump', lineId: 'line-1', family: 'pump', name: 'Pump' }],
    points: names.map((id) => ({
      id,
      assetId: 'pump',
      kind: 'scalar',
      source: { serverId: 'opc-1', nodeId: `nsu=${plantUri};s=${id}` },
      mapping: { verifiedBy: 'a.weber', verifiedOn: '2026-01-05', method: 'label' },
      contract: {
        version: 1,
        quantity: 'pressure',
        unit: 'bar',
        detector: 'raw',
        sampleRateHz: 1000,
        timestampSource: 'source',
        expectedRange: [0, 10],
        updateCadenceMs: 1000,
        ...(id === 'quiet' ? { deadband: { kind: 'absolute', value: 0.5 } } : {}),
        policy: {
          missingAfterMs: 3_600_000,
          late: 'accept',
          lateToleranceMs: 5000,
          duplicate: 'count',
          outOfOrder: 'reorder',
        },
      },
    })),
    alerts: [],
    sync: [],
  })
}

function send(name: Name, value: number, at: Date, statusCode = StatusCodes.Good): void {
  sent[name]++
  const serverTimestamp = new Date()
  const variant = new Variant({ dataType: DataType.Double, value })
  server.setExactly(name, new DataValue({ value: variant, statusCode, sourceTimestamp: at, serverTimestamp }))
}

function second(i: number, startMs: number, noise: () => number): void {
  const at = new Date(startMs + i * 1000)
  const value = 5 + 0.05 * noise()
  send('good', value, at)
  send('dead', 4.2, at)
  send('stuck', 4.2, new Date(startMs))
  send('spiky', spikesAt.includes(i) ? value + 3 : value, at)
  send('wide', i >= 200 && i < 240 ? value + 7 : value, at)
  send('badq', value, at, i >= 500 && i < 560 ? StatusCodes.BadSensorFailure : StatusCodes.Good)
  if (i < 200 || i >= 300) send('lossy', value, at)
  if (i === 0) send('quiet', 6, at)
}

beforeAll(async () => {
  server = await startTestServer({ values: [...names] })
  const plantFile = path.join(dir, 'plant.json')
  fs.writeFileSync(plantFile, plantText(server.port))
  engine = await Engine.start({
    dataDir: dir,
    plantFile,
    key: Uint8Array.from(randomBytes(32)),
    clock: systemClock,
    onLink: () => {},
    onRestartNeeded: () => {},
    onFatal: (error) => {
      throw error
    },
    onChanged: () => {},
  })
  await until('every point has its first value', () =>
    engine.model.points.every(({ key }) => Number.isFinite(engine.heads.tUs(key))),
  )
  const startMs = Date.now() + 1000
  const noise = gaussian(31)
  const good = engine.model.points.find(({ point }) => point.id === 'good')?.key ?? -1
  for (let i = 0; i < seconds; i++) {
    second(i, startMs, noise)
    // The server's queues hold a minute of the contract's cadence: what is sent may not run further ahead of what came.
    if (i % 25 === 24)
      await until('what was sent is committed', () => engine.heads.tUs(good) === (startMs + i * 1000) * 1000)
  }
  const endUs = (startMs + seconds * 1000) * 1000
  const lastUs = endUs - 1e6
  const all: readonly Name[] = ['good', 'dead', 'spiky', 'wide', 'badq', 'lossy']
  await until('the last value of each is committed', () =>
    engine.model.points.every(
      ({ key, point }) => !all.some((name) => name === point.id) || engine.heads.tUs(key) === lastUs,
    ),
  )
  report = await engine.quality.whole({ fromUs: startMs * 1000, toUs: endUs })
}, 120_000)

afterAll(async () => {
  await engine.stop()
  await server.stop()
  fs.rmSync(dir, { recursive: true, force: true })
})

const tag = (name: Name): PointAudit => {
  const point = report.points.find(({ id }) => id === name)
  if (!point) throw new Error(`no tag ${name}`)
  return point
}
const count = (name: Name, kind: FindingKind): number | undefined =>
  tag(name).findings.find((finding) => finding.kind === kind)?.count
const kinds = (name: Name): FindingKind[] => [...new Set(tag(name).findings.map(({ kind }) => kind))]

describe('faults injected by a real server, through the engine into the twin and the audit', () => {
  it('a tag that delivers all is whole, and every value is counted', () => {
    expect(tag('good').values).toMatchObject({ expected: seconds, delivered: sent.good, repeated: 0, bad: 0 })
    expect(tag('good').completeness).toBe(1)
    // Sent ten minutes in a few seconds, the source clock ran ahead: nothing else is wrong.
    expect(kinds('good')).toEqual(['clock-skew'])
  })

  it('a dead source behind a server that repeats scores 0 %', () => {
    expect(tag('dead')).toMatchObject({ completeness: 0, score: 0, gate: 'fail', values: { repeated: sent.dead } })
  })

  it('so does one whose server stamps the same source time anew', () => {
    expect(sent.stuck).toBe(seconds)
    expect(tag('stuck').completeness).toBeLessThan(0.01)
    expect(tag('stuck').gate).toBe('fail')
  })

  it('a constant value with a deadband is not punished', () => {
    expect(sent.quiet).toBe(1)
    expect(tag('quiet')).toMatchObject({ completeness: 1, gate: 'pass' })
  })

  it('spikes, breaches, bad values and a hole are found, each with the injector’s count', () => {
    expect(count('spiky', 'spikes')).toBe(spikesAt.length)
    expect(count('wide', 'range')).toBe(40)
    expect(count('badq', 'bad-quality')).toBe(60)
    expect(tag('badq').completeness).toBeCloseTo(0.9, 2)
    expect(tag('lossy').values.delivered).toBe(sent.lossy)
    expect(tag('lossy').completeness).toBeCloseTo(sent.lossy / seconds, 3)
    expect(kinds('lossy')).toContain('missing')
    expect(tag('lossy').seconds.unexplained).toBeGreaterThan(95)
    expect(tag('lossy').seconds.unexplained).toBeLessThanOrEqual(101)
  })
})

describe('the tags behind a baseline', () => {
  const record = (): BaselineRecord => ({
    id: 'b',
    pointKey: 1,
    pointId: 'good',
    epochUs: 0,
    condition: 0,
    rpm: null,
    state: 'proposed',
    fromUs: Date.parse(report.from) * 1000,
    untilUs: Date.parse(report.to) * 1000,
    snapshots: 100,
    settled: true,
    features: [],
    left: [],
    proposedUs: 0,
    decidedUs: null,
    decidedBy: null,
    reason: null,
    retiredUs: null,
  })
  /** Its run state is told by a tag that lost a sixth of its values. */
  const source = (exceptions: PlantFile['exceptions']): ReadinessSource => {
    const { model, quality, options } = engine
    const good = model.byId.get('good')
    if (!good) throw new Error('no point')
    const runState = { evidences: [{ pointId: 'lossy', runningAbove: 1, stoppedBelow: 0.5 }], quorum: 1 }
    const info = { ...good, asset: { ...good.asset, asset: { ...good.asset.asset, runState } } }
    const plant = { ...model.plant, exceptions }
    return { model: { ...model, plant, byId: new Map(model.byId).set('good', info) }, quality, options }
  }
  const { signal } = new AbortController()

  it('are audited over the time that was learned; those below 95 % are named and stop the approval', async () => {
    const readiness = await baselineReadiness(source([]), record(), signal)
    expect(readiness.tags).toMatchObject([
      // Sent faster than it was made, so that its source clock ran ahead.
      { pointId: 'good', role: 'measured', state: 'fail', exception: null },
      { pointId: 'lossy', role: 'run-state', state: 'fail', exception: null },
    ])
    expect(readiness.tags[0]?.findings[0]).toMatch(/clock/)
    expect(() => mustBeReady(readiness)).toThrow(/Below 95 %.*: Pump, good \(\d\d %\); Pump, lossy \(\d\d %\)\./)
    const { model, options, quality } = source([])
    const fine = {
      whole: async (...asked: Parameters<typeof quality.whole>) => {
        const audit = await quality.whole(...asked)
        return { ...audit, points: audit.points.map((point) => ({ ...point, score: 95 })) }
      },
    }
    const passed = await baselineReadiness({ model, options, quality: fine }, record(), signal)
    expect(passed.tags.map(({ state }) => state)).toEqual(['pass', 'pass'])
    expect(() => mustBeReady(passed)).not.toThrow()
  })

  it('pass by an exception that is made for them and lasts', async () => {
    const exception = (scope: string, until: string) => ({
      scope,
      until,
      owner: 'a.weber',
      reason: 'gateway is on order',
    })
    const lossy = await baselineReadiness(source([exception('points/lossy', '2999-01-01')]), record(), signal)
    expect(lossy.tags[1]).toMatchObject({ state: 'excepted', exception: { owner: 'a.weber' } })
    expect(() => mustBeReady(lossy)).toThrow(/: Pump, good \(\d\d %\)\./)
    const machine = await baselineReadiness(source([exception('assets/pump', '2999-01-01')]), record(), signal)
    expect(() => mustBeReady(machine)).not.toThrow()
    const ended = await baselineReadiness(source([exception('assets/pump', '2020-01-01')]), record(), signal)
    expect(() => mustBeReady(ended)).toThrow(/lossy/)
  })
})
