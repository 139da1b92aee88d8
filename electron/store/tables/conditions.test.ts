import { describe, expect, it } from 'vitest'
import type { ConditionEntry, PresentCondition } from '../../../shared/domain/condition.ts'
import { dayUs, tierCaps } from '../../../shared/domain/plant-captures.ts'
import { openTwinForReading } from '../api.ts'
import { get, openForWriting, run } from '../database.ts'
import { migrate, schemaVersion } from '../migrations/index.ts'
import { mendLogs } from '../salvage/mend-logs.ts'
import { open, startUs } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods } from '../writer-methods.ts'

const { fresh } = testTwins()

function present(index: number, change: Partial<PresentCondition> = {}): PresentCondition {
  return {
    serverId: 'opc-1',
    conditionId: `nsu=urn:plant;s=a${index}`,
    branchId: '',
    eventId: `0${index}`,
    eventType: 'i=10637',
    sourceName: 'Boiler',
    conditionName: `Alarm ${index}`,
    message: 'on',
    severity: 700,
    timeUs: startUs + index,
    heardUs: startUs + index + 5,
    retain: true,
    enabled: true,
    active: true,
    acked: false,
    confirmed: null,
    suppressedOrShelved: false,
    shelving: 'unshelved',
    unshelveUs: null,
    quality: 0,
    comment: '',
    clientUserId: '',
    activeSinceUs: startUs + index,
    ...change,
  }
}

function entry(index: number, change: Partial<ConditionEntry> = {}): ConditionEntry {
  const { serverId, conditionId, branchId, eventId, sourceName, conditionName, message, severity, heardUs } =
    present(index)
  return {
    serverId,
    conditionId,
    branchId,
    eventId,
    sourceName,
    conditionName,
    message,
    severity,
    heardUs,
    changes: ['activated'],
    atUs: startUs + index,
    active: true,
    acked: false,
    confirmed: null,
    by: '',
    comment: '',
    detail: '',
    ...change,
  }
}

describe('alarms of servers', () => {
  it('are committed with their journal and its outbox rows, and read back after a restart', async () => {
    const where = fresh()
    const twin = await open(where)
    await twin.commitConditions({ present: [present(1), present(2)], removed: [], entries: [entry(1), entry(2)] })
    const branch = present(1, { branchId: 'g=1', acked: true })
    const done = entry(2, { changes: ['ended'], comment: 'mended' })
    await twin.commitConditions({ present: [branch], removed: [present(2)], entries: [done] })
    const rows = (await twin.page('events', 0, 10)).rows
    expect(rows.map(({ kind }) => kind)).toEqual(['condition', 'condition', 'condition'])
    expect(JSON.parse(rows[2]?.payload ?? '')).toMatchObject({ schema: 'millwright/server-alarm@1', ...done })
    await twin.close()
    const again = await open(where)
    expect(await again.conditions()).toEqual([present(1), branch])
    expect((await again.conditionEntries({})).map(({ id, changes }) => [id, changes])).toEqual([
      [3, ['ended']],
      [2, ['activated']],
      [1, ['activated']],
    ])
    expect(await again.conditionEntries({ beforeId: 3, limit: 1 })).toMatchObject([{ id: 2 }])
    expect(await again.conditionEntries({ of: present(1) })).toMatchObject([{ id: 1 }])
    expect(await again.verify()).toEqual([])
    await again.close()
  })

  it('that are no times are refused, and nothing of the commit stays', async () => {
    const twin = await open(fresh())
    const wrong = { present: [present(1)], removed: [], entries: [entry(1), entry(2, { atUs: Number.NaN })] }
    await expect(twin.commitConditions(wrong)).rejects.toMatchObject({ code: 'bad-row' })
    expect(await twin.conditions()).toEqual([])
    expect(await twin.head('events')).toBe(0)
    await twin.close()
  })

  it('go with the events of their age; what stands stays', async () => {
    const where = fresh()
    const writer = writerMethods()
    writer.open({ ...where, createIfMissing: true, maxPages: null, featureNames: null })
    writer.sessionStart(startUs)
    writer.commitConditions({ present: [present(1)], removed: [], entries: [1, 2, 3].map((i) => entry(i)) })
    const caps = { ...tierCaps({}), events: { maxAgeUs: dayUs, maxBytes: 1e12 } }
    writer.retain({ nowUs: Date.now() * 1000 + 2 * dayUs, caps, destinations: [], wantedBytes: 0, shrink: false })
    while (writer.compactStep());
    const db = writer.connection()
    expect(get(db, 'SELECT count(*) AS n FROM condition_event')).toEqual({ n: 0 })
    expect(get(db, 'SELECT count(*) AS n FROM event')).toEqual({ n: 0 })
    writer.close()
    const twin = openTwinForReading(where)
    expect(await twin.conditions()).toEqual([present(1)])
    expect(await twin.verify()).toEqual([])
    await twin.close()
  })

  it('of a damaged twin are mended from the outbox, and verify names what is missing', async () => {
    const where = fresh()
    const twin = await open(where)
    await twin.commitConditions({ present: [], removed: [], entries: [1, 2, 3].map((i) => entry(i)) })
    await twin.close()
    const db = openForWriting(where.file, where.key)
    run(db, 'DELETE FROM condition_event WHERE id = 1')
    run(db, 'DELETE FROM event WHERE seq = 2')
    const before = openTwinForReading(where)
    expect((await before.verify()).map(({ code }) => code)).toEqual(
      expect.arrayContaining(['condition-without-event', 'event-without-condition']),
    )
    await before.close()
    mendLogs(db, 3)
    db.close()
    const after = openTwinForReading(where)
    expect((await after.conditionEntries({})).map(({ id }) => id)).toEqual([3, 1])
    expect((await after.verify()).map(({ code }) => code)).not.toEqual(
      expect.arrayContaining(['event-without-condition']),
    )
    await after.close()
  })

  it('come to a twin of the layout before with all that it held', async () => {
    const where = fresh()
    const db = openForWriting(where.file, where.key)
    migrate(db, where.file, 8)
    run(db, "INSERT INTO point (key, id, asset_id, kind) VALUES (1, 'p', 'a', 'scalar')")
    migrate(db, where.file, schemaVersion)
    expect(get(db, 'SELECT id FROM point')).toEqual({ id: 'p' })
    expect(get(db, 'SELECT count(*) AS n FROM condition')).toEqual({ n: 0 })
    db.close()
  })
})
