import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { Figure } from './figure.ts'
import type { PlotHost } from './plot-host.ts'
import { KeyTools, partsOf, PlotSection, type KeyTool, type MenuPlace, type PlotControl } from './PlotSection.tsx'
import type { CursorKey } from './spectrum-keys.ts'

/** What every plot of a desk is given by the pane it stands in. */
export interface DeskPlotFrame {
  title: string
  /** In the place of the title. */
  head: ReactNode
  tools: ReactNode
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  /** A right click, or the menu key. */
  onMenu?: (at: MenuPlace) => void
  onControl?: (control: PlotControl | null) => void
}

/** A plot outside React. */
export interface DeskView {
  readonly host: PlotHost
  key: (event: CursorKey) => boolean
  text: () => string
  figure: (title: string) => Figure | null
  marked: () => { at: number; value: number; unit: string } | null
  destroy: () => void
}

export type PlotParts = NonNullable<ReturnType<typeof partsOf>>

interface DeskPlotProps<V extends DeskView, S> {
  frame: DeskPlotFrame
  /** Its readout is always short enough to stand beside the tools. */
  isShort?: boolean
  shortcuts: string
  keys: readonly KeyTool[]
  /** Makes the plot; a new function makes a new plot. */
  build: (parts: PlotParts) => V
  /** What may change while it stands, and how it is told. */
  shown: S
  show: (view: V, shown: S) => void
}

/** Puts a plot into its frame: builds it once the elements are there, tells it what changes, takes it away. */
export function DeskPlot<V extends DeskView, S>(props: DeskPlotProps<V, S>) {
  const { frame, isShort = false, shortcuts, keys, build, shown, show } = props
  const { onControl } = frame
  const control = useRef<PlotControl | null>(null)
  const section = useRef<HTMLElement | null>(null)
  const latest = useRef(shown)
  const made = useRef<V | null>(null)

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    const view = build(parts)
    made.current = view
    const held: PlotControl = {
      key: (event) => view.key(event),
      text: () => view.text(),
      figure: (words) => view.figure(words),
      canvas: () => view.host.plot?.ctx.canvas ?? null,
      marked: () => view.marked(),
    }
    control.current = held
    onControl?.(held)
    show(view, latest.current)
    return () => {
      made.current = null
      control.current = null
      onControl?.(null)
      view.destroy()
    }
  }, [build, show, onControl])

  useEffect(() => {
    latest.current = shown
    if (made.current) show(made.current, shown)
  }, [shown, show])

  return (
    <PlotSection
      section={section}
      control={control}
      label={frame.title}
      isShort={isShort}
      shortcuts={shortcuts}
      head={frame.head}
      tools={
        <>
          <KeyTools keys={keys} section={section} control={control} />
          {frame.tools}
        </>
      }
      onCopied={frame.onCopied}
      onKey={frame.onKey}
      onMenu={frame.onMenu}
    />
  )
}
