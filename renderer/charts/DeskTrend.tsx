import { useCallback } from 'react'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import { TrendView, type TrendDesk } from './trend-view.ts'

interface DeskTrendProps {
  frame: DeskPlotFrame
  source: FrameSource<TrendFrame>
  desk: TrendDesk
  label: string
  unit: string
  colourIndex: number
  zone: string
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]
const link = (plot: TrendView, desk: TrendDesk): void => plot.desk(desk)

/** A trend linked with the other plots of a desk: limits, run state, alerts, captures and breaks along it. */
export function DeskTrend({ frame, source, desk, label, unit, colourIndex, zone }: DeskTrendProps) {
  const build = useCallback(
    (parts: PlotParts) => new TrendView(parts, source, { label, unit, colourIndex, zone }),
    [source, label, unit, colourIndex, zone],
  )
  return (
    <DeskPlot
      frame={frame}
      shortcuts="ArrowLeft ArrowRight Enter Control+C"
      keys={keys}
      build={build}
      shown={desk}
      show={link}
    />
  )
}
