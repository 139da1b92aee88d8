import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport, PointAudit } from '../../../shared/domain/audit.ts'
import type { Gap } from '../../../shared/domain/intake.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { gaussian } from '../../../shared/testkit/noise.ts'
import { QualityDesk } from '../../engine/quality-desk.ts'
import { runAudit, runAuditInThreads } from '../../engine/quality-run.ts'
import { serveLocalSocket } from '../../engine/local-socket.ts'
import { openTwin, openTwinForReading, type Twin } from '../../store/api.ts'
import { startUs, tick, workers, type ScalarRow } from '../../store/twin-fixtures.ts'
import { UsageError } from '../io.ts'
import { runAuditVerb } from './audit.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-audit-'))
const data = path.join(dir, 'data')
const file = path.join(data, 'twin.db')
const key = Uint8Array.from(randomBytes(32))
const seconds = 1200
const endUs = startUs + seconds * 1e6

const names = ['good', 'dead', 'late', 'half', 'fixed', 'other', 'any'] as const
const keyOf = (name: (typeof names)[number]): number => names.indexOf(name) + 1

function plant(): PlantFile {
  const policy = {
    missingAfterMs: 5000,
    late: 'accept' as const,
    lateToleranceMs: 5000,
    duplicate: 'drop' as const,
    outOfOrder: 'reorder' as const,
  }
  const contract = {
    version: 1,
    quantity: 'temperature' as const,
    unit: 'degC',
    detector: 'raw' as const,
    sampleRateHz: 1,
    timestampSource: 'source' as const,
    expectedRange: [0, 100] as [number, number],
    updateCadenceMs: 1000,
    policy,
  }
  const point = (id: string, more: object = {}) => ({
    id,
    assetId: id === 'other' ? 'fan' : 'pump',
    kind: 'scalar' as const,
    source: { serverId: 'opc-1', nodeId: `nsu=urn:x;s=${id}` },
    contract: { ...contract, ...more },
  })
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'plant-a', name: 'Plant A', timeZone: 'Europe/Berlin' },
    lines: [
      { id: 'line-1', name: 'Line 1' },
      { id: 'line-2', name: 'Line 2' },
    ],
    servers: [
      {
        id: 'opc-1',
        endpointUrl: 'opc.tcp://127.0.0.1:4840',
        security: { mode: 'None', policy: 'None', reason: 'test' },
        user: { type: 'anonymous' },
      },
    ],
    assets: [
      { id: 'pump', lineId: 'line-1', family: 'pump', name: 'Pump' },
      { id: 'fan', lineId: 'line-2', family: 'fan', name: 'Fan' },
    ],
    points: [
      point('good'),
      point('dead'),
      { ...point('late'), mapping: { verifiedBy: 'a.weber', verifiedOn: '2026-01-05', method: 'bump-test' } },
      point('half'),
      point('fixed', { deadband: { kind: 'absolute', value: 0.5 } }),
      point('other'),
      point('any'),
    ],
    alerts: [],
    sync: [],
    sensors: [{ id: 's-1', kind: 'thermometer', calibrationDue: '2026-01-01' }],
    exceptions: [
      { scope: 'assets/pump/temperature', owner: 'line engineer', until: '2026-02-28', reason: 'Ended yesterday.' },
      { scope: 'points/dead', owner: 'maintenance', until: '2026-03-01', reason: 'The gateway is replaced this week.' },
    ],
  }
}

const lost: Gap = {
  pointKey: keyOf('half'),
  serverId: 'opc-1',
  cause: 'link-lost',
  startUs: startUs + 300e6,
  endUs: startUs + 900e6,
  count: null,
  detail: 'The cable was out.',
}

function rowsOf(second: number, noise: () => number): ScalarRow[] {
  const sourceUs = startUs + second * 1e6
  const value = 40 + noise()
  const out: ScalarRow[] = [
    { pointKey: keyOf('good'), sourceUs, value, receiveUs: sourceUs + 30_000 },
    { pointKey: keyOf('dead'), sourceUs, value: 21.5 },
    { pointKey: keyOf('late'), sourceUs, value, receiveUs: sourceUs + 90e6 },
    { pointKey: keyOf('other'), sourceUs, value: second >= 600 && second < 650 ? 130 + value : value },
  ]
  if (second < 300 || second >= 900) out.push({ pointKey: keyOf('half'), sourceUs, value })
  if (second === 0) out.push({ pointKey: keyOf('fixed'), sourceUs, value: 55 })
  return out
}

let twin: Twin
let number = 0
beforeAll(async () => {
  fs.mkdirSync(data)
  fs.writeFileSync(path.join(dir, 'key'), `${Buffer.from(key).toString('hex')}\n`)
  twin = await openTwin({ file, key, workers })
  await twin.points(names.map((id) => ({ id, assetId: id === 'other' ? 'fan' : 'pump', kind: 'scalar' })))
  await twin.commitConfig({ hash: 'h', text: JSON.stringify(plant()), author: 'a', reason: 'r', atUs: startUs })
  await twin.sessionStart(startUs)
  const noise = gaussian(5)
  for (let from = 0; from < seconds; from += 100) {
    const rows = Array.from({ length: 100 }, (_, i) => rowsOf(from + i, noise)).flat()
    await twin.commitTick(tick(++number, rows, { gaps: from === 900 ? [lost] : [] }))
  }
})
afterAll(async () => {
  await twin.close()
  fs.rmSync(dir, { recursive: true, force: true })
})

const window = { fromUs: startUs, toUs: endUs }
const between = ['--from', new Date(startUs / 1000).toISOString(), '--to', new Date(endUs / 1000).toISOString()]
const withKey = ['--data', 'data', '--key-file', 'key', ...between]

async function run(argv: string[], json = true): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: (t: string) => void (out += t), stderr: (t: string) => void (err += t), cwd: dir, json }
  try {
    return { code: await runAuditVerb(argv, io), out, err }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { code: 2, out, err: error.message }
  }
}

const tag = (report: AuditReport, id: string): PointAudit => {
  const point = report.points.find((each) => each.id === id)
  if (!point) throw new Error(`no tag ${id}`)
  return point
}

describe('millwright audit', () => {
  it('judges each tag, beside the running engine, and exits 1 since the gate is shut', async () => {
    const { code, out } = await run(withKey)
    const report = JSON.parse(out) as AuditReport
    expect(code).toBe(1)
    expect(report).toMatchObject({ schema: 'millwright/audit@1', from: between[1]?.replace('.000', '') })
    expect(tag(report, 'good').completeness).toBeGreaterThan(0.99)
    const mapping = { points: names.length, verified: 1, tested: 1, outOfDate: 0, accuracy: 14.3 }
    expect(report.plant).toMatchObject({ mapping, mappingVerified: 1 / names.length })
    expect(tag(report, 'late').mapping).toMatchObject({ method: 'bump-test', state: 'verified', tested: true })
    expect(tag(report, 'dead')).toMatchObject({ completeness: 0, score: 0, gate: 'excepted', exception: 'points/dead' })
    expect(tag(report, 'half').completeness).toBeCloseTo(0.5, 2)
    expect(tag(report, 'half').findings[0]).toMatchObject({ kind: 'gap', cause: 'link-lost' })
    expect(tag(report, 'fixed')).toMatchObject({ completeness: 1, gate: 'pass' })
    expect(tag(report, 'late').clockSkewS?.median).toBe(90)
    expect(tag(report, 'other').findings.find(({ kind }) => kind === 'range')).toMatchObject({ count: 50 })
    expect(report.lines.map(({ id }) => id)).toEqual(['line-1', 'line-2'])
    expect(report.gate).toMatchObject({ state: 'fail', failing: 2, excepted: 1, threshold: 0.95 })
    expect(report.assets.find(({ id }) => id === 'pump')?.failing.toSorted()).toEqual(['any', 'half'])
    expect(report.points[0]?.score).toBe(0)
  })

  it('counts no exception that has ended, and says so', async () => {
    const report = JSON.parse((await run(withKey)).out) as AuditReport
    expect(report.exceptions).toMatchObject([
      { scope: 'assets/pump/temperature', state: 'expired', covers: [] },
      { scope: 'points/dead', state: 'live', covers: ['dead'] },
    ])
  })

  it('passes where nothing fails, and prints words and a page', async () => {
    const early = [...withKey.slice(0, 4), '--from', between[1] ?? '', '--to', '2026-03-01T00:04:00Z']
    const { out, err } = await run([...early, '--out', 'audit.html'], false)
    expect(out).toMatch(/40\.0 %|100\.0 %/)
    expect(out).toContain('Data quality audit: Plant A')
    expect(err).toContain('audit.html')
    const page = fs.readFileSync(path.join(dir, 'audit.html'), 'utf8')
    expect(page).toContain('<h3>dead: 0.0</h3>')
    expect(page).not.toContain('<script')
  })

  it('asks the running engine where no key is given', async () => {
    const desk = new QualityDesk({ file, key })
    const server = await serveLocalSocket(data, async ({ argv }, io) => {
      await io.out(JSON.stringify(await desk.whole(JSON.parse(argv[0] ?? '{}') as object, io.signal)))
      return 0
    })
    try {
      const byEngine = JSON.parse((await run(['--data', 'data', ...between])).out) as AuditReport
      const byKey = JSON.parse((await run(withKey)).out) as AuditReport
      expect({ ...byEngine, basis: null }).toEqual({ ...byKey, basis: null })
    } finally {
      await server.close()
      await desk.close()
    }
  })

  it('answers wrong usage in one sentence', async () => {
    expect(await run(['--data', 'data'])).toMatchObject({ code: 2, err: expect.stringContaining('give --key-file') })
    expect((await run([...withKey, '--from', 'soon'])).err).toContain('"soon" is no time')
    const swapped = [...withKey.slice(0, 4), '--from', between[3] ?? '', '--to', between[1] ?? '']
    expect((await run(swapped)).err).toContain('swap')
    expect((await run(['--data', 'nowhere', '--key-file', 'key'])).err).toMatch(/no twin/)
  })
})

describe('a contract that changed within the window', () => {
  it('judges each stretch by what was in force then, and as a whole in threads as in one', async () => {
    const fromUs = startUs + 20 * 86_400e6
    const edited = (cadenceMs: number, version: number): string => {
      const text = plant()
      for (const point of text.points) {
        if (point.id === 'good' && point.contract)
          Object.assign(point.contract, { updateCadenceMs: cadenceMs, version })
      }
      return JSON.stringify(text)
    }
    const revision = { author: 'a', reason: 'r' }
    await twin.commitConfig({ ...revision, hash: 'fast', text: edited(1000, 2), atUs: fromUs - 5e6 })
    await twin.commitConfig({ ...revision, hash: 'slow', text: edited(10_000, 3), atUs: fromUs + 300e6 })
    const noise = gaussian(8)
    const times = [...Array(300).keys(), ...Array.from({ length: 30 }, (_, i) => 300 + 10 * i)]
    const rows = times.map((s) => ({ pointKey: keyOf('good'), sourceUs: fromUs + s * 1e6, value: 40 + noise() }))
    await twin.commitTick(tick(++number, rows))
    const request = { fromUs, toUs: fromUs + 600e6 }
    const reader = openTwinForReading({ file, key })
    try {
      const report = await runAudit(reader, request)
      expect(tag(report, 'good')).toMatchObject({ gate: 'pass', values: { expected: 330, delivered: 330 } })
      expect(tag(report, 'good').seconds).toMatchObject({ accepted: 600, unexplained: 0 })
      const threads = await runAuditInThreads(reader, { file, key }, request, { leastMachines: 1 })
      expect({ ...threads, basis: null }).toEqual({ ...report, basis: null })
      expect(threads.basis).toMatchObject({ values: report.basis.values, read: report.basis.read })
    } finally {
      await reader.close()
    }
  })
})

describe('the desk of the running engine', () => {
  it('runs one at a time, can be cancelled, and keeps the last report', async () => {
    const desk = new QualityDesk({ file, key })
    try {
      expect(desk.begin(window).running).not.toBeNull()
      expect(desk.cancel()).toEqual({ running: null, failure: null, report: null })
      desk.begin(window)
      desk.begin({ fromUs: 5, toUs: 3 })
      await expect.poll(() => desk.view().running, { timeout: 30_000 }).toBeNull()
      expect(desk.view()).toMatchObject({ failure: null, report: { plant: { id: 'plant-a' } } })
      expect(desk.point('half').point.segments.map(({ state }) => state)).toContain('gap')
      expect(() => desk.point('nobody')).toThrow('no tag')
      desk.begin({ fromUs: 5, toUs: 3 })
      await expect.poll(() => desk.view().failure, { timeout: 30_000 }).toContain('swap')
      expect(desk.view().report).not.toBeNull()
    } finally {
      await desk.close()
    }
  })
})

describe('any stream that the twin took', () => {
  it('is covered without hole or overlap: accepted, rejected, lost, unexplained or not due', async () => {
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 299 }),
      value: fc.constantFrom(1, 1, 2, 3, 200, Number.NaN),
      status: fc.constantFrom(0, 0, 0, 0x40900000, 0x80000000),
      late: fc.integer({ min: 0, max: 5 }),
    })
    const hole = fc.record({ at: fc.integer({ min: -20, max: 280 }), length: fc.integer({ min: 1, max: 100 }) })
    let turn = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { maxLength: 120 }),
        fc.array(hole, { maxLength: 3 }),
        async (stream, holes) => {
          const fromUs = endUs + turn++ * 1000e6
          const rows = stream.map(({ at, value, status, late }) => {
            const sourceUs = fromUs + at * 1e6
            return { pointKey: keyOf('any'), sourceUs, value, status, receiveUs: sourceUs + late * 1e6 }
          })
          const gaps = holes.map(({ at, length }): Gap => {
            const gapUs = fromUs + at * 1e6
            return { ...lost, pointKey: keyOf('any'), startUs: gapUs, endUs: gapUs + length * 1e6 }
          })
          await twin.commitTick(tick(++number, rows, { gaps }))
          const reader = openTwinForReading({ file, key })
          try {
            const report = await runAudit(reader, { fromUs, toUs: fromUs + 300e6 })
            for (const point of report.points) {
              let at = fromUs
              for (const segment of point.segments) {
                expect(segment.fromUs).toBe(at)
                expect(segment.toUs).toBeGreaterThan(at)
                at = segment.toUs
              }
              expect(at).toBe(fromUs + 300e6)
            }
            const any = tag(report, 'any')
            const distinct = new Set(rows.map(({ sourceUs, value, status }) => `${sourceUs}|${value}|${status}`)).size
            const { delivered, repeated, bad } = any.values
            expect(delivered).toBeLessThanOrEqual(300)
            expect(delivered + repeated + bad).toBeLessThanOrEqual(rows.length)
            expect(delivered).toBeLessThanOrEqual(distinct)
            if (rows.length === 0) expect(any.completeness).toBe(0)
          } finally {
            await reader.close()
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
