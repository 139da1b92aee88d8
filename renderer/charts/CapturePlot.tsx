import { useEffect, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { CaptureGap } from '../../shared/domain/twin.ts'
import { t } from '../ui/text.ts'
import { CaptureView, type CaptureReading } from './capture-view.ts'
import type { View } from './cursor-maths.ts'
import { KeyTools, partsOf, PlotSection, type KeyTool, type PlotControl } from './PlotSection.tsx'
import { setText } from './plot-words.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { WaveRecord } from './wave-record.ts'

interface CapturePlotProps {
  title: string
  head: ReactNode
  tools: ReactNode
  /** When and why it was taken. */
  about: string
  samples: Float32Array
  sampleRateHz: number
  gaps: readonly CaptureGap[]
  cursor: SpectrumCursorStore
  reading: CaptureReading
  unit: string
  colourIndex: number
  view: View | null
  onView: (view: View) => void
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  onControl?: (control: PlotControl | null) => void
}

const keys: readonly KeyTool[] = [
  { key: 'd', name: 'selection' },
  { key: 'p', name: 'peak' },
  { key: '0', name: 'all' },
]

/** A stored waveform, whole: zoom, pan, selection with its statistics. */
export function CapturePlot(props: CapturePlotProps) {
  const { title, head, tools, about, samples, sampleRateHz, gaps, cursor, reading, unit, colourIndex } = props
  const { view, onView, onCopied, onKey } = props
  const control = useRef<PlotControl | null>(null)
  const { onControl } = props
  const section = useRef<HTMLElement | null>(null)
  const latest = useRef(reading)
  const made = useRef<CaptureView | null>(null)
  const start = useRef({ view, onView })
  const record = useMemo(() => new WaveRecord(samples, sampleRateHz, gaps), [samples, sampleRateHz, gaps])

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    setText(parts.mark, about)
    const look = { label: t('plot.short.value'), unit, colourIndex }
    const plot = new CaptureView(parts, record, cursor, look, start.current.view, start.current.onView)
    made.current = plot
    const held: PlotControl = {
      key: (event) => plot.key(event),
      text: () => plot.text(),
      figure: (words) => plot.figure(words, about),
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
  }, [record, cursor, unit, colourIndex, about, onControl])

  useEffect(() => {
    latest.current = reading
    made.current?.read(reading)
  }, [reading])

  return (
    <PlotSection
      section={section}
      control={control}
      label={title}
      shortcuts="ArrowLeft ArrowRight D P Control+C"
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
