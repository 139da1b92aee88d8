import fs from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../shared/domain/access.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import type {
  Condition,
  ConditionAnswer,
  ConditionEntry,
  ConditionNews,
  ConditionRequest,
} from '../../shared/domain/condition.ts'
import type { LinkState } from '../../shared/domain/intake.ts'
import type { Twin } from '../store/api.ts'
import { open, testTwin, type TestTwin } from '../store/twin-fixtures.ts'
import { ConditionDesk } from './condition-desk.ts'

let where: TestTwin
let twin: Twin
let desk: ConditionDesk
let told = 0
let calls: ConditionRequest[] = []
let answer: () => Promise<ConditionAnswer> = async () => ({ ok: true })
const ada: Actor = { name: 'ada', role: 'operator' }

function make(): ConditionDesk {
  return new ConditionDesk({
    commit: (commit) => twin.commitConditions(commit),
    nowUs: () => 9e15,
    told: () => (told += 1),
    stuck: () => undefined,
    call: (_serverId, request) => {
      calls.push(request)
      return answer()
    },
    audit: (by, facts) => auditEntry(by, 9e15, facts),
  })
}

beforeEach(async () => {
  where = testTwin()
  twin = await open(where)
  told = 0
  calls = []
  answer = async () => ({ ok: true })
  desk = make()
})
afterEach(async () => {
  await twin.close()
  fs.rmSync(where.dir, { recursive: true, force: true })
})

let count = 0
function event(index: number, change: Partial<Condition> = {}): Condition {
  count += 1
  return {
    serverId: 'opc-1',
    conditionId: `s=a${index}`,
    branchId: '',
    eventId: count.toString(16).padStart(8, '0'),
    eventType: 'i=10637',
    sourceName: 'Boiler',
    conditionName: `Alarm ${index}`,
    message: 'on',
    severity: 700,
    timeUs: 1e15 + count,
    heardUs: 1e15 + count + 7,
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
    ...change,
  }
}

const serverId = 'opc-1'
const hear = (...events: Condition[]): void => desk.hear({ kind: 'events', serverId, events })
const list = (...events: Condition[]): void => {
  for (const news of [
    { kind: 'refreshing', serverId },
    { kind: 'events', serverId, events },
    { kind: 'refreshed', serverId },
  ] satisfies ConditionNews[])
    desk.hear(news)
}
/** Oldest first. */
async function journal(): Promise<ConditionEntry[]> {
  await desk.settled()
  return (await twin.conditionEntries({ limit: 5_000 })).toReversed()
}
const changes = async (): Promise<string[]> => (await journal()).map((entry) => entry.changes.join('+'))
const link = (phase: LinkState['phase'], alarms: 'reading' | 'listening'): LinkState => ({
  serverId,
  endpointUrl: 'opc.tcp://x',
  phase,
  sinceUs: 0,
  message: '',
  security: '',
  reconnects: 0,
  lastDataUs: null,
  itemsGood: 0,
  itemsBad: 0,
  alarms: { phase: alarms, message: '' },
})

describe('the life of a server alarm', () => {
  it('is told step by step, each in the twin before it is shown', async () => {
    const first = event(1)
    hear(first)
    expect(desk.present()).toEqual([])
    await desk.settled()
    expect(desk.present()).toMatchObject([{ conditionId: 's=a1', activeSinceUs: first.timeUs }])
    hear(
      event(1, { acked: true, comment: 'seen', clientUserId: 'ada' }),
      event(1, { acked: true, comment: 'seen', severity: 300 }),
    )
    hear(event(1, { acked: true, comment: 'seen', severity: 300, active: false, retain: false }))
    expect(await changes()).toEqual(['activated', 'acknowledged+commented', 'severity', 'returned+ended'])
    expect((await journal())[1]).toMatchObject({ by: 'ada', comment: 'seen' })
    expect(desk.present()).toEqual([])
    expect(await twin.conditions()).toEqual([])
    expect(await twin.verify()).toEqual([])
  })

  it('has the time since when it is active, however often it is told', async () => {
    const first = event(1)
    hear(first, event(1, { acked: true }), event(1, { acked: true, message: 'higher' }))
    await desk.settled()
    expect(desk.present()[0]?.activeSinceUs).toBe(first.timeUs)
    const again = event(1, { acked: false })
    hear(event(1, { active: false, acked: true }), again)
    await desk.settled()
    expect(desk.present()[0]?.activeSinceUs).toBe(again.timeUs)
  })

  it('is told once, also when two notifiers or the list repeat the event', async () => {
    const only = event(1)
    hear(only, only)
    list(only)
    // Some servers make a new EventId for the list: the acknowledgement has to name that one.
    const renamed = { ...only, eventId: 'ff' }
    list(renamed)
    expect(await changes()).toEqual(['activated'])
    expect(desk.present()).toMatchObject([{ eventId: 'ff' }])
  })

  it('a branch is a row of its own', async () => {
    hear(event(1), event(1, { branchId: 'g=1' }), event(1, { active: false, acked: true, retain: false }))
    await desk.settled()
    expect(desk.present()).toMatchObject([{ branchId: 'g=1', active: true }])
  })

  it('shelving, suppression, confirmation and quality have their words', async () => {
    hear(event(1, { confirmed: false }))
    hear(event(1, { confirmed: false, shelving: 'timed', suppressedOrShelved: true, unshelveUs: 2e15 }))
    hear(event(1, { confirmed: false }))
    hear(event(1, { confirmed: false, suppressedOrShelved: true }))
    hear(event(1, { confirmed: true, acked: true, quality: 0x8000_0000 }))
    hear(event(1, { confirmed: true, acked: true, quality: 0x8000_0000, enabled: false, retain: false }))
    expect(await changes()).toEqual([
      'activated',
      'shelved',
      'unshelved',
      'suppressed',
      'acknowledged+confirmed+unsuppressed+quality',
      'disabled+ended',
    ])
  })
})

describe("a server's list", () => {
  it('finds what was active before, and says what is gone', async () => {
    hear(event(1), event(2))
    list(event(2), event(3))
    expect(await changes()).toEqual(['activated', 'activated', 'found+activated', 'gone'])
    expect((await journal()).at(-1)).toMatchObject({ conditionId: 's=a1', changes: ['gone'], atUs: 9e15 })
    expect(desk.present().map(({ conditionId }) => conditionId)).toEqual(['s=a2', 's=a3'])
  })

  it('that breaks off takes nothing away', async () => {
    hear(event(1))
    desk.hear({ kind: 'refreshing', serverId })
    hear(event(2))
    expect(await changes()).toEqual(['activated', 'found+activated'])
    list(event(1), event(2))
    expect((await changes()).filter((words) => words.includes('gone'))).toEqual([])
  })

  it('leaves the alarms of other servers alone', async () => {
    hear(event(1))
    const other: Condition = event(1, { serverId: 'opc-2' })
    desk.hear({ kind: 'events', serverId: 'opc-2', events: [other] })
    list()
    await desk.settled()
    expect(desk.present()).toMatchObject([{ serverId: 'opc-2' }])
  })

  it('after a restart of the engine goes on from what the twin has', async () => {
    hear(event(1), event(2))
    await desk.settled()
    await twin.close()
    twin = await open(where)
    desk = make()
    desk.restore(await twin.conditions())
    expect(desk.reach(serverId).reach).toBe('unreachable')
    list(event(2, { acked: true }))
    expect(await changes()).toEqual(['activated', 'activated', 'acknowledged', 'gone'])
  })

  it('a span without ears is a row', async () => {
    desk.hear({ kind: 'unheard', serverId, fromUs: 5, toUs: 9, detail: 'restarted' })
    expect(await journal()).toMatchObject([{ changes: ['unheard'], atUs: 5, heardUs: 9, detail: 'restarted' }])
  })

  it('2000 at once are one commit and one telling', async () => {
    list(...Array.from({ length: 2_000 }, (_unused, i) => event(i)))
    expect((await journal()).length).toBe(2_000)
    expect(desk.present().length).toBe(2_000)
    expect(told).toBe(1)
  })
})

describe('how far they are known', () => {
  it('live only while the server is connected and its list has come', () => {
    expect(desk.reach(serverId).reach).toBe('unreachable')
    expect(desk.link(link('connected', 'reading'))).toBe(true)
    expect(desk.reach(serverId).reach).toBe('reading')
    expect(desk.link(link('connected', 'listening'))).toBe(true)
    expect(desk.reach(serverId)).toEqual({ reach: 'live', sinceUs: 9e15 })
    expect(desk.link(link('connected', 'listening'))).toBe(false)
    desk.link(link('lost', 'listening'))
    expect(desk.reach(serverId).reach).toBe('unreachable')
  })

  it('those of a server that left the plant file are gone, with the reason', async () => {
    hear(event(1))
    desk.setServers(['opc-1'])
    desk.setServers(['opc-2'])
    expect((await journal()).at(-1)).toMatchObject({
      changes: ['gone'],
      detail: expect.stringContaining('plant file') as unknown,
    })
    expect(desk.present()).toEqual([])
  })
})

describe('what a person wants of an alarm', () => {
  const wish = (eventId: string, more: Partial<ConditionRequest> = {}) => ({
    serverId,
    conditionId: 's=a1',
    branchId: '',
    eventId,
    action: 'acknowledge' as const,
    comment: 'seen',
    durationMs: 0,
    ...more,
  })

  it('is asked of the server with its event and comment, journalled with the name, and shown only by the event', async () => {
    const raised = event(1)
    hear(raised)
    await desk.settled()
    await desk.act(wish(raised.eventId), ada)
    expect(calls).toEqual([
      expect.objectContaining({ action: 'acknowledge', eventId: raised.eventId, comment: 'seen' }),
    ])
    expect((await journal()).at(-1)).toMatchObject({
      changes: ['asked'],
      by: 'ada',
      comment: 'seen',
      detail: 'acknowledge',
    })
    expect(desk.present()).toMatchObject([{ acked: false }])
    hear(event(1, { acked: true }))
    await desk.settled()
    expect(desk.present()).toMatchObject([{ acked: true }])
    expect(await twin.audit({ limit: 10 })).toMatchObject([
      {
        actor: 'ada',
        action: 'alert.acknowledge',
        subject: 'opc-1 s=a1',
        reason: 'seen',
        after: { asked: 'acknowledge' },
      },
    ])
  })

  it('that the server refuses is a sentence, and a row', async () => {
    const raised = event(1)
    hear(raised)
    await desk.settled()
    answer = async () => ({ ok: false, status: 'BadConditionAlreadyShelved', message: 'It is shelved already.' })
    await expect(desk.act(wish(raised.eventId, { action: 'shelve' }), ada)).rejects.toThrow('It is shelved already.')
    answer = () => Promise.reject(new Error('Server opc-1 is not connected.'))
    await expect(desk.act(wish(raised.eventId), ada)).rejects.toMatchObject({ failure: { retryable: true } })
    expect((await journal()).slice(1)).toMatchObject([
      { changes: ['asked'], detail: 'shelve' },
      { changes: ['refused'], detail: 'shelve: It is shelved already.' },
      { changes: ['asked'], detail: 'acknowledge' },
      { changes: ['refused'], detail: 'acknowledge: Server opc-1 is not connected.' },
    ])
  })

  it('is not asked when the alarm is gone', async () => {
    await expect(desk.act(wish('00'), ada)).rejects.toThrow('does not report this alarm any more')
    expect(calls).toEqual([])
  })
})

describe('a twin that refuses', () => {
  it('gets what it missed when it takes rows again, and nothing is shown before', async () => {
    const commit = twin.commitConditions.bind(twin)
    let refusals = 1
    twin.commitConditions = async (wanted) => {
      if (refusals-- > 0) throw new Error('disk full')
      return await commit(wanted)
    }
    hear(event(1))
    hear(event(2))
    hear(event(1, { acked: true, active: false, retain: false }))
    expect(desk.present()).toEqual([])
    expect(await changes()).toEqual(['activated', 'activated', 'returned+acknowledged+ended'])
    expect(desk.present().map(({ conditionId }) => conditionId)).toEqual(['s=a2'])
    expect(await twin.conditions()).toHaveLength(1)
  })
})
