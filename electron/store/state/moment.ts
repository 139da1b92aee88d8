import type { AlertOccurrence } from '../../../shared/domain/alert.ts'
import type { Gap } from '../../../shared/domain/intake.ts'
import type { FeatureRow, PointHead, RunStateChange } from '../../../shared/domain/twin.ts'
import { all, get, type ReadDb } from '../database.ts'
import { openOccurrences } from '../tables/alerts.ts'
import type { ConfigCommit } from '../tables/config.ts'
import { lastFeatures } from '../tables/features.ts'
import { gapsWhere } from '../tables/gaps.ts'
import { deliveriesAt, deliveriesNow, type Deliveries } from './deliveries.ts'
import { headsAt, headsNow } from './heads-at.ts'
import { openOccurrencesAt } from './occurrences-at.ts'
import { runStatesAt } from './run-states.ts'
import { spanClasses, spanClassSql, startsOfClass } from '../span-class.ts'

export interface MomentQuery {
  /** null: as it is now. */
  atUs: number | null
  /** null: every asset. */
  assetIds: readonly string[] | null
  /** Scalar points whose last value is wanted, and waveform points whose last features are; null: every point. */
  scalarKeys: readonly number[] | null
  waveformKeys: readonly number[] | null
}

/** A run of the engine, and what software judged in it. */
export interface MomentSession {
  session: number
  startedUs: number
  /** null while it runs, or when it was killed and nothing ran since. */
  stoppedUs: number | null
  lastTickUs: number | null
  /** null: the run is older than this record. */
  software: string | null
}

/** The twin at one moment, from one consistent view of what is committed today. */
export interface Moment {
  atUs: number | null
  heads: PointHead[]
  features: FeatureRow[]
  runStates: RunStateChange[]
  /** Each as it stood then. */
  occurrences: AlertOccurrence[]
  /** Gaps that held at that time. */
  gaps: Gap[]
  config: ConfigCommit | null
  session: MomentSession | null
  deliveries: Deliveries | null
}

export function readMoment(db: ReadDb, query: MomentQuery): Moment {
  const { atUs, assetIds } = query
  const then = atUs ?? Number.MAX_SAFE_INTEGER
  const scalarKeys = query.scalarKeys ?? keysOf(db, 'scalar')
  const waveformKeys = query.waveformKeys ?? keysOf(db, 'waveform')
  const session = sessionAt(db, then)
  return {
    atUs,
    heads: atUs === null ? headsNow(db, scalarKeys) : headsAt(db, scalarKeys, atUs),
    features: waveformKeys.flatMap((key) => lastFeatures(db, key, then) ?? []),
    runStates: runStatesAt(db, assetIds, then),
    occurrences: atUs === null ? openNow(db, assetIds) : openOccurrencesAt(db, assetIds, atUs),
    gaps: gapsAt(db, then),
    config: configAt(db, then),
    session,
    deliveries:
      atUs === null ? deliveriesNow(db, session?.lastTickUs ?? session?.startedUs ?? 0) : deliveriesAt(db, atUs),
  }
}

function keysOf(db: ReadDb, kind: 'scalar' | 'waveform'): number[] {
  return all<{ key: number }>(db, 'SELECT key FROM point WHERE kind = ? ORDER BY key', kind).map(({ key }) => key)
}

function openNow(db: ReadDb, assetIds: readonly string[] | null): AlertOccurrence[] {
  const open = openOccurrences(db)
  return assetIds === null ? open : open.filter(({ assetId }) => assetIds.includes(assetId))
}

/** The very text of the index. */
const gapClass = spanClassSql('end_us', 'start_us')

export function gapsAt(db: ReadDb, atUs: number): Gap[] {
  const ids = spanClasses.flatMap((k) => {
    const [least, most] = startsOfClass(k, atUs)
    const sql = `SELECT id FROM gap WHERE ${gapClass} = ${k} AND start_us BETWEEN ? AND ? AND (end_us IS NULL OR end_us > ?)`
    return all<{ id: number }>(db, sql, least, most, most).map(({ id }) => id)
  })
  return gapsWhere(db, ids)
}

/** The revision in force: the last one put in force at or before that time. */
export function configAt(db: ReadDb, atUs: number): ConfigCommit | null {
  const row = get<ConfigCommit>(
    db,
    `SELECT r.hash, t.text, r.author, r.reason, r.at_us AS atUs FROM config_revision r JOIN config_text t USING (hash)
     WHERE r.at_us <= ? ORDER BY r.at_us DESC, r.id DESC LIMIT 1`,
    Math.min(atUs, Number.MAX_SAFE_INTEGER),
  )
  return row ?? null
}

function sessionAt(db: ReadDb, atUs: number): MomentSession | null {
  const row = get<MomentSession>(
    db,
    `SELECT s.id AS session, s.started_us AS startedUs, s.stopped_us AS stoppedUs, s.last_tick_us AS lastTickUs, w.software
     FROM session s LEFT JOIN session_software w ON w.session = s.id
     WHERE s.started_us <= ? ORDER BY s.started_us DESC, s.id DESC LIMIT 1`,
    Math.min(atUs, Number.MAX_SAFE_INTEGER),
  )
  return row ?? null
}
