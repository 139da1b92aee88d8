import type { Gap, GapCause } from '../../shared/domain/intake.ts'
import type { IngestPoint } from './points.ts'

const inWords: Partial<Record<GapCause, string>> = {
  'late-rejected': 'came later than the contract allows and were refused',
  'order-rejected': 'came out of order and were refused, as the contract asks',
  'queue-full': 'were dropped because the store could not keep up',
}

/** Gaps between two ticks. A storm of gaps must not eat the memory either; beyond it they merge into one per server. */
const mostGaps = 10_000

/**
 * What one tick has to say about losses. A gap is identified by (point or server, cause, start): one that is open is
 * given out as a row and given out again when it is closed, and the later row replaces the earlier.
 */
export class GapBook {
  readonly #gaps = new Map<string, Gap>()
  readonly #losses = new Map<
    string,
    { index: number; cause: GapCause; startUs: number; endUs: number; count: number }
  >()
  /** Source clocks that were set back, by server: its points share one as a rule. */
  readonly #setBack = new Map<string, { points: Set<number>; startUs: number; endUs: number }>()
  /** Losses that were given out already, by point, cause and start: one of the same start adds to its row, not replaces it. */
  readonly #given = new Map<string, { endUs: number; count: number }>()
  readonly #points: readonly IngestPoint[]
  merged = 0

  constructor(points: readonly IngestPoint[]) {
    this.#points = points
  }

  add(gap: Gap): void {
    const key = `${gap.pointKey ?? ''}|${gap.serverId ?? ''}|${gap.cause}|${gap.startUs}`
    if (this.#gaps.size < mostGaps || this.#gaps.has(key)) {
      this.#gaps.set(key, gap)
      return
    }
    this.merged++
    this.#merge(gap)
  }

  #merge(gap: Gap): void {
    const key = `${gap.serverId ?? ''}|merged|${gap.cause}`
    const known = this.#gaps.get(key)
    this.#gaps.set(key, {
      pointKey: null,
      serverId: gap.serverId,
      cause: gap.cause,
      startUs: Math.min(known?.startUs ?? gap.startUs, gap.startUs),
      endUs: known && known.endUs !== null && gap.endUs !== null ? Math.max(known.endUs, gap.endUs) : gap.endUs,
      count: gap.count === null || known?.count === null ? null : (known?.count ?? 0) + gap.count,
      detail: 'More gaps came at once than could be kept apart; this one stands for all of them.',
    })
  }

  /** One value (or `count` samples) of a point is lost; losses of one cause within a tick become one gap. */
  lose(index: number, cause: GapCause, startUs: number, endUs: number, count: number): void {
    const key = `${index}|${cause}`
    const known = this.#losses.get(key)
    if (!known) {
      this.#losses.set(key, { index, cause, startUs, endUs, count })
      return
    }
    known.startUs = Math.min(known.startUs, startUs)
    known.endUs = Math.max(known.endUs, endUs)
    known.count += count
  }

  /** The clock that stamps this point's values went from `wasUs` back to `isUs`; no value is lost by it. */
  setBack(index: number, wasUs: number, isUs: number): void {
    const serverId = this.#points[index]?.serverId ?? ''
    const known = this.#setBack.get(serverId)
    if (!known) this.#setBack.set(serverId, { points: new Set([index]), startUs: isUs, endUs: wasUs })
    else {
      known.points.add(index)
      known.startUs = Math.min(known.startUs, isUs)
      known.endUs = Math.max(known.endUs, wasUs)
    }
  }

  #addSetBack(): void {
    for (const [serverId, { points, startUs, endUs }] of this.#setBack) {
      const [first = 0] = points
      const only = points.size === 1 ? this.#points[first] : undefined
      const whose = only ? `of "${only.id}"` : `of ${points.size} points of server "${serverId}"`
      const seconds = ((endUs - startUs) / 1e6).toFixed(1)
      const detail = `The source clock ${whose} was set back by ${seconds} s; values are kept under the times it gives, so they overlap from here on.`
      this.add({ pointKey: only?.key ?? null, serverId, cause: 'clock-step', startUs, endUs, count: null, detail })
    }
    this.#setBack.clear()
  }

  #addTo(key: string, endUs: number, count: number): { endUs: number; count: number } {
    const known = this.#given.get(key)
    const sum = { endUs: Math.max(known?.endUs ?? endUs, endUs), count: (known?.count ?? 0) + count }
    // The latest at the end, so that the oldest is what is forgotten.
    this.#given.delete(key)
    this.#given.set(key, sum)
    const [oldest] = this.#given.keys()
    if (this.#given.size > mostGaps && oldest !== undefined) this.#given.delete(oldest)
    return sum
  }

  take(): Gap[] {
    this.#addSetBack()
    for (const { index, cause, startUs, endUs, count } of this.#losses.values()) {
      const point = this.#points[index]
      if (!point) continue
      const given = this.#addTo(`${point.key}|${cause}|${startUs}`, endUs, count)
      const what = point.kind === 'waveform' ? 'samples' : 'values'
      const detail = `${given.count} ${what} of "${point.id}" ${inWords[cause] ?? 'are lost'}.`
      this.add({ pointKey: point.key, serverId: point.serverId, cause, startUs, ...given, detail })
    }
    this.#losses.clear()
    const gaps = [...this.#gaps.values()]
    this.#gaps.clear()
    return gaps
  }
}
