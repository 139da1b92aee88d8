import { formatClock, formatDay, formatTime } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { View } from './cursor-maths.ts'
import type { MapData } from './map-maths.ts'

export interface MapRowInfo {
  captureId: string
  tUs: number
  rpm: number | null
  refused: string | null
}

export interface MapReading {
  /** Newest at the top, or fastest. */
  by: 'time' | 'speed'
  drawing: 'colours' | 'cascade'
  /** Colours by decibels below the top; null: by the amplitude itself. */
  rangeDb: number | null
  /** While spectra are still coming: how many of how many. */
  progress: { done: number; total: number } | null
  failure: string | null
}

const dayUs = 86_400e6

/** The spectra of a map in the order in which they are shown, and what stands beside each. */
export class MapScene {
  readonly #zone: string
  data: MapData | null = null
  reading: MapReading = { by: 'time', drawing: 'colours', rangeDb: 60, progress: null, failure: null }
  /** Rows top first. */
  order = new Int32Array(0)
  #infos: readonly MapRowInfo[] = []

  constructor(zone: string) {
    this.#zone = zone
  }

  show(data: MapData | null, infos: readonly MapRowInfo[], reading: MapReading): void {
    this.data = data
    this.#infos = infos
    this.reading = reading
    const key = (row: number): number => {
      const info = infos[row]
      return (reading.by === 'time' ? info?.tUs : info?.rpm) ?? 0
    }
    this.order = Int32Array.from(infos.map((_, row) => row).sort((a, b) => key(b) - key(a)))
  }

  get full(): View {
    return this.data && this.data.lines > 1
      ? { min: 0, max: (this.data.lines - 1) * this.data.resolutionHz }
      : { min: 0, max: 1 }
  }

  get rows(): View {
    return { min: 0, max: Math.max(1, this.order.length) }
  }

  rowTitle(): string {
    return this.reading.by === 'time' ? t('plot.mapTime') : t('plot.mapSpeed')
  }

  /** Row under the height `y` of the axis, whose top is the first row. */
  rowLabel(y: number): string {
    const info = this.info(this.order.length - 1 - Math.floor(y))
    if (!info || !Number.isInteger(y)) return ''
    if (this.reading.by === 'speed') return info.rpm === null ? '' : String(Math.round(info.rpm))
    const clock = formatClock(info.tUs, this.#zone)
    return this.#spanUs() > dayUs ? `${formatDay(info.tUs, this.#zone)} ${clock.slice(0, 5)}` : clock
  }

  timeOf(row: number): string {
    return formatTime(this.#infos[row]?.tUs ?? 0, this.#zone)
  }

  info(shown: number): MapRowInfo | undefined {
    const row = this.order[shown]
    return row === undefined ? undefined : this.#infos[row]
  }

  amplitudeAt(hz: number, shown: number): number {
    const { data } = this
    if (!data) return Number.NaN
    return data.amplitude[(this.order[shown] ?? 0) * data.lines + Math.round(hz / data.resolutionHz)] ?? Number.NaN
  }

  /** The row nearest to a time; -1 without one. */
  rowNear(tUs: number | null): number {
    if (tUs === null) return -1
    let best = -1
    let distance = Number.POSITIVE_INFINITY
    for (let shown = 0; shown < this.order.length; shown++) {
      const off = Math.abs((this.info(shown)?.tUs ?? 0) - tUs)
      if (off < distance) {
        distance = off
        best = shown
      }
    }
    return best
  }

  #spanUs(): number {
    const times = this.#infos.map(({ tUs }) => tUs)
    return Math.max(...times) - Math.min(...times)
  }
}
