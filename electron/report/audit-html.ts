import type { AuditFinding, AuditReport, GateState, GroupAudit, PointAudit } from '../../shared/domain/audit.ts'
import { auditWords as words } from './audit-words.ts'

/** Findings of a tag that are printed; the rest is counted. */
const mostFindings = 12

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** One page that prints: scores, gate, exceptions and the reasons of every tag that is not in order. No script, no network. */
export function auditHtml(report: AuditReport): string {
  const { plant } = report
  const reasons = report.points.filter(({ findings }) => findings.length > 0)
  const title = `${words.title}: ${plant.name}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${style}</style></head><body>
<h1>${escaped(title)}</h1>
<p>${words.window(time(report.from, plant.timeZone), time(report.to, plant.timeZone), plant.timeZone)}</p>
<p class="gate ${report.gate.state}">${escaped(words.gate(report))}</p>
<p>${escaped(words.mapping(report))}</p>
<h2>${words.lines}</h2>${groups(report.lines)}
<h2>${words.assets}</h2>${groups(report.assets)}
<h2>${words.exceptions}</h2>${exceptions(report)}
<h2>${words.points}</h2>${points(report.points)}
<h2>${words.reasons}</h2>${reasons.map((point) => reasonsOf(point, report)).join('\n')}
<p class="note">${escaped(words.basis(report))}</p>
</body></html>
`
}

function time(iso: string, timeZone: string): string {
  return new Date(iso).toLocaleString('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' })
}

function percent(share: number | null): string {
  return share === null ? words.none : `${(share * 100).toFixed(share > 0.9995 ? 0 : 1)} %`
}

function score(value: number | null): string {
  return value === null ? words.none : value.toFixed(1)
}

function gateCell(gate: GateState): string {
  return `<td class="gate ${gate}">${words.gates[gate]}</td>`
}

function table(head: readonly string[], rows: readonly string[]): string {
  if (rows.length === 0) return `<p>${words.nothing}</p>`
  return `<table><thead><tr>${head.map((cell) => `<th>${escaped(cell)}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`
}

function groups(items: readonly GroupAudit[]): string {
  const rows = items.map(
    ({ name, score: value, completeness, gate, judged, points: tags, mapping, failing }) =>
      `<tr><td>${escaped(name)}</td><td class="n">${score(value)}</td><td class="n">${percent(completeness)}</td>${gateCell(gate)}<td class="n">${judged}/${tags}</td><td class="n">${percent(mapping.accuracy === null ? null : mapping.accuracy / 100)}${mapping.outOfDate > 0 ? ` (${words.outOfDate(mapping.outOfDate)})` : ''}</td><td>${escaped(failing.join(', '))}</td></tr>`,
  )
  return table(words.groupHead, rows)
}

function points(items: readonly PointAudit[]): string {
  const rows = items.map(
    ({ id, name, score: value, completeness, gate, exception, findings }) =>
      `<tr><td>${escaped(name === id ? id : `${name} (${id})`)}</td><td class="n">${score(value)}</td><td class="n">${percent(completeness)}</td>${gateCell(gate)}<td>${escaped([...new Set(findings.map(({ kind }) => words.kinds[kind]))].join(', '))}${exception === null ? '' : ` (${escaped(exception)})`}</td></tr>`,
  )
  return table(words.pointHead, rows)
}

function exceptions({ exceptions: items }: AuditReport): string {
  const rows = items.map(
    ({ scope, owner, until, reason, state, covers }) =>
      `<tr><td>${escaped(scope)}</td><td>${escaped(owner)}</td><td>${escaped(until)}</td><td>${words.exceptionStates[state]}</td><td class="n">${covers.length}</td><td>${escaped(reason)}</td></tr>`,
  )
  return table(words.exceptionHead, rows)
}

function reasonsOf(point: PointAudit, { plant }: AuditReport): string {
  const line = ({ kind, from, to, detail }: AuditFinding): string =>
    `<li><b>${words.kinds[kind]}</b> <span>${time(from, plant.timeZone)} – ${time(to, plant.timeZone)}</span> ${escaped(detail)}</li>`
  const more = point.findings.length - mostFindings
  const rest = more > 0 ? `<li>${words.more(more)}</li>` : ''
  return `<h3>${escaped(point.id)}: ${score(point.score)}</h3><ul>${point.findings.slice(0, mostFindings).map(line).join('')}${rest}</ul>`
}

/** Grey and black: it must read the same from a black and white printer. */
const style = `
body { font: 10pt/1.35 "Source Sans 3", "Segoe UI", sans-serif; color: #1d2023; margin: 12mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 6mm 0 2mm; break-after: avoid; }
h3 { font-size: 10pt; margin: 3mm 0 0; break-after: avoid; }
table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: 0.2mm solid #b9bcbf; padding: 0.6mm 1.5mm; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.gate.fail { font-weight: bold; } .gate.fail::before { content: "\\2715 "; } .gate.pass::before { content: "\\2713 "; }
ul { margin: 0; padding-left: 5mm; } li span { color: #5c6166; } .note { color: #5c6166; margin-top: 6mm; }
@page { size: A4; margin: 12mm; } @media print { body { margin: 0; } }`
