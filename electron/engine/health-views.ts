import type {
  HealthConditionView,
  HealthMachineView,
  HealthPhase,
  PointHealthView,
} from '../../shared/protocol/health.ts'
import type { HealthDesk } from './health-desk.ts'
import type { WatchedPoint } from './health-point.ts'
import type { AssetInfo, PointInfo } from './plant-model.ts'

const dayS = 86_400

/** How the points of a machine stand against their baselines. */
export function healthOfMachine(desk: HealthDesk, asset: AssetInfo): HealthMachineView {
  const waveforms = asset.points.filter(({ point }) => point.kind === 'waveform')
  return { assetId: asset.asset.id, stopped: desk.off, points: waveforms.map((info) => pointView(desk, info)) }
}

function pointView(desk: HealthDesk, info: PointInfo): PointHealthView {
  const point = desk.point(info.key)
  const records = desk.baselinesOf(info.key)
  const epoch = point?.epoch ?? null
  const isPresent = (record: (typeof records)[number]): boolean =>
    record.epochUs === epoch?.beganUs && (record.state === 'proposed' || record.state === 'frozen')
  const step = point?.last?.step
  const judged = step?.judged === true
  const { phase, message } = phaseOf(desk, point)
  return {
    pointId: info.id,
    pointName: info.name,
    phase,
    message,
    change: point?.change?.cause ?? null,
    epoch: epoch && {
      beganUs: epoch.beganUs,
      cause: epoch.cause,
      reason: epoch.reason,
      by: epoch.by,
      number: new Set(records.map(({ epochUs }) => epochUs).filter((tUs) => tUs < epoch.beganUs)).size + 1,
    },
    conditions: conditionsOf(point),
    baselines: records.filter(isPresent),
    older: records.filter((record) => !isPresent(record)),
    score: judged ? step.score : null,
    level: judged ? (point?.level ?? 'normal') : 'normal',
    asOfUs: point?.last?.tUs ?? null,
    findings: point ? desk.findings(point) : [],
    left: point?.left ?? {},
    snapshotMin: (point?.plan.intervalUs ?? 0) / 60e6,
    snapshotsPerFalseWarning: point?.plan.options.snapshotsPerFalseWarning ?? 0,
  }
}

function phaseOf(desk: HealthDesk, point: WatchedPoint | null): { phase: HealthPhase; message: string | null } {
  if (!point) return { phase: 'off', message: null }
  if (desk.off !== null) return { phase: 'stopped', message: desk.off }
  if (point.failed !== null) return { phase: 'failed', message: point.failed }
  const phases = point.conditions.map(({ phase }) => phase)
  const present = phases.includes('proposed')
    ? 'proposed'
    : phases.includes('watched')
      ? 'watched'
      : phases.length > 0
        ? 'learning'
        : 'waiting'
  const { change } = point
  // Before anything was learned there is nothing to decide about.
  if (!change || present === 'waiting') return { phase: present, message: change?.message ?? null }
  return { phase: 'changed', message: change.message }
}

/** How far each speed that was seen is learned. */
export function conditionsOf(point: WatchedPoint | null): HealthConditionView[] {
  if (!point) return []
  const { conditions, plan } = point
  const { fewest, shortestS } = plan.options.policy
  return conditions.map(({ centreRpm, phase, learned, learnedS, baseline }) => ({
    rpm: centreRpm,
    phase,
    learnedDays: (baseline ? baseline.untilS - baseline.fromS : learnedS) / dayS,
    ofDays: shortestS / dayS,
    learned: baseline?.snapshots ?? learned,
    ofSnapshots: fewest,
  }))
}
