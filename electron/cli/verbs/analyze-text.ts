import type { Analysis } from '../../../shared/domain/analysis.ts'

const round = (value: number | null): string => (value === null || Number.isNaN(value) ? '-' : value.toPrecision(5))

function speedLine({ speed }: Analysis): string {
  const given = speed.givenRpm === null ? 'not given' : `${speed.givenRpm} rpm written`
  const estimated =
    speed.estimatedRpm === null ? 'none seen in the signal' : `${speed.estimatedRpm.toFixed(1)} rpm seen in the signal`
  return `${given}, ${estimated}${speed.agrees === false ? ' (CONTRADICTION)' : ''}`
}

function bearingLine({ bearing }: Analysis): string[] {
  if (!bearing) return []
  const { name, source, verified, orders } = bearing
  const marks = verified === false ? ', UNVERIFIED' : ''
  const from = name === null ? 'given as numbers' : `${name}${marks} (${source ?? 'no source'})`
  const { bpfo, bpfi, bsf, ftf } = orders
  return [`bearing    ${from}: BPFO ${round(bpfo)}, BPFI ${round(bpfi)}, BSF ${round(bsf)}, FTF ${round(ftf)}`]
}

/** The same analysis for a reader at a terminal. */
export function analyzeText(file: string, analysis: Analysis): string {
  const { diagnosis } = analysis
  const unit = analysis.unit === 'unknown' ? '(unit unknown)' : analysis.unit
  const lines = [
    `${file}: ${analysis.samples} samples at ${analysis.sampleRateHz} Hz ${unit}`,
    `speed      ${speedLine(analysis)}`,
    ...bearingLine(analysis),
    `state      ${analysis.state}`,
    `features   ${Object.entries(analysis.features)
      .map(([name, value]) => `${name} ${round(value)}`)
      .join(', ')}`,
    `spectrum   ${analysis.spectrum.peaks
      .slice(0, 10)
      .map((peak) => `${peak.hz.toFixed(1)} Hz ${round(peak.amplitude)}`)
      .join(', ')}`,
    `verdict    ${diagnosis.verdict}${diagnosis.confidence === null ? '' : ` (confidence ${diagnosis.confidence.toFixed(3)})`}`,
    ...diagnosis.evidence.map((words) => `           ${words}`),
  ]
  const { severity, refused } = diagnosis
  if (severity.zone !== null) lines.push(`severity   zone ${severity.zone}, ${severity.standard}:${severity.edition}`)
  else if (severity.refused !== null)
    lines.push(`severity   refused: ${severity.refused.reason}; ${severity.refused.remedy}`)
  if (refused !== null) lines.push(`refused    ${refused.reason}; ${refused.remedy}`)
  return `${lines.join('\n')}\n`
}
