import fs from 'node:fs'
import { afterAll, afterEach, expect, it } from 'vitest'
import { featureIndex, featureNames } from '../../shared/domain/features.ts'
import type { WaveformBlock } from '../../shared/domain/intake.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { FeatureRow, Tick } from '../../shared/domain/twin.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { createIngest } from '../ingest/index.ts'
import { open, testTwin } from '../store/twin-fixtures.ts'
import { testPipeline } from '../testkit/engine/pipeline-rig.ts'
import { AlertDesk } from './alert-desk.ts'
import { captureFaults } from './capture-faults.ts'
import { DspPool } from './dsp-pool.ts'
import { HealthDesk } from './health-desk.ts'
import { healthInPlace } from './health-thread.ts'
import { SnapshotWindow } from './health-window.ts'
import { buildPlantModel, dspConfigs } from './plant-model.ts'
import { workerUrl } from './resources.ts'

const RATE = 25_600
const BLOCK = 4096
const blockUs = (BLOCK / RATE) * 1e6
const startUs = 1.8e15
const uncertain = 0x40000000
const pointKey = 1

const plant: PlantFile = {
  schema: 'millwright/plant@1',
  plant: { id: 'p', name: 'P', timeZone: 'UTC' },
  lines: [{ id: 'l', name: 'L' }],
  servers: [],
  assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A' }],
  points: [
    {
      id: 'a.de',
      assetId: 'a',
      kind: 'waveform',
      source: { serverId: 's', nodeId: 'ns=1;s=de' },
      contract: {
        version: 1,
        quantity: 'acceleration',
        unit: 'm/s2',
        detector: 'raw',
        sampleRateHz: RATE,
        blockSize: BLOCK,
        timestampSource: 'source',
        expectedRange: [-500, 500],
        updateCadenceMs: 160,
        policy: {
          missingAfterMs: 5000,
          late: 'accept',
          lateToleranceMs: 5000,
          duplicate: 'drop',
          outOfOrder: 'reorder',
        },
      },
    },
  ],
  alerts: [
    {
      id: 'a.rms',
      pointId: 'a.de',
      feature: 'rms',
      limits: { alarm: 5 },
      deadband: 1,
      onDelayMs: 0,
      offDelayMs: 0,
      contract: plainContract,
    },
  ],
  sync: [],
  // Snapshots of twelve blocks and a half; the first twenty may be enough.
  earlyWarning: { snapshotMin: 1 / 30, learnDays: 0, fewestSnapshots: 20 },
}

const closing: (() => Promise<unknown>)[] = []
const dirs: string[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(() => {
  for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true })
})

/** Every fifth block is far louder and clipped, every eleventh comes with an uncertain status. */
const kindOf = (i: number): 'clipped' | 'uncertain' | 'good' =>
  i % 5 === 4 ? 'clipped' : i % 11 === 10 ? 'uncertain' : 'good'
const blockCount = 800

function blockOf(i: number, noise: () => number): WaveformBlock {
  const kind = kindOf(i)
  const samples = Float32Array.from({ length: BLOCK }, () =>
    kind === 'good' ? noise() : Math.max(-8, Math.min(8, 15 * noise())),
  )
  const sourceUs = startUs + Math.round(i * blockUs)
  return {
    pointKey,
    sourceUs,
    sourceTick: 0,
    serverUs: sourceUs,
    receiveUs: sourceUs,
    sampleRateHz: RATE,
    samples: kind === 'uncertain' ? samples.map((value) => value / 20) : samples,
    status: kind === 'uncertain' ? uncertain : 0,
  }
}

it('clipped and doubtful blocks are judged by limits, teach the baseline nothing, and are counted; so too after a restart', async () => {
  const file = testTwin()
  dirs.push(file.dir)
  let twin = await open(file)
  await twin.commitConfig({ hash: 'h', text: '{}', author: 'test', reason: '', atUs: startUs })
  await twin.points([{ id: 'a.de', assetId: 'a', kind: 'waveform' }])
  await twin.sessionStart(startUs)
  const refs = [{ key: pointKey, id: 'a.de', assetId: 'a', kind: 'waveform' as const }]
  const [alert] = plant.alerts
  const rules = alert ? [{ ...alert, assetId: 'a', configHash: 'h' }] : []
  const model = buildPlantModel(plant, 'h', 'plant.json', refs, rules)
  const clock = { nowUs: () => startUs + blockCount * blockUs, monotonicMs: () => performance.now() }
  let raised = 0
  const alerts = new AlertDesk({
    commit: ({ transitions }) => {
      raised += transitions.filter(({ kind }) => kind === 'raised').length
      return Promise.resolve()
    },
    find: () => Promise.resolve(null),
    nowUs: clock.nowUs,
    told: () => {},
    stuck: () => {},
  })
  const openDesk = async (): Promise<HealthDesk> => {
    const desk = new HealthDesk({
      twin,
      startThread: healthInPlace,
      clockStep: () => {},
      judge: () => {},
      clock,
      raise: () => {},
      clear: () => {},
      report: (error) => {
        throw error
      },
      told: () => {},
    })
    desk.setModel(model, new Map([[pointKey, null]]))
    await desk.begin()
    await desk.settled()
    return desk
  }
  const desk = await openDesk()
  const dsp = new DspPool(workerUrl('dsp-worker'), 1, (error) => {
    throw error
  })
  closing.push(() => dsp.close())
  dsp.configure(dspConfigs(model, { bearings: [] } as never, () => 1))
  await dsp.ready()
  const ticks: Tick[] = []
  const pipeline = testPipeline({
    model,
    clock,
    ingest: createIngest({ points: [], heads: [], clock, limits: { scalarQueue: 10, blockQueue: 8 } }),
    desk: alerts,
    commitTick: (tick) => twin.commitTick(tick),
    dsp,
    committed: (tick) => {
      ticks.push(tick)
      desk.take(tick)
    },
  })
  pipeline.start()
  const noise = gaussian(3)
  for (let i = 0; i < blockCount; i++) {
    while (dsp.depth > 8) await new Promise((resolve) => setTimeout(resolve, 2))
    pipeline.block(blockOf(i, noise), true)
  }
  await pipeline.stop()
  await desk.settled()
  const rows = ticks.flatMap(({ features }) => features)
  expect(rows).toHaveLength(blockCount)
  const share = featureIndex('goodShare')
  for (const [i, { values }] of rows.entries()) {
    const good = values[share] ?? Number.NaN
    if (kindOf(i) === 'good') expect(good).toBe(1)
    else if (kindOf(i) === 'uncertain') expect(good).toBe(0)
    else expect(good > 0.5 && good < 1).toBe(true)
  }
  // Limits are judged by what came.
  await alerts.settled()
  expect(raised).toBe(1)
  const [baseline] = desk.baselinesOf(pointKey)
  const rms = baseline?.features.find(({ name }) => name === 'rms')
  expect(rms?.mean).toBeGreaterThan(0.98)
  expect(rms?.mean).toBeLessThan(1.02)
  expect(rms?.sigma).toBeLessThan(0.02)
  // All but those of the window that is still open.
  const last = Math.floor((rows.at(-1)?.tUs ?? 0) / 2e6) * 2e6
  const count = (kind: string): number => rows.filter(({ tUs }, i) => tUs < last && kindOf(i) === kind).length
  const counted = { clipped: count('clipped'), uncertain: count('uncertain') }
  expect(counted.clipped).toBeGreaterThan(90)
  expect(desk.point(pointKey)?.left).toEqual(counted)
  await desk.close()
  await twin.close()
  twin = await open(file)
  closing.push(() => twin.close())
  const again = await openDesk()
  closing.push(() => again.close())
  expect(again.point(pointKey)?.left).toEqual(counted)
}, 60_000)

it('spoilt blocks are counted by the gap in their place, which is written again while it lasts; nothing but bad blocks is told too', () => {
  const window = new SnapshotWindow(6e6, 160e3, [], BLOCK)
  const row = (second: number, good: number): FeatureRow => {
    const values = new Float32Array(featureNames.length).fill(Number.NaN)
    values[featureIndex('goodShare')] = good
    return {
      pointKey,
      tUs: second * 1e6,
      spanUs: blockUs,
      values,
      rpm: Number.NaN,
      runState: 'unknown',
      configHash: 'h',
    }
  }
  const gap = { pointKey, serverId: 's', cause: 'cable-fault' as const, startUs: 0, endUs: 1, detail: '' }
  expect(window.add(row(0, 0.9))).toBeNull()
  window.spoilt({ ...gap, count: 3 * BLOCK })
  window.spoilt({ ...gap, count: 5 * BLOCK })
  window.spoilt({ ...gap, cause: 'link-lost', count: 50 * BLOCK })
  expect(window.add(row(6, 1))).toEqual({ tUs: 0, snapshot: null, left: { clipped: 1, 'cable-fault': 5 } })
  window.spoilt({ ...gap, startUs: 7, count: BLOCK })
  expect(window.add(row(12, 1))).toMatchObject({ tUs: 6e6, snapshot: { tUs: 6e6 }, left: { 'cable-fault': 1 } })
  expect(window.add(row(18, 1))).toMatchObject({ left: null })
})

it('a capture tells what is wrong with it; a standing machine only has its last bits', () => {
  const noise = gaussian(9)
  const samples = Float32Array.from({ length: 65_536 }, () => noise())
  const of = { samples, sampleRateHz: RATE, runState: 'running' as const }
  expect(captureFaults(of)).toEqual([])
  const clipped = { ...of, samples: samples.map((value) => Math.max(-1.5, Math.min(1.5, value))) }
  expect(captureFaults(clipped).map(({ fault }) => fault)).toEqual(['clipped'])
  expect(captureFaults({ ...clipped, runState: 'not-running' })).toEqual([])
})
