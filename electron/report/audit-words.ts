import type { AuditReport, FindingKind, GateState } from '../../shared/domain/audit.ts'

/** Texts of the printed report and of the command line; those of the window are in resources/lang. */
export const auditWords = {
  title: 'Data quality audit',
  lines: 'Lines',
  assets: 'Machines',
  points: 'Tags',
  exceptions: 'Exceptions',
  reasons: 'Reasons',
  none: '–',
  nothing: 'None.',
  groupHead: ['Name', 'Score', 'Completeness', 'Gate', 'Tags judged', 'Mapping verified', 'Tags that fail'],
  pointHead: ['Tag', 'Score', 'Completeness', 'Gate', 'Found'],
  exceptionHead: ['Scope', 'Owner', 'Until', 'State', 'Tags', 'Reason'],
  gates: {
    pass: 'passes',
    fail: 'fails',
    excepted: 'passes by exception',
    'not-judged': 'not judged',
  } satisfies Record<GateState, string>,
  exceptionStates: { live: 'in force', expired: 'expired, does not count' },
  kinds: {
    'no-contract': 'Not judged',
    gap: 'Gap',
    missing: 'Missing',
    'bad-quality': 'Bad quality',
    heartbeat: 'Heartbeat',
    flatline: 'Stands still',
    spikes: 'Spikes',
    range: 'Out of range',
    drift: 'Drift',
    'clock-skew': 'Clock',
    calibration: 'Calibration',
    mapping: 'Mapping',
    'run-state': 'Run state',
  } satisfies Record<FindingKind, string>,
  window: (from: string, to: string, timeZone: string): string => `From ${from} to ${to} (${timeZone}).`,
  more: (count: number): string => `${count} more.`,
  gate: ({ gate, plant }: AuditReport): string => {
    const threshold = `${Math.round(gate.threshold * 100)} %`
    if (gate.state === 'not-judged') return 'No tag could be judged.'
    if (gate.state === 'fail') {
      return `The gate of ${threshold} completeness is not passed: ${gate.failing} of ${plant.judged} tags are below it.`
    }
    const excepted = gate.excepted > 0 ? `, ${gate.excepted} of them by exception` : ''
    return `The gate of ${threshold} completeness is passed by all ${plant.judged} tags${excepted}.`
  },
  outOfDate: (count: number): string => `${count} out of date`,
  mapping: ({ plant: { mapping } }: AuditReport): string => {
    if (mapping.accuracy === null) return 'There are no tags whose mapping could be verified.'
    const old = mapping.outOfDate > 0 ? `; the evidence of ${mapping.outOfDate} is out of date` : ''
    return `Mapping accuracy ${mapping.accuracy.toFixed(1)} %: ${mapping.verified} of ${mapping.points} tags are verified, ${mapping.tested} by a test of the signal itself${old}.`
  },
  basis: ({ basis }: AuditReport): string =>
    `${basis.points} tags with ${basis.values} values in ${basis.seconds.toFixed(1)} s; ${basis.read} values were read one by one, the others judged from roll-ups.`,
}
