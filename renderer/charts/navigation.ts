import type uPlot from 'uplot'
import { panView, zoomView, type View } from './cursor-maths.ts'

export interface NavigationHost {
  view: () => View
  full: () => View
  /** Narrowest span worth showing. */
  narrowest: () => number
  onView: (view: View) => void
  /** A click that was no drag, at a value of the horizontal axis and pixels from the top of the plotting area. */
  onClick?: (x: number, topPx: number) => void
  /** A stretch drawn over with the shift key held. */
  onSelect?: (from: number, to: number) => void
  /** The pointer's place, null when it left. */
  onHover?: (x: number | null, topPx: number) => void
}

const clickSlackPx = 3
const zoomPerNotch = 1.25

/** Wheel zooms about the pointer, dragging pans, a double click shows everything. */
export function navigationPlugin(host: NavigationHost): uPlot.Plugin {
  return { hooks: { ready: (plot) => attach(plot, host) } }
}

function attach(plot: uPlot, host: NavigationHost): void {
  const { over } = plot
  let drag: { x: number; view: View; moved: boolean } | null = null
  let selectFrom: number | null = null

  over.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const at = plot.posToVal(event.offsetX, 'x')
      const factor = event.deltaY > 0 ? zoomPerNotch : 1 / zoomPerNotch
      host.onView(zoomView(host.view(), host.full(), at, factor, host.narrowest()))
    },
    { passive: false },
  )
  over.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    if (event.shiftKey && host.onSelect) {
      selectFrom = plot.posToVal(event.offsetX, 'x')
      over.setPointerCapture(event.pointerId)
      return
    }
    drag = { x: event.clientX, view: host.view(), moved: false }
    over.setPointerCapture(event.pointerId)
  })
  over.addEventListener('pointermove', (event) => {
    if (selectFrom !== null) host.onSelect?.(selectFrom, plot.posToVal(event.offsetX, 'x'))
    if (!drag) {
      host.onHover?.(plot.posToVal(event.offsetX, 'x'), event.offsetY)
      return
    }
    const dx = event.clientX - drag.x
    if (!drag.moved && Math.abs(dx) <= clickSlackPx) return
    drag.moved = true
    const perPx = (drag.view.max - drag.view.min) / Math.max(1, over.clientWidth)
    host.onView(panView(drag.view, host.full(), -dx * perPx))
  })
  over.addEventListener('pointerup', (event) => {
    if (drag && !drag.moved) host.onClick?.(plot.posToVal(event.offsetX, 'x'), event.offsetY)
    drag = null
    selectFrom = null
  })
  over.addEventListener('pointercancel', () => {
    drag = null
    selectFrom = null
  })
  over.addEventListener('pointerleave', () => host.onHover?.(null, 0))
  over.addEventListener('dblclick', () => host.onView({ ...host.full() }))
}

/** The view after `+`, `-` or `0`; null for any other key. */
export function viewForKey(key: string, host: NavigationHost, centre: number | null): View | null {
  const view = host.view()
  const at = centre ?? (view.min + view.max) / 2
  if (key === '+' || key === '=') return zoomView(view, host.full(), at, 1 / zoomPerNotch, host.narrowest())
  if (key === '-') return zoomView(view, host.full(), at, zoomPerNotch, host.narrowest())
  if (key === '0') return { ...host.full() }
  return null
}
