/** Everything that is wrong with a history index: one sentence each, all in one run. */
export class HistoryFaults extends Error {
  override readonly name = 'HistoryFaults'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** An index that is wrong from end to end must not fill the terminal. */
const SHOWN = 50

/** Collects faults, counting on beyond what anybody would read. */
export class FaultList {
  readonly #faults: string[] = []
  #hidden = 0

  get any(): boolean {
    return this.#faults.length > 0
  }

  add(fault: string): void {
    if (this.#faults.length < SHOWN) this.#faults.push(fault)
    else this.#hidden += 1
  }

  throwIfAny(): void {
    if (!this.any) return
    const more = this.#hidden === 0 ? [] : [`${this.#hidden} more faults follow: mend these first.`]
    throw new HistoryFaults([...this.#faults, ...more])
  }
}

export type Json = Readonly<Record<string, unknown>>

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** A wrong value as a sentence would quote it. */
export const quote = (value: unknown): string => (value === undefined ? 'is missing' : `is ${shown(value)}`)
