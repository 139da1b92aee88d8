import { describe, expect, it } from 'vitest'
import type { AlertRule } from '../../shared/domain/alert.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { AlertCommit, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { createIngest } from '../ingest/index.ts'
import { testPipeline } from '../testkit/engine/pipeline-rig.ts'
import { AlertDesk } from './alert-desk.ts'
import type { DspPool } from './dsp-pool.ts'
import { buildPlantModel } from './plant-model.ts'

const t0 = 1_700_000_000_000_000
const hourUs = 3600e6
const stepUs = 250_000

const contract: PlantFile['points'][number]['contract'] = {
  version: 1,
  quantity: 'temperature',
  unit: 'degC',
  detector: 'raw',
  sampleRateHz: 4,
  timestampSource: 'source',
  expectedRange: [0, 100],
  updateCadenceMs: 250,
  policy: { missingAfterMs: 2000, late: 'accept', lateToleranceMs: 5000, duplicate: 'drop', outOfOrder: 'reorder' },
}
const plant: PlantFile = {
  schema: 'millwright/plant@1',
  plant: { id: 'p', name: 'P', timeZone: 'UTC' },
  lines: [{ id: 'l', name: 'L' }],
  servers: [],
  assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A' }],
  points: [{ id: 'a.t', assetId: 'a', kind: 'scalar', source: { serverId: 's', nodeId: 'ns=1;s=t' }, contract }],
  alerts: [],
  sync: [],
}
const rule: AlertRule = {
  id: 'a.t-high',
  pointId: 'a.t',
  assetId: 'a',
  feature: 'value',
  limits: { warning: 50, alarm: 80 },
  deadband: 1,
  onDelayMs: 1000,
  offDelayMs: 1000,
  contract: plainContract,
  configHash: 'h',
}

/** What happens after n values: to our clock, to the server's, and what the next value is. */
interface Moment {
  after: number
  wall?: number
  server?: number
  value?: number
}

/** Real ingest, pipeline, desk and rules; each commit is followed by the next value. What was raised, by value number. */
async function run(
  moments: readonly Moment[],
  values: number,
  restoredUs: number | null = null,
): Promise<AlertCommit[]> {
  let [wallUs, serverUs, steadyMs, sent, value] = [t0, t0, 1000, 0, 20]
  const clock = { nowUs: () => wallUs, monotonicMs: () => steadyMs }
  const model = buildPlantModel(plant, 'h', 'plant.json', [{ key: 1, id: 'a.t', assetId: 'a', kind: 'scalar' }], [rule])
  const points = model.points.map(({ key, id, contract: of }) => ({
    key,
    id,
    serverId: 's',
    kind: 'scalar' as const,
    contract: of,
  }))
  const ingest = createIngest({ points, heads: [], clock, limits: { scalarQueue: 1000, blockQueue: 8 } })
  const commits: AlertCommit[] = []
  const desk = new AlertDesk({
    commit: (commit) => Promise.resolve(void commits.push(commit)),
    find: () => Promise.resolve(null),
    nowUs: clock.nowUs,
    told: () => {},
    stuck: () => {},
  })
  desk.setRules([rule])
  if (restoredUs !== null) desk.restore([{ ...normalState, lastUs: restoredUs }], [])
  let finish: () => void = () => {}
  const finished = new Promise<void>((resolve) => (finish = resolve))
  const next = (): void => {
    if (++sent > values) return finish()
    for (const moment of moments.filter(({ after }) => after === sent)) {
      wallUs += moment.wall ?? 0
      serverUs += moment.server ?? 0
      value = moment.value ?? value
    }
    wallUs += stepUs
    serverUs += stepUs
    steadyMs += stepUs / 1000
    ingest.acceptScalars({
      count: 1,
      pointKey: Uint32Array.of(1),
      sourceUs: Float64Array.of(serverUs),
      sourceTick: new Uint8Array(1),
      serverUs: Float64Array.of(serverUs),
      receiveUs: Float64Array.of(wallUs),
      value: Float64Array.of(value + (sent % 7) / 10),
      status: new Uint32Array(1),
    })
  }
  const commitTick = (tick: Tick): Promise<TickReceipt> => {
    next()
    const { scalars, gaps, features } = tick
    const counts = { scalars: scalars.count, features: features.length, gaps: gaps.length }
    return Promise.resolve({ number: tick.number, committedUs: wallUs, ...counts, featureHead: 0, eventHead: 0 })
  }
  const pipeline = testPipeline({
    model,
    clock,
    ingest,
    desk,
    commitTick,
    dsp: { depth: 0 } as DspPool,
  })
  next()
  pipeline.start()
  await finished
  await pipeline.stop()
  return commits
}

const normalState = {
  ruleId: rule.id,
  state: 'normal',
  level: 'normal',
  pendingLevel: 'normal',
  pendingSinceUs: 0,
  occurrenceId: null,
  lastValue: 20,
  repeats: 0,
} as const

const hot = { after: 60, value: 60 }

describe('an alarm after a clock was set', () => {
  const cases: [string, Moment[]][] = [
    ['not at all', []],
    ['back by an hour on the server', [{ after: 40, server: -hourUs }]],
    ['forward by an hour on the server', [{ after: 40, server: hourUs }]],
    [
      'to the year 2150 on the server, and right again',
      [
        { after: 20, server: 4e15 },
        { after: 30, server: -4e15 },
      ],
    ],
    ['back by two hours on this machine', [{ after: 40, wall: -2 * hourUs }]],
    [
      'forward by two hours on this machine, and right again',
      [
        { after: 20, wall: 2 * hourUs },
        { after: 40, wall: -2 * hourUs },
      ],
    ],
    [
      'back by two hours on this machine, and right again',
      [
        { after: 20, wall: -2 * hourUs },
        { after: 40, wall: 2 * hourUs },
      ],
    ],
  ]
  it.each(cases)('%s is raised once', async (_what, moments) => {
    const kinds = (await run([...moments, hot], 100)).flatMap(({ transitions }) => transitions.map(({ kind }) => kind))
    expect(kinds).toEqual(['raised'])
  })

  it('is raised although an earlier run has judged a value of the year 2150', async () => {
    const commits = await run([hot], 100, Date.UTC(2150, 0, 1) * 1000)
    expect(commits.flatMap(({ transitions }) => transitions.map(({ kind }) => kind))).toEqual(['raised'])
  })
})
