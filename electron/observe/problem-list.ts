import type { Problem } from '../../shared/domain/problem.ts'

/** The operator's problem list: the same id updates in place, and what is mended disappears. */
export class ProblemList {
  readonly #byId = new Map<string, Problem>()
  #sorted: Problem[] | null = null
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Keeps the first `sinceUs` of a problem that was already there. */
  raise(problem: Problem): void {
    const known = this.#byId.get(problem.id)
    if (known && known.message === problem.message && known.severity === problem.severity) return
    this.#byId.set(problem.id, { ...problem, sinceUs: known?.sinceUs ?? problem.sinceUs })
    this.#sorted = null
    this.#changed()
  }

  clear(id: string): void {
    if (!this.#byId.delete(id)) return
    this.#sorted = null
    this.#changed()
  }

  /** Clears every problem whose id starts with `prefix`. */
  clearAll(prefix: string): void {
    for (const id of this.#byId.keys()) if (id.startsWith(prefix)) this.clear(id)
  }

  /** Errors first, then warnings, oldest first within each. The same array until something changes. */
  list(): Problem[] {
    const rank = { error: 0, warning: 1, info: 2 }
    this.#sorted ??= [...this.#byId.values()].sort(
      (a, b) => rank[a.severity] - rank[b.severity] || a.sinceUs - b.sinceUs,
    )
    return this.#sorted
  }
}
