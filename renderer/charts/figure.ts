import type { View } from './cursor-maths.ts'

/** A plot as data: what is needed to draw it on paper or to write it as a table. */
export interface Figure {
  title: string
  about: string
  x: FigureAxis
  y: FigureAxis
  series: FigureSeries[]
  /** Places with their names: cursors, fault lines that were found, limits. */
  marks: { at: number; along: 'x' | 'y'; label: string }[]
  /** An image in the place of series (a colour map), as a data address. */
  image?: string
  /** Equal-length columns for CSV; the series when left out. */
  table?: { head: string[]; columns: ArrayLike<number>[] }
}

export interface FigureAxis {
  title: string
  view: View
  splits: readonly number[]
  labels: readonly string[]
}

export interface FigureSeries {
  name: string
  x: ArrayLike<number>
  y: ArrayLike<number>
  /** Lower edge where a column stands for many samples. */
  low: ArrayLike<number> | null
}

/** One line a sample; NaN is an empty field, so that a gap stays one. */
export function figureCsv({ title, about, series, table, x, y }: Figure): string {
  const { head, columns } = table ?? {
    head: [x.title, ...series.map(({ name }) => (series.length > 1 ? `${name}: ${y.title}` : y.title))],
    columns: [series[0]?.x ?? [], ...series.map((one) => one.y)],
  }
  const field = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = [`# ${title.replaceAll('\n', ' ')}`, `# ${about.replaceAll('\n', ' ')}`, head.map(field).join(',')]
  const rows = Math.max(0, ...columns.map(({ length }) => length))
  for (let row = 0; row < rows; row++) {
    const cells = columns.map((column) => {
      const value = column[row]
      return value === undefined || Number.isNaN(value) ? '' : String(value)
    })
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}

const width = 960
const height = 420
const box = { left: 78, top: 54, right: 940, bottom: 366 }
const colours = ['#2f5d87', '#8a5a12', '#2f6b4a', '#6b4a8a', '#8a3f32', '#4c5963']

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const fixed = (value: number): string => String(Math.round(value * 100) / 100)

/** Dark lines on white: what is exported is printed. */
export function figureSvg(figure: Figure): string {
  const { title, about, x, y, series, marks, image } = figure
  const perX = (box.right - box.left) / (x.view.max - x.view.min || 1)
  const perY = (box.bottom - box.top) / (y.view.max - y.view.min || 1)
  const px = (value: number): number => box.left + (value - x.view.min) * perX
  const py = (value: number): number => box.bottom - (value - y.view.min) * perY
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="'Source Sans 3', sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${box.left}" y="20" font-size="15" font-weight="600">${escaped(title)}</text>`,
    `<text x="${box.left}" y="37" fill="#555">${escaped(about)}</text>`,
    `<clipPath id="box"><rect x="${box.left}" y="${box.top}" width="${box.right - box.left}" height="${box.bottom - box.top}"/></clipPath>`,
  ]
  for (const [i, at] of x.splits.entries())
    parts.push(
      `<path d="M${fixed(px(at))} ${box.top}V${box.bottom}" stroke="#ddd"/><text x="${fixed(px(at))}" y="${box.bottom + 16}" text-anchor="middle">${escaped(x.labels[i] ?? '')}</text>`,
    )
  for (const [i, at] of y.splits.entries())
    parts.push(
      `<path d="M${box.left} ${fixed(py(at))}H${box.right}" stroke="#ddd"/><text x="${box.left - 6}" y="${fixed(py(at) + 4)}" text-anchor="end">${escaped(y.labels[i] ?? '')}</text>`,
    )
  if (image !== undefined)
    parts.push(
      `<image x="${box.left}" y="${box.top}" width="${box.right - box.left}" height="${box.bottom - box.top}" preserveAspectRatio="none" href="${image}"/>`,
    )
  parts.push('<g clip-path="url(#box)" fill="none" stroke-width="1">')
  for (const [i, one] of series.entries())
    parts.push(`<path d="${seriesPath(one, x.view, px, py)}" stroke="${colours[i % colours.length]}"/>`)
  parts.push('</g>')
  for (const { at, along, label } of marks) {
    const inside = along === 'x' ? at >= x.view.min && at <= x.view.max : at >= y.view.min && at <= y.view.max
    if (!inside) continue
    parts.push(
      along === 'x'
        ? `<path d="M${fixed(px(at))} ${box.top}V${box.bottom}" stroke="#333" stroke-dasharray="4 3"/><text x="${fixed(px(at) + 3)}" y="${box.top + 11}">${escaped(label)}</text>`
        : `<path d="M${box.left} ${fixed(py(at))}H${box.right}" stroke="#333" stroke-dasharray="6 4"/><text x="${box.right - 3}" y="${fixed(py(at) - 3)}" text-anchor="end">${escaped(label)}</text>`,
    )
  }
  parts.push(
    `<rect x="${box.left}" y="${box.top}" width="${box.right - box.left}" height="${box.bottom - box.top}" fill="none" stroke="#888"/>`,
  )
  if (series.length > 1)
    for (const [i, { name }] of series.entries())
      parts.push(
        `<text x="${box.left + 150 * i}" y="${height - 8}" fill="${colours[i % colours.length]}">${escaped(name)}</text>`,
      )
  parts.push(
    `<text x="${box.right}" y="${box.bottom + 34}" text-anchor="end">${escaped(x.title)}</text>`,
    `<text transform="translate(18 ${(box.top + box.bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(y.title)}</text>`,
    '</svg>\n',
  )
  return parts.join('\n')
}

/** Four points a pixel column: first, lowest, highest, last, so that no peak is lost and no file has a million points. */
function seriesPath(
  { x, y, low }: FigureSeries,
  view: View,
  px: (value: number) => number,
  py: (value: number) => number,
): string {
  const parts: string[] = []
  let column = Number.NaN
  let held: number[] = []
  let pen = false
  const put = (at: number, value: number): void => {
    parts.push(`${pen ? 'L' : 'M'}${fixed(at)} ${fixed(py(value))}`)
    pen = true
  }
  const flush = (): void => {
    if (held.length > 0) {
      const at = column / 2
      const [first = 0] = held
      for (const value of new Set([first, Math.min(...held), Math.max(...held), held.at(-1) ?? first])) put(at, value)
    }
    held = []
  }
  for (let i = 0; i < x.length; i++) {
    const at = x[i] ?? Number.NaN
    if (at < view.min - (view.max - view.min) || at > view.max + (view.max - view.min)) continue
    const value = y[i] ?? Number.NaN
    if (Number.isNaN(value)) {
      flush()
      pen = false
      continue
    }
    const next = Math.round(px(at) * 2)
    if (next !== column) flush()
    column = next
    held.push(value)
    const under = low?.[i]
    if (under !== undefined && !Number.isNaN(under)) held.push(under)
  }
  flush()
  return parts.join('')
}
