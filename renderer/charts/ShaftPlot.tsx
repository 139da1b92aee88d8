import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { partsOf, PlotSection, type PlotControl } from './PlotSection.tsx'
import { ShaftView, type ShaftKind } from './shaft-view.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'

interface ShaftPlotProps {
  title: string
  kind: ShaftKind
  head: ReactNode
  tools: ReactNode
  shaft: PlotShaft | null
  /** In the place of curves: why there are none, or that they are being computed. */
  words: string
  cursor: SpectrumCursorStore
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  onControl?: (control: PlotControl | null) => void
}

/** What two probes across each other and a pulse tell of a shaft. */
export function ShaftPlot({
  title,
  kind,
  head,
  tools,
  shaft,
  words,
  cursor,
  onCopied,
  onKey,
  onControl,
}: ShaftPlotProps) {
  const section = useRef<HTMLElement | null>(null)
  const control = useRef<PlotControl | null>(null)
  const latest = useRef({ shaft, words })
  const made = useRef<ShaftView | null>(null)

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    const view = new ShaftView(parts, kind, cursor)
    made.current = view
    const held: PlotControl = {
      key: (event) => view.key(event),
      text: () => view.text(),
      figure: (name) => view.figure(name),
      canvas: () => view.host.plot?.ctx.canvas ?? null,
      marked: () => null,
    }
    control.current = held
    onControl?.(held)
    view.show(latest.current.shaft, latest.current.words)
    return () => {
      made.current = null
      control.current = null
      onControl?.(null)
      view.destroy()
    }
  }, [kind, cursor, onControl])

  useEffect(() => {
    latest.current = { shaft, words }
    made.current?.show(shaft, words)
  }, [shaft, words])

  return (
    <PlotSection
      section={section}
      control={control}
      label={title}
      shortcuts="ArrowLeft ArrowRight Control+C"
      head={head}
      tools={tools}
      onCopied={onCopied}
      onKey={onKey}
    />
  )
}
