import { useCallback, useMemo } from 'react'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import type { ShaftKind } from './shaft-curves.ts'
import { ShaftView } from './shaft-view.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'

interface ShaftPlotProps {
  frame: DeskPlotFrame
  kind: ShaftKind
  shaft: PlotShaft | null
  /** In the place of curves: why there are none, or that they are being computed. */
  words: string
  cursor: SpectrumCursorStore
}

interface Shown {
  shaft: PlotShaft | null
  words: string
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]
const tell = (view: ShaftView, { shaft, words }: Shown): void => view.show(shaft, words)

/** What two probes across each other and a pulse tell of a shaft. */
export function ShaftPlot({ frame, kind, shaft, words, cursor }: ShaftPlotProps) {
  const build = useCallback((parts: PlotParts) => new ShaftView(parts, kind, cursor), [kind, cursor])
  const shown = useMemo(() => ({ shaft, words }), [shaft, words])
  return (
    <DeskPlot
      frame={frame}
      shortcuts="ArrowLeft ArrowRight Control+C"
      keys={keys}
      build={build}
      shown={shown}
      show={tell}
    />
  )
}
