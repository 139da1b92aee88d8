import { useCallback, useEffect, useMemo, useRef } from 'react'
import { DeskPlot, type DeskPlotFrame, type PlotParts } from './DeskPlot.tsx'
import type { KeyTool } from './PlotSection.tsx'
import type { MapData } from './map-maths.ts'
import type { MapReading, MapRowInfo } from './map-scene.ts'
import { MapView } from './map-view.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'

interface ColourMapProps {
  frame: DeskPlotFrame
  data: MapData | null
  rows: readonly MapRowInfo[]
  reading: MapReading
  cursor: SpectrumCursorStore
  unit: string
  zone: string
  onOpen: (captureId: string) => void
}

interface Shown {
  data: MapData | null
  rows: readonly MapRowInfo[]
  reading: MapReading
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]
const tell = (view: MapView, { data, rows, reading }: Shown): void => view.show(data, rows, reading)

/** Spectra over time or speed as colours or as a cascade; a slice opens its capture. */
export function ColourMap({ frame, data, rows, reading, cursor, unit, zone, onOpen }: ColourMapProps) {
  const open = useRef(onOpen)
  useEffect(() => {
    open.current = onOpen
  }, [onOpen])
  const build = useCallback(
    (parts: PlotParts) => new MapView(parts, cursor, { unit, zone }, (captureId) => open.current(captureId)),
    [cursor, unit, zone],
  )
  const shown = useMemo(() => ({ data, rows, reading }), [data, rows, reading])
  return (
    <DeskPlot
      frame={frame}
      shortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Enter Control+C"
      keys={keys}
      build={build}
      shown={shown}
      show={tell}
    />
  )
}
