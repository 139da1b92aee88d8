import { useCallback, useRef } from 'react'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { t } from '../ui/text.ts'
import type { View } from './cursor-maths.ts'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { SpectrumView } from './spectrum-view.ts'
import type { SpectrumReading } from './spectrum-scene.ts'

interface SpectrumPlotProps {
  frame: DeskPlotFrame
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
}

const keys: readonly KeyTool[] = [
  { key: 'h', name: 'harmonics' },
  { key: 's', name: 'sidebands' },
  { key: 'd', name: 'difference' },
  { key: 'b', name: 'band' },
  { key: 'p', name: 'peak' },
  { key: '0', name: 'all' },
]
const shortcuts = 'ArrowLeft ArrowRight H S D B P Control+C'

const read = (plot: SpectrumView, reading: SpectrumReading): void => plot.read(reading)

/** A spectrum with fault-frequency families and cursors: single, difference, peak, harmonic, sideband, moving band. */
export function SpectrumPlot(props: SpectrumPlotProps) {
  const { frame, source, cursor, reading, unit, colourIndex, merged, view, onView } = props
  // Read once when the plot is built; afterwards the plot itself knows its view.
  const start = useRef({ view, onView })
  const build = useCallback(
    (parts: PlotParts) => {
      const look = { label: t('plot.short.amplitude'), unit, colourIndex, merged }
      return new SpectrumView(parts, source, cursor, look, start.current.view, start.current.onView)
    },
    [source, cursor, unit, colourIndex, merged],
  )
  return <DeskPlot frame={frame} shortcuts={shortcuts} keys={keys} build={build} shown={reading} show={read} />
}
