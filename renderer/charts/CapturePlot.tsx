import { useEffect, useRef, type ReactNode } from 'react'
import type { CaptureGap } from '../../shared/domain/twin.ts'
import { t } from '../ui/text.ts'
import { captureColumns } from './capture-columns.ts'
import './charts.css'
import { seriesColour } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin } from './navigation.ts'
import { drawAxisTitle, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { niceCeiling } from './y-range.ts'

interface CapturePlotProps {
  title: string
  /** When and why it was taken. */
  about: string
  samples: Float32Array
  sampleRateHz: number
  gaps: readonly CaptureGap[]
  unit: string
  colourIndex: number
  children?: ReactNode
}

/** A stored waveform, whole; uPlot itself keeps every pixel column's minimum and maximum. */
export function CapturePlot(props: CapturePlotProps) {
  const { title, about, samples, sampleRateHz, gaps, unit, colourIndex, children } = props
  const body = useRef<HTMLDivElement | null>(null)
  useEffect(() => {
    if (!body.current) return undefined
    const host = new PlotHost(body.current)
    const columns = captureColumns(samples, sampleRateHz, gaps)
    const full: View = { min: 0, max: columns[0].at(-1) || 1 / sampleRateHz }
    const navigation = {
      view: () => host.views.x,
      full: () => full,
      narrowest: () => 16 / sampleRateHz,
      onView: (view: View) => host.setX(view),
    }
    host.configure((colours) => ({
      ...commonOptions,
      scales: drivenScales,
      axes: [horizontalAxis(colours), valueAxis(colours, { label: t('plot.short.value'), unit })],
      series: [{}, { stroke: seriesColour(colours, colourIndex), width: 1, points: { show: false } }],
      plugins: [navigationPlugin(navigation)],
      hooks: { draw: [(plot) => drawAxisTitle(plot, t('plot.timeFromStart'), colours)] },
    }))
    let largest = 0
    for (const value of samples) largest = Math.max(largest, Math.abs(value))
    const top = niceCeiling(largest)
    host.setX(full)
    host.setY({ min: -top, max: top })
    host.setData(columns)
    const leave = joinFrameLoop(() => {
      host.flush()
      return false
    })
    return () => {
      leave()
      host.destroy()
    }
  }, [samples, sampleRateHz, gaps, unit, colourIndex])
  return (
    <section className="plot" tabIndex={0} aria-label={title}>
      <header className="plot-head">
        <span className="plot-title">{title}</span>
        <span className="plot-mark">{about}</span>
        <span className="plot-readout">{children}</span>
      </header>
      <div className="plot-body" ref={body} />
    </section>
  )
}
