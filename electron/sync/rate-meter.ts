const spanMs = 10_000

/** Rows a second over the last ten seconds. */
export class RateMeter {
  #receipts: { atMs: number; rows: number }[] = []

  add(rows: number, nowMs: number): void {
    this.#receipts.push({ atMs: nowMs, rows })
    this.#forget(nowMs)
  }

  perSecond(nowMs: number): number {
    this.#forget(nowMs)
    const rows = this.#receipts.reduce((sum, one) => sum + one.rows, 0)
    return (rows * 1000) / spanMs
  }

  #forget(nowMs: number): void {
    const from = this.#receipts.findIndex((one) => nowMs - one.atMs < spanMs)
    if (from === -1) this.#receipts = []
    else if (from > 0) this.#receipts.splice(0, from)
  }
}
