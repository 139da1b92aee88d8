/** Events per second over the last `windowMs`, in slots of a tenth of it; O(1) per event and no timers. */
export class RateMeter {
  readonly #slotMs: number
  readonly #slots: Float64Array
  #current = 0
  #startedMs: number | null = null

  constructor(windowMs = 10_000) {
    this.#slotMs = windowMs / 10
    this.#slots = new Float64Array(11)
  }

  add(count: number, nowMs: number): void {
    this.#advance(nowMs)
    const index = this.#current % this.#slots.length
    this.#slots[index] = (this.#slots[index] ?? 0) + count
  }

  /** Mean over the completed slots of the window, so that a half-filled slot does not make the figure jump. */
  perSecond(nowMs: number): number {
    this.#advance(nowMs)
    const current = this.#current % this.#slots.length
    const total = this.#slots.reduce((sum, count, index) => (index === current ? sum : sum + count), 0)
    const started = this.#startedMs ?? nowMs
    const completeMs = Math.min(10 * this.#slotMs, Math.floor((nowMs - started) / this.#slotMs) * this.#slotMs)
    return completeMs > 0 ? (total * 1000) / completeMs : 0
  }

  #advance(nowMs: number): void {
    this.#startedMs ??= nowMs
    const slot = Math.floor((nowMs - this.#startedMs) / this.#slotMs)
    if (slot - this.#current >= this.#slots.length) this.#slots.fill(0)
    else for (let s = this.#current + 1; s <= slot; s++) this.#slots[s % this.#slots.length] = 0
    this.#current = Math.max(this.#current, slot)
  }
}
