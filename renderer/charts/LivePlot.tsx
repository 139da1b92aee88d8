import { useCallback, useMemo } from 'react'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import { LiveView, type WaveformSubscribe } from './live-view.ts'
import type { LivePoint } from './LiveWaveforms.tsx'
import type { KeyTool } from './PlotSection.tsx'

interface LivePlotProps {
  frame: DeskPlotFrame
  point: LivePoint
  subscribe: WaveformSubscribe
  windowMs: number
  frozen: boolean
  /** Lines at the extremes since it was switched on. */
  hold: boolean
}

interface Shown {
  frozen: boolean
  hold: boolean
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]

const tell = (live: LiveView, { frozen, hold }: Shown): void => {
  live.freeze(frozen)
  live.hold(hold)
}

/** The live waveform of one point on the desk. */
export function LivePlot({ frame, point, subscribe, windowMs, frozen, hold }: LivePlotProps) {
  const build = useCallback(
    (parts: PlotParts) => {
      const live = new LiveView(subscribe, windowMs)
      live.add({ ...point, showTime: true, roomy: true }, parts)
      return live
    },
    [point, subscribe, windowMs],
  )
  const shown = useMemo(() => ({ frozen, hold }), [frozen, hold])
  return (
    <DeskPlot
      frame={frame}
      isShort
      shortcuts="ArrowLeft ArrowRight Space Control+C"
      keys={keys}
      build={build}
      shown={shown}
      show={tell}
    />
  )
}
