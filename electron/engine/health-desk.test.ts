import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { AlertCommit, FeatureRow } from '../../shared/domain/twin.ts'
import { featureIndex, featureNames } from '../../shared/domain/features.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { resolvePlant } from '../assets/index.ts'
import { backtest } from '../cli/verbs/backtest.ts'
import { readHistory } from '../cli/verbs/backtest-index.ts'
import { observations } from '../cli/verbs/backtest-observations.ts'
import { machineContent } from '../plant/content.ts'
import { generatePlantFile } from '../plant/plant-file.ts'
import type { Twin } from '../store/api.ts'
import { open, testTwin, tick, type TestTwin } from '../store/twin-fixtures.ts'
import { AlertDesk } from './alert-desk.ts'
import { HealthDesk } from './health-desk.ts'
import { healthInPlace, startHealthThread, type HealthThread, type HealthThreadEvents } from './health-thread.ts'
import { featuresOf, SnapshotWindow } from './health-window.ts'
import { buildPlantModel, type PlantModel } from './plant-model.ts'
import type { ProblemText } from './problem-texts.ts'

const anna = { name: 'anna', role: 'reliability-engineer' } as const
const startUs = 1.8e15
const pointKey = 1
const minuteUs = 60e6

type Edit = (plant: PlantFile) => PlantFile

/** One machine with one accelerometer. */
function modelOf(earlyWarning: PlantFile['earlyWarning'], edit: Edit = (plant) => plant): PlantModel {
  const generated = generatePlantFile([machineContent(null)], {
    endpointUrl: 'opc.tcp://127.0.0.1:4840',
    brokerUrl: null,
  })
  const points = generated.points.filter(({ kind }) => kind === 'waveform').slice(0, 1)
  const plant = edit({ ...generated, points, alerts: [], earlyWarning })
  const refs = plant.points.map(({ id, assetId, kind }) => ({ key: pointKey, id, assetId, kind }))
  return buildPlantModel(plant, 'hash-1', 'plant.json', refs, resolvePlant(plant, 'hash-1').rules)
}

const made: TestTwin[] = []
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
  for (const { dir } of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})

interface Bench {
  twin: Twin
  desk: HealthDesk
  alerts: AlertDesk
  commits: AlertCommit[]
  problems: Map<string, ProblemText>
  clock: { nowUs: () => number; monotonicMs: () => number; atUs: number }
  threads: ReturnType<typeof healthInPlace>[]
}

async function twinFor(file: TestTwin = testTwin()): Promise<{ file: TestTwin; twin: Twin }> {
  if (!made.includes(file)) made.push(file)
  const twin = await open(file)
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: '', atUs: startUs })
  await twin.points([{ id: 'machine.de', assetId: 'machine', kind: 'waveform' }])
  await twin.sessionStart(startUs)
  return { file, twin }
}

async function bench(
  twin: Twin,
  model: PlantModel,
  start?: (events: HealthThreadEvents) => HealthThread,
  atUs = startUs,
): Promise<Bench> {
  const clock = { atUs, nowUs: () => clock.atUs, monotonicMs: () => clock.atUs / 1000 }
  const commits: AlertCommit[] = []
  const problems = new Map<string, ProblemText>()
  const threads: Bench['threads'] = []
  const alerts = new AlertDesk({
    commit: async (commit) => {
      await twin.commitAlerts(commit)
      commits.push(commit)
    },
    find: (id) => twin.occurrence(id),
    nowUs: () => clock.nowUs(),
    told: () => {},
    stuck: () => {},
  })
  alerts.restore(await twin.ruleStates(), await twin.openOccurrences())
  const desk = new HealthDesk({
    twin,
    startThread:
      start ??
      ((events) => {
        const thread = healthInPlace(events)
        threads.push(thread)
        return thread
      }),
    clockStep: (rule) => alerts.clockStep(rule),
    judge: (rule, sample, suppressed) => alerts.judge(rule, sample, suppressed, Number.POSITIVE_INFINITY),
    clock,
    raise: (problem) => problems.set(problem.id, problem),
    clear: (id) => problems.delete(id),
    report: (error) => {
      throw error
    },
    told: () => {},
  })
  desk.setModel(model, new Map([[pointKey, null]]))
  await desk.begin()
  await desk.settled()
  opened.push(desk)
  return { twin, desk, alerts, commits, problems, clock, threads }
}

async function approveAll({ desk }: Bench): Promise<number> {
  const waiting = desk.baselinesOf(pointKey).filter(({ state }) => state === 'proposed')
  for (const { id } of waiting) await desk.decisions.decide(id, 'approve', anna, 'known to be healthy')
  return waiting.length
}

const raisedOf = (commits: readonly AlertCommit[]): number[] =>
  commits.flatMap(({ transitions }) => transitions.filter(({ kind }) => kind === 'raised').map(({ atUs }) => atUs))

interface Look {
  tUs: number
  rpm: number | null
  features: Readonly<Record<string, number>>
  quality: 'good' | 'clipped' | 'unusable' | 'standing'
}

/** Shows the looks to a desk as they come; each proposal is approved at once, as a backtest does. */
async function replay(one: Bench, looks: readonly Look[]): Promise<void> {
  let isWatched = false
  for (const [i, look] of looks.entries()) {
    one.desk.snapshot(pointKey, look)
    // Where a proposal may come, the next look waits for the answer.
    if (i > 95 && (!isWatched || i % 100 === 0)) await one.desk.settled()
    if ((await approveAll(one)) > 0) isWatched = true
  }
  await one.desk.settled()
  await one.alerts.settled()
}

/** A machine whose level rises slowly from snapshot 200 on. */
function rising(count: number, riseDb: (i: number) => number = (i) => Math.max(0, i - 200) / 20): Look[] {
  const noise = gaussian(7)
  return Array.from({ length: count }, (_, i) => ({
    tUs: startUs + (i + 1) * 10 * minuteUs,
    rpm: 1480,
    features: {
      rms: 0.4 * 10 ** ((riseDb(i) + 0.3 * noise()) / 20),
      kurtosis: 3 + 0.1 * noise(),
      bpfo: 0.01 * 10 ** ((riseDb(i) + noise()) / 20),
    },
    quality: 'good' as const,
  }))
}

const hundred = { learnDays: 0, fewestSnapshots: 100 }
const data = fileURLToPath(new URL('../../../shared/data/histories/', import.meta.url))

describe('live is the backtest', () => {
  it('a synthetic history warns at the same snapshot, with the same score and reason, on a thread of its own', async () => {
    const looks = rising(400)
    const { twin } = await twinFor()
    opened.push(twin)
    const one = await bench(twin, modelOf(hundred), startHealthThread)
    const said = async (): Promise<void> => {
      // The thread answers by itself: wait for the answer to the last look.
      for (const known = one.desk.point(pointKey); known?.last?.tUs !== lastUs;)
        await new Promise((resolve) => setTimeout(resolve, 1))
      await one.desk.settled()
    }
    let lastUs = 0
    for (const [i, look] of looks.entries()) {
      one.desk.snapshot(pointKey, look)
      lastUs = look.tUs
      if (i >= 98 && i < 102) await said()
      await approveAll(one)
    }
    await said()
    await one.alerts.settled()
    const rows = looks.map(({ features }) => features)
    const table = {
      rows: rows.length,
      t: looks.map(({ tUs }) => tUs / 1e6),
      timeS: Float64Array.from(looks, ({ tUs }) => tUs / 1e6),
      features: new Map(
        ['rms', 'kurtosis', 'bpfo'].map((name) => [name, Float64Array.from(rows, (row) => row[name as 'rms'] ?? 0)]),
      ),
    }
    const expected = backtest({ kind: 'tables', rpm: 1480, tables: table })
    const raised = raisedOf(one.commits).map((atUs) => looks.findIndex(({ tUs }) => tUs === atUs))
    expect(expected.firstWarning?.index).toBeGreaterThan(200)
    expect(raised).toEqual([expected.firstWarning?.index])
    const [occurrence] = one.alerts.open()
    expect(occurrence).toMatchObject({ feature: 'healthScore', level: 'alarm', priority: 'low' })
    const evidence = await twin.healthEvidence(pointKey, occurrence?.raisedUs ?? 0)
    expect(expected.firstWarning?.reason).toContain(evidence?.findings[0]?.reason ?? 'nothing')
    const since = /since snapshot (\d+)/.exec(evidence?.findings[0]?.reason ?? '')?.[1]
    expect(evidence?.findings[0]?.sinceUs).toBe(looks[Number(since)]?.tUs)
    expect(evidence?.baselineId).toBe(one.desk.baselinesOf(pointKey)[0]?.id)
  }, 60_000)

  it.skipIf(!fs.existsSync(data)).each(['femto_Bearing2_7', 'ims_test2_bearing1_ch1'])(
    '%s: the first warning comes at the same row (skipped where ../shared/data is absent)',
    async (name) => {
      const history = readHistory(path.join(data, name, 'index.json'))
      const expected = backtest(history)
      const looks = [...observations(history)].map(({ observation }): Look => ({
        ...observation,
        tUs: startUs + Math.round(observation.timeS * 1e6),
      }))
      const { twin } = await twinFor()
      opened.push(twin)
      const one = await bench(twin, modelOf(hundred))
      await replay(one, looks)
      const raised = raisedOf(one.commits).map((atUs) => looks.findIndex(({ tUs }) => tUs === atUs))
      expect(raised[0]).toBe(expected.firstWarning?.index)
    },
    60_000,
  )
})

/** Blocks of a second each; the machine stands for a while, and its level rises at the end. */
function blocks(count: number): FeatureRow[] {
  const noise = gaussian(11)
  return Array.from({ length: count }, (_, i) => {
    const values = new Float32Array(featureNames.length).fill(Number.NaN)
    const riseDb = Math.max(0, i - 1200) / 25
    const isStanding = i > 700 && i < 760
    const level = isStanding ? 0.001 : 0.4
    values[featureIndex('rms')] = level * 10 ** ((riseDb + 0.5 * noise()) / 20)
    values[featureIndex('kurtosis')] = 3 + 0.2 * noise()
    values[featureIndex('velocityRms')] = 2 * level * 10 ** ((riseDb + 0.5 * noise()) / 20)
    const runState = isStanding ? ('not-running' as const) : ('running' as const)
    const rpm = isStanding ? 0 : 1480 + noise()
    return { pointKey, tUs: startUs + i * 1e6, spanUs: 1e6, values, rpm, runState, configHash: 'hash-1' }
  })
}

/** Snapshots of six blocks; twenty of them may be enough. */
const quick = { snapshotMin: 0.1, learnDays: 0.001, fewestSnapshots: 20 }

/** Commits blocks as the pipeline does, and ends the engine without a word at each of `cuts`. */
async function run(rows: readonly FeatureRow[], cuts: ReadonlySet<number>) {
  const { file, twin: first } = await twinFor()
  let twin = first
  let one = await bench(twin, modelOf(quick))
  const commits: AlertCommit[] = []
  let number = 0
  for (const [i, row] of rows.entries()) {
    if (i % 5 === 0) {
      const piece = rows.slice(i, i + 5)
      one.clock.atUs = row.tUs + 5e6
      await twin.commitTick(tick(++number, [], { features: piece, atUs: one.clock.atUs }))
      one.desk.take({ features: piece, gaps: [] })
      if (i > 250 && i < 420) await one.desk.settled()
      await approveAll(one)
    }
    if (!cuts.has(i)) continue
    // What was under way is lost: neither desk nor alerts are asked to finish.
    one.threads[0]?.kill('killed')
    opened.splice(opened.indexOf(one.desk), 1)
    await one.desk.close()
    commits.push(...one.commits)
    await twin.close()
    ;({ twin } = await twinFor(file))
    number = 0
    one = await bench(twin, modelOf(quick), undefined, row.tUs + 5e6)
  }
  await one.desk.settled()
  await one.alerts.settled()
  const point = one.desk.point(pointKey)
  const outcome = {
    raised: [...new Set(raisedOf([...commits, ...one.commits]))],
    open: one.alerts.open().map(({ id, level, value, limit, contract }) => ({ id, level, value, limit, contract })),
    baselines: one.desk.baselinesOf(pointKey).map(({ proposedUs: _p, decidedUs: _d, ...record }) => ({
      ...record,
      id: '',
      epochUs: 0,
    })),
    last: { ...point?.last, seq: 0 },
    conditions: point?.conditions,
  }
  await twin.close()
  return outcome
}

describe('a restart', () => {
  it('anywhere in between changes nothing: blocks, windows, approval, warnings and what is known are the same', async () => {
    const rows = blocks(1500)
    const whole = await run(rows, new Set())
    expect(whole.baselines).toMatchObject([{ state: 'frozen', decidedBy: 'anna', snapshots: 50 }])
    expect(whole.raised).toHaveLength(1)
    expect(whole.open).toMatchObject([{ level: 'alarm' }])
    expect(await run(rows, new Set([143, 333, 742, 1322]))).toEqual(whole)
  }, 120_000)
})

describe('without approval', () => {
  it('nothing is judged; what is not healthy is learned once more, and each decision is in the audit trail', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    const one = await bench(twin, modelOf(hundred))
    for (const look of rising(300)) one.desk.snapshot(pointKey, look)
    await one.desk.settled()
    expect(one.commits).toEqual([])
    const [proposal] = one.desk.baselinesOf(pointKey)
    expect(proposal).toMatchObject({ state: 'proposed', snapshots: 100, rpm: 1480, decidedBy: null })
    expect(proposal?.features.find(({ name }) => name === 'rms')?.mean).toBeCloseTo(0.4, 2)
    expect(proposal?.features.find(({ name }) => name === 'rms')?.sigma).toBeCloseTo(0.4 * (10 ** (0.3 / 20) - 1), 2)
    const id = proposal?.id ?? ''
    await one.desk.decisions.decide(id, 'relearn', anna, 'the bearing was loose')
    await expect(one.desk.decisions.decide(id, 'approve', anna, null)).rejects.toThrow(/rejected already/)
    await expect(one.desk.decisions.decide('no-such', 'approve', anna, null)).rejects.toThrow(/no baseline/)
    await one.desk.settled()
    for (const look of rising(450, () => 0).slice(300)) one.desk.snapshot(pointKey, look)
    await one.desk.settled()
    expect(await approveAll(one)).toBe(1)
    expect(one.desk.baselinesOf(pointKey).map(({ state }) => state)).toEqual(['rejected', 'frozen'])
    const trail = await twin.audit({ limit: 10 })
    expect(trail.map(({ action, actor, reason }) => [action, actor, reason])).toEqual([
      ['baseline.approve', 'anna', 'known to be healthy'],
      ['baseline.relearn', 'anna', 'the bearing was loose'],
    ])
  }, 60_000)
})

describe('a new epoch', () => {
  it('keeps the old baseline, lets the advisory alert return, and learns anew', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    const one = await bench(twin, modelOf(hundred))
    await replay(one, rising(300))
    expect(one.alerts.open()).toMatchObject([{ state: 'unacknowledged' }])
    one.clock.atUs = startUs + 400 * 10 * minuteUs
    await one.desk.decisions.beginEpoch([pointKey], 'asked', anna, 'bearing replaced')
    await one.desk.settled()
    await one.alerts.settled()
    expect(one.alerts.open()).toMatchObject([{ state: 'returned-unacknowledged' }])
    expect(one.desk.baselinesOf(pointKey)).toMatchObject([{ state: 'retired', decidedBy: 'anna' }])
    expect((await twin.health(pointKey)).log).toHaveLength(1)
    const later = rising(520, () => 6).slice(401)
    await replay(one, later)
    expect(one.desk.baselinesOf(pointKey).map(({ state }) => state)).toEqual(['retired', 'frozen'])
    expect(one.desk.point(pointKey)?.last?.step.score).toBeLessThan(1)
    expect((await twin.healthEpochs()).map(({ cause, reason, by }) => [cause, reason, by])).toEqual([
      ['first', '', 'engine'],
      ['asked', 'bearing replaced', 'anna'],
    ])
  }, 60_000)

  it('is proposed for another unit or sensor, which stops judging, and after maintenance, which does not', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    const with0 = (edit: Edit): PlantModel => modelOf(hundred, edit)
    const sensor =
      (replacedAt: string | null): Edit =>
      (plant) => ({
        ...plant,
        sensors: [{ id: 's-1', ...(replacedAt === null ? {} : { replacedAt }) }],
        points: plant.points.map((point) => ({ ...point, sensorId: 's-1' })),
      })
    const one = await bench(twin, with0(sensor(null)))
    const change = () => one.desk.point(pointKey)?.change ?? null
    const orders = new Map([[pointKey, null]])
    expect(change()).toBeNull()
    one.desk.setModel(with0(sensor('2027-06-01T10:00:00Z')), orders)
    expect(change()).toMatchObject({ cause: 'sensor', pauses: true })
    const before = (await twin.health(pointKey)).log.length
    one.desk.snapshot(pointKey, rising(1)[0] as Look)
    await one.desk.settled()
    expect((await twin.health(pointKey)).log).toHaveLength(before)
    await one.desk.decisions.keep(pointKey, anna, 'same type, same place')
    expect(change()).toBeNull()
    const inMm = (plant: PlantFile): PlantFile => ({
      ...sensor('2027-06-01T10:00:00Z')(plant),
      points: sensor(null)(plant).points.map((point) => ({
        ...point,
        ...(point.contract ? { contract: { ...point.contract, unit: 'm/s2' } } : {}),
      })),
    })
    one.desk.setModel(with0(inMm), orders)
    expect(change()).toMatchObject({ cause: 'contract', pauses: true })
    await one.desk.decisions.beginEpoch([pointKey], 'contract', anna, 'unit corrected')
    expect(change()).toBeNull()
    const worked = (plant: PlantFile): PlantFile => ({
      ...inMm(plant),
      maintenance: [
        { scope: `lines/${plant.assets[0]?.lineId}`, from: '2027-01-20T00:00:00Z', to: '2027-01-21T00:00:00Z' },
      ],
    })
    one.desk.setModel(with0(worked), orders)
    expect(change()).toBeNull()
    one.clock.atUs = Date.parse('2027-01-21T00:01:00Z') * 1000
    one.desk.look()
    expect(change()).toMatchObject({ cause: 'maintenance', pauses: false })
  })
})

describe('the advisory model', () => {
  it('that is killed leaves alerts of limits alone, says so, and takes up what it missed', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    const one = await bench(twin, modelOf(hundred))
    const looks = rising(300, (i) => (i < 200 ? 0 : 4))
    await replay(one, looks.slice(0, 190))
    const rule = {
      id: 'limit',
      pointId: 'machine.de',
      assetId: 'machine',
      feature: 'rms',
      limits: { warning: 0.5 },
      deadband: 0,
      onDelayMs: 0,
      offDelayMs: 0,
      contract: plainContract,
      configHash: 'hash-1',
    }
    const judged = (value: number, tUs: number) =>
      one.alerts.judge(rule, { value, tUs, quality: 'good' }, false, Number.POSITIVE_INFINITY)
    judged(0.6, startUs + 1)
    one.threads[0]?.kill('out of memory')
    expect(one.desk.off).toBe('out of memory')
    expect(one.problems.get('advisory.off')?.message).toMatch(/^Advisory model off: .*out of memory/)
    judged(0.4, startUs + 2)
    for (const look of looks.slice(190)) one.desk.snapshot(pointKey, look)
    await one.desk.settled()
    await one.alerts.settled()
    expect(
      one.commits.flatMap(({ transitions }) => transitions.map(({ ruleId, kind }) => `${ruleId} ${kind}`)),
    ).toEqual(['limit raised', 'limit returned'])
    while (one.desk.off !== null) await new Promise((resolve) => setTimeout(resolve, 20))
    await one.desk.settled()
    await one.alerts.settled()
    expect(one.problems.has('advisory.off')).toBe(false)
    const other = await bench((await twinFor()).twin, modelOf(hundred))
    opened.push(other.twin)
    await replay(other, looks)
    expect(raisedOf(one.commits).slice(1)).toEqual(raisedOf(other.commits))
    expect(raisedOf(other.commits)).toHaveLength(1)
  }, 60_000)

  it('that cannot read what it knew says so of this point, and a new epoch mends it', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    await twin.commitHealth({ memories: [{ pointKey, seq: 1, body: Uint8Array.of(1, 2, 3) }] })
    const said: string[] = []
    const model = modelOf(hundred)
    const clock = { nowUs: () => startUs, monotonicMs: () => 0 }
    const desk = new HealthDesk({
      twin,
      startThread: healthInPlace,
      judge: () => {},
      clockStep: () => {},
      clock,
      raise: () => {},
      clear: () => {},
      report: (error) => said.push(String(error)),
      told: () => {},
    })
    opened.push(desk)
    desk.setModel(model, new Map([[pointKey, null]]))
    await desk.begin()
    await desk.settled()
    expect(said).toHaveLength(1)
    expect(desk.point(pointKey)?.failed).toEqual(expect.any(String))
    await desk.decisions.beginEpoch([pointKey], 'asked', anna, 'begin again')
    await desk.settled()
    expect(desk.point(pointKey)?.failed).toBeNull()
    desk.snapshot(pointKey, rising(1)[0] as Look)
    await desk.settled()
    expect(desk.point(pointKey)?.conditions).toMatchObject([{ phase: 'learning', learned: 1 }])
  })
})

describe('a clock that is set back', () => {
  it('does not silence the early warning: what comes is judged by its own order', async () => {
    const { twin } = await twinFor()
    opened.push(twin)
    const one = await bench(twin, modelOf(hundred))
    const looks = rising(300, (i) => (i < 200 ? 0 : 4))
    const yearUs = 365 * 86_400e6
    await replay(
      one,
      looks.map((look, i) => (i < 150 ? look : { ...look, tUs: look.tUs - yearUs })),
    )
    const other = await bench((await twinFor()).twin, modelOf(hundred))
    opened.push(other.twin)
    await replay(other, looks)
    const at = (commits: readonly AlertCommit[], shift: number): number[] =>
      raisedOf(commits).map((tUs) => looks.findIndex((look) => look.tUs === tUs + shift))
    expect(at(other.commits, 0)).toHaveLength(1)
    expect(at(one.commits, yearUs)).toEqual(at(other.commits, 0))
  }, 60_000)

  it('begins windows anew, and drops a row that is only a little late', () => {
    const window = new SnapshotWindow(30e6, 20e6, featuresOf(['unit']))
    const [row] = blocks(1)
    const at = (seconds: number) => window.add({ ...(row as FeatureRow), tUs: startUs + seconds * 1e6 })?.tUs
    expect([at(100), at(90), at(130), at(10)]).toEqual([startUs + 100e6, undefined, startUs + 130e6, startUs + 10e6])
  })
})

describe('the thread', () => {
  it('that fails says why, once', async () => {
    const gone: string[] = []
    const heard: unknown[] = []
    const thread = startHealthThread({ message: (message) => heard.push(message), gone: (why) => gone.push(why) })
    const options = { policy: { fewest: 20, most: 50, shortestS: 0 }, snapshotsPerFalseWarning: 1000 }
    thread.post({ t: 'open', pointKey, options, memory: null, entries: [] })
    while (heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    // What no version of the desk sends: its handler throws.
    thread.post(JSON.parse('null'))
    while (gone.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await thread.close()
    expect(gone).toEqual([expect.stringMatching(/null/)])
  })
})

describe('snapshots', () => {
  const names = featuresOf(['unit'])

  it('hold no lines of a bearing that nobody knows, and no orders without a speed', () => {
    const given = names.map(({ name }) => name)
    expect(given).toEqual(expect.arrayContaining(['rms', 'kurtosis', 'velocityRms', 'envelopeRms']))
    expect(given.filter((name) => /^(bpf|bsf|ftf|order)/.test(name))).toEqual([])
    expect(featuresOf(['unit', 'speed', 'bearing']).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['bpfo', 'order1']),
    )
  })

  it('are medians of rows spread over a window, of one speed, without run-ups; told when the next window begins', () => {
    const window = new SnapshotWindow(30e6, 1e6, names)
    const rows = blocks(100)
    const taken = rows.slice(0, 62).flatMap((row, i) => {
      const odd = i === 5 ? { ...row, runState: 'transient' as const, values: row.values.map(() => 99) } : row
      const snapshot = window.add(i === 7 ? { ...odd, rpm: 2950, values: row.values.map(() => 99) } : odd)?.snapshot
      return snapshot ? [{ ...snapshot, at: i }] : []
    })
    expect(taken.map(({ at }) => at)).toEqual([30, 60])
    expect(taken[0]?.tUs).toBe(startUs + 29e6)
    expect(taken[0]?.rpm).toBeCloseTo(1480, -1)
    expect(Object.keys(taken[0]?.features ?? {})).toEqual(names.map(({ name }) => name))
    expect(taken[0]?.features['rms']).toBeCloseTo(0.4, 1)
    expect(taken[0]?.features['envelopeRms']).toBeNaN()
  })

  it('of a machine that stands have speed 0; a point that is measured seldom gives one for each row', () => {
    const seldom = new SnapshotWindow(30e6, 20e6, names)
    const rows = blocks(800)
    const stood = seldom.add(rows[750] as FeatureRow)
    expect(stood?.snapshot).toMatchObject({ rpm: 0, tUs: startUs + 750e6 })
    expect(seldom.add(rows[749] as FeatureRow)).toBeNull()
    expect(seldom.add(rows[770] as FeatureRow)?.snapshot?.rpm).toBeCloseTo(1480, -1)
  })
})
