import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Condition, ConditionAnswer, ConditionRequest } from '../../../shared/domain/condition.ts'
import { AlarmServer, type AlarmServerOptions } from '../../testkit/opcua/alarm-server.ts'
import { type Link, LinkRig, throughFault } from '../../testkit/opcua/link-rig.ts'
import { plainServer } from '../../testkit/opcua/plant-parts.ts'
import { until } from '../../testkit/opcua/recording-sink.ts'
import { TcpProxy } from '../../testkit/opcua/tcp-proxy.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rig: LinkRig
beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

/** The present as the events so far leave it; what a refresh did not name is gone. */
function present({ sink }: Link): Map<string, Condition> {
  const held = new Map<string, Condition>()
  let seen: Set<string> | null = null
  for (const news of sink.news) {
    if (news.kind === 'refreshing') seen = new Set()
    else if (news.kind === 'events')
      for (const event of news.events) {
        const key = `${event.conditionId}|${event.branchId}`
        seen?.add(key)
        if (event.retain) held.set(key, event)
        else held.delete(key)
      }
    else if (news.kind === 'refreshed') {
      for (const key of held.keys()) if (seen?.has(key) !== true) held.delete(key)
      seen = null
    }
  }
  return held
}

const keyOf = (index: number): string => `${AlarmServer.conditionId(index)}|`
const refreshes = ({ sink }: Link): number => sink.news.filter(({ kind }) => kind === 'refreshed').length

async function alarmServer(options: AlarmServerOptions = {}): Promise<AlarmServer> {
  return rig.keep(await AlarmServer.start(options))
}

async function listening(port: number, change: Parameters<LinkRig['connect']>[2] = {}): Promise<Link> {
  const link = await rig.live(port, [], change)
  await until('the alarms are known', () => link.connection.state().alarms?.phase === 'listening')
  return link
}

function ask(link: Link, index: number, change: Partial<ConditionRequest>): Promise<ConditionAnswer> {
  const condition = present(link).get(keyOf(index))
  return link.connection.callCondition({
    action: 'acknowledge',
    conditionId: AlarmServer.conditionId(index),
    branchId: '',
    eventId: condition?.eventId ?? '',
    comment: '',
    durationMs: 0,
    ...change,
  })
}

describe('alarms of a server', () => {
  test('that were active before the connection are known, with all that the server says of them', async () => {
    const server = await alarmServer({ active: [1], confirm: true })
    const link = await listening(server.port)
    expect([...present(link).values()]).toEqual([
      expect.objectContaining({
        serverId: 'opc-1',
        conditionId: AlarmServer.conditionId(1),
        branchId: '',
        sourceName: expect.stringContaining('Boiler') as unknown,
        conditionName: 'Alarm 1',
        message: 'Alarm 1 is on',
        severity: 700,
        active: true,
        acked: false,
        shelving: 'unshelved',
        eventId: server.state(1).eventId,
      }),
    ])
    server.set(2, 1)
    await until('a new alarm comes', () => present(link).has(keyOf(2)))
  })

  test('are acknowledged, confirmed and commented on the server, with the event that was meant and the comment', async () => {
    const server = await alarmServer({ active: [0], confirm: true })
    const link = await listening(server.port)
    expect(await ask(link, 0, { comment: 'seen by Ada' })).toEqual({ ok: true })
    expect(server.state(0)).toMatchObject({ acked: true, confirmed: false, comment: 'seen by Ada' })
    await until('its event comes', () => present(link).get(keyOf(0))?.acked === true)
    expect(await ask(link, 0, { action: 'comment', comment: 'part ordered' })).toEqual({ ok: true })
    expect(server.state(0).comment).toBe('part ordered')
    await until('the comment comes', () => present(link).get(keyOf(0))?.comment === 'part ordered')
    expect(await ask(link, 0, { action: 'confirm', comment: 'mended' })).toEqual({ ok: true })
    expect(server.state(0)).toMatchObject({ confirmed: true, comment: 'mended', retain: false })
    await until('it is of no more interest', () => !present(link).has(keyOf(0)))
  })

  test.each([true, false])('are shelved and come back, told by an event: %s', async (tellsShelving) => {
    const server = await alarmServer({ active: [0], tellsShelving })
    const link = await listening(server.port, { timings: { eventWaitMs: 100 } })
    expect(await ask(link, 0, { action: 'shelve', durationMs: 60_000 })).toEqual({ ok: true })
    expect(server.state(0).shelving).toBe('TimedShelved')
    await until('it is shown as shelved', () => present(link).get(keyOf(0))?.shelving === 'timed')
    expect(present(link).get(keyOf(0))).toMatchObject({ suppressedOrShelved: true })
    expect(await ask(link, 0, { action: 'shelve', durationMs: 60_000 })).toEqual({
      ok: false,
      status: 'BadConditionAlreadyShelved',
      message: 'The server says that the alarm is shelved already.',
    })
    expect(await ask(link, 0, { action: 'unshelve' })).toEqual({ ok: true })
    await until('it is back', () => present(link).get(keyOf(0))?.shelving === 'unshelved')
    expect(await ask(link, 0, { action: 'shelve-once' })).toEqual({ ok: true })
    expect(server.state(0).shelving).toBe('OneShotShelved')
    await until('once', () => present(link).get(keyOf(0))?.shelving === 'one-shot')
    expect(await ask(link, 0, { action: 'shelve', durationMs: 1e12 })).toMatchObject({ ok: false })
  })

  test('refuse what does not fit, each in a sentence', async () => {
    const server = await alarmServer({ active: [0] })
    const link = await listening(server.port)
    expect(await ask(link, 0, { eventId: '00ff' })).toMatchObject({ ok: false, status: 'BadEventIdUnknown' })
    expect(await ask(link, 0, { action: 'unshelve' })).toMatchObject({ ok: false, status: 'BadConditionNotShelved' })
    expect(await ask(link, 0, { action: 'shelve', durationMs: 3_600_001 })).toMatchObject({
      ok: false,
      status: 'BadShelvingTimeOutOfRange',
      message: 'The server does not shelve for so long; choose a shorter time.',
    })
    expect(await ask(link, 0, { action: 'confirm' })).toMatchObject({ ok: false })
    expect(await ask(link, 9, {})).toMatchObject({ ok: false })
    expect(server.state(0)).toMatchObject({ acked: false, shelving: 'Unshelved' })
  })

  test('keep an earlier state that waits for someone as a row of its own', async () => {
    const server = await alarmServer({ active: [0] })
    const link = await listening(server.port)
    server.set(0, 0)
    await until('the branch comes', () => [...present(link).values()].some(({ branchId }) => branchId !== ''))
    const branch = [...present(link).values()].find(({ branchId }) => branchId !== '')
    expect(branch).toMatchObject({ active: true, acked: false, conditionId: AlarmServer.conditionId(0) })
    expect(await ask(link, 0, { eventId: branch?.eventId ?? '', branchId: branch?.branchId ?? '' })).toEqual({
      ok: true,
    })
    await until('it goes when acknowledged', () => present(link).size === 0)
    expect(server.state(0).branches).toBe(0)
  })

  test('are asked for anew when the server wants it', async () => {
    const server = await alarmServer({ active: [0] })
    const link = await listening(server.port)
    const before = refreshes(link)
    server.requireRefresh()
    await until('a refresh', () => refreshes(link) > before)
    expect(present(link).size).toBe(1)
  })

  test('below the severity of the plant file are not taken, and a server switched off is not listened to', async () => {
    const server = await alarmServer({ active: [0], severity: 300 })
    const wanted = { ...plainServer(server.port), alarms: { minSeverity: 301 } }
    expect(present(await listening(server.port, { server: wanted })).size).toBe(0)
    const off = await rig.live(server.port, [], { server: { ...plainServer(server.port), alarms: { enabled: false } } })
    expect(off.connection.state().alarms?.phase).toBe('off')
    expect(off.sink.news).toEqual([])
  })

  test('of a server that has none are a plain fact and no problem', async () => {
    const server = await alarmServer({ service: false })
    const link = await rig.live(server.port, [])
    await until('it is known', () => link.connection.state().alarms?.phase === 'none')
    expect(link.connection.state().alarms?.message).toBe('Server opc-1 offers no alarms and conditions.')
    expect(link.sink.problems.size).toBe(0)
  })

  test('lose no event and double none over cuts in the midst', async () => {
    const server = await alarmServer({ alarms: 10 })
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await listening(proxy.port)
    let step = 0
    const change = (count: number): void => {
      for (const end = step + count; step < end; step += 1) server.set(step % 10, (Math.floor(step / 10) + 1) % 2)
    }
    for (let cut = 0; cut < 4; cut += 1) {
      change(13)
      // Some replies are thrown away before the cut: they have to be fetched again.
      if (cut % 2 === 1) proxy.swallowReplies()
      change(11)
      await throughFault(link, () => {
        proxy.cut()
        change(7)
      })
      change(5)
    }
    const ids = (): string[] => link.sink.events.map(({ eventId }) => eventId)
    await until('all events are here', () => new Set(ids()).size >= server.raised.length)
    // What a refresh repeats carries the EventId it had.
    expect([...new Set(ids())]).toEqual(server.raised)
    expect(ids().length).toBe(server.raised.length)
    expect(link.sink.news.filter(({ kind }) => kind === 'unheard')).toEqual([])
  })

  test('are read anew from a server that was restarted, and what is gone is known to be gone', async () => {
    const first = await AlarmServer.start({ active: [0, 1] })
    const { port } = first
    const link = await listening(port)
    expect([...present(link).keys()]).toEqual([keyOf(0), keyOf(1)])
    await first.stop()
    await until('the link is lost', () => link.connection.state().phase === 'lost')
    await alarmServer({ port, active: [1, 2] })
    await until('they are read anew', () => refreshes(link) === 2)
    expect([...present(link).keys()].toSorted()).toEqual([keyOf(1), keyOf(2)])
    expect(link.sink.news.filter(({ kind }) => kind === 'unheard')).toEqual([
      expect.objectContaining({ detail: expect.stringContaining('was restarted') as unknown }),
    ])
  })

  test('come all 2000 at once', async () => {
    const active = Array.from({ length: 2_000 }, (_unused, i) => i)
    const server = await alarmServer({ alarms: 2_000, active, shelving: false })
    const link = await listening(server.port)
    expect(present(link).size).toBe(2_000)
    expect(link.sink.problems.size).toBe(0)
  })
})
