import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Account, Actor, Role } from '../../shared/domain/access.ts'
import type { AuditFacts } from '../../shared/domain/audit-trail.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import type { Point } from '../../shared/domain/plant-file.ts'
import { AccountBook, Seat } from '../access/index.ts'
import type { OpcuaConnection } from '../opcua/index.ts'
import { LinkRig } from '../testkit/opcua/link-rig.ts'
import { testContract } from '../testkit/opcua/plant-parts.ts'
import { until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import { WireRelay } from '../testkit/opcua/wire-relay.ts'
import { WriteDesk } from './write-desk.ts'

const writeRequest = 673

let rig: LinkRig
let server: TestServer
let relay: WireRelay
let connection: OpcuaConnection
let desk: WriteDesk
let seat: Seat
let writes = 0
let nowMs = 0
let trail: string[] = []
let point: Point

function account(name: string, roles: Role[]): Account {
  return { name, fullName: name, roles, disabled: false, createdUs: 0, changedUs: 0 }
}

async function seatOf(...people: Account[]): Promise<Seat> {
  const secrets = { password: '', failures: 0, lockedUntilUs: 0 }
  const store = {
    accounts: async () => people.map((each) => ({ ...each, ...secrets })),
    accessSettings: async () => ({ idleSignOutMin: 0 }),
    commitAccess: async () => undefined,
  }
  const book = await AccountBook.open(store, { nowUs: () => 0, monotonicMs: () => nowMs })
  const made = new Seat('control-room', book, () => nowMs)
  const [first] = people
  if (first) made.signedIn(first)
  return made
}

beforeAll(async () => {
  rig = await LinkRig.open()
})
beforeEach(async () => {
  server = rig.keep(await startTestServer({ counters: 1 }))
  relay = rig.keep(await WireRelay.start(server.port))
  writes = 0
  relay.onRequest = ({ typeId }) => {
    if (typeId === writeRequest) writes += 1
    return 'pass'
  }
  connection = (await rig.live(relay.port, ['c0'])).connection
  nowMs = 0
  trail = []
  const note = async (by: Actor, { action, reason, after }: AuditFacts): Promise<void> => {
    const state =
      typeof after === 'object' && after !== null && 'state' in after ? ` ${JSON.stringify(after['state'])}` : ''
    trail.push(`${by.name}/${by.role} ${action}${state}${reason ? `: ${reason}` : ''}`)
  }
  point = {
    id: 'setpoint',
    assetId: 'a',
    kind: 'scalar',
    source: { serverId: 'opc-1', nodeId: `nsu=${plantUri};s=slow` },
    contract: testContract({ unit: '%' }),
    write: { roles: ['operator', 'maintenance-lead'], range: [0, 100], confirmWithinS: 10 },
  }
  desk = new WriteDesk({
    point: () => point,
    connection: () => connection,
    audit: { entry: (by, facts) => auditEntry(by, 0, facts), record: note },
    clock: { nowUs: () => nowMs * 1000, monotonicMs: () => nowMs },
  })
  seat = await seatOf(account('anna', ['operator']), account('ben', ['operator']))
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

async function held(): Promise<string | null> {
  return (await connection.prepareWrite(point.source.nodeId)).value
}

describe('two steps', () => {
  test('write one value once, read it back, and leave three entries of the same person under the role that allowed it', async () => {
    const prepared = await desk.prepare(seat, 'setpoint', ' 42.50 ')
    expect(prepared).toMatchObject({ before: '0', after: '42.5', dataType: 'Double', unit: '%', confirmWithinS: 10 })
    expect(writes).toBe(0)
    const result = await desk.confirm(seat, prepared.token, '42.5')
    expect(result).toMatchObject({ state: 'done', before: '0', after: '42.5', readBack: '42.5' })
    expect(writes).toBe(1)
    expect(trail).toEqual([
      'anna/operator write.asked',
      'anna/operator write.confirmed',
      'anna/operator write.done "done"',
    ])
    await expect(desk.confirm(seat, prepared.token, '42.5')).rejects.toThrow(/no such value/)
    expect(writes).toBe(1)
  })

  test('a value typed otherwise at the second step is not sent, and may be typed again', async () => {
    const { token } = await desk.prepare(seat, 'setpoint', '42')
    await expect(desk.confirm(seat, token, '24')).rejects.toThrow(/not the value that was prepared/)
    expect(await desk.confirm(seat, token, '42')).toMatchObject({ state: 'done' })
  })

  test('what the server refuses is told and recorded as a failure, and not tried again', async () => {
    point.source.nodeId = `nsu=${plantUri};s=slow`
    const { token } = await desk.prepare(seat, 'setpoint', '42')
    relay.onReply = ({ typeId }) => {
      if (typeId !== 676) return 'pass'
      relay.cut()
      return 'drop'
    }
    expect(await desk.confirm(seat, token, '42')).toMatchObject({
      state: 'unknown',
      message: expect.stringContaining('not known'),
    })
    relay.onReply = () => 'pass'
    await until(
      'the link is back',
      () => connection.state().phase === 'connected' && connection.state().reconnects === 1,
    )
    expect(writes).toBe(1)
    expect(trail.at(-1)).toMatch(/^anna\/operator write.failed "unknown": /)
  })
})

describe('nothing is written', () => {
  afterEach(async () => {
    expect(writes).toBe(0)
  })

  test('to a point without the key, whoever asks', async () => {
    delete point.write
    await expect(desk.prepare(seat, 'setpoint', '42')).rejects.toThrow(/not writable: the plant file has no "write"/)
    expect(trail).toEqual([expect.stringMatching(/write.failed: Point setpoint is not writable/)])
  })

  test.each([
    ['administrator', false],
    ['finance-viewer', false],
    ['reliability-engineer', false],
    ['maintenance-lead', true],
  ] as const)('by a role that the point does not name: %s', async (role, allowed) => {
    seat = await seatOf(account('eve', [role]))
    const asked = desk.prepare(seat, 'setpoint', '42')
    if (allowed) expect(await asked).toMatchObject({ after: '42' })
    else await expect(asked).rejects.toMatchObject({ failure: { code: 'denied' } })
  })

  test('by a finance viewer, even where the plant file names them', async () => {
    point.write = { roles: ['finance-viewer'], range: [0, 100] }
    seat = await seatOf(account('eve', ['finance-viewer']))
    await expect(desk.prepare(seat, 'setpoint', '42')).rejects.toMatchObject({ failure: { code: 'denied' } })
  })

  test.each([
    ['100.5', /outside of what the plant file allows/],
    ['-1', /outside/],
    ['forty', /not a number/],
    ['0', /already/],
    ['0.10000000000000000001', /would be changed/],
  ])('of the value %s', async (typed, words) => {
    await expect(desk.prepare(seat, 'setpoint', typed)).rejects.toThrow(words)
    expect(trail).toEqual([expect.stringMatching(/^anna\/operator write.failed: /)])
  })

  test('to a node that the server does not let be written', async () => {
    point.source.nodeId = 'i=2267'
    await expect(desk.prepare(seat, 'setpoint', '42')).rejects.toThrow(/AccessLevel/)
  })

  test('after the time, at another window, by somebody else, or for a changed rule', async () => {
    const again = async (): Promise<string> => (await desk.prepare(seat, 'setpoint', '42')).token
    let token = await again()
    nowMs += 10_000
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/not confirmed in time/)
    token = await again()
    await expect(desk.confirm(await seatOf(account('anna', ['operator'])), token, '42')).rejects.toThrow(
      /no such value/,
    )
    seat.signedIn(account('ben', ['operator']))
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/has signed out/)
    token = await again()
    point = { ...point, write: { roles: ['operator'], range: [0, 50], confirmWithinS: 10 } }
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/plant file was changed/)
    expect(trail.filter((entry) => entry.includes('write.void'))).toHaveLength(3)
  })

  test('when the time ends without a word: the trail says so by itself', async () => {
    await desk.prepare(seat, 'setpoint', '42')
    nowMs += 10_000
    await desk.everySecond()
    expect(trail.at(-1)).toBe('anna/operator write.void: it was not confirmed in time')
  })

  test('after a reconnect, nor when the value has changed since it was shown', async () => {
    let { token } = await desk.prepare(seat, 'setpoint', '42')
    relay.cut()
    await until(
      'the link is back',
      () => connection.state().phase === 'connected' && connection.state().reconnects === 1,
    )
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/link to the server was made anew/)
    token = (await desk.prepare(seat, 'setpoint', '42')).token
    server.set('slow', 7)
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/changed meanwhile, to 7/)
    expect(await held()).toBe('7')
  })

  test('while the trail cannot take the confirmation in time', async () => {
    const record = async (by: Actor, { action }: AuditFacts): Promise<void> => {
      if (action === 'write.confirmed') nowMs += 11_000
      trail.push(`${by.name} ${action}`)
    }
    desk = new WriteDesk({
      point: () => point,
      connection: () => connection,
      audit: { entry: (by, facts) => auditEntry(by, 0, facts), record },
      clock: { nowUs: () => nowMs * 1000, monotonicMs: () => nowMs },
    })
    const { token } = await desk.prepare(seat, 'setpoint', '42')
    await expect(desk.confirm(seat, token, '42')).rejects.toThrow(/not confirmed in time/)
    expect(trail.at(-1)).toBe('anna write.failed')
  })
})
