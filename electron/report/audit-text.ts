import type { AuditReport } from '../../shared/domain/audit.ts'
import { auditWords as words } from './audit-words.ts'

const mostTags = 20

/** For a terminal: the gate, the worst lines and tags with their reasons. */
export function auditText(report: AuditReport): string {
  const out = [
    `${words.title}: ${report.plant.name}, ${report.from} to ${report.to}`,
    words.gate(report),
    words.mapping(report),
    '',
  ]
  for (const line of report.lines) out.push(`  ${row(line)}`)
  const found = report.points.filter(({ findings }) => findings.length > 0)
  for (const point of found.slice(0, mostTags)) {
    out.push('', row({ ...point, name: point.id }))
    for (const { kind, from, to, detail } of point.findings.slice(0, 6)) {
      out.push(`  ${words.kinds[kind]}, ${from} to ${to}`, `    ${detail}`)
    }
  }
  if (found.length > mostTags) out.push('', `${found.length - mostTags} more tags; --json or --out F.html has all.`)
  for (const { scope, owner, until, state, covers } of report.exceptions) {
    out.push(
      '',
      `Exception ${scope}, ${owner}, until ${until}: ${words.exceptionStates[state]}; ${covers.length} tags.`,
    )
  }
  out.push('', words.basis(report))
  return `${out.join('\n')}\n`
}

function row(item: {
  name: string
  score: number | null
  completeness: number | null
  gate: keyof typeof words.gates
}): string {
  const completeness = item.completeness === null ? words.none : `${(item.completeness * 100).toFixed(1)} %`
  return `${(item.score ?? words.none).toString().padStart(5)}  ${completeness.padStart(7)}  ${words.gates[item.gate]}  ${item.name}`
}
