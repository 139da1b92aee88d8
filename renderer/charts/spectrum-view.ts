import type uPlot from 'uplot'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import { seriesColour } from './colours.ts'
import { amplitudeAt, harmonicsOf, nearest, refinePeak, sidebandsOf, stepLine, type View } from './cursor-maths.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { say, setText } from './plot-words.ts'
import { drawAxisTitle, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawCursor, drawLanes, familyName, fullView, laneAt, laneGapPx, laneHeightPx } from './spectrum-drawing.ts'
import { readLines } from './line-marks.ts'
import { families, lanesOf, mergedLanes, mergedLanesOf, type Lane } from './spectrum-marks.ts'
import { YRange } from './y-range.ts'

export interface SpectrumElements {
  body: HTMLElement
  mark: HTMLElement
  says: HTMLElement
  readout: HTMLElement
}

export interface SpectrumLook {
  label: string
  unit: string
  colourIndex: number
  /** Bearing families share a lane: over a wide axis they all crowd at its left end. */
  merged: boolean
}

/** Arrow keys move by this share of the view. */
const arrowShare = 0.01
/** A click or hover takes the highest line within this many pixels. */
const snapPx = 4
const staleAfterMs = 5000
const textEveryMs = 250
/** Without a frame for this long the plot says that it waits. */
const waitMs = 1200

/** One spectrum plot outside React: draws the newest frame, keeps its view, answers keys. */
export class SpectrumView {
  readonly host: PlotHost
  readonly #elements: SpectrumElements
  readonly #source: FrameSource<SpectrumFrame>
  readonly #cursor: SpectrumCursorStore
  readonly #range = new YRange()
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  #frame: SpectrumFrame | null = null
  #lanes: Lane[] = []
  #hz = new Float64Array(0)
  #view: View | null
  #hoverHz: number | null = null
  #arrivedMs = Number.NaN
  /** Different blocks seen. */
  #blocks = 0
  readonly #createdMs = performance.now()
  #textMs = 0

  constructor(
    elements: SpectrumElements,
    source: FrameSource<SpectrumFrame>,
    cursor: SpectrumCursorStore,
    look: SpectrumLook,
    view: View | null,
    onView: (view: View) => void,
  ) {
    this.#elements = elements
    this.#source = source
    this.#cursor = cursor
    this.#view = view
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full(),
      narrowest: () => (this.#frame?.resolutionHz ?? 1) * 12,
      onView: (next) => {
        const full = this.#full()
        this.#view = next.min <= full.min && next.max >= full.max ? null : next
        this.host.setX(next)
        onView(next)
      },
      onClick: (hz) => this.place(this.#snap(hz)),
      onHover: (hz, topPx) => {
        this.#hoverHz = hz === null || topPx < 0 ? null : hz
        this.#textMs = 0
      },
    }
    this.host.configure((colours) => this.#config(colours, look))
    this.#stops = [
      source.subscribe(() => this.#take(source.latest)),
      cursor.subscribe(() => {
        this.host.touch()
        this.#textMs = 0
      }),
      joinFrameLoop((nowMs) => {
        this.host.flush()
        if (nowMs - this.#textMs > textEveryMs) this.#tell(nowMs)
        return false
      }),
    ]
    elements.body.addEventListener('pointermove', this.#hoverLanes)
    elements.body.addEventListener('pointerleave', this.#leaveLanes)
    this.#take(source.latest)
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.#elements.body.removeEventListener('pointermove', this.#hoverLanes)
    this.#elements.body.removeEventListener('pointerleave', this.#leaveLanes)
    this.host.destroy()
  }

  /** Places the cursor and brings it into view. */
  place(hz: number): void {
    this.#cursor.setState({ hz })
    const view = this.host.views.x
    if (hz < view.min || hz > view.max) {
      const half = (view.max - view.min) / 2
      this.#navigation.onView({ min: Math.max(0, hz - half), max: Math.max(0, hz - half) + 2 * half })
    }
  }

  /** Answers whether the key meant something here. */
  key(event: { key: string; ctrlKey: boolean }): boolean {
    const frame = this.#frame
    if (!frame) return false
    const { hz, harmonics, sidebandHz } = this.#cursor.getState()
    const at = hz ?? (this.host.views.x.min + this.host.views.x.max) / 2
    const view = viewForKey(event.key, this.#navigation, hz)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    switch (event.key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const direction = event.key === 'ArrowLeft' ? -1 : 1
        const span = this.host.views.x.max - this.host.views.x.min
        const lines = event.ctrlKey ? 1 : Math.max(1, Math.round((span * arrowShare) / frame.resolutionHz))
        this.place(stepLine(at, direction * lines, frame.resolutionHz, frame.amplitude.length))
        return true
      }
      case 'p':
      case 'P':
        this.place(this.#snap(at, 40))
        return true
      case 'h':
      case 'H':
        // Families follow the refined peak, not the line, or the tenth harmonic is ten errors off.
        this.#cursor.setState({ hz: this.#snap(at), harmonics: !harmonics, sidebandHz: null })
        return true
      case 's':
      case 'S':
        this.#cursor.setState({
          hz: this.#snap(at),
          harmonics: false,
          sidebandHz: sidebandHz === null ? this.#shaftHz() : null,
        })
        return true
      case 'Escape':
        this.#cursor.setState({ hz: null, harmonics: false, sidebandHz: null })
        return true
      default:
        return false
    }
  }

  /** The readout with its families, a line each, for the clipboard. */
  text(): string {
    const frame = this.#frame
    const { hz } = this.#cursor.getState()
    if (!frame || hz === null) return ''
    const lines = this.#families(hz)
    const head = this.#words(hz)
    const rows = [...lines.harmonics, ...lines.sidebands].map(
      (at) => `${at.toFixed(3)}\t${formatNumber(amplitudeAt(frame.amplitude, frame.resolutionHz, at), 4)}`,
    )
    return [head, ...rows].join('\n')
  }

  readonly #hoverLanes = (event: PointerEvent): void => {
    const plot = this.host.plot
    if (!plot) return
    const hovered = laneAt(this.#lanes, event.clientY - plot.over.getBoundingClientRect().top)
    if (hovered !== this.#cursor.getState().hovered) this.#cursor.setState({ hovered })
  }

  readonly #leaveLanes = (): void => {
    if (this.#cursor.getState().hovered !== null) this.#cursor.setState({ hovered: null })
  }

  #config(colours: ChartColours, look: SpectrumLook) {
    return {
      ...commonOptions,
      padding: [laneHeightPx * (look.merged ? mergedLanes : families.length) + laneGapPx, 8, 0, 0] as [
        number,
        number,
        number,
        number,
      ],
      scales: drivenScales,
      axes: [horizontalAxis(colours), valueAxis(colours, look)],
      series: [{}, { stroke: seriesColour(colours, look.colourIndex), width: 1, points: { show: false } }],
      plugins: [navigationPlugin(this.#navigation)],
      hooks: {
        draw: [
          (plot: uPlot) => {
            const { hz, hovered } = this.#cursor.getState()
            drawAxisTitle(plot, t('plot.hz'), colours)
            drawLanes(plot, this.#lanes, hovered, colours)
            if (hz !== null && this.#frame) {
              drawCursor(
                plot,
                {
                  hz,
                  amplitude: amplitudeAt(this.#frame.amplitude, this.#frame.resolutionHz, hz),
                  ...this.#families(hz),
                },
                colours,
              )
            }
          },
        ],
      },
    }
  }

  #take(frame: SpectrumFrame | null): void {
    if (!frame) return
    if (frame.resolutionHz !== this.#frame?.resolutionHz || frame.amplitude.length !== this.#hz.length) {
      this.#hz = Float64Array.from(frame.amplitude, (_, line) => line * frame.resolutionHz)
    }
    if (frame.tUs !== this.#frame?.tUs) {
      this.#arrivedMs = performance.now()
      this.#blocks += 1
    }
    this.#frame = frame
    const lines = readLines(frame)
    this.#lanes = frame.kind === 'spectrum' ? mergedLanesOf(lines) : lanesOf(lines)
    if (this.#view === null) this.host.setX(this.#sameOr(this.#full()))
    else this.host.setX(this.#view)
    let largest = 0
    // The first lines hold what is left of the mean; they would flatten everything else.
    for (let line = 3; line < frame.amplitude.length; line++) largest = Math.max(largest, frame.amplitude[line] ?? 0)
    if (this.#range.update(largest, performance.now())) this.host.setY({ min: 0, max: this.#range.top })
    this.host.setData([this.#hz, frame.amplitude])
  }

  /** The view drawn now when it says the same, so that nothing is laid out again. */
  #sameOr(view: View): View {
    const now = this.host.views.x
    return now.min === view.min && now.max === view.max ? now : view
  }

  #full(): View {
    return this.#frame ? fullView(this.#frame.resolutionHz, this.#frame.amplitude.length) : { min: 0, max: 1 }
  }

  #snap(hz: number, px = snapPx): number {
    const frame = this.#frame
    const plot = this.host.plot
    if (!frame || !plot) return hz
    const perPx = (this.host.views.x.max - this.host.views.x.min) / Math.max(1, plot.over.clientWidth)
    const reach = Math.max(1, Math.round((px * perPx) / frame.resolutionHz))
    return refinePeak(frame.amplitude, frame.resolutionHz, hz, reach)?.hz ?? hz
  }

  #shaftHz(): number {
    const rpm = this.#frame?.rpm ?? null
    return rpm !== null && rpm > 0 ? rpm / 60 : (this.#frame?.resolutionHz ?? 1) * 10
  }

  #families(hz: number): { harmonics: number[]; sidebands: number[] } {
    const { harmonics, sidebandHz } = this.#cursor.getState()
    const { max } = this.#full()
    return {
      harmonics: harmonics ? harmonicsOf(hz, max) : [],
      sidebands: sidebandHz === null ? [] : sidebandsOf(hz, sidebandHz, max),
    }
  }

  #words(hz: number): string {
    const frame = this.#frame
    if (!frame) return ''
    const { rpm, marks, resolutionHz } = frame
    const parts = [
      t('plot.spectrumReadout', {
        hz: formatNumber(hz, 5),
        value: formatNumber(amplitudeAt(frame.amplitude, resolutionHz, hz), 3),
        unit: frame.unit,
      }),
    ]
    if (rpm !== null && rpm > 0) parts.push(t('plot.order', { order: (hz / (rpm / 60)).toFixed(2) }))
    const mark = nearest(marks, hz, Math.max(2 * resolutionHz, hz * 0.01))
    if (mark) parts.push(`${familyName(mark.fault)} ${mark.harmonic}\u00d7`)
    const { harmonics, sidebandHz } = this.#cursor.getState()
    if (harmonics) parts.push(t('plot.harmonicsOn'))
    if (sidebandHz !== null) parts.push(t('plot.sidebandsOn', { hz: formatNumber(sidebandHz, 4) }))
    return parts.join(' \u00b7 ')
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { mark, says, readout } = this.#elements
    const frame = this.#frame
    const ageMs = nowMs - this.#arrivedMs
    const failure = this.#source.failure
    const stale = this.#blocks > 0 && ageMs > staleAfterMs
    let words = ''
    if (failure) words = failure.message
    else if (!frame && nowMs - this.#createdMs > waitMs) words = t('plot.waiting')
    else if (stale) words = t('plot.staleSpectrum', { s: Math.round(ageMs / 1000) })
    // The first frame may be an old one that the engine still holds; only a second block proves that data flows.
    const live = !failure && !stale && this.#blocks > 1
    let state = t('plot.waitingMark')
    if (live && frame)
      state = t('plot.spectrumMark', { rpm: speedWords(frame.rpm), line: formatNumber(frame.resolutionHz, 3) })
    else if (stale || failure) state = t('plot.staleMark')
    else if (frame) state = t('plot.lastKnownMark')
    setText(mark, state)
    mark.dataset['live'] = String(live)
    say(says, words)
    const hz = this.#hoverHz ?? this.#cursor.getState().hz
    setText(readout, hz === null ? t('plot.cursorHint') : this.#words(hz))
  }
}

function speedWords(rpm: number | null): string {
  return rpm === null ? t('plot.noSpeed') : t('plot.rpm', { rpm: Math.round(rpm) })
}
