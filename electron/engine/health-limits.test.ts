import { describe, expect, it } from 'vitest'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { AlertDefinition, PlantFile } from '../../shared/domain/plant-file.ts'
import { plainContract } from '../../shared/testkit/alert-contract.ts'
import { applyChanges, checkPlantFile, resolvePlant } from '../assets/index.ts'
import { machineContent } from '../plant/content.ts'
import { generatePlantFile } from '../plant/plant-file.ts'
import { limitProposal } from './health-limits.ts'
import { buildPlantModel } from './plant-model.ts'

const dayUs = 86_400e6
const wanted = { warningSigmas: 3, alarmSigmas: 6 }
const generated = generatePlantFile([machineContent(null)], {
  endpointUrl: 'opc.tcp://127.0.0.1:4840',
  brokerUrl: null,
})
const waveform = generated.points.find(({ kind }) => kind === 'waveform')?.id ?? ''

function at(alerts: PlantFile['alerts']) {
  const plant = { ...generated, alerts }
  const refs = plant.points.map(({ id, assetId, kind }, key) => ({ key, id, assetId, kind }))
  const model = buildPlantModel(plant, 'h', 'plant.json', refs, resolvePlant(plant, 'h').rules)
  const info = model.byId.get(waveform)
  if (!info) throw new Error('no point')
  return { plant, info }
}

function learned(
  rpm: number | null,
  mean: number,
  days: number,
  state: BaselineRecord['state'] = 'frozen',
): BaselineRecord {
  return {
    id: `b@${rpm}`,
    pointKey: 1,
    pointId: waveform,
    epochUs: 0,
    condition: 0,
    rpm,
    state,
    fromUs: 1.8e15,
    untilUs: 1.8e15 + days * dayUs,
    snapshots: 500,
    settled: true,
    features: [{ name: 'rms', median: mean, mean, sigma: mean / 20, spreadDb: 1 }],
    left: [],
    proposedUs: 0,
    decidedUs: 1,
    decidedBy: 'anna',
    reason: null,
    retiredUs: null,
  }
}
const learning = { rpm: 1200, phase: 'learning' as const, learnedDays: 3.2, learned: 96 }
const rule = (more: Partial<AlertDefinition> = {}): AlertDefinition => ({
  id: 'own',
  pointId: waveform,
  feature: 'rms',
  limits: { warning: 5, alarm: 9 },
  deadband: 0.01,
  onDelayMs: 0,
  offDelayMs: 0,
  contract: { ...plainContract, respondWithinMin: 1, priority: 'low' },
  ...more,
})

/** The plant file with the changes made: it has to be one that the engine takes. */
function made(plant: PlantFile, changes: Parameters<typeof applyChanges>[1]): PlantFile {
  const { plant: after, faults } = checkPlantFile(applyChanges(JSON.stringify(plant), changes))
  expect(faults).toEqual([])
  if (!after) throw new Error('refused')
  return after
}

describe('limits from baselines of several speeds', () => {
  it('are one set a state, in bands that do not meet; what was not seen for long enough says so', () => {
    const { plant, info } = at([rule()])
    const baselines = [learned(1800, 2, 21), learned(900, 1, 15), learned(600, 0.5, 9)]
    const proposal = limitProposal(plant, info, baselines, wanted, [learning, { ...learning, rpm: 910 }])
    expect(proposal.refused).toBeNull()
    expect(proposal.states.map(({ rpm, state, days }) => [rpm, state, days])).toEqual([
      [600, 'too-short', 9],
      [900, 'used', 15],
      [1200, 'learning', 3.2],
      [1800, 'used', 21],
    ])
    expect(proposal.rows.map(({ band, warning, alarm }) => [band, warning, alarm])).toEqual([
      [[818, 990], 1.15, 1.3],
      [[1636, 1980], 2.3, 2.6],
    ])
    const after = made(plant, proposal.changes).alerts[0]
    expect(after?.limits).toEqual({ warning: 5, alarm: 9 })
    expect(after?.limitsByState).toMatchObject([
      { rpm: [818, 990], limits: { warning: 1.15, alarm: 1.3 } },
      { rpm: [1636, 1980], limits: { warning: 2.3, alarm: 2.6 } },
    ])
    expect(after?.limitsByState?.[0]?.reason).toMatch(/^Approved baseline of .* to .*, mean plus 3 and 6 standard/)
  })

  it('take the place of those they overlap and leave the others; made again they change nothing', () => {
    const kept = { runState: 'not-running' as const, limits: { warning: 0.1 } }
    const states = [{ rpm: [500, 900] as [number, number], limits: { alarm: 3 } }, kept]
    const { plant, info } = at([rule({ limitsByState: states })])
    const baselines = [learned(900, 1, 15), learned(980, 1, 15)]
    const proposal = limitProposal(plant, info, baselines, wanted)
    expect(proposal.rows.map(({ band }) => band)).toEqual([
      [818, 939],
      [939, 1078],
    ])
    const after = made(plant, proposal.changes)
    expect(after.alerts[0]?.limitsByState).toMatchObject([kept, { rpm: [818, 939] }, { rpm: [939, 1078] }])
    expect(limitProposal(after, info, baselines, wanted).changes).toEqual([])
  })

  it('make a rule where there is none: the highest limits hold in all other states', () => {
    const { plant, info } = at([])
    const proposal = limitProposal(plant, info, [learned(1800, 2, 21), learned(900, 1, 15)], wanted)
    const [after] = made(plant, proposal.changes).alerts
    expect(after).toMatchObject({ limits: { warning: 2.3, alarm: 2.6 }, deadband: 0.05 })
    expect(after?.limitsByState).toHaveLength(2)
  })

  it('are the limits of the rule itself at one speed, or where nobody measures it', () => {
    const { plant, info } = at([rule()])
    const one = limitProposal(plant, info, [learned(1800, 2, 21)], wanted)
    expect(one.changes.map(({ field, after }) => [field, after])).toEqual([
      ['limits.warning', 2.3],
      ['limits.alarm', 2.6],
    ])
    expect(one.rows[0]?.band).toBeNull()
    const blind = { ...info, asset: { ...info.asset, speedPoint: null } }
    const two = limitProposal(plant, blind, [learned(1800, 2, 21), learned(900, 1, 15)], wanted)
    expect(two.rows).toMatchObject([{ warning: 2.3, band: null }])
  })
})
