import type { NormalRuns, SeededRuns } from './synthetic-runs.ts'
import type { RecordRun } from './record-runs.ts'
import type { StressRuns } from './stress-runs.ts'

export interface DiagnosisReport {
  readonly records: readonly RecordRun[] | null
  readonly stress: readonly StressRuns[] | null
  readonly normals: NormalRuns
  readonly seeded: readonly SeededRuns[]
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  return [row(head), row(head.map(() => '---')), ...rows.map((cells) => row(cells))]
}

/** Truth down, verdict across. */
function confusion(records: readonly RecordRun[]): string[] {
  const verdicts = [...new Set(records.map((one) => one.verdict))].toSorted()
  const truths = [...new Set(records.map((one) => one.truth))].toSorted()
  return table(
    ['truth', ...verdicts],
    truths.map((truth) => [
      truth,
      ...verdicts.map((verdict) => records.filter((one) => one.truth === truth && one.verdict === verdict).length),
    ]),
  )
}

function recordLines(records: readonly RecordRun[]): string[] {
  return table(
    ['record', 'truth', 'grade', 'verdict', 'confidence', 'gain 0.01, rate -2 %', 'gain 100, rate +2 %', 'why'],
    records.map((one) => [
      one.id,
      one.truth,
      one.grade ?? '',
      one.verdict === one.truth ? `**${one.verdict}**` : one.verdict,
      one.confidence?.toFixed(4) ?? '',
      ...one.disguised.map((verdict) => (verdict === one.verdict ? 'same' : verdict)),
      one.evidence.replaceAll('|', '/'),
    ]),
  )
}

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / Math.max(1, whole))} %`

/** Which race goes before the other, where one of them is damaged: named or not. */
function racesTold(records: readonly RecordRun[]): string[] {
  const damaged = records.filter(({ truth }) => truth === 'outer-race' || truth === 'inner-race')
  const told = damaged.filter(({ truth, race }) => truth === race)
  const rest = damaged.filter(({ truth, race }) => truth !== race).map(({ id }) => id)
  const but = rest.length === 0 ? '' : `, not on ${rest.join(', ')}`
  return [`The damaged race goes before the other one on ${told.length} of ${damaged.length} records${but}.`]
}

function stressLines(stress: readonly StressRuns[]): string[] {
  const list = (names: readonly string[]): string | number => (names.length === 0 ? 0 : names.join(', '))
  return table(
    ['change', 'damaged', 'right', 'undecided', 'normal', 'another fault', 'healthy', 'accused'],
    stress.map((one) => [
      one.change,
      one.faulty,
      one.right,
      one.undecided,
      one.normal,
      list(one.wrong),
      one.healthy,
      list(one.accused),
    ]),
  )
}

/** The page with every record, made anew by each run. */
export function recordsPage({ records, stress, normals, seeded }: DiagnosisReport): string {
  const lines = [
    '# Diagnosis, record by record',
    '',
    'Made by `npm run -s soak -- diagnosis`; what it means stands in [diagnosis](../diagnosis.md). A verdict in bold is the',
    'truth. The grades are those of Smith and Randall (2015): Y diagnosable, P partly, N not.',
    '',
  ]
  if (records !== null)
    lines.push('## Recordings', '', ...confusion(records), '', ...racesTold(records), '', ...recordLines(records), '')
  if (stress !== null) {
    const intro = 'The recordings with a bearing, made worse: a verdict may be lost, another fault may not be found.'
    lines.push('## Recordings under stress', '', intro, '', ...stressLines(stress), '')
  }
  lines.push(
    '## Healthy machines, synthetic',
    '',
    `${normals.records} records: ${normals.faults.length} faults named, ${normals.undecided} undecided, ${normals.refused} refused as too short or too slow.`,
    '',
    ...table(
      ['stated probability of a false alarm', 'share of healthy records that reach it'],
      normals.calibration.map(({ stated, found }) => [stated, found.toFixed(4)]),
    ),
    '',
    '## Seeded faults in noise, synthetic',
    '',
    ...table(
      ['fault', 'SNR', 'right', 'undecided', 'wrong'],
      seeded.map((one) => [
        one.fault,
        `${one.snrDb} dB`,
        percent(one.right, one.records),
        percent(one.undecided, one.records),
        one.wrong.length === 0 ? 0 : one.wrong.join(', '),
      ]),
    ),
    '',
  )
  return lines.join('\n')
}
