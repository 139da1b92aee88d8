import type { Tick } from '../../../shared/domain/twin.ts'
import { batchChecksum, encodeBatch, timeBounds } from '../batch.ts'
import { inTransaction, run, wholeUs, type WriteDb } from '../database.ts'
import { logDeliveries } from '../state/deliveries.ts'
import { writeRunState } from '../state/run-states.ts'
import { sequenceHead } from './events.ts'
import { appendFeature } from './features.ts'
import { writeGap } from './gaps.ts'
import { ticksPerSnapshot, type Heads } from './heads.ts'
import { noteTick, type SessionRow } from './sessions.ts'

export interface CommittedTick {
  tickId: number
  featureHead: number
  eventHead: number
  deliveriesLogged: boolean
}

/** Encodes first and locks after, so that the write lock is held for the inserts alone. */
export function commitTick(
  db: WriteDb,
  session: SessionRow,
  tick: Tick,
  heads: Heads,
  featureNames: readonly string[],
): CommittedTick {
  const { scalars, number } = tick
  const atUs = wholeUs(tick.atUs, `Tick ${number}`)
  const payload = encodeBatch(scalars)
  const { minUs, maxUs } = timeBounds(scalars, atUs)
  const header = { session: session.id, number, atUs, minUs, maxUs, count: scalars.count }
  return inTransaction(db, () => {
    noteTick(db, session, number, atUs, scalars.count)
    const tickId = run(
      db,
      `INSERT INTO tick_batch (session, number, at_us, min_us, max_us, count, checksum, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      session.id,
      number,
      atUs,
      minUs,
      maxUs,
      scalars.count,
      batchChecksum(header, payload),
      payload,
    )
    for (const gap of tick.gaps) writeGap(db, gap, atUs)
    for (const row of tick.features) appendFeature(db, row, featureNames, atUs)
    for (const change of tick.runStates ?? []) writeRunState(db, change, atUs)
    const deliveriesLogged = logDeliveries(db, session.loggedUs ?? -Infinity, atUs)
    // Heads in memory move on after the commit only; a snapshot therefore covers the ticks before this one.
    if (tickId % ticksPerSnapshot === 0) heads.save(db, tickId - 1)
    const featureHead = sequenceHead(db, 'feature')
    return { tickId, featureHead, eventHead: sequenceHead(db, 'event'), deliveriesLogged }
  })
}
