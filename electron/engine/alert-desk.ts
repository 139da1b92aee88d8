import type { Actor } from '../../shared/domain/access.ts'
import type { AlertOccurrence, AlertRule, AlertRuleState, AlertTransition, Outcome } from '../../shared/domain/alert.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import type { LimitsInForce, OperatingState } from '../../shared/domain/operating-limits.ts'
import type { AlertCommit } from '../../shared/domain/twin.ts'
import {
  acknowledge,
  askedLevel,
  evaluate,
  followState,
  initialMemory,
  isClosed,
  judgedIn,
  label,
  limitsInForce,
  resetPending,
  restartTime,
  RuleByState,
  type AlertMemory,
  type AlertSample,
  type EvaluateOptions,
  type Refusal,
  type StateStep,
} from '../alerts/index.ts'
import { futureToleranceUs } from '../ingest/index.ts'
import { RequestError } from '../live/window-session.ts'

export interface AlertDeskDependencies {
  commit(commit: AlertCommit): Promise<unknown>
  /** An occurrence by id that is no longer open, for a late label. */
  find(occurrenceId: string): Promise<AlertOccurrence | null>
  nowUs(): number
  /** After the twin has it: windows and sync are told. */
  told(commit: AlertCommit): void
  /** The twin refuses to take alert rows; they are kept and tried again. null: it takes them again. */
  stuck(message: string | null): void
}

/** ISA-18.2 practice: a flood begins above 10 alarms in 10 minutes and ends below 5. */
const floodWindowUs = 600e6
const floodBegins = 10
const floodEnds = 5
const retryMs = 1000

/**
 * Runs the pure state machine over committed values and makes its steps durable in order: memory for judging moves at
 * once, what people see moves after the commit. A commit that fails is tried again until it succeeds; alert rows are
 * the last thing to be given up.
 */
export class AlertDesk {
  readonly #deps: AlertDeskDependencies
  readonly #memory = new Map<string, AlertMemory>()
  readonly #rules = new Map<string, AlertRule>()
  /** Of rules with limits by operating state: the state in force. After a restart the first value tells it. */
  readonly #byState = new Map<string, { rules: RuleByState; step: StateStep | null }>()
  /** Committed: what views show. Running, or ended without an outcome. */
  readonly #open = new Map<string, AlertOccurrence>()
  readonly #states = new Map<string, AlertRuleState>()
  #raisedUs: number[] = []
  #isFlood = false
  #chain: Promise<void> = Promise.resolve()

  constructor(deps: AlertDeskDependencies) {
    this.#deps = deps
  }

  /** What the twin remembers of earlier runs. */
  restore(states: readonly AlertRuleState[], open: readonly AlertOccurrence[]): void {
    for (const occurrence of open) this.#open.set(occurrence.id, occurrence)
    for (const state of states) {
      const occurrence = state.occurrenceId === null ? null : (this.#open.get(state.occurrenceId) ?? null)
      this.#states.set(state.ruleId, state)
      const memory = { state, occurrence }
      // Judged by a clock that was wrong, theirs or ours: behind such a time nothing would be judged until it comes.
      const isAhead = state.lastUs - this.#deps.nowUs() > futureToleranceUs
      this.#memory.set(state.ruleId, isAhead ? restartTime(memory) : memory)
    }
  }

  /** The rules in force; what is remembered of a rule survives a change of its limits. */
  setRules(rules: readonly AlertRule[]): void {
    this.#rules.clear()
    for (const rule of rules) this.#rules.set(rule.id, rule)
    const statesOf = ({ limitsByState }: AlertRule): string => JSON.stringify(limitsByState)
    for (const [id, { rules: known, step }] of this.#byState) {
      const rule = this.#rules.get(id)
      if (!rule || statesOf(rule) !== statesOf(known.rule)) this.#byState.delete(id)
      else this.#byState.set(id, { rules: new RuleByState(rule), step })
    }
  }

  /** `at` chooses the limits where the rule has some by operating state. */
  judge(
    rule: AlertRule,
    sample: AlertSample,
    suppressed: boolean,
    maxSilenceUs: number,
    at: OperatingState | null = null,
  ): void {
    if (!rule.limitsByState || at === null) return this.#judge(rule, sample, { suppressed, maxSilenceUs })
    const known = this.#byState.get(rule.id) ?? { rules: new RuleByState(rule), step: null }
    const step = followState(rule, known.step?.memory ?? null, at, sample.tUs)
    const inForce = known.rules.at(step.memory.index)
    const isHeld = suppressed || step.held
    this.#judge(inForce, sample, { suppressed: isHeld, maxSilenceUs, isOfOther: step.isOfOther })
    const level = this.#memory.get(rule.id)?.state.level ?? 'normal'
    const asks = !isHeld && askedLevel(inForce, sample.value, 'normal') === level
    this.#byState.set(rule.id, { ...known, step: judgedIn(step, asks) })
  }

  /** The limits that hold now, and why; by `at` alone where the rule has seen no value yet. */
  limits(rule: AlertRule, at: OperatingState): LimitsInForce {
    return limitsInForce(rule, this.#byState.get(rule.id)?.step ?? null, at)
  }

  #judge(rule: AlertRule, sample: AlertSample, options: EvaluateOptions): void {
    const memory = this.#memory.get(rule.id) ?? initialMemory(rule)
    const step = evaluate(rule, memory, sample, options)
    this.#memory.set(rule.id, step)
    if (step.transitions.length === 0) return
    const occurrence = step.ended ?? step.occurrence
    void this.#submit({
      states: [step.state],
      occurrences: occurrence ? [occurrence] : [],
      transitions: step.transitions,
    })
  }

  /** Nobody knows what the signal did in a gap: running delays of the rule start anew. */
  gap(rule: AlertRule): void {
    const memory = this.#memory.get(rule.id)
    if (memory) this.#memory.set(rule.id, resetPending(memory))
  }

  /** A clock was set: what comes is judged although it may be stamped earlier than what was. */
  clockStep(rule: AlertRule): void {
    const memory = this.#memory.get(rule.id)
    if (memory) this.#memory.set(rule.id, restartTime(memory))
  }

  /** Settles when the acknowledgement is in the twin. */
  async acknowledge(occurrenceId: string, by: Actor, comment: string | null): Promise<AlertOccurrence> {
    const occurrence = this.#open.get(occurrenceId)
    const memory = occurrence && this.#memory.get(occurrence.ruleId)
    if (!occurrence || !memory) throw notFound(occurrenceId)
    const done = acknowledge(memory, by.name, comment, this.#deps.nowUs())
    if (!done.ok) throw refused(done)
    this.#memory.set(occurrence.ruleId, { state: done.state, occurrence: done.running })
    const audit = [auditOf(by, occurrence, done.transition)]
    await this.#submit({ states: [done.state], occurrences: [done.occurrence], transitions: [done.transition], audit })
    return done.occurrence
  }

  /** Settles when the label is in the twin. */
  async label(occurrenceId: string, outcome: Outcome, by: Actor, note: string | null): Promise<AlertOccurrence> {
    const known = this.#open.get(occurrenceId) ?? (await this.#deps.find(occurrenceId))
    if (!known) throw notFound(occurrenceId)
    const memory = this.#memory.get(known.ruleId)
    const running = memory?.occurrence?.id === occurrenceId ? memory.occurrence : null
    const done = label(running ?? known, outcome, by.name, note, this.#deps.nowUs())
    if (!done.ok) throw refused(done)
    if (memory && running) this.#memory.set(known.ruleId, { ...memory, occurrence: done.occurrence })
    const audit = [auditOf(by, running ?? known, done.transition)]
    await this.#submit({ states: [], occurrences: [done.occurrence], transitions: [done.transition], audit })
    return done.occurrence
  }

  /** A peak rises between two steps and is stored with the next one; what is shown has it already. */
  open(): AlertOccurrence[] {
    return [...this.#open.values()].map((occurrence) => {
      const running = this.#memory.get(occurrence.ruleId)?.occurrence
      if (running?.id !== occurrence.id || running.peakValue <= occurrence.peakValue) return occurrence
      return { ...occurrence, peakValue: running.peakValue }
    })
  }

  state(ruleId: string): AlertRuleState | null {
    return this.#states.get(ruleId) ?? null
  }

  get isFlood(): boolean {
    const recent = this.#raisedUs.filter((tUs) => tUs > this.#deps.nowUs() - floodWindowUs).length
    this.#isFlood = this.#isFlood ? recent >= floodEnds : recent > floodBegins
    return this.#isFlood
  }

  /** Everything submitted so far is in the twin. */
  settled(): Promise<void> {
    return this.#chain
  }

  #submit(commit: AlertCommit): Promise<void> {
    this.#chain = this.#chain.then(() => this.#commit(commit))
    return this.#chain
  }

  async #commit(commit: AlertCommit): Promise<void> {
    for (;;) {
      try {
        await this.#deps.commit(commit)
        break
      } catch (error) {
        this.#deps.stuck(error instanceof Error ? error.message : String(error))
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
    this.#deps.stuck(null)
    for (const state of commit.states) this.#states.set(state.ruleId, state)
    for (const occurrence of commit.occurrences) {
      if (isClosed(occurrence)) this.#open.delete(occurrence.id)
      else this.#open.set(occurrence.id, occurrence)
    }
    this.#rememberRaised(commit)
    this.#deps.told(commit)
  }

  #rememberRaised(commit: AlertCommit): void {
    const since = this.#deps.nowUs() - floodWindowUs
    this.#raisedUs = this.#raisedUs.filter((tUs) => tUs > since)
    for (const transition of commit.transitions) if (transition.kind === 'raised') this.#raisedUs.push(transition.atUs)
  }
}

/** The person's step, as it goes into the trail with the transition itself. */
function auditOf(
  by: Actor,
  before: AlertOccurrence,
  { kind, occurrenceId, state, outcome, comment, atUs }: AlertTransition,
) {
  const action = kind === 'labelled' ? 'alert.label' : 'alert.acknowledge'
  const [was, is] = [
    { state: before.state, outcome: before.outcome },
    { state, outcome },
  ]
  return auditEntry(by, atUs, { action, subject: occurrenceId, before: was, after: is, reason: comment })
}

function notFound(occurrenceId: string): RequestError {
  return new RequestError({
    code: 'no-occurrence',
    message: `There is no open alert "${occurrenceId}"; it may have been closed meanwhile.`,
    retryable: false,
  })
}

function refused(refusal: Refusal): RequestError {
  return new RequestError({ code: refusal.code, message: refusal.message, retryable: false })
}
