import { useEffect, useRef, type KeyboardEvent, type ReactNode, type RefObject } from 'react'
import { KeyTools, partsOf, PlotSection, useControl, type KeyTool, type PlotControl } from './PlotSection.tsx'
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
  control?: RefObject<PlotControl | null>
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]

/** Spectra over time or speed as colours or as a cascade; a slice opens its capture. */
export function ColourMap(props: ColourMapProps) {
  const { title, head, tools, data, rows, reading, cursor, unit, zone, onOpen, onCopied, onKey } = props
  const own = useControl()
  const control = props.control ?? own
  const section = useRef<HTMLElement | null>(null)
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
    control.current = {
      key: (event) => view.key(event),
      text: () => view.text(),
      figure: (words) => view.figure(words),
      canvas: () => view.host.plot?.ctx.canvas ?? null,
      marked: () => view.marked(),
    }
    return () => {
      made.current = null
      control.current = null
      view.destroy()
    }
  }, [cursor, unit, zone, control])

  useEffect(() => {
    made.current?.show(data, rows, reading)
  }, [data, rows, reading, cursor, unit, zone])

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
