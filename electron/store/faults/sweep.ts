import fs from 'node:fs'
import path from 'node:path'
import { testTwin, type TestTwin } from '../twin-fixtures.ts'
import { judge, judgeError } from './judge.ts'
import { copyTwin, emptyLedger, ScenarioRun, type Ledger } from './scenario.ts'

/** Something that goes wrong at the n-th of its kind, while it is armed. */
export interface Fault {
  arm(n: number): void
  /** Whether it has struck since it was armed; null: only the run can tell. */
  disarm(): boolean | null
}

export interface SweepReport {
  /** How many n were tried, and how many of them struck. */
  tried: number
  struck: number
  lastN: number
  /** How the run was refused, by code; where it was not, compaction was struck, or the checkpoint at closing. */
  refusals: Record<string, number>
  /** What compaction said when it was struck. */
  compaction: string[]
  faults: string[]
}

export const ticksOfRun = 14

/** In memory where the system has such a folder: hundreds of runs would wait for ten thousand syncs of a disk otherwise. */
export function fastTwin(): TestTwin {
  const memory = '/dev/shm'
  try {
    fs.accessSync(memory, fs.constants.W_OK)
  } catch {
    return testTwin()
  }
  const dir = fs.mkdtempSync(path.join(memory, 'millwright-fault-'))
  return { dir, file: path.join(dir, 'twin.db'), key: new Uint8Array(32).fill(7) }
}

/**
 * Fails the n-th operation for every n given, until one no longer strikes (a fault that cannot tell goes through all). After each
 * failure the files are judged twice: as a kill at that moment would leave them, opened anew and gone on with; and in the same
 * process, where the refused step is taken up again once the disk is well. Ends at the first n with a fault.
 */
export async function sweep(
  fault: Fault,
  numbers: Iterable<number>,
  make: () => TestTwin = fastTwin,
): Promise<SweepReport> {
  const report: SweepReport = {
    tried: 0,
    struck: 0,
    lastN: 0,
    refusals: {},
    compaction: [],
    faults: [],
  }
  for (const n of numbers) {
    const where = make()
    try {
      const { struck, faults, refusal, compaction } = await oneFailure(where, fault, n)
      report.faults.push(...faults.map((text) => `n = ${n}: ${text}`))
      if (refusal !== null) report.refusals[refusal] = (report.refusals[refusal] ?? 0) + 1
      for (const text of compaction) if (!report.compaction.includes(text)) report.compaction.push(text)
      report.lastN = n
      report.tried++
      if (struck === true || refusal !== null || compaction.length > 0) report.struck++
      if (struck === false || report.faults.length > 0) return report
    } finally {
      fs.rmSync(where.dir, { recursive: true, force: true })
    }
  }
  return report
}

/** `from`, then every `step`-th, without end unless one is given. */
export function* every(step: number, from: number, to = Infinity): Generator<number> {
  for (let n = from; n <= to; n += step) yield n
}

interface OneFailure {
  struck: boolean | null
  faults: string[]
  refusal: string | null
  compaction: string[]
}

async function oneFailure(where: TestTwin, fault: Fault, n: number): Promise<OneFailure> {
  const faults: string[] = []
  const ledger = emptyLedger()
  const run = new ScenarioRun(where, ledger, 1, ticksOfRun)
  fault.arm(n)
  let refused: unknown = null
  try {
    run.run()
  } catch (error) {
    refused = error
  }
  const struck = fault.disarm()
  if (refused !== null) faults.push(...judgeError(refused).map((text) => `${ledger.doubt}: ${text}`))
  for (const problem of run.problems) {
    if (!/^[A-Z].*[:;].*\.$/.test(problem)) faults.push(`compaction: ${problem}`)
  }
  const refusal = refused instanceof Error && 'code' in refused ? String(refused.code) : null
  // A copy of the files is what a kill leaves; what was refused may be in it, what has its receipt must.
  const copy = copyTwin(where, 'killed')
  const killed = structuredClone(ledger)
  faults.push(...(await named('killed', () => afterKill(copy, killed))))
  faults.push(...(await named('went on', () => goOn(run, where, ledger))))
  return { struck, faults, refusal, compaction: [...run.problems] }
}

async function named(what: string, body: () => Promise<string[]>): Promise<string[]> {
  try {
    return (await body()).map((text) => `${what}: ${text}`)
  } catch (error) {
    return [`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
}

/** Opened by the next run of the engine: what was promised is there, the gap says what may be missing, and it goes on. */
async function afterKill(where: TestTwin, ledger: Ledger): Promise<string[]> {
  const faults: string[] = []
  const before = structuredClone(ledger)
  const again = new ScenarioRun(where, ledger, before.session + 1, ticksOfRun)
  again.run(1)
  if (again.openedAs === 'replaced') faults.push('it was replaced, though no byte of it was damaged')
  ledger.doubt = before.doubt
  faults.push(...(await judge(where, ledger)))
  again.run()
  ledger.doubt = before.doubt
  faults.push(...(await judge(where, ledger)))
  const wanted = before.started.size === 0 ? [null, 'engine-killed'] : ['engine-killed', 'engine-stopped']
  if (!wanted.includes(again.gapCause ?? null)) faults.push(`the gap of the kill is ${again.gapCause}`)
  if (again.problems.size > 0) faults.push(`compaction: ${[...again.problems].join(' ')}`)
  return faults
}

/** The disk is well again: the same step, then the rest. */
async function goOn(run: ScenarioRun, where: TestTwin, ledger: Ledger): Promise<string[]> {
  if (!run.done) run.run()
  ledger.doubt = null
  return judge(where, ledger)
}
