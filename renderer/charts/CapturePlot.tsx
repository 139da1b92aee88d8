import { useCallback, useMemo, useRef } from 'react'
import type { CaptureGap } from '../../shared/domain/twin.ts'
import { t } from '../ui/text.ts'
import { CaptureView, type CaptureReading } from './capture-view.ts'
import type { View } from './cursor-maths.ts'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { WaveRecord } from './wave-record.ts'

interface CapturePlotProps {
  frame: DeskPlotFrame
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
}

const keys: readonly KeyTool[] = [
  { key: 'd', name: 'selection' },
  { key: 'p', name: 'peak' },
  { key: '0', name: 'all' },
]

const read = (plot: CaptureView, reading: CaptureReading): void => plot.read(reading)

/** A stored waveform, whole: zoom, pan, selection with its statistics. */
export function CapturePlot(props: CapturePlotProps) {
  const { frame, about, samples, sampleRateHz, gaps, cursor, reading, unit, colourIndex, view, onView } = props
  const start = useRef({ view, onView })
  const record = useMemo(() => new WaveRecord(samples, sampleRateHz, gaps), [samples, sampleRateHz, gaps])
  const build = useCallback(
    (parts: PlotParts) => {
      const look = { label: t('plot.short.value'), unit, colourIndex, about }
      return new CaptureView(parts, record, cursor, look, start.current.view, start.current.onView)
    },
    [record, cursor, unit, colourIndex, about],
  )
  return (
    <DeskPlot
      frame={frame}
      isShort
      shortcuts="ArrowLeft ArrowRight D P Control+C"
      keys={keys}
      build={build}
      shown={reading}
      show={read}
    />
  )
}
