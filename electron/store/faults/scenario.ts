import fs from 'node:fs'
import path from 'node:path'
import type { Tick } from '../../../shared/domain/twin.ts'
import { packScalars } from '../scalars-message.ts'
import {
  capture,
  feature,
  gap,
  occurrence,
  ruleState,
  startUs,
  tick,
  transition,
  type ScalarRow,
  type TestTwin,
} from '../twin-fixtures.ts'
import { writerMethods } from '../writer-methods.ts'

/** A run of the store with everything that writes: its content follows from session and tick number alone. */
export const scenarioPoints = 3
const rowsATick = 5
/** Small chunks of several levels, with roll-ups, within few ticks. */
export const scenarioCompaction = {
  compaction: { ticks: 6, chunkSamples: 16, fanOut: 2, segmentRuns: 2, sliceMs: 1 },
  featureCompaction: { rows: 3, chunkRows: 4, fanOut: 2, sliceMs: 1 },
}

export const sessionAtUs = (session: number): number => startUs + session * 1e10
export const tickAtUs = (session: number, number: number): number => sessionAtUs(session) + number * 200_000

/** Every seventh tick one sample comes five ticks late. */
export function rowsOf(session: number, number: number): ScalarRow[] {
  const rows: ScalarRow[] = []
  for (let pointKey = 1; pointKey <= scenarioPoints; pointKey++) {
    for (let i = 0; i < rowsATick; i++) {
      const late = i === 0 && number % 7 === 0 ? 5 : 0
      const sourceUs = tickAtUs(session, number - late) + i * 10_000 + (late > 0 ? 3 : 0)
      const value = i % 2 === 0 ? Math.sin(number * 31 + pointKey * 7 + i) : session * 1000 + number
      rows.push({ pointKey, sourceUs, value, status: number % 9 === 0 ? 0x80050000 : 0, serverUs: sourceUs + 1000 })
    }
  }
  return rows
}

export function tickOf(session: number, number: number): Tick {
  const atUs = tickAtUs(session, number)
  const gaps = number % 5 === 0 ? [gap({ startUs: atUs, endUs: atUs + 1 })] : []
  const features = number % 3 === 0 ? [feature(1, atUs, number), feature(2, atUs, number)] : []
  return tick(number, rowsOf(session, number), { atUs, gaps, features })
}

export const alertOf = (session: number, number: number): string => `alert-${session}-${number}`
export const captureOf = (session: number, number: number): string => `capture-${session}-${number}`
export const hasAlert = (number: number): boolean => number % 4 === 0
export const hasCapture = (number: number): boolean => number % 6 === 0

/** Only what has its receipt; `doubt` is what was refused last, which a disk may have kept all the same. */
export interface Ledger {
  session: number
  /** Last tick with a receipt, by session. */
  ticks: Map<number, number>
  started: Set<number>
  alerts: string[]
  captures: string[]
  doubt: string | null
}

export function emptyLedger(): Ledger {
  return { session: 0, ticks: new Map(), started: new Set(), alerts: [], captures: [], doubt: null }
}

interface Step {
  what: string
  do: () => void
}

/** One session on the writer without threads, step by step, so that it can be taken up again at the step that was refused. */
export class ScenarioRun {
  readonly writer = writerMethods()
  /** Sentences of compaction that could not go on. */
  readonly problems = new Set<string>()
  openedAs: 'new' | 'existing' | 'replaced' | null = null
  gapCause: string | null | undefined
  readonly #where: TestTwin
  readonly #ledger: Ledger
  readonly #steps: Step[]
  #at = 0

  constructor(where: TestTwin, ledger: Ledger, session: number, ticks: number, maxPages: number | null = null) {
    this.#where = where
    this.#ledger = ledger
    ledger.session = session
    this.#steps = [...this.#opening(session, maxPages), ...this.#ticking(session, ticks), ...this.#closing(session)]
  }

  get done(): boolean {
    return this.#at >= this.#steps.length
  }

  /** Goes on where it stopped; throws what the step that was refused threw. */
  run(until = Infinity): void {
    for (let step = this.#steps[this.#at]; step && this.#at < until; step = this.#steps[++this.#at]) {
      this.#ledger.doubt = step.what
      step.do()
      this.#ledger.doubt = null
    }
  }

  #opening(session: number, maxPages: number | null): Step[] {
    const { file, key } = this.#where
    const { writer } = this
    const options = { file, key, createIfMissing: true, maxPages, featureNames: null, ...scenarioCompaction }
    const wanted = Array.from({ length: scenarioPoints }, (_, i) => ({
      id: `p${i}`,
      assetId: 'a',
      kind: 'scalar' as const,
    }))
    const config = { hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 }
    return [
      { what: 'open', do: () => void (this.openedAs = writer.open(options).opened.kind) },
      { what: 'points', do: () => void writer.points(wanted) },
      { what: 'config', do: () => writer.commitConfig(config) },
      {
        what: 'session',
        do: () => {
          this.gapCause = writer.sessionStart(sessionAtUs(session)).gap?.cause ?? null
          this.#ledger.started.add(session)
          this.#ledger.ticks.set(session, 0)
        },
      },
    ]
  }

  *#ticking(session: number, ticks: number): Generator<Step> {
    const { writer } = this
    const ledger = this.#ledger
    for (let number = 1; number <= ticks; number++) {
      yield {
        what: `tick ${session} ${number}`,
        do: () => {
          const given = tickOf(session, number)
          writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
          ledger.ticks.set(session, number)
        },
      }
      const atUs = tickAtUs(session, number)
      if (hasAlert(number)) {
        const id = alertOf(session, number)
        yield {
          what: id,
          do: () => {
            const occurrences = [occurrence(id, { raisedUs: atUs })]
            writer.commitAlerts({ states: [ruleState(id)], occurrences, transitions: [transition(id, { atUs })] })
            ledger.alerts.push(id)
          },
        }
        const cursor = { destinationId: 'd', stream: 'events', seq: 1, confirmedUs: 1 } as const
        yield { what: 'cursor', do: () => writer.advance(cursor) }
      }
      if (hasCapture(number)) {
        const id = captureOf(session, number)
        yield {
          what: id,
          do: () => {
            writer.putCaptures([capture(id, 1, { sourceUs: atUs })])
            ledger.captures.push(id)
          },
        }
      }
      yield { what: 'compaction', do: () => this.#compact() }
    }
  }

  #compact(): void {
    while (this.writer.compactStep());
    const { problem } = this.writer.compaction()
    if (problem !== null) this.problems.add(problem)
  }

  #closing(session: number): Step[] {
    return [
      { what: 'stop', do: () => this.writer.sessionStop(tickAtUs(session, 1000)) },
      { what: 'close', do: () => this.writer.close() },
    ]
  }
}

/** The files as a kill at this moment would leave them. */
export function copyTwin(from: TestTwin, name: string): TestTwin {
  const dir = path.join(from.dir, name)
  fs.mkdirSync(dir)
  for (const file of ['twin.db', 'twin.db-journal', 'twin.db-wal', 'twin.id']) {
    const source = path.join(from.dir, file)
    if (fs.existsSync(source)) fs.copyFileSync(source, path.join(dir, file))
  }
  return { ...from, dir, file: path.join(dir, 'twin.db') }
}
