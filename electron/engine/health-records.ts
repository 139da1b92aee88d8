import type { AlertContract } from '../../shared/domain/alert.ts'
import type { BaselineRecord, HealthEvidence, HealthFinding } from '../../shared/domain/health.ts'
import type { Baseline } from '../diagnosis/warning/baseline.ts'
import type { Finding } from '../diagnosis/warning/condition.ts'
import { factorOf, watchedFeature, type WatchedFeature } from '../diagnosis/warning/watched-features.ts'
import type { Said } from './health-messages.ts'
import type { PointPlan } from './health-plan.ts'

const us = (seconds: number): number => Math.round(seconds * 1e6)

function fromDecibels({ scale }: WatchedFeature, db: number): number {
  if (scale === 'decibel') return db
  const value = 10 ** (db / (scale === 'amplitude' ? 20 : 10))
  return scale === 'excess' ? value - 3 : value
}

export interface ProposedBaseline {
  baseline: Baseline
  condition: number
  rpm: number | null
}

/** Its id follows from what it is, so that a replay proposes the same one and no second. */
export function baselineRecord(
  { info }: PointPlan,
  epochUs: number,
  { baseline, condition, rpm }: ProposedBaseline,
  proposedUs: number,
): BaselineRecord {
  const { fromS, untilS, until, snapshots, settled, features, left } = baseline
  return {
    id: `${info.id}@${epochUs}.${condition}.${until}`,
    pointKey: info.key,
    pointId: info.id,
    epochUs,
    condition,
    rpm,
    state: 'proposed',
    fromUs: us(fromS),
    untilUs: us(untilS),
    snapshots,
    settled,
    features: features.map(({ feature, medianDb, mean, sigma, spreadDb }) => ({
      name: feature.name,
      median: fromDecibels(feature, medianDb),
      mean,
      sigma,
      spreadDb,
    })),
    left: [...left],
    proposedUs,
    decidedUs: null,
    decidedBy: null,
    reason: null,
    retiredUs: null,
  }
}

export function healthFinding(finding: Finding, said: Said, baseline: BaselineRecord | null): HealthFinding {
  const { feature, level, ratio, changeDb, sinceS, reason, trend } = finding
  const watched = watchedFeature(feature)
  const isChange = watched !== null && Number.isFinite(changeDb)
  const value = said.features[feature]
  const outlook = trend !== null && trend.refused === null
  return {
    feature,
    level,
    ratio,
    changeDb: Number.isFinite(changeDb) ? changeDb : null,
    factor: isChange ? factorOf(watched, changeDb) : null,
    value: value !== undefined && Number.isFinite(value) ? value : null,
    baseline: baseline?.features.find(({ name }) => name === feature)?.median ?? null,
    sinceUs: Number.isFinite(sinceS) ? us(sinceS) : null,
    reason,
    outlook: outlook ? { earliestUs: us(trend.earliestS), latestUs: us(trend.latestS) } : null,
    refused: trend === null ? 'this feature has no alarm limit of its own' : trend.refused,
  }
}

export function evidenceOf(plan: PointPlan, said: Said, baseline: BaselineRecord | null): HealthEvidence {
  const { step, tUs, rpm } = said
  return {
    pointKey: plan.info.key,
    tUs,
    score: step.score,
    rpm,
    baselineId: baseline?.id ?? null,
    findings: step.findings.map((finding) => healthFinding(finding, said, baseline)),
    snapshotsPerFalseWarning: plan.options.snapshotsPerFalseWarning,
  }
}

const featureWords: Readonly<Record<string, string>> = {
  rms: 'overall vibration',
  kurtosis: 'kurtosis',
  velocityRms: 'velocity RMS',
  envelopeRms: 'envelope RMS',
  order1: 'once-per-turn vibration',
  order2: 'twice-per-turn vibration',
  order3: 'three-times-per-turn vibration',
  bpfo: 'outer-race line of the bearing',
  bpfi: 'inner-race line of the bearing',
  bsf: 'rolling-element line of the bearing',
  ftf: 'cage line of the bearing',
  bpfoSnrDb: 'outer-race line of the bearing over its surroundings',
  bpfiSnrDb: 'inner-race line of the bearing over its surroundings',
  bsfSnrDb: 'rolling-element line of the bearing over its surroundings',
  ftfSnrDb: 'cage line of the bearing over its surroundings',
  band1: 'highest octave of the vibration',
  band2: 'second highest octave of the vibration',
  band3: 'third highest octave of the vibration',
  band4: 'fourth highest octave of the vibration',
  bandLow: 'low-frequency vibration',
  shocks: 'number of shocks',
}

export function featureInWords(feature: string): string {
  return featureWords[feature] ?? feature
}

export function timeInWords(tUs: number, timeZone: string): string {
  return new Date(tUs / 1000).toLocaleString('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' })
}

/** `4.1 dB (x 1.6) over its baseline since 3 Nov 2026, 14:20`. */
export function changeInWords({ changeDb, factor, sinceUs, ratio }: HealthFinding, timeZone: string): string {
  const since = sinceUs === null ? '' : ` since ${timeInWords(sinceUs, timeZone)}`
  if (changeDb === null)
    return `far above what the baseline knows${since} (${ratio.toFixed(1)} times the limit of the test)`
  const times = factor === null ? '' : ` (x ${factor.toPrecision(2)})`
  return `${changeDb.toFixed(1)} dB${times} over its baseline${since}`
}

/** The promise of an advisory alert; what it is about is known only when it is raised. */
export function advisoryContract({ settings, timeZone }: PointPlan, leading: HealthFinding | undefined): AlertContract {
  const what = leading ? featureInWords(leading.feature) : 'vibration'
  return {
    meaning: `Advice: the ${what} has left its approved baseline.`,
    cause: leading ? `The ${what} is ${changeInWords(leading, timeZone)}.` : 'Named in the evidence of the alert.',
    consequence:
      'A change of this size that lasts is how damage begins. Limits have not been judged by it and stay in force.',
    action: 'Diagnose the latest capture of this point, compare it with one of the baseline, and plan an inspection.',
    recipient: settings.recipient ?? 'maintenance',
    respondWithinMin: settings.respondWithinMin ?? 1440,
    priority: settings.priority ?? 'low',
  }
}
