import uPlot from 'uplot'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { axisTitle, drawAxisTitle, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import type { CursorKey } from './spectrum-keys.ts'
import { niceCeiling } from './y-range.ts'

export const shaftKinds = ['orbit', 'full-spectrum', 'bode', 'centreline'] as const
export type ShaftKind = (typeof shaftKinds)[number]

export interface ShaftElements {
  body: HTMLElement
  says: HTMLElement
  readout: HTMLElement
  mark: HTMLElement
}

/** Points of a curve, and how it is drawn. */
interface Curve {
  name: string
  x: Float32Array
  y: Float32Array
  colour: (colours: ChartColours) => string
  width: number
}

const series = (n: number) => (colours: ChartColours) => colours.series[n] ?? colours.text

/** One plot of a shaft: its orbit, full spectrum, vectors over speed, or where it lies in its bearing. */
export class ShaftView {
  readonly host: PlotHost
  readonly #elements: ShaftElements
  readonly #kind: ShaftKind
  readonly #cursor: SpectrumCursorStore
  readonly #stops: (() => void)[]
  #shaft: PlotShaft | null = null
  #words = ''
  #curves: Curve[] = []
  #fitted = ''

  constructor(elements: ShaftElements, kind: ShaftKind, cursor: SpectrumCursorStore) {
    this.#elements = elements
    this.#kind = kind
    this.#cursor = cursor
    this.host = new PlotHost(elements.body)
    this.host.configure((colours) => ({
      ...commonOptions,
      scales: drivenScales,
      axes: [horizontalAxis(colours), valueAxis(colours, { label: this.#valueTitle(), unit: '' })],
      series: [{}, { show: false }],
      hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
    }))
    this.#stops = [
      cursor.subscribe(() => this.host.touch()),
      joinFrameLoop(() => {
        this.#fit()
        this.host.flush()
        this.#tell()
        return false
      }),
    ]
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.host.destroy()
  }

  /** `words`: what stands across the plot in the place of curves. */
  show(shaft: PlotShaft | null, words: string): void {
    this.#shaft = shaft
    this.#words = shaft?.refused ?? words
    this.#curves = shaft && shaft.refused === null ? curvesOf(this.#kind, shaft) : []
    this.#fitted = ''
    this.host.configure((colours) => ({
      ...commonOptions,
      scales: drivenScales,
      axes: [horizontalAxis(colours), valueAxis(colours, { label: this.#valueTitle(), unit: '' })],
      series: [{}, { show: false }],
      hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
    }))
    this.host.setData([[0], [null]])
    this.host.touch()
  }

  /** In a full spectrum the arrows move the linked cursor, a line at a time. */
  key(event: CursorKey): boolean {
    if (this.#kind !== 'full-spectrum' || !this.#shaft || !/^Arrow(Left|Right)$/.test(event.key)) return false
    const { hz } = this.#cursor.getState()
    const step = this.#shaft.fullResolutionHz * (event.key === 'ArrowLeft' ? -1 : 1)
    this.#cursor.setState({ hz: Math.max(0, (hz ?? 0) + step) })
    return true
  }

  text(): string {
    return this.#readout()
  }

  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    if (this.#curves.length === 0) return null
    const { x, y } = this.host.views
    return {
      title,
      about: this.#readout(),
      x: { title: this.#horizontalTitle(), view: x, ...splitsOf(x, 1, 8) },
      y: { title: this.#valueTitle(), view: y, ...splitsOf(y, 1, 6) },
      series: this.#curves.map((curve) => ({ name: curve.name, x: curve.x, y: curve.y, low: null })),
      marks: [],
      table: {
        head: this.#curves.flatMap(({ name }) => [
          `${name}: ${this.#horizontalTitle()}`,
          `${name}: ${this.#valueTitle()}`,
        ]),
        columns: this.#curves.flatMap(({ x: xs, y: ys }) => [xs, ys]),
      },
    }
  }

  #horizontalTitle(): string {
    const unit = this.#shaft?.unit ?? ''
    if (this.#kind === 'full-spectrum') return t('plot.fullAxis')
    if (this.#kind === 'bode') return t('plot.mapSpeed')
    return axisTitle({ label: t('plot.horizontal'), unit })
  }

  #valueTitle(): string {
    const unit = this.#shaft?.unit ?? ''
    if (this.#kind === 'orbit' || this.#kind === 'centreline') return axisTitle({ label: t('plot.vertical'), unit })
    return axisTitle({ label: t('plot.short.amplitude'), unit })
  }

  /** Orbit and centreline are shapes: a micrometre is as long upwards as sidewards. */
  #fit(): void {
    const bbox = this.host.plot?.bbox
    const key = `${bbox?.width}x${bbox?.height}`
    if (!bbox || key === this.#fitted || this.#curves.length === 0) return
    this.#fitted = key
    const flat = (pick: (curve: Curve) => Float32Array): number[] =>
      this.#curves.flatMap((curve) => [...pick(curve)]).filter(Number.isFinite)
    const [xs, ys] = [flat((curve) => curve.x), flat((curve) => curve.y)]
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
    if (this.#kind === 'full-spectrum' || this.#kind === 'bode') {
      this.host.setX({ min: left, max: right > left ? right : left + 1 })
      this.host.setY({ min: 0, max: niceCeiling(high * 1.05) })
      return
    }
    const [cx, cy] = this.#kind === 'orbit' ? [0, 0] : [(left + right) / 2, (low + high) / 2]
    const reach =
      1.15 * Math.max(Math.abs(low - cy), Math.abs(high - cy), Math.abs(left - cx), Math.abs(right - cx), 1e-9)
    const aspect = bbox.width / Math.max(1, bbox.height)
    const [halfX, halfY] = aspect >= 1 ? [reach * aspect, reach] : [reach, reach / aspect]
    this.host.setX({ min: cx - halfX, max: cx + halfX })
    this.host.setY({ min: cy - halfY, max: cy + halfY })
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    drawAxisTitle(plot, this.#horizontalTitle(), colours)
    const { ctx, bbox } = plot
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    for (const curve of this.#curves) {
      ctx.strokeStyle = curve.colour(colours)
      ctx.lineWidth = curve.width * uPlot.pxRatio
      ctx.beginPath()
      for (const [i, x] of curve.x.entries()) {
        const [px, py] = [plot.valToPos(x, 'x', true), plot.valToPos(curve.y[i] ?? 0, 'y', true)]
        if (i === 0) ctx.moveTo(px, py)
        else ctx.lineTo(px, py)
      }
      ctx.stroke()
    }
    if (this.#kind === 'orbit' && this.#shaft) this.#drawMarks(plot, this.#shaft, colours)
    ctx.restore()
    const { hz } = this.#cursor.getState()
    if (this.#kind === 'full-spectrum' && hz !== null) drawVerticals(plot, [hz, -hz], colours.text, [3, 3])
  }

  /** A dot where the shaft's mark passed its sensor: the phase, and the way the shaft goes. */
  #drawMarks(plot: uPlot, { whole, marks }: PlotShaft, colours: ChartColours): void {
    const { ctx } = plot
    ctx.fillStyle = colours.text
    for (const at of marks) {
      const [x, y] = [whole[2 * at], whole[2 * at + 1]]
      if (x === undefined || y === undefined) continue
      ctx.beginPath()
      ctx.arc(plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true), 3.5 * uPlot.pxRatio, 0, 2 * Math.PI)
      ctx.fill()
    }
  }

  #readout(): string {
    const shaft = this.#shaft
    if (!shaft || shaft.refused !== null) return ''
    const last = shaft.rpm.length - 1
    const { hz } = this.#cursor.getState()
    if (this.#kind === 'full-spectrum' && hz !== null) {
      const middle = (shaft.full.length - 1) / 2
      const line = Math.round(hz / shaft.fullResolutionHz)
      const read = (at: number): string => formatNumber(shaft.full[at] ?? null, 3)
      return t('plot.fullReadout', {
        hz: formatNumber(hz, 5),
        forward: read(middle + line),
        reverse: read(middle - line),
        unit: shaft.unit,
      })
    }
    return t('plot.shaftReadout', {
      rpm: Math.round(shaft.rpm[last] ?? 0),
      x: shaft.x,
      ax: formatNumber(shaft.amplitudeX[last] ?? null, 3),
      px: Math.round(shaft.phaseX[last] ?? 0),
      y: shaft.y,
      ay: formatNumber(shaft.amplitudeY[last] ?? null, 3),
      py: Math.round(shaft.phaseY[last] ?? 0),
      unit: shaft.unit,
    })
  }

  #tell(): void {
    const { says, readout, mark } = this.#elements
    say(says, this.#words)
    setText(readout, this.#readout())
    setText(mark, this.#curves.map(({ name }) => name).join(' \u00b7 '))
  }
}

function evens(values: Float32Array, odd: 0 | 1): Float32Array {
  return Float32Array.from({ length: values.length >> 1 }, (_, i) => values[2 * i + odd] ?? 0)
}

function curvesOf(kind: ShaftKind, shaft: PlotShaft): Curve[] {
  const path = (name: string, points: Float32Array, n: number, width: number): Curve => ({
    name,
    x: evens(points, 0),
    y: evens(points, 1),
    colour: series(n),
    width,
  })
  switch (kind) {
    case 'orbit':
      return [
        path(t('plot.orbitWhole'), shaft.whole, 0, 1),
        path(t('plot.orbitOnce'), shaft.once, 1, 2),
        path(t('plot.orbitTwice'), shaft.twice, 2, 2),
      ]
    case 'full-spectrum': {
      const middle = (shaft.full.length - 1) / 2
      const hz = Float32Array.from(shaft.full, (_, i) => (i - middle) * shaft.fullResolutionHz)
      return [{ name: t('plot.fullName'), x: hz, y: shaft.full, colour: series(0), width: 1 }]
    }
    case 'bode': {
      // Degrees share the height of the plot with the amplitude; the readout says them in figures.
      const top = niceCeiling(Math.max(...shaft.amplitudeX, ...shaft.amplitudeY) * 1.05)
      const phase = (values: Float32Array): Float32Array => values.map((degrees) => (degrees / 360) * top)
      return [
        {
          name: t('plot.bodeAmplitude', { probe: shaft.x }),
          x: shaft.rpm,
          y: shaft.amplitudeX,
          colour: series(0),
          width: 2,
        },
        {
          name: t('plot.bodeAmplitude', { probe: shaft.y }),
          x: shaft.rpm,
          y: shaft.amplitudeY,
          colour: series(1),
          width: 2,
        },
        {
          name: t('plot.bodePhase', { probe: shaft.x }),
          x: shaft.rpm,
          y: phase(shaft.phaseX),
          colour: series(0),
          width: 1,
        },
        {
          name: t('plot.bodePhase', { probe: shaft.y }),
          x: shaft.rpm,
          y: phase(shaft.phaseY),
          colour: series(1),
          width: 1,
        },
      ]
    }
    case 'centreline':
      return [path(t('plot.centrelineName'), shaft.centreline, 0, 2)]
  }
}
