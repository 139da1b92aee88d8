import { useCallback, useMemo } from 'react'
import type { PlotCepstrum } from '../../shared/protocol/plots.ts'
import { CepstrumView } from './cepstrum-view.ts'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'

interface CepstrumPlotProps {
  frame: DeskPlotFrame
  data: PlotCepstrum | null
  /** In the place of a curve. */
  words: string
  /** What it is made of. */
  mark: string
  cursor: SpectrumCursorStore
  colourIndex: number
}

interface Shown {
  data: PlotCepstrum | null
  words: string
  mark: string
}

const keys: readonly KeyTool[] = [
  { key: 'h', name: 'harmonics' },
  { key: 'p', name: 'peak' },
  { key: '0', name: 'all' },
]
const tell = (view: CepstrumView, { data, words, mark }: Shown): void => view.show(data, words, mark)

/** Cepstrum: families of equally spaced lines as one peak at their period. */
export function CepstrumPlot({ frame, data, words, mark, cursor, colourIndex }: CepstrumPlotProps) {
  const build = useCallback((parts: PlotParts) => new CepstrumView(parts, cursor, colourIndex), [cursor, colourIndex])
  const shown = useMemo(() => ({ data, words, mark }), [data, words, mark])
  return (
    <DeskPlot
      frame={frame}
      shortcuts="ArrowLeft ArrowRight H P Control+C"
      keys={keys}
      build={build}
      shown={shown}
      show={tell}
    />
  )
}
