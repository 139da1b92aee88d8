import path from 'node:path'
import type { RunState } from '../../../shared/domain/analysis.ts'
import {
  BACKTEST_SCHEMA,
  type Backtest,
  type BacktestAlert,
  type BacktestOutlook,
  type BacktestState,
  type BacktestTrend,
  type HistoryTime,
} from '../../../shared/domain/backtest.ts'
import { evaluate, initialMemory, type AlertMemory } from '../../alerts/index.ts'
import { advisoryRule } from '../../diagnosis/warning/advisory-rule.ts'
import type { Baseline } from '../../diagnosis/warning/baseline.ts'
import type { Finding } from '../../diagnosis/warning/condition.ts'
import {
  HealthMonitor,
  SNAPSHOTS_PER_FALSE_WARNING,
  type HealthStep,
  type Note,
} from '../../diagnosis/warning/health-monitor.ts'
import { UsageError, type CliIo } from '../io.ts'
import { HistoryFaults } from './backtest-faults.ts'
import { readHistory, type History } from './backtest-index.ts'
import { limitations, observations } from './backtest-observations.ts'
import { backtestText } from './backtest-text.ts'
import { inFormOf } from './backtest-time.ts'

const usage = 'millwright backtest INDEX.json [--json]'

const healthRule = advisoryRule(
  { id: 'backtest.health', pointId: 'backtest', assetId: 'backtest', configHash: '' },
  {
    meaning: 'The vibration has left its baseline for good.',
    cause: 'Named in the reason.',
    consequence: 'Damage that grows.',
    action: 'Diagnose the latest capture and plan the inspection.',
    recipient: 'maintenance',
    respondWithinMin: 1440,
    priority: 'medium',
  },
)

function trendOf({ trend }: Finding, t: HistoryTime, timeS: number): BacktestTrend | null {
  if (trend === null) return null
  if (trend.refused !== null) return { earliest: null, latest: null, refused: trend.refused }
  // A table without a time column counts seconds from its first row, as `t` does.
  const moment = (seconds: number): HistoryTime => inFormOf(t, typeof t === 'number' ? t + (seconds - timeS) : seconds)
  return { earliest: moment(trend.earliestS), latest: moment(trend.latestS), refused: null }
}

/** Notes of one kind are told once, with how often they came. */
class NoteBook {
  readonly #first = new Map<string, { note: Note; count: number }>()

  add(notes: readonly Note[]): void {
    for (const note of notes) {
      const key = note.kind === 'baseline' ? note.text : note.kind
      const known = this.#first.get(key)
      if (known === undefined) this.#first.set(key, { note, count: 1 })
      else known.count += 1
    }
  }

  sentences(): string[] {
    return [...this.#first.values()].map(({ note, count }) => {
      const more = count === 1 ? '' : ` (the first of ${count} such snapshots)`
      return note.kind === 'baseline' ? `${note.text}.` : `Snapshot ${note.index} ${note.text}${more}.`
    })
  }
}

class Replay {
  readonly #monitor = new HealthMonitor()
  readonly #notes = new NoteBook()
  readonly #states: { from: number; to: number; state: RunState }[] = []
  readonly #alerts: BacktestAlert[] = []
  readonly #baselines: Baseline[] = []
  #memory: AlertMemory = initialMemory(healthRule)
  #outlook: BacktestOutlook | null = null
  #running = 0
  #originS = Number.NaN

  take(history: History): void {
    for (const { observation, t } of observations(history)) {
      const step = this.#monitor.observe(observation)
      const { index, timeS } = observation
      if (Number.isNaN(this.#originS)) this.#originS = timeS
      if (step.state === 'running') this.#running += 1
      this.#extendStates(index, step.state)
      this.#notes.add(step.notes)
      if (step.frozen !== null) this.#baselines.push(step.frozen)
      this.#alert(step, index, t, timeS)
      if (this.#outlook === null) this.#lookOut(step, index, t, timeS)
    }
  }

  #lookOut(step: HealthStep, index: number, t: HistoryTime, timeS: number): void {
    for (const finding of step.findings) {
      const trend = trendOf(finding, t, timeS)
      if (trend === null || trend.earliest === null || trend.latest === null) continue
      this.#outlook = { index, t, feature: finding.feature, earliest: trend.earliest, latest: trend.latest }
      return
    }
  }

  #extendStates(index: number, state: RunState): void {
    const last = this.#states.at(-1)
    if (last !== undefined && last.state === state) last.to = index
    else this.#states.push({ from: index, to: index, state })
  }

  #alert(step: HealthStep, index: number, t: HistoryTime, timeS: number): void {
    const tUs = Math.round((timeS - this.#originS) * 1e6) + 1
    const sample = { value: step.score, tUs, quality: 'good' as const }
    const { transitions, ...memory } = evaluate(healthRule, this.#memory, sample, { suppressed: !step.judged })
    this.#memory = memory
    const [leading] = step.findings
    for (const { kind, level } of transitions) {
      if (level === 'normal' || kind === 'eased' || leading === undefined) continue
      const evidence = step.findings.map((finding) => finding.reason)
      const reason = `${leading.reason}; all tests together are set for one false warning in ${SNAPSHOTS_PER_FALSE_WARNING} snapshots`
      this.#alerts.push({ index, t, level, reason, evidence, trend: trendOf(leading, t, timeS) })
    }
  }

  result(history: History): Backtest {
    const first = (levels: readonly string[]) => {
      const found = this.#alerts.find((alert) => levels.includes(alert.level))
      return found === undefined ? null : { index: found.index, t: found.t, reason: found.reason }
    }
    const notes = [...limitations(history), ...this.#notes.sentences()]
    if (this.#baselines.length === 0)
      notes.push(
        `No baseline: ${this.#running} running snapshots are too few to know the healthy machine (100 in one speed band are needed), so that only a gross rise could have been told.`,
      )
    return {
      schema: BACKTEST_SCHEMA,
      snapshots: history.kind === 'snapshots' ? history.snapshots.length : history.tables.rows,
      baselineUntil: this.#baselines[0]?.until ?? null,
      // A machine may go to alarm at once: that is its first warning too.
      firstWarning: first(['warning', 'alarm']),
      firstAlarm: first(['alarm']),
      alerts: this.#alerts,
      firstOutlook: this.#outlook,
      states: this.#states satisfies BacktestState[],
      baselines: this.#baselines.map(({ from, until, snapshots, settled, features }) => ({
        from,
        until,
        snapshots,
        settled,
        features: features.map(({ feature }) => feature.name),
      })),
      snapshotsPerFalseWarning: SNAPSHOTS_PER_FALSE_WARNING,
      notes,
    }
  }
}

/** Replays a history through the code that live points run through. */
export function backtest(history: History): Backtest {
  const replay = new Replay()
  replay.take(history)
  return replay.result(history)
}

/** `millwright backtest INDEX.json`: when a run-to-failure history would have warned, and why. Exit 0; 2 on bad input. */
export async function runBacktest(argv: string[], io: CliIo): Promise<number> {
  const args = argv.filter((arg) => arg !== '--json')
  const [file] = args
  const option = args.find((arg) => arg.startsWith('-'))
  if (option !== undefined) throw new UsageError(`backtest has no option "${option}"; write: ${usage}`)
  if (file === undefined || args.length > 1)
    throw new UsageError(`backtest takes one history index, not ${args.length}; write: ${usage}`)
  try {
    const result = backtest(readHistory(path.resolve(io.cwd, file)))
    io.stdout(io.json ? `${JSON.stringify(result)}\n` : backtestText(file, result))
    return 0
  } catch (error) {
    if (!(error instanceof HistoryFaults)) throw error
    for (const fault of error.faults) io.stderr(`${fault}\n`)
    return 2
  }
}
