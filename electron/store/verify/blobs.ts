import type { Fault } from '../../../shared/domain/fault.ts'
import { batchChecksum, type BatchHeader } from '../batch.ts'
import { Chunk } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { captureChecksum } from '../tables/captures.ts'
import { chunkIds, isWhole, storedChunk, throughTick } from '../tables/chunks.ts'
import { compactedOf, compactedTotals } from '../tables/compacted.ts'
import { snapshotChecksum } from '../tables/heads.ts'
import { removedSamples } from '../retention/removals.ts'
import { allNodes, isWholeNode, throughChunk } from '../tables/rollups.ts'
import { isWholeSegment, openSegment, segmentIds, segmentSamples, storedSegment } from '../tables/segments.ts'
import { found, unreadable } from './found.ts'

interface Ledger {
  id: number
  firstNumber: number | null
  lastNumber: number | null
  ticks: number
  scalars: number
}

interface StoredBatch extends BatchHeader {
  checksum: number
  payload: Uint8Array
}

/** Checksums of every batch; numbers without a hole from the session's first tick to its last. */
export function* checkBatches(db: ReadDb): Iterable<Fault> {
  const sessions = all<Ledger>(
    db,
    'SELECT id, first_number AS firstNumber, last_number AS lastNumber, ticks, scalars FROM session ORDER BY id',
  )
  for (const session of sessions) yield* checkSession(db, session)
  const stray = all<{ session: number }>(
    db,
    'SELECT DISTINCT session FROM tick_batch WHERE session NOT IN (SELECT id FROM session)',
  )
  for (const { session } of stray) {
    yield found(`tick_batch[session ${session}]`, 'session-missing', `Ticks name session ${session}, which has no row.`)
  }
}

function* checkSession(db: ReadDb, session: Ledger): Iterable<Fault> {
  const where = `tick_batch[session ${session.id}`
  // Answered by the index alone, so that one unreadable payload does not end the walk.
  const rows = all<{ tickId: number; number: number }>(
    db,
    'SELECT tick_id AS tickId, number FROM tick_batch WHERE session = ? AND tick_id > ? ORDER BY number',
    session.id,
    throughTick(db),
  )
  const compacted = compactedOf(db, session.id)
  let due = session.firstNumber
  let scalars = 0
  let ticks = rows.length
  if (compacted) {
    scalars = compacted.scalars
    ticks += compacted.ticks
    due = compacted.lastNumber + 1
    if (compacted.firstNumber !== session.firstNumber || compacted.ticks !== due - compacted.firstNumber) {
      const message = `The chunks of session ${session.id} were made of ${compacted.ticks} ticks, ${compacted.firstNumber} to ${compacted.lastNumber}; it began with ${session.firstNumber ?? 'none'}.`
      yield found(`compacted[session ${session.id}]`, 'tick-missing', message)
    }
  }
  for (const { tickId, number } of rows) {
    stopIfCancelled()
    if (due !== null && number !== due) {
      yield found(
        `${where}, tick ${due}]`,
        'tick-missing',
        `Ticks ${due} to ${number - 1} of session ${session.id} are missing.`,
      )
    }
    due = number + 1
    try {
      const row = get<StoredBatch>(
        db,
        `SELECT session, number, at_us AS atUs, min_us AS minUs, max_us AS maxUs, count, checksum, payload
         FROM tick_batch WHERE tick_id = ?`,
        tickId,
      )
      scalars += row?.count ?? 0
      if (!row || batchChecksum(row, row.payload) !== row.checksum) {
        yield found(
          `${where}, tick ${number}]`,
          'checksum',
          `Tick ${number} of session ${session.id} does not match its checksum.`,
        )
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      yield unreadable(`${where}, tick ${number}]`, error)
    }
  }
  const last = rows.at(-1)?.number ?? compacted?.lastNumber ?? null
  if (last !== session.lastNumber) {
    const message = `Session ${session.id} committed up to tick ${session.lastNumber ?? 'none'}, but its last batch is ${last ?? 'none'}.`
    yield found(`${where}]`, 'tick-missing', message)
  } else if (ticks !== session.ticks || scalars !== session.scalars) {
    const message = `Session ${session.id} counted ${session.ticks} ticks and ${session.scalars} scalars; its batches hold ${ticks} and ${scalars}.`
    yield found(`${where}]`, 'count', message)
  }
}

/** Checksums of every chunk; together they hold what the batches held that are gone. */
export function* checkChunks(db: ReadDb): Iterable<Fault> {
  const through = throughTick(db)
  let held = 0
  for (const id of chunkIds(db)) {
    try {
      const chunk = storedChunk(db, id)
      if (chunk && chunk.lastTick <= through) held += chunk.count
      if (!chunk || !isWhole(chunk) || new Chunk(chunk.payload).count !== chunk.count) {
        yield found(`chunk[${id}]`, 'checksum', `Chunk ${id} does not match its checksum.`)
      }
    } catch (error) {
      if (!isDamage(error)) throw error
      yield unreadable(`chunk[${id}]`, error)
    }
  }
  const { scalars, duplicates } = compactedTotals(db)
  const removed = removedSamples(db, 'scalars')
  const waiting = segmentSamples(db)
  if (held + waiting + duplicates + removed === scalars) return
  const message = `Ticks with ${scalars} scalars were made into chunks; the chunks hold ${held}, segments ${waiting}, ${duplicates} were repeats, and retention removed ${removed}.`
  yield found('chunk', 'count', message)
}

/** Checksums of every segment; how many samples they hold is counted with the chunks. */
export function* checkSegments(db: ReadDb): Iterable<Fault> {
  for (const id of segmentIds(db)) {
    try {
      const segment = storedSegment(db, id)
      if (segment && isWholeSegment(segment) && openSegment(segment).points.length === segment.points) continue
      yield found(`segment[${id}]`, 'checksum', `Segment ${id} does not match its checksum.`)
    } catch (error) {
      if (!isDamage(error)) throw error
      yield unreadable(`segment[${id}]`, error)
    }
  }
}

/** Checksums of every roll-up; each closed chunk that should have its leaf has one. */
export function* checkRollups(db: ReadDb): Iterable<Fault> {
  let after = 0
  for (;;) {
    stopIfCancelled()
    const nodes = allNodes(db, after, 256)
    for (const node of nodes) {
      if (isWholeNode(node)) continue
      yield found(`rollup[${node.id}]`, 'checksum', `Roll-up ${node.id} does not match its checksum.`)
    }
    const last = nodes.at(-1)
    if (!last) break
    after = last.id
  }
  const without = all<{ id: number }>(
    db,
    `SELECT id FROM chunk WHERE closed = 1 AND id <= ? AND id NOT IN (SELECT chunk FROM rollup WHERE chunk IS NOT NULL)
     ORDER BY id LIMIT 100`,
    throughChunk(db),
  )
  for (const { id } of without) {
    yield found(`chunk[${id}]`, 'rollup-missing', `Chunk ${id} has no roll-up: long trends leave its samples out.`)
  }
}

export function* checkHeadSnapshot(db: ReadDb): Iterable<Fault> {
  const row = get<{ tickId: number; count: number; checksum: number; payload: Uint8Array }>(
    db,
    'SELECT tick_id AS tickId, count, checksum, payload FROM head_snapshot',
  )
  if (row && snapshotChecksum(row.tickId, row.count, row.payload) !== row.checksum) {
    yield found('head_snapshot', 'checksum', 'The snapshot of last values does not match its checksum.')
  }
}

export function* checkCaptures(db: ReadDb): Iterable<Fault> {
  for (const { id } of all<{ id: string }>(db, 'SELECT id FROM capture ORDER BY id')) {
    try {
      const row = get<{ count: number; checksum: number; payload: Uint8Array }>(
        db,
        'SELECT sample_count AS count, checksum, payload FROM capture WHERE id = ?',
        id,
      )
      if (row && captureChecksum(row.count, row.payload) === row.checksum) continue
      yield found(`capture[${id}]`, 'checksum', `Capture ${id} does not match its checksum.`)
    } catch (error) {
      if (!isDamage(error)) throw error
      yield unreadable(`capture[${id}]`, error)
    }
  }
}
