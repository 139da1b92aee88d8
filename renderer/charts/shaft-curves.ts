import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { niceSplits } from './spectrum-display.ts'
import { niceCeiling } from './y-range.ts'

export const shaftKinds = ['orbit', 'full-spectrum', 'bode', 'polar', 'centreline'] as const
export type ShaftKind = (typeof shaftKinds)[number]

/** Shapes: a micrometre is as long upwards as sidewards. */
export const isShape = (kind: ShaftKind): boolean => kind === 'orbit' || kind === 'polar' || kind === 'centreline'

/** Follow the speed: their cursor is a moment of the waveform. */
export const hasCourse = (kind: ShaftKind): boolean => kind === 'bode' || kind === 'polar' || kind === 'centreline'

/** Points of a curve, and how it is drawn. NaN breaks it. */
export interface Curve {
  name: string
  x: Float32Array
  y: Float32Array
  colour: (colours: ChartColours) => string
  width: number
  /** Left out of the key: another curve of the same colour has the name. */
  quiet?: boolean
}

/** In a Bode plot the amplitude stands on the lower part of the height, the phase on the upper. */
export const bodeParts = { amplitude: { min: 0, max: 1 }, phase: { min: 1.12, max: 1.72 } } as const

const colourOf = (n: number) => (colours: ChartColours) => colours.series[n] ?? colours.text

function evens(values: Float32Array, odd: 0 | 1): Float32Array {
  return Float32Array.from({ length: values.length >> 1 }, (_, i) => values[2 * i + odd] ?? 0)
}

/** A turn that ends where it began. */
function closed(turn: Float32Array): Float32Array {
  return Float32Array.of(...turn, ...turn.subarray(0, 2))
}

/** Top of the amplitudes of a Bode plot. */
export function bodeTop({ amplitudeX, amplitudeY }: Pick<PlotShaft, 'amplitudeX' | 'amplitudeY'>): number {
  let top = 0
  for (const values of [amplitudeX, amplitudeY]) for (const value of values) if (value > top) top = value
  return niceCeiling(top * 1.05 || 1)
}

/** Height of a phase lag in a Bode plot: more lag lies lower, as is usual. */
export function bodePhaseY(degrees: number): number {
  const { min, max } = bodeParts.phase
  return max - ((max - min) * degrees) / 360
}

/** Phases as a curve that is broken where it goes through 360 degrees. */
function phaseCurve(rpm: Float32Array, degrees: Float32Array): { x: Float32Array; y: Float32Array } {
  const [x, y]: [number[], number[]] = [[], []]
  for (const [i, at] of degrees.entries()) {
    const before = degrees[i - 1]
    if (before !== undefined && Math.abs(at - before) > 180) {
      x.push(rpm[i] ?? 0)
      y.push(Number.NaN)
    }
    x.push(rpm[i] ?? 0)
    y.push(bodePhaseY(at))
  }
  return { x: Float32Array.from(x), y: Float32Array.from(y) }
}

/** 0 degrees is up, at the probe; lag turns clockwise, against a shaft that turns counter-clockwise. */
export function polarPoint(amplitude: number, lagDeg: number): { x: number; y: number } {
  const angle = (lagDeg * Math.PI) / 180
  return { x: amplitude * Math.sin(angle), y: amplitude * Math.cos(angle) }
}

function polarCurve(amplitude: Float32Array, lagDeg: Float32Array): { x: Float32Array; y: Float32Array } {
  const points = [...amplitude].map((value, i) => polarPoint(value, lagDeg[i] ?? 0))
  return { x: Float32Array.from(points, ({ x }) => x), y: Float32Array.from(points, ({ y }) => y) }
}

/** What a kind of plot draws of a shaft. */
export function curvesOf(kind: ShaftKind, shaft: PlotShaft): Curve[] {
  const path = (name: string, points: Float32Array, n: number, width: number): Curve => ({
    name,
    x: evens(points, 0),
    y: evens(points, 1),
    colour: colourOf(n),
    width,
  })
  const probes = [
    { name: shaft.x, amplitude: shaft.amplitudeX, lag: shaft.phaseX, colour: colourOf(0) },
    { name: shaft.y, amplitude: shaft.amplitudeY, lag: shaft.phaseY, colour: colourOf(1) },
  ]
  switch (kind) {
    case 'orbit':
      return [
        path(t('plot.orbitWhole'), shaft.whole, 0, 1),
        path(t('plot.orbitOnce'), closed(shaft.once), 1, 2),
        path(t('plot.orbitTwice'), closed(shaft.twice), 2, 2),
      ]
    case 'full-spectrum': {
      const middle = (shaft.full.length - 1) / 2
      const hz = Float32Array.from(shaft.full, (_, i) => (i - middle) * shaft.fullResolutionHz)
      return [{ name: t('plot.fullName'), x: hz, y: shaft.full, colour: colourOf(0), width: 1 }]
    }
    case 'bode': {
      const top = bodeTop(shaft)
      return probes.flatMap(({ name, amplitude, lag, colour }) => [
        {
          name: t('plot.bodeAmplitude', { probe: name }),
          x: shaft.rpm,
          y: amplitude.map((value) => value / top),
          colour,
          width: 2,
        },
        { name: t('plot.bodePhase', { probe: name }), ...phaseCurve(shaft.rpm, lag), colour, width: 1.5, quiet: true },
      ])
    }
    case 'polar':
      return probes.map(({ name, amplitude, lag, colour }) => ({
        name: t('plot.bodeAmplitude', { probe: name }),
        ...polarCurve(amplitude, lag),
        colour,
        width: 2,
      }))
    case 'centreline':
      return [path(t('plot.centrelineName'), shaft.centreline, 0, 2)]
  }
}

/** Columns for a file: in the units they were measured in, not as they are drawn. */
export function shaftTable(kind: ShaftKind, shaft: PlotShaft, curves: readonly Curve[], titles: [string, string]) {
  if (kind !== 'bode' && kind !== 'polar')
    return {
      head: curves.flatMap(({ name }) => titles.map((title) => `${name}: ${title}`)),
      columns: curves.flatMap(({ x, y }) => [x, y]),
    }
  const { x, y, unit } = shaft
  return {
    head: [
      t('plot.timeFromStart'),
      t('plot.mapSpeed'),
      ...[x, y].flatMap((probe) => [`${probe} 1\u00d7 (${unit})`, `${probe} 1\u00d7 (\u00b0)`]),
    ],
    columns: [shaft.courseS, shaft.rpm, shaft.amplitudeX, shaft.phaseX, shaft.amplitudeY, shaft.phaseY],
  }
}

/** Point of the course nearest to a moment of the waveform; null without a moment. */
export function courseIndex({ courseS }: Pick<PlotShaft, 'courseS'>, seconds: number | null): number | null {
  if (seconds === null || courseS.length === 0) return null
  let best = 0
  for (const [i, at] of courseS.entries())
    if (Math.abs(at - seconds) < Math.abs((courseS[best] ?? 0) - seconds)) best = i
  return best
}

/** Where the point of a course is drawn: one place a curve. */
export function courseMarks(kind: ShaftKind, shaft: PlotShaft, index: number): { x: number; y: number }[] {
  const probes = [
    [shaft.amplitudeX[index] ?? 0, shaft.phaseX[index] ?? 0],
    [shaft.amplitudeY[index] ?? 0, shaft.phaseY[index] ?? 0],
  ] as const
  if (kind === 'polar') return probes.map(([amplitude, lag]) => polarPoint(amplitude, lag))
  const x = shaft.rpm[index] ?? 0
  if (kind === 'bode')
    return probes.flatMap(([amplitude, lag]) => [
      { x, y: amplitude / bodeTop(shaft) },
      { x, y: bodePhaseY(lag) },
    ])
  return [{ x: shaft.centreline[2 * index] ?? 0, y: shaft.centreline[2 * index + 1] ?? 0 }]
}

/** Everything there is along the horizontal axis, and what is shown before anybody has zoomed. */
export function shaftSpans(kind: ShaftKind, shaft: PlotShaft, curves: readonly Curve[]): { full: View; start: View } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { x } of curves)
    for (const value of x) {
      if (value < min) min = value
      if (value > max) max = value
    }
  if (!(max >= min)) return { full: { min: 0, max: 1 }, start: { min: 0, max: 1 } }
  if (kind === 'bode') {
    // At one speed the scatter of a hundredth of a turn a minute would fill the plot.
    const least = (0.02 * (max + min)) / 2
    const room = Math.max(0, least - (max - min)) / 2
    const full = { min: min - room, max: max + room || 1 }
    return { full, start: full }
  }
  const full = { min, max }
  const turnHz = (shaft.rpm.at(-1) ?? 0) / 60
  // Ten times the speed to both sides: beyond, a shaft in its oil film hardly moves.
  const reach = Math.min(max, 10 * turnHz)
  return { full, start: reach > 0 ? { min: -reach, max: reach } : full }
}

/** Middle and half width of a square that holds all curves; an orbit and a polar plot lie about the origin. */
export function shapeExtent(kind: ShaftKind, curves: readonly Curve[]): { x: number; y: number; reach: number } {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of curves)
    for (const [i, at] of x.entries()) {
      const up = y[i] ?? 0
      if (!Number.isFinite(at) || !Number.isFinite(up)) continue
      left = Math.min(left, at)
      right = Math.max(right, at)
      low = Math.min(low, up)
      high = Math.max(high, up)
    }
  const [x, y] = kind === 'centreline' ? [(left + right) / 2, (low + high) / 2] : [0, 0]
  let reach = Math.max(high - y, y - low, right - x, x - left, 1e-9)
  if (kind === 'polar') {
    reach = 0
    for (const curve of curves)
      for (const [i, at] of curve.x.entries()) reach = Math.max(reach, Math.hypot(at, curve.y[i] ?? 0))
  }
  return { x, y, reach: 1.15 * Math.max(reach, 1e-9) }
}

/** Radii of a polar grid. */
export function polarRings(reach: number): number[] {
  return niceSplits(0, reach, 5).filter((radius) => radius > 0)
}
