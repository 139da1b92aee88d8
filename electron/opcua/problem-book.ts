import type { IntakeSink } from '../../shared/domain/intake.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { Clock } from '../../shared/domain/time.ts'

/** Problems this room has raised: each is told once until its words change, and cleared when it is over. */
export class ProblemBook {
  readonly #sink: IntakeSink
  readonly #clock: Clock
  readonly #raised = new Map<string, Problem>()

  constructor(sink: IntakeSink, clock: Clock) {
    this.#sink = sink
    this.#clock = clock
  }

  raise(id: string, severity: Problem['severity'], message: string, remedy: string): void {
    const before = this.#raised.get(id)
    if (before?.message === message) return
    const problem = { id, severity, message, remedy, sinceUs: before?.sinceUs ?? this.#clock.nowUs() }
    this.#raised.set(id, problem)
    this.#sink.problem(problem)
  }

  clear(id: string): void {
    if (this.#raised.delete(id)) this.#sink.problemGone(id)
  }

  clearAll(): void {
    for (const id of this.#raised.keys()) this.#sink.problemGone(id)
    this.#raised.clear()
  }
}
