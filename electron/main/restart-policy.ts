/** How often and how soon a child that ended is started again. Clock and count are the caller's, so tests drive them. */
export class RestartPolicy {
  readonly #delaysMs: readonly number[]
  readonly #limit: number
  readonly #windowMs: number
  #restartsMs: number[] = []

  constructor(delaysMs: readonly number[], limit: number, windowMs: number) {
    this.#delaysMs = delaysMs
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /**
   * The delay before the next start, or undefined when `limit` restarts fell within the window: a child that keeps
   * ending needs a person, and starting it for ever would hide that. Old restarts are forgotten, so that one crash a
   * day starts at the shortest delay each time.
   */
  next(nowMs: number): { delayMs: number; attempt: number } | undefined {
    this.#restartsMs = this.#restartsMs.filter((atMs) => nowMs - atMs < this.#windowMs)
    if (this.#restartsMs.length >= this.#limit) return undefined
    const attempt = this.#restartsMs.length + 1
    this.#restartsMs.push(nowMs)
    return { delayMs: this.#delaysMs[Math.min(attempt, this.#delaysMs.length) - 1] ?? 0, attempt }
  }

  reset(): void {
    this.#restartsMs = []
  }
}
