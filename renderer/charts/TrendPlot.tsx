import { useEffect, useRef, type ReactNode } from 'react'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import './charts.css'
import { PlotSays } from './PlotSays.tsx'
import { TrendView } from './trend-view.ts'

interface TrendPlotProps {
  title: string
  source: FrameSource<TrendFrame>
  /** Name of the feature, and its unit. */
  label: string
  unit: string
  colourIndex: number
  zone: string
  /** Controls beside the title. */
  children?: ReactNode
}

export function TrendPlot({ title, source, label, unit, colourIndex, zone, children }: TrendPlotProps) {
  const root = useRef<HTMLElement | null>(null)
  const plot = useRef<TrendView | null>(null)
  useEffect(() => {
    const element = root.current
    const part = (name: string): HTMLElement | null => element?.querySelector(`[data-part="${name}"]`) ?? null
    const [body, says, readout] = [part('body'), part('says'), part('readout')]
    if (!body || !says || !readout) return undefined
    const made = new TrendView({ body, says, readout }, source, { label, unit, colourIndex, zone })
    plot.current = made
    return () => {
      plot.current = null
      made.destroy()
    }
  }, [source, label, unit, colourIndex, zone])
  return (
    <section
      ref={root}
      className="plot"
      tabIndex={0}
      aria-label={title}
      onKeyDown={(event) => {
        if (
          event.target === event.currentTarget &&
          !event.ctrlKey &&
          plot.current?.key({ key: event.key, ctrlKey: false }) === true
        )
          event.preventDefault()
      }}
    >
      <header className="plot-head">
        <span className="plot-title">{title}</span>
        {children}
        <span className="plot-readout" data-part="readout" />
      </header>
      <div className="plot-body" data-part="body">
        <PlotSays />
      </div>
    </section>
  )
}
