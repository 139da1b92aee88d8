import { describe, expect, it } from 'vitest'
import { all } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import { runStatesAt } from '../state/run-states.ts'
import { readGaps } from '../tables/gaps.ts'
import { gap, random, startUs, tick } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { verifyTwin } from '../verify/index.ts'
import { writerMethods } from '../writer-methods.ts'
import { readRemovals } from './removals.ts'
import { Retention } from './retention.ts'
import { tierCaps } from '../../../shared/domain/plant-captures.ts'
import type { Gap } from '../../../shared/domain/intake.ts'

const { fresh } = testTwins()
const hourUs = 3600e6

function begin(): { writer: ReturnType<typeof writerMethods>; file: string } {
  const { file, key } = fresh()
  const writer = writerMethods()
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null })
  writer.points([1, 2, 3].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' })))
  writer.sessionStart(startUs)
  return { writer, file }
}

describe('the logs of past states', () => {
  it('keep to their numbers and the age of events; what each machine is in by now stays, and what went is told', () => {
    const { writer, file } = begin()
    const db = writer.connection()
    // One machine changes once and never again; one changes every hour.
    for (let i = 0; i < 900; i++) {
      const atUs = startUs + i * hourUs
      const change = {
        assetId: 'busy',
        atUs,
        state: i % 2 === 0 ? ('running' as const) : ('not-running' as const),
        rpm: 1,
      }
      const runStates = i === 0 ? [change, { ...change, assetId: 'calm' }] : [change]
      const given = { ...tick(i + 1, [], { runStates }), atUs }
      writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    }
    const count = (table: string): number => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get())
    expect([count('run_state'), count('delivery_log')]).toEqual([901, 900])
    const nowUs = startUs + 900 * hourUs
    const caps = tierCaps({})
    const order = (events: typeof caps.events): void => {
      const retention = new Retention(db, { runStates: 500, deliveries: 300 })
      retention.order({ nowUs, caps: { ...caps, events }, destinations: [], wantedBytes: 0, shrink: false })
      while (retention.step());
      expect(retention.state().problem).toBe(null)
    }
    order({ ...caps.events, maxAgeUs: 1e17 })
    expect([count('run_state'), count('delivery_log')]).toEqual([501, 300])
    const newest = all<{ atUs: number }>(db, "SELECT at_us AS atUs FROM run_state WHERE asset_id = 'busy' ORDER BY id")
    expect(newest[0]?.atUs).toBe(startUs + 400 * hourUs)
    expect(runStatesAt(db, null, nowUs).map(({ assetId }) => assetId)).toEqual(['busy', 'calm'])
    expect(readRemovals(db, 9)).toMatchObject([{ tier: 'events', why: 'size', rows: 1000, fromUs: startUs }])
    order({ ...caps.events, maxAgeUs: 100 * hourUs })
    expect([count('run_state'), count('delivery_log')]).toEqual([101, 100])
    expect(readRemovals(db, 9).reduce((sum, { rows }) => sum + rows, 0)).toBe(1600)
    expect(runStatesAt(db, null, nowUs).map(({ assetId }) => assetId)).toEqual(['busy', 'calm'])
    order({ ...caps.events, maxAgeUs: 0 })
    expect([count('run_state'), count('delivery_log')]).toEqual([2, 1])
    expect(verifyTwin(db, file)).toEqual([])
    writer.close()
  })
})

describe('gaps', () => {
  it('of any time, point and server are those that a look at all of them gives', () => {
    const { writer } = begin()
    const db = writer.connection()
    const next = random(11)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
    const stored: Gap[] = []
    const given = tick(1, [], {
      gaps: Array.from({ length: 300 }, (_, i) => {
        const from = startUs + Math.floor(next() * 1e6) * 1000 + i
        const spanUs = Math.floor(4 ** (next() * 16))
        return gap({
          pointKey: pick([null, 1, 2, 3]),
          serverId: pick([null, 'a', 'b']),
          startUs: from,
          endUs: next() < 0.05 ? null : from + spanUs,
        })
      }),
    })
    stored.push(...given.gaps)
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    for (let turn = 0; turn < 200; turn++) {
      const fromUs = next() < 0.2 ? undefined : startUs + Math.floor(next() * 1e9)
      const toUs = next() < 0.2 ? undefined : (fromUs ?? startUs) + Math.floor(next() * 1e8)
      const pointKey = next() < 0.4 ? undefined : pick([1, 2])
      const serverId = next() < 0.6 ? undefined : pick(['a', 'b'])
      const openOnly = next() < 0.2
      const limit = pick([5, 1000])
      const wanted = stored
        .filter(
          (g) =>
            (toUs === undefined || g.startUs < toUs) &&
            (fromUs === undefined || g.endUs === null || g.endUs >= fromUs) &&
            (pointKey === undefined || g.pointKey === null || g.pointKey === pointKey) &&
            (serverId === undefined || g.serverId === null || g.serverId === serverId) &&
            (!openOnly || g.endUs === null),
        )
        .sort((a, b) => a.startUs - b.startUs)
        .slice(-limit)
      const query = {
        ...(fromUs === undefined ? {} : { fromUs }),
        ...(toUs === undefined ? {} : { toUs }),
        ...(pointKey === undefined ? {} : { pointKey }),
        ...(serverId === undefined ? {} : { serverId }),
      }
      const found = readGaps(db, { ...query, openOnly, limit })
      expect(found.map(({ startUs: at }) => at)).toEqual(wanted.map(({ startUs: at }) => at))
    }
    writer.close()
  })
})
