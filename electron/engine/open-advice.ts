import type { Clock } from '../../shared/domain/time.ts'
import type { ProblemList } from '../observe/problem-list.ts'
import type { Twin } from '../store/api.ts'
import type { AlertDesk } from './alert-desk.ts'
import { HealthDesk } from './health-desk.ts'
import { startHealthThread } from './health-thread.ts'

interface AdvisedEngine {
  readonly twin: Twin
  readonly desk: AlertDesk
  readonly problems: ProblemList
  readonly options: { clock: Clock; onChanged(what: 'status'): void }
  report(error: unknown): void
}

/** Beside the rules of limits: it hands its own rule to the same machine, and nothing of it is asked when a limit is judged. */
export function openAdvice(engine: AdvisedEngine): HealthDesk {
  const { twin, options, problems, desk } = engine
  return new HealthDesk({
    twin,
    startThread: startHealthThread,
    judge: (rule, sample, suppressed) => desk.judge(rule, sample, suppressed, Number.POSITIVE_INFINITY),
    clockStep: (rule) => desk.clockStep(rule),
    clock: options.clock,
    raise: (problem) => problems.raise({ ...problem, sinceUs: options.clock.nowUs() }),
    clear: (id) => problems.clear(id),
    report: (error) => engine.report(error),
    told: () => options.onChanged('status'),
  })
}
