import type { AlertReport, ReportSpectrum, ReportTrend } from '../../shared/domain/alert-report.ts'
import { alertWords as words } from './alert-words.ts'
import { escaped, page, printStyle } from './html.ts'
import { plotSvg } from './plot-svg.ts'

/** One page that prints and stands alone: the finding first, then what to do, then what shows it. No script, no network. */
export function alertHtml(report: AlertReport): string {
  const { machine, point, plant, occurrence, trend, spectra, similar, missing } = report
  const at = (tUs: number): string => time(tUs, plant.timeZone)
  const due = report.due ?? words.noDay(at(report.respondByUs))
  const plots = [
    ...(trend ? [figure(words.trend(trend.label), trendSvg(trend, plant.timeZone), 'wide')] : []),
    ...spectra.map((one) =>
      figure(
        `${words[one.kind](one.label)} (${words.capture(one.captureId)})`,
        spectrumSvg(one),
        spectra.length > 1 ? '' : 'wide',
      ),
    ),
  ]
  const body = `<header>${escaped([plant.name, machine.line, machine.name, point.name].join(' · '))}<b>${occurrence.isAdvice ? words.advice : words.alert}</b></header>
<h1>${escaped(report.finding)}</h1>
<section class="act"><h2>${words.action}</h2><p>${escaped(report.action)}</p>
<dl><dt>${words.owner}</dt><dd>${escaped(report.owner === '' ? words.nobody : report.owner)}</dd><dt>${words.due}</dt><dd>${escaped(due)}</dd></dl></section>
<section><h2>${words.evidence}</h2>${list(report.facts)}<div class="plots">${plots.join('\n')}</div></section>
${numbers(report)}
${lines(words.missing, missing)}
${lines(words.similar, similar)}
${lines(
  words.captures,
  report.captures.map(
    (one) =>
      `${one.id}: ${one.cause}, ${at(one.tUs)}, ${words.seconds(one.seconds)}${one.pinned ? `, ${words.kept}` : ''}`,
  ),
)}
<p class="note">${escaped(words.basis(report.madeBy, at(report.madeUs), report.software, report.configHash, occurrence.id))}</p>`
  return page(report.title, style, body)
}

function time(tUs: number, timeZone: string): string {
  return new Date(tUs / 1000).toLocaleString('en-GB', { timeZone, dateStyle: 'medium', timeStyle: 'short' })
}

function figure(caption: string, svg: string, kind: string): string {
  return `<figure class="${kind}"><figcaption>${escaped(caption)}</figcaption>${svg}</figure>`
}

function list(facts: AlertReport['facts']): string {
  if (facts.length === 0) return ''
  return `<dl class="facts">${facts.map(({ label, value }) => `<dt>${escaped(label)}</dt><dd>${escaped(value)}</dd>`).join('')}</dl>`
}

function lines(title: string, items: readonly string[]): string {
  if (items.length === 0) return ''
  return `<section><h2>${title}</h2><ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul></section>`
}

function numbers({ numbers: items }: AlertReport): string {
  if (items.length === 0) return ''
  const rows = items.map(
    ({ label, value, captureId }) =>
      `<tr><td>${escaped(label)}</td><td class="n">${escaped(value)}</td><td>${escaped(captureId === null ? words.fromTwin : words.capture(captureId))}</td></tr>`,
  )
  return `<section><h2>${words.numbers}</h2><table><thead><tr>${words.numbersHead.map((cell) => `<th>${cell}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></section>`
}

function trendSvg(trend: ReportTrend, timeZone: string): string {
  const { tUs, min, max, mean, limits, baseline, raisedUs, label, unit } = trend
  const [from, to] = [tUs[0] ?? 0, tUs[tUs.length - 1] ?? 1]
  const levels = [
    ...(baseline === null ? [] : [{ label: words.baseline, y: baseline }]),
    ...(limits.warning === null ? [] : [{ label: words.warning, y: limits.warning }]),
    ...(limits.alarm === null ? [] : [{ label: words.alarm, y: limits.alarm }]),
  ]
  const isLong = to - from > 2 * 86_400e6
  const form = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...(isLong ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' }),
  })
  const ticks = Array.from({ length: 6 }, (_, i) => from + ((i + 0.5) * (to - from)) / 6)
  return plotSvg({
    label: words.trend(label),
    width: 680,
    height: 150,
    x: { from, to, label: words.time, tick: (value) => form.format(value / 1000), ticks },
    y: { label: unit },
    curve: { x: tUs, y: mean },
    band: { x: tUs, low: min, high: max },
    levels,
    marks: raisedUs >= from && raisedUs <= to ? [{ label: words.raised, x: raisedUs }] : [],
  })
}

function spectrumSvg(spectrum: ReportSpectrum): string {
  const { amplitude, resolutionHz, unit, marks, topHz, kind, label } = spectrum
  const lineCount = Math.min(amplitude.length, Math.floor(topHz / resolutionHz) + 1)
  const x = Float64Array.from({ length: lineCount }, (_, k) => k * resolutionHz)
  // Line 0 is the mean, which says nothing of the vibration.
  const y = Float64Array.from({ length: lineCount }, (_, k) => (k === 0 ? Number.NaN : (amplitude[k] ?? Number.NaN)))
  return plotSvg({
    label: words[kind](label),
    width: 335,
    height: 165,
    x: { from: 0, to: topHz, label: words.hz, tick: (value) => String(Math.round(value)) },
    y: { label: unit, from: 0 },
    curve: { x, y },
    levels: [],
    marks: marks
      .filter(({ hz }) => hz <= topHz)
      .map(({ label: name, hz }) => ({
        label: name,
        x: hz,
        weight: highest(y, hz / resolutionHz),
      })),
  })
}

/** Around a place in lines, as far as a fault line may be off. */
function highest(y: Float64Array, at: number): number {
  const reach = Math.max(1, 0.015 * at)
  let found = 0
  for (let k = Math.ceil(at - reach); k <= at + reach; k += 1) found = Math.max(found, y[k] || 0)
  return found
}

const style = `${printStyle}
body { max-width: 186mm; font-size: 9pt; }
header { display: flex; justify-content: space-between; gap: 6mm; color: #5c6166; margin-bottom: 2mm; }
header b { color: #1d2023; white-space: nowrap; }
h1 { font-size: 13.5pt; line-height: 1.25; margin-bottom: 3mm; } h2 { font-size: 10pt; margin: 3mm 0 1mm; }
p { margin: 0 0 1mm; } section { break-inside: avoid; }
.act { border: 0.4mm solid #1d2023; padding: 1.5mm 3mm; } .act h2 { margin-top: 0; } .act p { font-size: 10.5pt; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.3mm 3mm; margin: 1mm 0 0; } dt { color: #5c6166; } dd { margin: 0; }
table { font-size: 8.5pt; } th, td { padding: 0.3mm 1.5mm; } td:last-child { white-space: nowrap; }
.plots { display: flex; flex-wrap: wrap; gap: 2mm; margin-top: 2mm; } figure { margin: 0; flex: 1 1 88mm; min-width: 0; } figure.wide { flex-basis: 100%; }
figcaption { color: #5c6166; overflow-wrap: anywhere; } svg { display: block; width: 100%; height: auto; }
svg text { font: 9px "Source Sans 3", "Segoe UI", "Liberation Sans", sans-serif; fill: #3c4044; } svg .name { fill: #1d2023; }
.grid { stroke: #d7d9db; fill: none; } .axis { stroke: #5c6166; fill: none; } .band { stroke: #c3c6c9; fill: none; stroke-width: 2; }
.curve { stroke: #101214; fill: none; stroke-width: 1; } .level { stroke: #3c4044; stroke-dasharray: 5 3; fill: none; }
.mark { stroke: #6b7075; stroke-dasharray: 1.5 2; fill: none; } .note { margin-top: 3mm; font-size: 8pt; overflow-wrap: anywhere; }`
