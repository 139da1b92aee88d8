import type { FeatureRow } from '../../shared/domain/twin.ts'
import { featureIndex } from '../../shared/domain/features.ts'

/** Last committed scalar of each point, by key; NaN where there is none yet. Filled after the receipt, never before. */
export class HeadTable {
  #tUs = new Float64Array(64).fill(Number.NaN)
  #serverUs = new Float64Array(64).fill(Number.NaN)
  #value = new Float64Array(64).fill(Number.NaN)
  #status = new Uint32Array(64)

  set(key: number, tUs: number, serverUs: number, value: number, status: number): void {
    if (key >= this.#tUs.length) this.#grow(key)
    this.#tUs[key] = tUs
    this.#serverUs[key] = serverUs
    this.#value[key] = value
    this.#status[key] = status
  }

  tUs(key: number): number {
    return this.#tUs[key] ?? Number.NaN
  }

  serverUs(key: number): number {
    return this.#serverUs[key] ?? Number.NaN
  }

  value(key: number): number {
    return this.#value[key] ?? Number.NaN
  }

  status(key: number): number {
    return this.#status[key] ?? 0
  }

  #grow(key: number): void {
    const size = Math.max(key + 1, this.#tUs.length * 2)
    const grown = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(size).fill(Number.NaN)
      next.set(old)
      return next
    }
    this.#tUs = grown(this.#tUs)
    this.#serverUs = grown(this.#serverUs)
    this.#value = grown(this.#value)
    const status = new Uint32Array(size)
    status.set(this.#status)
    this.#status = status
  }
}

/** Last committed feature row of each waveform point. */
export class FeatureTable {
  readonly #rows = new Map<number, FeatureRow>()

  set(row: FeatureRow): void {
    this.#rows.set(row.pointKey, row)
  }

  row(key: number): FeatureRow | null {
    return this.#rows.get(key) ?? null
  }

  /** NaN when the point has no features yet or the feature is not available. */
  value(key: number, feature: string): number {
    return this.#rows.get(key)?.values[featureIndex(feature)] ?? Number.NaN
  }
}
