import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { t } from '../ui/text.ts'
import type { View } from './cursor-maths.ts'
import { KeyTools, partsOf, PlotSection, type KeyTool, type PlotControl } from './PlotSection.tsx'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { SpectrumView, type SpectrumReading } from './spectrum-view.ts'

interface SpectrumPlotProps {
  title: string
  /** In the place of the title. */
  head: ReactNode
  tools: ReactNode
  source: FrameSource<SpectrumFrame>
  cursor: SpectrumCursorStore
  reading: SpectrumReading
  unit: string
  colourIndex: number
  /** One lane for all bearing families. */
  merged: boolean
  /** The view to come back to; null: everything. */
  view: View | null
  onView: (view: View) => void
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  onControl?: (control: PlotControl | null) => void
}

const keys: readonly KeyTool[] = [
  { key: 'h', name: 'harmonics' },
  { key: 's', name: 'sidebands' },
  { key: 'd', name: 'difference' },
  { key: 'b', name: 'band' },
  { key: 'p', name: 'peak' },
  { key: '0', name: 'all' },
]

/** A spectrum with fault-frequency families and cursors: single, difference, peak, harmonic, sideband, moving band. */
export function SpectrumPlot(props: SpectrumPlotProps) {
  const { title, head, tools, source, cursor, reading, unit, colourIndex, merged, view, onView, onCopied, onKey } =
    props
  const control = useRef<PlotControl | null>(null)
  const { onControl } = props
  const section = useRef<HTMLElement | null>(null)
  const latest = useRef(reading)
  const made = useRef<SpectrumView | null>(null)
  // Read once when the plot is built; afterwards the plot itself knows its view.
  const start = useRef({ view, onView })

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    const look = { label: t('plot.short.amplitude'), unit, colourIndex, merged }
    const plot = new SpectrumView(parts, source, cursor, look, start.current.view, start.current.onView)
    made.current = plot
    const held: PlotControl = {
      key: (event) => plot.key(event),
      text: () => plot.text(),
      figure: (words) => plot.figure(words),
      canvas: () => plot.host.plot?.ctx.canvas ?? null,
      marked: () => plot.marked(),
    }
    control.current = held
    onControl?.(held)
    plot.read(latest.current)
    return () => {
      made.current = null
      control.current = null
      onControl?.(null)
      plot.destroy()
    }
  }, [source, cursor, unit, colourIndex, merged, onControl])

  useEffect(() => {
    latest.current = reading
    made.current?.read(reading)
  }, [reading])

  return (
    <PlotSection
      section={section}
      control={control}
      label={title}
      shortcuts="ArrowLeft ArrowRight H S D B P Control+C"
      head={head}
      tools={
        <>
          <KeyTools keys={keys} section={section} control={control} />
          {tools}
        </>
      }
      onCopied={onCopied}
      onKey={onKey}
    />
  )
}
