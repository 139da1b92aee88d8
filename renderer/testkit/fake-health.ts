import type { BaselineRecord, HealthFinding } from '../../shared/domain/health.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { HealthResults, LimitRow, LimitStateView, PointHealthView, WhyView } from '../../shared/protocol/health.ts'
import { methodParams, type MethodName, type MethodResult } from '../../shared/protocol/methods.ts'

export type HealthMethod = keyof HealthResults

export function isHealthMethod(method: MethodName): method is HealthMethod {
  return method.startsWith('health.') || method === 'alert.why' || method === 'alert.report'
}

const dayUs = 86_400e6

/** Baselines of paper: the first point of a machine is frozen, the second awaits approval, others are being learned. */
export function fakeHealthCall(
  method: HealthMethod,
  params: unknown,
  plant: PlantFile,
  isAbnormal: boolean,
): MethodResult<MethodName> {
  switch (method) {
    case 'health.machine':
      return machine(plant, methodParams['health.machine'].parse(params).assetId, isAbnormal)
    case 'health.readiness': {
      const { baselineId } = methodParams['health.readiness'].parse(params)
      const nowUs = Date.now() * 1000
      const tag = { exception: null, findings: [], state: 'pass' as const }
      const speed = { pointId: 'speed', name: 'Feed pump 101, Shaft speed', role: 'speed' as const }
      return {
        baselineId,
        fromUs: nowUs - 16 * dayUs,
        untilUs: nowUs - dayUs,
        least: 95,
        tags: [
          { ...tag, pointId: 'de', name: 'Feed pump 101, Drive end, radial', role: 'measured', score: 99.4 },
          isAbnormal
            ? {
                ...tag,
                ...speed,
                score: 83.2,
                state: 'fail',
                findings: ['17 % of the values that were due did not come.'],
              }
            : { ...tag, ...speed, score: 98.1 },
        ],
      }
    }
    case 'health.decide':
    case 'health.keep':
      return machine(plant, plant.assets[0]?.id ?? '', isAbnormal)
    case 'health.reset':
      return machine(plant, methodParams['health.reset'].parse(params).assetId, isAbnormal)
    case 'health.limits': {
      const { pointId, warningSigmas, alarmSigmas } = methodParams['health.limits'].parse(params)
      const row = (feature: string, unit: string, mean: number, sigma: number, rpm = 1772): LimitRow => ({
        feature,
        unit,
        rpm,
        band: rpm === 1772 ? [1611, 1949] : [805, 973],
        mean,
        sigma,
        warning: mean + warningSigmas * sigma,
        alarm: mean + alarmSigmas * sigma,
        alertId: feature === 'rms' ? `${pointId}.rms` : null,
        now: { warning: feature === 'rms' ? 0.8 : null, alarm: feature === 'rms' ? 1.4 : null },
      })
      const rows = [
        row('rms', 'g', 0.412, 0.021),
        row('velocityRms', 'mm/s', 1.84, 0.12),
        row('kurtosis', '', 3.1, 0.09),
        row('rms', 'g', 0.182, 0.011, 885),
        row('velocityRms', 'mm/s', 0.71, 0.06, 885),
      ]
      const seen = { ofDays: 14, state: 'used' as const }
      const states: LimitStateView[] = [
        { ...seen, rpm: 885, band: [805, 973], days: 15.4, snapshots: 812 },
        { ...seen, rpm: 1180, band: [1073, 1298], days: 3.2, snapshots: 96, state: 'learning' },
        { ...seen, rpm: 1772, band: [1611, 1949], days: 21, snapshots: 2870 },
      ]
      const change = (feature: string) => ({
        kind: 'changed' as const,
        section: 'alerts',
        id: `${pointId}.${feature}`,
        field: 'limits.warning',
        before: 0.8,
        after: 0.475,
      })
      return { refused: null, states, rows, changes: [change('rms')] }
    }
    case 'alert.why':
      return why(methodParams['alert.why'].parse(params).occurrenceId)
    case 'alert.report':
      return { name: 'report-pump-101', html: '<!doctype html><title>Report</title><h1>Feed pump 101</h1>' }
  }
}

function finding(): HealthFinding {
  const sinceUs = Date.now() * 1000 - 3 * dayUs
  return {
    feature: 'bpfo',
    level: 'warning',
    ratio: 1.4,
    changeDb: 6.3,
    factor: 2.07,
    value: 0.031,
    baseline: 0.015,
    sinceUs,
    reason:
      'bpfo is 6.3 dB (x 2.07) over its baseline of snapshots 0 to 2015 and has stayed out of it since snapshot 4180; cumulative sum 16.8, limit 12.0',
    outlook: { earliestUs: sinceUs + 9 * dayUs, latestUs: sinceUs + 15 * dayUs },
    refused: null,
  }
}

function record(pointId: string, state: BaselineRecord['state'], age: number): BaselineRecord {
  const nowUs = Date.now() * 1000
  const untilUs = nowUs - age * dayUs
  const isDecided = state !== 'proposed'
  const feature = (name: string, mean: number, sigma: number) => ({ name, median: mean, mean, sigma, spreadDb: 0.6 })
  return {
    id: `${pointId}@${state}.${age}`,
    pointKey: 1,
    pointId,
    epochUs: nowUs - (age + 14) * dayUs,
    condition: 0,
    rpm: 1772,
    state,
    fromUs: untilUs - 14 * dayUs,
    untilUs,
    snapshots: 2016,
    settled: state !== 'proposed',
    features: [
      feature('rms', 0.412, 0.021),
      feature('kurtosis', 3.1, 0.09),
      feature('velocityRms', 1.84, 0.12),
      feature('bpfo', 0.015, 0.0021),
    ],
    left: state === 'proposed' ? ['ftf was there in only 25 of 2016 learning snapshots: not watched'] : [],
    proposedUs: untilUs,
    decidedUs: isDecided ? untilUs + dayUs / 4 : null,
    decidedBy: isDecided ? 'a.weber' : null,
    reason: isDecided ? 'known to be healthy' : null,
    retiredUs: state === 'retired' ? untilUs + 90 * dayUs : null,
  }
}

function point(plantPoint: PlantFile['points'][number], index: number, isAbnormal: boolean): PointHealthView {
  const nowUs = Date.now() * 1000
  const phase = (['watched', 'proposed', 'learning'] as const)[Math.min(2, index)] ?? 'learning'
  const isWatched = phase === 'watched'
  const score = isWatched ? (isAbnormal ? 1.4 : 0.3) : null
  return {
    pointId: plantPoint.id,
    pointName: plantPoint.name ?? plantPoint.id,
    phase,
    message: null,
    change: null,
    epoch: {
      beganUs: nowUs - 40 * dayUs,
      cause: isWatched ? 'maintenance' : 'first',
      reason: isWatched ? 'bearing replaced' : '',
      by: isWatched ? 'a.weber' : 'engine',
      number: isWatched ? 2 : 1,
    },
    conditions: [
      {
        rpm: 1772,
        phase,
        learnedDays: isWatched ? 14 : 3.2,
        ofDays: 14,
        learned: isWatched ? 2016 : 460,
        ofSnapshots: 100,
      },
    ],
    baselines: isWatched
      ? [record(plantPoint.id, 'frozen', 26)]
      : phase === 'proposed'
        ? [record(plantPoint.id, 'proposed', 0.1)]
        : [],
    older: isWatched ? [record(plantPoint.id, 'retired', 130)] : [],
    score,
    level: score !== null && score >= 1 ? 'warning' : 'normal',
    asOfUs: nowUs - 240e6,
    findings: score !== null && score >= 1 ? [finding()] : [],
    left: isAbnormal ? { clipped: 12, 'cable-fault': 3 } : {},
    snapshotMin: 10,
    snapshotsPerFalseWarning: 50_000,
  }
}

function machine(plant: PlantFile, assetId: string, isAbnormal: boolean): HealthResults['health.machine'] {
  const waveforms = plant.points.filter(({ assetId: own, kind }) => own === assetId && kind === 'waveform')
  return { assetId, stopped: null, points: waveforms.map((each, index) => point(each, index, isAbnormal)) }
}

function why(occurrenceId: string): WhyView {
  const nowUs = Date.now() * 1000
  const evidence = finding()
  return {
    occurrenceId,
    isAdvice: false,
    score: 1.4,
    snapshotsPerFalseWarning: 50_000,
    changed: { known: { feature: 'bpfo', direction: 'rose', also: ['kurtosis'] }, missing: null },
    amount: { known: { value: 0.031, reference: 0.015, unit: 'g', changeDb: 6.3, factor: 2.07 }, missing: null },
    span: { known: { sinceUs: nowUs - 3 * dayUs, untilUs: nowUs - 600e6 }, missing: null },
    baseline: {
      known: {
        id: 'b-1',
        fromUs: nowUs - 40 * dayUs,
        untilUs: nowUs - 26 * dayUs,
        snapshots: 2016,
        rpm: 1772,
        approvedBy: 'a.weber',
        approvedUs: nowUs - 25.8 * dayUs,
      },
      missing: null,
    },
    similar: {
      known: {
        cases: [
          {
            occurrenceId: 'occ-old',
            assetName: 'Feed pump 102',
            pointName: 'Drive end',
            meaning: 'Outer race damage',
            raisedUs: nowUs - 190 * dayUs,
            outcome: 'true-positive',
            note: 'Spall found on the outer race',
            shares: ['family', 'feature', 'meaning'],
          },
        ],
        count: 1,
        outcomes: { 'true-positive': 1 },
      },
      missing: null,
    },
    outlook: { known: null, missing: 'the rise has only been seen for 8 snapshots; 12 are needed for a trend' },
    evidence: [evidence],
  }
}
