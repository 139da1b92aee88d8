import { useEffect, useRef, type KeyboardEvent } from 'react'
import { t } from '../ui/text.ts'
import './charts.css'
import { PlotSays } from './PlotSays.tsx'
import type { LiveElements, LiveSpec } from './live-channel.ts'
import { LiveView, type WaveformSubscribe } from './live-view.ts'

export interface LivePoint extends Omit<LiveSpec, 'showTime' | 'roomy'> {
  /** Machine and point in words. */
  title: string
}

interface LiveWaveformsProps {
  points: readonly LivePoint[]
  subscribe: WaveformSubscribe
  windowMs: number
  frozen: boolean
  onFrozen: (frozen: boolean) => void
}

function elementsOf(section: HTMLElement): LiveElements | null {
  const part = (name: string): HTMLElement | null => section.querySelector(`[data-part="${name}"]`)
  const [body, mark, says, readout] = [part('body'), part('mark'), part('says'), part('readout')]
  return body && mark && says && readout ? { body, mark, says, readout } : null
}

/** Live waveforms on one clock. React draws the frame around them once; the pictures are drawn outside it. */
export function LiveWaveforms({ points, subscribe, windowMs, frozen, onFrozen }: LiveWaveformsProps) {
  const root = useRef<HTMLDivElement | null>(null)
  const view = useRef<LiveView | null>(null)
  const columns = points.length > 4 ? 2 : 1

  useEffect(() => {
    const element = root.current
    if (!element) return undefined
    const live = new LiveView(subscribe, windowMs)
    view.current = live
    for (const [index, point] of points.entries()) {
      const section = element.children[index]
      const elements = section instanceof HTMLElement ? elementsOf(section) : null
      if (elements)
        live.add({ ...point, showTime: index >= points.length - columns, roomy: points.length === 1 }, elements)
    }
    return () => {
      view.current = null
      live.destroy()
    }
  }, [points, subscribe, windowMs, columns])

  useEffect(() => {
    if (frozen) view.current?.freeze(true)
    return () => {
      if (frozen) view.current?.freeze(false)
    }
  }, [frozen])

  const onKeyDown = (event: KeyboardEvent): void => {
    // Space opens a list or presses a button where one has the focus.
    if (!(event.target instanceof HTMLElement) || event.target.tagName !== 'SECTION') return
    if (event.key === ' ') onFrozen(!frozen)
    else if (view.current?.key(event) !== true) return
    event.preventDefault()
  }

  return (
    <div
      ref={root}
      className={`live-waveforms columns-${columns}`}
      role="group"
      aria-label={t('plot.liveLabel')}
      onKeyDown={onKeyDown}
    >
      {points.map((point) => (
        <section
          key={point.pointId}
          className="plot"
          tabIndex={0}
          aria-label={t('plot.waveformOf', { title: point.title })}
        >
          <header className="plot-head">
            <span className="plot-title" title={point.title}>
              {point.title}
            </span>
            <span className="plot-mark" data-part="mark" />
            <span className="plot-readout" data-part="readout" />
          </header>
          <div className="plot-body" data-part="body">
            <PlotSays />
          </div>
        </section>
      ))}
    </div>
  )
}
