import type { Condition, ConditionNews } from '../../../shared/domain/condition.ts'
import type { Gap, IntakeSink, LinkState, ScalarColumns, WaveformBlock } from '../../../shared/domain/intake.ts'
import type { Problem } from '../../../shared/domain/problem.ts'
import type { Clock } from '../../../shared/domain/time.ts'

export interface RecordedScalar {
  value: number
  sourceUs: number
  serverUs: number
  receiveUs: number
  status: number
}

/** Keeps all that an OPC UA connection hands over. */
export class RecordingSink implements IntakeSink {
  readonly byKey = new Map<number, RecordedScalar[]>()
  readonly backfilled = new Map<number, RecordedScalar[]>()
  readonly blocks: WaveformBlock[] = []
  readonly gaps: Gap[] = []
  readonly links: LinkState[] = []
  readonly problems = new Map<string, Problem>()
  readonly news: ConditionNews[] = []

  scalars(columns: ScalarColumns): void {
    this.#keep(columns, this.byKey)
  }

  backfill(columns: ScalarColumns): void {
    this.#keep(columns, this.backfilled)
  }

  #keep(columns: ScalarColumns, byKey: Map<number, RecordedScalar[]>): void {
    for (let i = 0; i < columns.count; i += 1) {
      const key = columns.pointKey[i] ?? -1
      let list = byKey.get(key)
      if (!list) byKey.set(key, (list = []))
      list.push({
        value: columns.value[i] ?? Number.NaN,
        sourceUs: columns.sourceUs[i] ?? Number.NaN,
        serverUs: columns.serverUs[i] ?? Number.NaN,
        receiveUs: columns.receiveUs[i] ?? Number.NaN,
        status: columns.status[i] ?? 0,
      })
    }
  }

  block(block: WaveformBlock): void {
    this.blocks.push(block)
  }

  gap(gap: Gap): void {
    this.gaps.push(gap)
  }

  conditions(news: ConditionNews): void {
    this.news.push(news)
  }

  /** Events of conditions, in the order they came. */
  get events(): Condition[] {
    return this.news.flatMap((each) => (each.kind === 'events' ? each.events : []))
  }

  link(state: LinkState): void {
    this.links.push(state)
  }

  problem(problem: Problem): void {
    this.problems.set(problem.id, problem)
  }

  problemGone(id: string): void {
    this.problems.delete(id)
  }

  values(key: number): number[] {
    return (this.byKey.get(key) ?? []).map(({ value }) => value)
  }

  get lastPhase(): string {
    return this.links.at(-1)?.phase ?? 'none'
  }
}

export const systemClock: Clock = {
  nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1_000),
  monotonicMs: () => performance.now(),
}

/** Polls until `check` holds; the limit is generous and only ends a test that would hang. Shorter while a test is written. */
export async function until(what: string, check: () => boolean, limitMs = patienceMs): Promise<void> {
  const end = performance.now() + limitMs
  while (!check()) {
    if (performance.now() > end) throw new Error(`waited ${limitMs / 1_000} s in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const patienceMs = Number(process.env['MILLWRIGHT_PATIENCE_MS'] ?? 90_000)

/** What is wrong with a run of a counter: numbers that are missing or come twice between its first and its last. */
export function faultsOf(values: readonly number[]): { lost: number[]; repeated: number[] } {
  const lost: number[] = []
  const repeated: number[] = []
  for (let i = 1; i < values.length; i += 1) {
    const before = values[i - 1] ?? 0
    const value = values[i] ?? 0
    if (value <= before) repeated.push(value)
    for (let missing = before + 1; missing < value; missing += 1) lost.push(missing)
  }
  return { lost, repeated }
}
