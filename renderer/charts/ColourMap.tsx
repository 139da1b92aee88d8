import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { KeyTools, partsOf, PlotSection, type KeyTool, type PlotControl } from './PlotSection.tsx'
import type { MapData } from './map-maths.ts'
import { MapView, type MapReading, type MapRowInfo } from './map-view.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'

interface ColourMapProps {
  title: string
  head: ReactNode
  tools: ReactNode
  data: MapData | null
  rows: readonly MapRowInfo[]
  reading: MapReading
  cursor: SpectrumCursorStore
  unit: string
  zone: string
  onOpen: (captureId: string) => void
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  onControl?: (control: PlotControl | null) => void
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]

/** Spectra over time or speed as colours or as a cascade; a slice opens its capture. */
export function ColourMap(props: ColourMapProps) {
  const { title, head, tools, data, rows, reading, cursor, unit, zone, onOpen, onCopied, onKey } = props
  const control = useRef<PlotControl | null>(null)
  const { onControl } = props
  const section = useRef<HTMLElement | null>(null)
  const latest = useRef({ data, rows, reading })
  const made = useRef<MapView | null>(null)
  const open = useRef(onOpen)

  useEffect(() => {
    open.current = onOpen
  }, [onOpen])

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    const view = new MapView(parts, cursor, { unit, zone }, (captureId) => open.current(captureId))
    made.current = view
    const held: PlotControl = {
      key: (event) => view.key(event),
      text: () => view.text(),
      figure: (words) => view.figure(words),
      canvas: () => view.host.plot?.ctx.canvas ?? null,
      marked: () => view.marked(),
    }
    control.current = held
    onControl?.(held)
    view.show(latest.current.data, latest.current.rows, latest.current.reading)
    return () => {
      made.current = null
      control.current = null
      onControl?.(null)
      view.destroy()
    }
  }, [cursor, unit, zone, onControl])

  useEffect(() => {
    latest.current = { data, rows, reading }
    made.current?.show(data, rows, reading)
  }, [data, rows, reading])

  return (
    <PlotSection
      section={section}
      control={control}
      label={title}
      shortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Enter Control+C"
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
