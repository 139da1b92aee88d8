import type { RunState } from './analysis.ts'

/** The public shapes of `millwright backtest`. */
export const HISTORY_SCHEMA = 'millwright/history@1'
export const BACKTEST_SCHEMA = 'millwright/backtest@1'

/** As the index has it: ISO time or seconds from the start. */
export type HistoryTime = string | number

export interface BacktestTrend {
  /** in the form of the index; null where no honest interval can be given */
  readonly earliest: HistoryTime | null
  readonly latest: HistoryTime | null
  readonly refused: string | null
}

export interface BacktestAlert {
  readonly index: number
  readonly t: HistoryTime
  readonly level: 'warning' | 'alarm'
  readonly reason: string
  /** every test that is over its limit, the leading one first */
  readonly evidence: readonly string[]
  /** when the leading feature reaches its alarm limit if it goes on like this; null where it has none */
  readonly trend: BacktestTrend | null
}

/** The first moment after a warning at which a trend carried an interval. */
export interface BacktestOutlook {
  readonly index: number
  readonly t: HistoryTime
  readonly feature: string
  readonly earliest: HistoryTime
  readonly latest: HistoryTime
}

export interface BacktestState {
  readonly from: number
  readonly to: number
  readonly state: RunState
}

export interface BacktestBaseline {
  readonly from: number
  readonly until: number
  readonly snapshots: number
  readonly settled: boolean
  readonly features: readonly string[]
}

export interface Backtest {
  readonly schema: typeof BACKTEST_SCHEMA
  readonly snapshots: number
  /** the last snapshot of the first baseline; null where none was ever complete */
  readonly baselineUntil: number | null
  readonly firstWarning: Pick<BacktestAlert, 'index' | 't' | 'reason'> | null
  readonly firstAlarm: Pick<BacktestAlert, 'index' | 't' | 'reason'> | null
  readonly alerts: readonly BacktestAlert[]
  readonly firstOutlook: BacktestOutlook | null
  readonly states: readonly BacktestState[]
  readonly baselines: readonly BacktestBaseline[]
  readonly snapshotsPerFalseWarning: number
  /** what was missing, refused or out of the ordinary: a sentence each */
  readonly notes: readonly string[]
}
