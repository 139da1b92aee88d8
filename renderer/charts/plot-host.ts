import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { readColours, type ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'

export type PlotConfig = (colours: ChartColours) => Omit<uPlot.Options, 'width' | 'height'>

/**
 * One uPlot in an element. Size, configuration, data and views are compared by identity, each by itself, and what
 * changed is applied in one go by `flush`, at most once an animation frame.
 */
export class PlotHost {
  readonly #element: HTMLElement
  readonly #observer: ResizeObserver
  readonly #themes: MutationObserver
  #plot: uPlot | null = null
  #config: PlotConfig | null = null
  #builtFrom: PlotConfig | null = null
  #data: uPlot.AlignedData = [[]]
  #drawnData: uPlot.AlignedData | null = null
  #touched = false
  #width = 0
  #height = 0
  #views: { x: View; y: View } = { x: { min: 0, max: 1 }, y: { min: 0, max: 1 } }
  #drawnX: View | null = null
  #drawnY: View | null = null

  constructor(element: HTMLElement) {
    this.#element = element
    this.#observer = new ResizeObserver(() => this.#measure())
    this.#observer.observe(element)
    this.#themes = new MutationObserver(() => {
      this.#builtFrom = null
    })
    this.#themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    this.#measure()
  }

  get plot(): uPlot | null {
    return this.#plot
  }

  /** Width of the plotting area in device pixels: how many columns are worth asking for. */
  get columns(): number {
    return this.#plot ? Math.round(this.#plot.bbox.width) : 0
  }

  get views(): { x: View; y: View } {
    return this.#views
  }

  configure(config: PlotConfig): void {
    this.#config = config
  }

  setData(data: uPlot.AlignedData): void {
    this.#data = data
  }

  setX(view: View): void {
    this.#views.x = view
  }

  setY(view: View): void {
    this.#views.y = view
  }

  /** Draws again although nothing compared by identity changed: reused buffers, marks, cursors. */
  touch(): void {
    this.#touched = true
  }

  /** Applies what changed; answers whether anything was drawn. */
  flush(): boolean {
    if (!this.#config || this.#width < 80 || this.#height < 40) return false
    if (this.#builtFrom !== this.#config || !this.#plot) {
      this.#build(this.#config)
      return true
    }
    const plot = this.#plot
    let resized = false
    if (plot.width !== this.#width || plot.height !== this.#height) {
      plot.setSize({ width: this.#width, height: this.#height })
      resized = true
    }
    const newData = this.#drawnData !== this.#data || this.#touched
    const newViews = this.#drawnX !== this.#views.x || this.#drawnY !== this.#views.y
    if (!newData && !newViews) return resized
    this.#drawnData = this.#data
    this.#touched = false
    plot.setData(this.#data, false)
    // Before the views: redraw asks for the present horizontal scale again and would take a new one back.
    // After a new size the axes are asked for again: `false` here would take back what setSize has just asked for.
    plot.redraw(true, resized)
    this.#applyViews(plot)
    return true
  }

  destroy(): void {
    this.#observer.disconnect()
    this.#themes.disconnect()
    this.#plot?.destroy()
    this.#plot = null
  }

  #applyViews(plot: uPlot): void {
    if (this.#drawnX !== this.#views.x) plot.setScale('x', this.#views.x)
    if (this.#drawnY !== this.#views.y) plot.setScale('y', this.#views.y)
    this.#drawnX = this.#views.x
    this.#drawnY = this.#views.y
  }

  #measure(): void {
    this.#width = Math.floor(this.#element.clientWidth)
    this.#height = Math.floor(this.#element.clientHeight)
  }

  #build(config: PlotConfig): void {
    this.#plot?.destroy()
    const options = config(readColours())
    this.#plot = new uPlot({ ...options, width: this.#width, height: this.#height }, this.#data, this.#element)
    this.#builtFrom = config
    this.#drawnData = this.#data
    this.#drawnX = null
    this.#drawnY = null
    this.#applyViews(this.#plot)
  }
}

/** What every plot has in common: no legend, no drag selection, scales driven from outside. */
export const commonOptions = {
  legend: { show: false },
  cursor: { drag: { x: false, y: false, setScale: false }, points: { show: false }, y: false },
  pxAlign: 0,
  padding: [6, 8, 0, 0],
} satisfies Partial<uPlot.Options>

export const drivenScales: uPlot.Scales = {
  x: { time: false, auto: false, min: 0, max: 1 },
  y: { auto: false, min: 0, max: 1 },
}
