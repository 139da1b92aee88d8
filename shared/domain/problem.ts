import type { TimeUs } from './time.ts'

export type ProblemSeverity = 'info' | 'warning' | 'error'

/** One entry of the operator's problem list. The same id updates; `problemGone` clears. */
export interface Problem {
  /** Stable, for example `opcua.link:opc-1`. */
  id: string
  severity: ProblemSeverity
  /** What and where, in one plain sentence. */
  message: string
  /** What to do next. */
  remedy: string
  sinceUs: TimeUs
}

/** An error that crosses a boundary: a code, plain words, and whether trying again helps. */
export interface Failure {
  code: string
  message: string
  remedy?: string
  retryable: boolean
}
