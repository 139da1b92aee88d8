import { describe, expect, it } from 'vitest'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'
import { featureIndex, featureNames } from '../../shared/domain/features.ts'
import { resolvePlant } from '../assets/index.ts'
import { machineContent } from '../plant/content.ts'
import { generatePlantFile } from '../plant/plant-file.ts'
import type { Moment } from '../store/api.ts'
import { MachineStates } from './machine-state.ts'
import { momentFrame } from './moment.ts'
import { buildPlantModel, type AssetInfo, type PlantModel } from './plant-model.ts'

const atUs = 1.8e15

function plantModel(): PlantModel {
  const generated = generatePlantFile([machineContent(null)], {
    endpointUrl: 'opc.tcp://127.0.0.1:4840',
    brokerUrl: null,
  })
  // Speed alone says whether a machine runs.
  const plant: PlantFile = { ...generated, assets: generated.assets.map(({ runState: _evidences, ...asset }) => asset) }
  const { rules } = resolvePlant(plant, 'hash-1')
  const refs = plant.points.map(({ id, assetId, kind }, index) => ({ key: index + 1, id, assetId, kind }))
  return buildPlantModel(plant, 'hash-1', 'plant.json', refs, rules)
}

const model = plantModel()

describe('run states', () => {
  it('hand each change on once, at the time of the value that told', () => {
    const machines = new MachineStates(model)
    const info = model.assets.find(({ speedPoint }) => speedPoint !== null) as AssetInfo
    const key = info.speedPoint?.key ?? 0
    const rated = info.asset.ratedRpm ?? 1500
    expect(machines.takeChanges()).toEqual([])
    machines.value(key, rated, 1e6, true)
    machines.value(key, rated, 2e6, true)
    machines.value(key, 0, 20e6, true)
    machines.value(key, 0, 21e6, true)
    machines.value(key, 0, 22e6, false)
    expect(machines.takeChanges().map(({ assetId, atUs: at, state }) => [assetId, at, state])).toEqual([
      [info.asset.id, 1e6, 'running'],
      [info.asset.id, 20e6, 'not-running'],
      [info.asset.id, 22e6, 'unknown'],
    ])
    expect(machines.takeChanges()).toEqual([])
  })
})

describe('a machine at a moment', () => {
  const info = model.assets.find(({ rules, speedPoint }) => rules.length > 0 && speedPoint !== null) as AssetInfo
  const scalars = info.points.filter(({ point }) => point.kind === 'scalar')
  const waves = info.points.filter(({ point }) => point.kind === 'waveform')
  const row = (pointKey: number): FeatureRow => ({
    pointKey,
    tUs: atUs - 300_000,
    spanUs: 300_000,
    values: new Float32Array(featureNames.length).fill(0.01),
    rpm: 1500,
    runState: 'running',
    configHash: 'hash-1',
  })
  const moment = (more: Partial<Moment> = {}): Moment => ({
    atUs,
    heads: scalars.map(({ key }) => ({ pointKey: key, tUs: atUs - 50_000, value: 1, status: 0 })),
    features: waves.map(({ key }) => row(key)),
    runStates: [{ assetId: info.asset.id, atUs: atUs - 9e6, state: 'running', rpm: 1500 }],
    occurrences: [],
    gaps: [],
    config: { hash: 'hash-1', text: '', author: 'Ada', reason: 'first', atUs: atUs - 1e9 },
    session: { session: 1, startedUs: atUs - 1e9, stoppedUs: null, lastTickUs: atUs, software: 'millwright 0' },
    deliveries: {
      asOfUs: atUs - 1e6,
      heads: { events: 7, features: 100 },
      cursors: model.plant.sync.map(({ id }) => ({ destinationId: id, stream: 'events', seq: 5, confirmedUs: 1 })),
    },
    ...more,
  })
  const frame = (more: Partial<Moment> = {}) => momentFrame(model, info, moment(more), { atUs, readUs: atUs + 1e9 })

  it('shows values with their age, limits and state of then, and what judged', () => {
    const shown = frame()
    expect(shown).toMatchObject({ recording: true, runState: 'running', runStateSinceUs: atUs - 9e6 })
    expect(shown.health).toMatchObject({ condition: 'good', fresh: shown.health.points })
    const rms = shown.values.find(({ feature, pointId }) => feature === 'rms' && pointId === waves[0]?.id)
    expect(rms).toMatchObject({ freshness: 'live', ageS: 0, quality: 'good' })
    expect(rms?.value).toBeCloseTo(0.01)
    expect(shown.values.find(({ pointId }) => pointId === scalars[0]?.id)?.ageS).toBe(0.05)
    expect(shown.judge).toEqual({
      configHash: 'hash-1',
      configFromUs: atUs - 1e9,
      author: 'Ada',
      reason: 'first',
      software: 'millwright 0',
      model: null,
    })
    const features = shown.sync?.lanes.filter(({ stream }) => stream === 'features') ?? []
    expect(features.every(({ undelivered }) => undelivered === 100)).toBe(true)
    expect(shown.sync?.lanes.filter(({ stream }) => stream === 'events').map(({ undelivered }) => undelivered)).toEqual(
      model.plant.sync.map(() => 2),
    )
  })

  it('does not call healthy what nobody could judge: values missing, machine standing, engine off', () => {
    expect(frame({ features: [] }).health.condition).toBe('unknown')
    const standing = [{ assetId: info.asset.id, atUs: atUs - 9e6, state: 'not-running' as const, rpm: 0 }]
    expect(frame({ runStates: standing }).health).toMatchObject({ condition: 'unknown' })
    const values = new Float32Array(featureNames.length).fill(0.01)
    values[featureIndex('rms')] = Number.NaN
    expect(frame({ features: waves.map(({ key }) => ({ ...row(key), values })) }).health.condition).toBe('unknown')
    const off = frame({
      gaps: [
        {
          pointKey: null,
          serverId: null,
          cause: 'engine-killed',
          startUs: atUs - 9,
          endUs: atUs + 9,
          count: null,
          detail: '',
        },
      ],
    })
    expect(off).toMatchObject({ recording: false, runState: 'unknown', runStateSinceUs: null })
    expect(off.gaps).toHaveLength(1)
    const elsewhere = {
      pointKey: 9999,
      serverId: null,
      cause: 'missing',
      startUs: 1,
      endUs: null,
      count: null,
      detail: '',
    } as const
    expect(frame({ gaps: [elsewhere] }).gaps).toEqual([])
  })

  it('takes its condition from the worst alert that was active', () => {
    const rule = info.rules[0]
    const base = {
      id: 'o1',
      ruleId: rule?.id ?? '',
      assetId: info.asset.id,
      pointId: rule?.pointId ?? '',
      feature: rule?.feature ?? '',
      state: 'acknowledged' as const,
      level: 'warning' as const,
      priority: 'high' as const,
      raisedUs: atUs - 5e6,
      changedUs: atUs - 5e6,
      value: 3,
      limit: 2,
      peakValue: 3,
      repeats: 1,
      respondByUs: atUs,
      acknowledgedUs: null,
      acknowledgedBy: null,
      acknowledgeComment: null,
      returnedUs: null,
      outcome: null,
      labelledUs: null,
      labelledBy: null,
      labelNote: null,
      configHash: 'hash-1',
      contract: rule?.contract ?? ({ meaning: 'x' } as never),
    }
    const one = frame({ occurrences: [base] })
    expect(one.health.condition).toBe('warning')
    expect(one.values.find((v) => v.pointId === base.pointId && v.feature === base.feature)?.level).toBe('warning')
    expect(frame({ occurrences: [base, { ...base, id: 'o2', level: 'alarm' }] }).health.condition).toBe('alarm')
    const returned = { ...base, level: 'normal' as const, state: 'returned-unacknowledged' as const }
    expect(frame({ occurrences: [returned] }).health.condition).toBe('good')
  })
})
