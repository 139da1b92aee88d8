import type { WaveformFrame } from '../../shared/protocol/views.ts'
import type { View } from './cursor-maths.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { LiveChannel, type LiveElements, type LiveSpec } from './live-channel.ts'
import { meter } from './meter.ts'
import type { Figure } from './figure.ts'
import { viewForKey, type NavigationHost } from './navigation.ts'
import type { PlotHost } from './plot-host.ts'
import type { CursorKey } from './spectrum-keys.ts'

/** Asks the engine for columns; answers how to stop. */
export type WaveformSubscribe = (
  params: { pointIds: string[]; windowMs: number; columns: number },
  onFrame: (frame: WaveformFrame) => void,
) => () => void

const resubscribeAfterMs = 250
/** Columns may differ this much from the width before they are asked for again. */
const widthSlack = 0.04

const clockSlackMs = 20
let originMs = Date.now() - performance.now()

/**
 * The wall clock with the monotonic clock's resolution: whole milliseconds would make the picture tremble by a pixel. A
 * stepped wall clock is followed.
 */
function wallUs(nowMs: number): number {
  const wallMs = Date.now()
  if (Math.abs(originMs + nowMs - wallMs) > clockSlackMs) originMs = wallMs - nowMs
  return (originMs + nowMs) * 1000
}

/** Several live waveforms over one clock: same right edge, same view, one loop. */
export class LiveView {
  readonly #subscribe: WaveformSubscribe
  readonly #channels = new Map<string, LiveChannel>()
  readonly #leave: () => void
  #windowMs: number
  #view: View
  #unsubscribe: (() => void) | null = null
  #columns = 0
  #wantedSinceMs = 0
  #frozenEdgeUs: number | null = null
  #edgeUs = 0
  #cursorS: number | null = null
  readonly #navigation: NavigationHost

  constructor(subscribe: WaveformSubscribe, windowMs: number) {
    this.#subscribe = subscribe
    this.#windowMs = windowMs
    this.#view = { min: -windowMs / 1000, max: 0 }
    this.#navigation = {
      view: () => this.#view,
      full: () => ({ min: -this.#windowMs / 1000, max: 0 }),
      narrowest: () => this.#windowMs / 1000 / 50,
      onView: (view) => {
        this.#view = view
      },
      onClick: (seconds) => this.#place(seconds),
    }
    this.#leave = joinFrameLoop((nowMs) => this.#draw(nowMs))
  }

  add(spec: LiveSpec, elements: LiveElements): void {
    this.#channels.set(spec.pointId, new LiveChannel(spec, elements, this.#navigation))
  }

  /** Of the only channel, where there is one alone. */
  get host(): PlotHost {
    return this.#only().host
  }

  /** Peak hold: the extremes since it was switched on. */
  hold(on: boolean): void {
    for (const channel of this.#channels.values()) channel.hold(on)
  }

  key(event: CursorKey): boolean {
    const view = viewForKey(event.key, this.#navigation, this.#cursorS)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    const { min, max } = this.#view
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const stepS = ((max - min) * (event.ctrlKey ? 1 : 4)) / Math.max(1, this.#columns)
      const at = (this.#cursorS ?? (min + max) / 2) + (event.key === 'ArrowLeft' ? -stepS : stepS)
      this.#place(Math.min(max, Math.max(min, at)))
      return true
    }
    if (event.key !== 'Escape' || this.#cursorS === null) return false
    this.#place(null)
    return true
  }

  text(): string {
    return this.#only().text()
  }

  figure(title: string): Figure | null {
    return this.#only().figure(title)
  }

  /** A note belongs to a stored waveform. */
  marked(): null {
    return null
  }

  #only(): LiveChannel {
    const [only] = this.#channels.values()
    if (!only) throw new Error('A live view has no channel yet.')
    return only
  }

  #place(seconds: number | null): void {
    this.#cursorS = seconds
    for (const channel of this.#channels.values()) channel.place(seconds)
  }

  /** Stops the picture (data keeps coming) or lets it run again. */
  freeze(on: boolean): void {
    if (on === (this.#frozenEdgeUs !== null)) return
    this.#frozenEdgeUs = on ? this.#edgeUs : null
    // What came while frozen was not kept: ask for the whole window again.
    if (!on) this.#columns = 0
  }

  destroy(): void {
    this.#leave()
    this.#unsubscribe?.()
    for (const channel of this.#channels.values()) channel.destroy()
    this.#channels.clear()
  }

  #draw(nowMs: number): boolean {
    const nowUs = wallUs(nowMs)
    let delayUs = 0
    for (const channel of this.#channels.values())
      if (!Number.isNaN(channel.endUs)) delayUs = Math.max(delayUs, channel.delay.at(nowMs))
    this.#edgeUs = nowUs - delayUs
    const edgeUs = this.#frozenEdgeUs ?? this.#edgeUs
    let drawn = false
    for (const channel of this.#channels.values())
      drawn = channel.draw(edgeUs, nowUs, nowMs, this.#view, this.#frozenEdgeUs !== null) || drawn
    this.#followWidth(nowMs)
    return drawn
  }

  /** Asks for as many columns as the plots have pixels, once the width has settled. */
  #followWidth(nowMs: number): void {
    let columns = 0
    for (const channel of this.#channels.values()) columns = Math.max(columns, channel.host.columns)
    if (columns === 0 || Math.abs(columns - this.#columns) <= this.#columns * widthSlack) {
      this.#wantedSinceMs = nowMs
      return
    }
    if (this.#unsubscribe && nowMs - this.#wantedSinceMs < resubscribeAfterMs) return
    this.#columns = columns
    this.#unsubscribe?.()
    for (const channel of this.#channels.values()) channel.reset()
    this.#unsubscribe = this.#subscribe(
      {
        pointIds: [...this.#channels.keys()],
        windowMs: this.#windowMs,
        columns: Math.min(4000, Math.max(50, columns)),
      },
      (frame) => this.#take(frame),
    )
  }

  #take(frame: WaveformFrame): void {
    if (this.#frozenEdgeUs !== null) return
    const nowMs = performance.now()
    const nowUs = wallUs(nowMs)
    meter.applied()
    for (const channel of frame.channels)
      this.#channels.get(channel.pointId)?.apply(channel, this.#windowMs, nowUs, nowMs)
  }
}
