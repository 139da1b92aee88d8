import { escaped } from './html.ts'

/** A line that is drawn; NaN breaks it. */
export interface Curve {
  x: ArrayLike<number>
  y: ArrayLike<number>
}

export interface PlotMark {
  label: string
  x: number
  /** Of two names that would lie on one another the one of more weight is written. */
  weight?: number
}

export interface PlotSpec {
  /** Read out for who cannot see the plot. */
  label: string
  width: number
  height: number
  x: { from: number; to: number; label: string; tick: (value: number) => string; ticks?: readonly number[] }
  y: { label: string; from?: number }
  curve: Curve
  /** Lowest and highest of each column, drawn as a grey band behind. */
  band?: { x: ArrayLike<number>; low: ArrayLike<number>; high: ArrayLike<number> }
  /** Across, each with its name at the right end. */
  levels: readonly { label: string; y: number }[]
  /** Down, each with its name on top. */
  marks: readonly PlotMark[]
}

const left = 52
const right = 8
const bottom = 30
const top = 22

const n = (value: number): string => value.toFixed(1)

/** 1, 2 or 5 times a power of ten, about `wanted` of them. */
export function niceTicks(from: number, to: number, wanted: number): number[] {
  const raw = (to - from) / wanted
  if (!(raw > 0) || !Number.isFinite(raw)) return [from]
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999) ?? 10 * power
  const ticks: number[] = []
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + step * 1e-9; k += 1) ticks.push(k * step)
  return ticks
}

const short = (value: number): string => String(Number(value.toPrecision(4)))

/** A plot as SVG, in black and grey, from numbers alone. */
export function plotSvg(spec: PlotSpec): string {
  const { width, height, x, y, levels } = spec
  const values = [...finite(spec.curve.y), ...finite(spec.band?.high ?? []), ...levels.map((level) => level.y)]
  const lows = y.from === undefined ? [...finite(spec.curve.y), ...finite(spec.band?.low ?? [])] : [y.from]
  const yFrom = lows.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const yTo = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const [low, high] = room(yFrom, yTo, y.from === undefined)
  const toX = (value: number): number => left + ((value - x.from) / (x.to - x.from)) * (width - left - right)
  const toY = (value: number): number => height - bottom - ((value - low) / (high - low)) * (height - bottom - top)
  const xTicks = x.ticks ?? niceTicks(x.from, x.to, Math.max(2, Math.floor(width / 110)))
  const yTicks = niceTicks(low, high, 4)
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(spec.label)}" xmlns="http://www.w3.org/2000/svg">
<title>${escaped(spec.label)}</title>
${yTicks.map((tick) => `<path class="grid" d="M${left} ${n(toY(tick))}H${width - right}"/><text class="tick" x="${left - 4}" y="${n(toY(tick) + 3)}" text-anchor="end">${escaped(short(tick))}</text>`).join('')}
${xTicks.map((tick) => `<path class="grid" d="M${n(toX(tick))} ${height - bottom}v4"/><text class="tick" x="${n(toX(tick))}" y="${height - bottom + 14}" text-anchor="middle">${escaped(x.tick(tick))}</text>`).join('')}
${spec.band ? `<path class="band" d="${bandPath(spec.band, toX, toY)}"/>` : ''}
${levels.map(({ label, y: at }) => `<path class="level" d="M${left} ${n(toY(at))}H${width - right}"/><text class="tick" x="${width - right - 2}" y="${n(toY(at) - 3)}" text-anchor="end">${escaped(label)}</text>`).join('')}
${marksPath(spec.marks, toX, spec)}
<path class="curve" d="${curvePath(thinned(spec.curve, x, width - left - right), toX, toY)}"/>
<path class="axis" d="M${left} ${top}V${height - bottom}H${width - right}"/>
<text class="name" x="${width - right}" y="${height - 4}" text-anchor="end">${escaped(x.label)}</text>
<text class="name" x="4" y="11">${escaped(y.label)}</text>
</svg>`
}

function* finite(values: ArrayLike<number>): Generator<number> {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? Number.NaN
    if (Number.isFinite(value)) yield value
  }
}

function room(from: number, to: number, below: boolean): [number, number] {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return [0, 1]
  if (to > from) return [from - (below ? 0.06 * (to - from) : 0), to + 0.06 * (to - from)]
  return [from - 0.5 * Math.abs(from || 1), from + 0.5 * Math.abs(from || 1)]
}

/** The highest of each pixel: a line that is narrower than one must not be lost. */
export function thinned({ x, y }: Curve, range: { from: number; to: number }, pixels: number): Curve {
  if (x.length <= 2 * pixels) return { x, y }
  const xs: number[] = []
  const ys: number[] = []
  let column = Number.NaN
  for (let i = 0; i < x.length; i += 1) {
    const [at, value] = [x[i] ?? Number.NaN, y[i] ?? Number.NaN]
    if (at < range.from || at > range.to) continue
    const own = Math.floor(((at - range.from) / (range.to - range.from)) * pixels)
    const last = ys.length - 1
    if (own !== column) {
      xs.push(at)
      ys.push(value)
      column = own
    } else if (!(value <= (ys[last] ?? Number.NaN))) {
      xs[last] = at
      ys[last] = value
    }
  }
  return { x: xs, y: ys }
}

function curvePath({ x, y }: Curve, toX: (value: number) => number, toY: (value: number) => number): string {
  let path = ''
  let isDown = false
  for (let i = 0; i < x.length; i += 1) {
    const value = y[i] ?? Number.NaN
    if (!Number.isFinite(value)) {
      isDown = false
      continue
    }
    path += `${isDown ? 'L' : 'M'}${n(toX(x[i] ?? 0))} ${n(toY(value))}`
    isDown = true
  }
  return path
}

function bandPath(
  { x, low, high }: NonNullable<PlotSpec['band']>,
  toX: (value: number) => number,
  toY: (value: number) => number,
): string {
  let path = ''
  for (let i = 0; i < x.length; i += 1) {
    const [from, to] = [low[i] ?? Number.NaN, high[i] ?? Number.NaN]
    if (Number.isFinite(from) && Number.isFinite(to)) path += `M${n(toX(x[i] ?? 0))} ${n(toY(from))}V${n(toY(to))}`
  }
  return path
}

/** Names that would lie on one another are left out; their lines stay. */
function marksPath(
  marks: readonly PlotMark[],
  toX: (value: number) => number,
  { width, height }: Pick<PlotSpec, 'width' | 'height'>,
): string {
  const taken: [number, number][] = []
  return marks
    .toSorted((a, b) => (b.weight ?? 0) - (a.weight ?? 0))
    .map(({ label, x }) => {
      const at = toX(x)
      const line = `<path class="mark" d="M${n(at)} ${top}V${height - bottom}"/>`
      const length = 5.5 * label.length + 4
      const isLast = at + length > width
      const span: [number, number] = isLast ? [at - length, at] : [at, at + length]
      if (taken.some(([from, to]) => span[0] < to && from < span[1])) return line
      taken.push(span)
      return `${line}<text class="tick" x="${n(isLast ? at - 2 : at + 2)}" y="${top - 2}"${isLast ? ' text-anchor="end"' : ''}>${escaped(label)}</text>`
    })
    .join('')
}
