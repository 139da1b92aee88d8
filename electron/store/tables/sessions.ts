import type { Gap, GapCause } from '../../../shared/domain/intake.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { forgetRunStates } from '../state/run-states.ts'
import { closeOpenGaps, writeGap } from './gaps.ts'
import { takeResumption, type Resumption } from './meta.ts'

/** One run of the engine. */
export interface SessionRow {
  id: number
  startedUs: number
  stoppedUs: number | null
  firstNumber: number | null
  lastNumber: number | null
  lastTickUs: number | null
  /** When deliveries were last logged in this run; kept in memory only. */
  loggedUs?: number
}

export interface SessionStart {
  session: number
  /** What the engine missed while it did not run; null at the very first start. */
  gap: Gap | null
}

const columns = `id, started_us AS startedUs, stopped_us AS stoppedUs, first_number AS firstNumber,
  last_number AS lastNumber, last_tick_us AS lastTickUs`

export function lastSession(db: ReadDb): SessionRow | undefined {
  return get<SessionRow>(db, `SELECT ${columns} FROM session ORDER BY id DESC LIMIT 1`)
}

/** Begins a run of `software`. Since no run can be alive now (one writer), one without a stop was killed. */
export function startSession(db: WriteDb, at: number, software: string | null): SessionStart {
  const atUs = wholeUs(at, 'The start of the engine')
  const before = lastSession(db)
  let gap: Gap | null = null
  const resumption = takeResumption(db)
  if (before) gap = gapAfter(before, atUs, resumption)
  else if (resumption?.fromUs !== undefined) gap = gapOf(resumption.cause, resumption.fromUs, atUs, resumption.detail)
  if (gap) {
    closeOpenGaps(db, gap.startUs, atUs)
    writeGap(db, gap, atUs)
    forgetRunStates(db, gap.startUs)
  }
  const session = run(db, 'INSERT INTO session (started_us) VALUES (?)', atUs)
  if (software !== null) run(db, 'INSERT INTO session_software (session, software) VALUES (?, ?)', session, software)
  return { session, gap }
}

function untilUnknown(backUs: number): string {
  const back = backUs < 3600e6 ? `${(backUs / 1e6).toFixed(1)} s` : `${(backUs / 3600e6).toFixed(1)} h`
  return `nothing was recorded until it ran again, for how long is not known, since the clock of this machine was set back by ${back} meanwhile`
}

function gapAfter(before: SessionRow, atUs: number, resumption: Resumption | null): Gap {
  const killed = before.stoppedUs === null
  // After a kill the last committed tick is the last thing known to be safe, whatever was received behind it.
  const startUs = before.stoppedUs ?? before.lastTickUs ?? before.startedUs
  const until = atUs < startUs ? untilUnknown(startUs - atUs) : 'nothing was recorded until it ran again'
  const detail = killed
    ? `The engine ended without a stop (killed, crashed or power lost) after its commit of ${isoFromUs(startUs)}; ${until}.`
    : `The engine was stopped at ${isoFromUs(startUs)}; ${until}.`
  return gapOf(
    resumption?.cause ?? (killed ? 'engine-killed' : 'engine-stopped'),
    startUs,
    atUs,
    resumption?.detail ?? detail,
  )
}

/** The clock may have been set back in between; a gap never ends before it starts. */
function gapOf(cause: GapCause, startUs: number, atUs: number, detail: string): Gap {
  return { pointKey: null, serverId: null, cause, startUs, endUs: Math.max(startUs, atUs), count: null, detail }
}

export function stopSession(db: WriteDb, session: number, at: number): void {
  run(db, 'UPDATE session SET stopped_us = ? WHERE id = ?', wholeUs(at, 'The stop of the engine'), session)
}

/** Moves the run's ledger on; call within the tick's transaction. Numbers rise by one: a missing tick is a missing second. */
export function noteTick(db: WriteDb, session: SessionRow, number: number, atUs: number, scalars: number): void {
  if (!Number.isSafeInteger(number))
    throw new TwinError('tick-order', `A tick must carry a whole number, not ${number}.`)
  if (session.lastNumber !== null && number !== session.lastNumber + 1) {
    const message = `Tick ${number} came where tick ${session.lastNumber + 1} was due: hand that one in first; a refused tick keeps its number.`
    throw new TwinError('tick-order', message)
  }
  run(
    db,
    `UPDATE session SET first_number = ifnull(first_number, ?), last_number = ?, last_tick_us = ?, ticks = ticks + 1,
       scalars = scalars + ? WHERE id = ?`,
    number,
    number,
    atUs,
    scalars,
    session.id,
  )
}
