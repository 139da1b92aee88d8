import { useEffect, useRef, type KeyboardEvent } from 'react'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { browser } from '../bridge/browser.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { Button } from '../ui/Button.tsx'
import { t } from '../ui/text.ts'
import './charts.css'
import { PlotSays } from './PlotSays.tsx'
import type { View } from './cursor-maths.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { SpectrumView } from './spectrum-view.ts'

interface SpectrumPlotProps {
  title: string
  source: FrameSource<SpectrumFrame>
  cursor: SpectrumCursorStore
  unit: string
  colourIndex: number
  /** One lane for all bearing families. */
  merged: boolean
  /** The view to come back to; null: everything. */
  view: View | null
  onView: (view: View) => void
  onCopied: () => void
}

/** A spectrum with fault-frequency families, placed cursor, harmonics (H) and sidebands (S). */
export function SpectrumPlot({
  title,
  source,
  cursor,
  unit,
  colourIndex,
  merged,
  view,
  onView,
  onCopied,
}: SpectrumPlotProps) {
  const root = useRef<HTMLElement | null>(null)
  const plot = useRef<SpectrumView | null>(null)
  // Read once when the plot is built; afterwards the plot itself knows its view.
  const start = useRef({ view, onView })

  useEffect(() => {
    const element = root.current
    const part = (name: string): HTMLElement | null => element?.querySelector(`[data-part="${name}"]`) ?? null
    const [body, mark, says, readout] = [part('body'), part('mark'), part('says'), part('readout')]
    if (!body || !mark || !says || !readout) return undefined
    const look = { label: t('plot.short.amplitude'), unit, colourIndex, merged }
    const made = new SpectrumView(
      { body, mark, says, readout },
      source,
      cursor,
      look,
      start.current.view,
      start.current.onView,
    )
    plot.current = made
    return () => {
      plot.current = null
      made.destroy()
    }
  }, [source, cursor, unit, colourIndex, merged])

  const copy = (): void => {
    const text = plot.current?.text() ?? ''
    if (text !== '') browser.copyText(text).then(onCopied, () => undefined)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey && event.key.toLowerCase() === 'c') {
      copy()
      return
    }
    if (event.target !== event.currentTarget || event.altKey || (event.ctrlKey && !event.key.startsWith('Arrow')))
      return
    if (plot.current?.key(event) === true) event.preventDefault()
  }

  const press = (key: string) => () => {
    plot.current?.key({ key, ctrlKey: false })
    root.current?.focus()
  }

  return (
    <section
      ref={root}
      className="plot"
      tabIndex={0}
      aria-label={title}
      aria-keyshortcuts="ArrowLeft ArrowRight H S P Control+C"
      onKeyDown={onKeyDown}
    >
      <header className="plot-head">
        <span className="plot-title">{title}</span>
        <span className="plot-middle">
          <span className="plot-mark" data-part="mark" />
          <Tools press={press} onCopy={copy} />
        </span>
        <span className="plot-readout" data-part="readout" aria-live="off" />
      </header>
      <div className="plot-body" data-part="body">
        <PlotSays />
      </div>
    </section>
  )
}

const tools = [
  ['h', 'harmonics'],
  ['s', 'sidebands'],
  ['p', 'peak'],
  ['0', 'all'],
] as const

function Tools({ press, onCopy }: { press: (key: string) => () => void; onCopy: () => void }) {
  return (
    <span className="plot-tools">
      {tools.map(([key, name]) => (
        <Button key={key} kind="quiet" title={t(`plot.tool.${name}Hint`)} onClick={press(key)}>
          {t(`plot.tool.${name}`)}
        </Button>
      ))}
      <Button kind="quiet" title={t('plot.tool.copyHint')} onClick={onCopy}>
        {t('plot.tool.copy')}
      </Button>
    </span>
  )
}
