import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { KeyTools, partsOf, PlotSection, type KeyTool, type PlotControl } from './PlotSection.tsx'
import { TrendView, type TrendDesk } from './trend-view.ts'

interface DeskTrendProps {
  title: string
  head: ReactNode
  tools: ReactNode
  source: FrameSource<TrendFrame>
  desk: TrendDesk
  label: string
  unit: string
  colourIndex: number
  zone: string
  onCopied: () => void
  onKey?: (event: KeyboardEvent) => boolean
  onControl?: (control: PlotControl | null) => void
}

const keys: readonly KeyTool[] = [{ key: '0', name: 'all' }]

/** A trend linked with the other plots of a desk: limits, run state, alerts, captures and breaks along it. */
export function DeskTrend(props: DeskTrendProps) {
  const { title, head, tools, source, desk, label, unit, colourIndex, zone, onCopied, onKey } = props
  const control = useRef<PlotControl | null>(null)
  const { onControl } = props
  const section = useRef<HTMLElement | null>(null)
  const latest = useRef(desk)
  const made = useRef<TrendView | null>(null)

  useEffect(() => {
    const parts = partsOf(section.current)
    if (!parts) return undefined
    const plot = new TrendView(parts, source, { label, unit, colourIndex, zone })
    made.current = plot
    const held: PlotControl = {
      key: (event) => plot.key(event),
      text: () => plot.text(),
      figure: (words) => plot.figure(words),
      canvas: () => plot.host.plot?.ctx.canvas ?? null,
      marked: () => null,
    }
    control.current = held
    onControl?.(held)
    plot.desk(latest.current)
    return () => {
      made.current = null
      control.current = null
      onControl?.(null)
      plot.destroy()
    }
  }, [source, label, unit, colourIndex, zone, onControl])

  useEffect(() => {
    latest.current = desk
    made.current?.desk(desk)
  }, [desk])

  return (
    <PlotSection
      section={section}
      control={control}
      label={title}
      shortcuts="ArrowLeft ArrowRight Enter Control+C"
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
