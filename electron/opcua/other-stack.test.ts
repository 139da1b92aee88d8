import { execFileSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasOverflow, isBackfilled } from '../../shared/domain/status-code.ts'
import { Authority } from '../testkit/opcua/authority.ts'
import { type Link, LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { buildOpen62541, open62541Missing, Open62541Server, type Open62541Options } from '../testkit/opcua/open62541.ts'
import { securedServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
import { TcpProxy } from '../testkit/opcua/tcp-proxy.ts'
import { plantUri } from '../testkit/opcua/test-server.ts'
import { discoverEndpoints } from './discover.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const missing = open62541Missing()
const whole = { lost: [], repeated: [] }
let rig: LinkRig
let program = ''

/** Acceptance against a server of another maker, in C. What it does otherwise is in docs/quirks.md. */
describe.skipIf(missing !== undefined)(`open62541${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  beforeAll(async () => {
    rig = await LinkRig.open()
    program = buildOpen62541(rig.folder)
  })
  afterEach(() => rig.endTest())
  afterAll(() => rig.close())

  const started = async (options: Open62541Options): Promise<Open62541Server> =>
    rig.keep(await Open62541Server.start(program, options))

  async function proxied(options: Open62541Options): Promise<{ server: Open62541Server; proxy: TcpProxy }> {
    const server = await started(options)
    return { server, proxy: rig.keep(await TcpProxy.start(server.port)) }
  }

  const hasValues = (link: Link, key = 1) => until('values have come', () => link.sink.values(key).length > 5)
  const lastUs = (link: Link, key = 1): number => link.sink.byKey.get(key)?.at(-1)?.sourceUs ?? Number.NaN

  async function expectWhole(link: Link, last: number, keys = [1]): Promise<void> {
    for (const key of keys) {
      await until(`count ${last} has come`, () => link.sink.values(key).at(-1) === last)
      expect(faultsOf(link.sink.values(key))).toEqual(whole)
    }
    expect(link.sink.gaps).toEqual([])
  }

  test('values, blocks, browse, search and reads', async () => {
    const server = await started({ numbers: { counters: 3, waveforms: 1, blockSize: 100_000, tickMs: 50 } })
    const link = await rig.live(server.port, ['c0', 'c1', 'c2', 'w0', 'none'])
    await hasValues(link)
    await until('blocks have come', () => link.sink.blocks.filter(({ sourceUs }) => sourceUs > 0).length > 5)
    expect(link.connection.state()).toMatchObject({ itemsGood: 4, itemsBad: 1 })
    expect(link.sink.problems.get('opcua.item:none')?.message).toMatch(/no such node/)
    // Two chunks of 64 KiB and more: the block crosses them.
    expect(link.sink.blocks.at(-1)?.samples).toHaveLength(100_000)
    await expectWhole(link, await server.ask('hold'), [1, 2, 3])
    const blocks = link.sink.blocks.map(({ samples }) => samples[0] ?? Number.NaN)
    expect(faultsOf(blocks)).toEqual(whole)
    const { references } = await link.connection.browse('i=85')
    expect(references.map(({ nodeId }) => nodeId)).toContain(`nsu=${plantUri};s=c0`)
    const [c0] = await link.connection.readAttributes([`nsu=${plantUri};s=c0`])
    expect(c0).toMatchObject({ exists: true, displayName: 'c0', dataType: 'i=11', minimumSamplingIntervalMs: 0 })
    const { nodes } = await link.connection.search('c1', 10, true)
    expect(nodes.map(({ nodeId }) => nodeId)).toContain(`nsu=${plantUri};s=c1`)
  })

  test.each([
    ['cut', 'cut'],
    ['replies lost, then cut', 'swallow'],
    ['half-open', 'half-open'],
    ['frozen', 'freeze'],
  ])('%s: nothing lost, nothing twice', async (_name, fault) => {
    const { server, proxy } = await proxied({ numbers: { counters: 2, tickMs: 50, waveforms: 1, blockSize: 256 } })
    const timings = { keepAliveMs: 500, silenceGraceMs: 500 }
    const link = await rig.live(proxy.port, ['c0', 'c1', 'w0'], { timings })
    await hasValues(link)
    for (let time = 0; time < 2; time += 1)
      await throughFault(link, async () => {
        if (fault === 'swallow') {
          proxy.swallowReplies()
          await until('messages were thrown away', () => proxy.swallowed >= 3)
        }
        if (fault === 'half-open') proxy.blackHole()
        else if (fault === 'freeze') {
          server.freeze()
          await until('noticed', () => link.connection.state().phase === 'lost')
          server.thaw()
        } else proxy.cut()
      })
    await expectWhole(link, await server.ask('hold'), [1, 2])
    expect(faultsOf(link.sink.blocks.map(({ samples }) => samples[0] ?? Number.NaN))).toEqual(whole)
    expect(link.connection.counters()).toMatchObject({ recreated: 0, rebuilds: 0 })
  })

  test('restarted with its namespaces in another order: the subscription has the same id, the points come back', async () => {
    const orders = ['urn:decoy,', ''].map((first) => `${first}${plantUri}${first === '' ? ',urn:decoy' : ''}`)
    const options = (namespaces: string | undefined, port?: number): Open62541Options => ({
      numbers: { counters: 1, tickMs: 50 },
      texts: { namespaces: namespaces ?? '' },
      ...(port === undefined ? {} : { port }),
    })
    const server = await started(options(orders[0]))
    const link = await rig.live(server.port, ['c0'])
    await hasValues(link)
    let last = Number.NaN
    await throughFault(link, async () => {
      await server.kill()
      await until('noticed', () => link.connection.state().phase === 'lost')
      last = lastUs(link)
      await started(options(orders[1], server.port))
    })
    await until('the gap has its end', () => link.sink.gaps.length > 0)
    expect(link.sink.values(1).filter((value) => value < 0)).toEqual([])
    const first = link.sink.byKey.get(1)?.find(({ sourceUs }) => sourceUs > last)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ cause: 'server-restart', startUs: last, endUs: first?.sourceUs }),
    ])
    expect(link.sink.gaps[0]?.detail).toMatch(/namespaces in another order/)
  })

  test('small limits: two items a call, three values a message, two publish requests; cut as well', async () => {
    const numbers = { counters: 7, tickMs: 50, itemsPerCall: 2, nodesPerRead: 4, notifications: 3, publishRequests: 2 }
    const { server, proxy } = await proxied({ numbers })
    const names = Array.from({ length: 7 }, (_unused, i) => `c${i}`)
    const link = await rig.live(proxy.port, names)
    await hasValues(link, 7)
    await throughFault(link, async () => {
      proxy.down()
      const before = await server.ask('count')
      while ((await server.ask('count')) < before + 40) await new Promise((resolve) => setTimeout(resolve, 50))
      proxy.up()
    })
    await expectWhole(
      link,
      await server.ask('hold'),
      names.map((_name, i) => i + 1),
    )
  })

  test('queues shorter than the outage: the overflow is a gap from the last value to the first after it', async () => {
    const { server, proxy } = await proxied({ numbers: { counters: 1, tickMs: 50, queue: 10 } })
    const link = await rig.live(proxy.port, ['c0'])
    await hasValues(link)
    await throughFault(link, async () => {
      proxy.down()
      const before = await server.ask('count')
      while ((await server.ask('count')) < before + 60) await new Promise((resolve) => setTimeout(resolve, 50))
      proxy.up()
    })
    const last = await server.ask('hold')
    await until('the last count has come', () => link.sink.values(1).at(-1) === last)
    const rows = link.sink.byKey.get(1) ?? []
    const flagged = rows.findIndex(({ status }) => hasOverflow(status))
    const { lost, repeated } = faultsOf(link.sink.values(1))
    expect(repeated).toEqual([])
    expect(lost.length).toBeGreaterThan(0)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({
        cause: 'overflow',
        startUs: rows[flagged - 1]?.sourceUs,
        endUs: rows[flagged]?.sourceUs,
      }),
    ])
    expect(lost[0]).toBe((rows[flagged - 1]?.value ?? 0) + 1)
    expect(lost.at(-1)).toBe((rows[flagged]?.value ?? 0) - 1)
  })

  test('the session times out during the outage: transfer or a gap, and its history fills it', async () => {
    const numbers = { counters: 1, tickMs: 20, sessionTimeoutMs: 1_000, history: 1 }
    const { server, proxy } = await proxied({ numbers })
    const link = await rig.live(proxy.port, ['c0'])
    await hasValues(link)
    await throughFault(link, async () => {
      proxy.down()
      while ((await server.ask('sessions')) > 0) await new Promise((resolve) => setTimeout(resolve, 200))
      proxy.up()
    })
    const last = await server.ask('hold')
    await until('the last count has come', () => link.sink.values(1).at(-1) === last)
    const live = link.sink.byKey.get(1) ?? []
    expect(faultsOf(link.sink.values(1)).repeated).toEqual([])
    if (link.connection.counters().transferred > 0) expect(faultsOf(link.sink.values(1)).lost).toEqual([])
    else {
      expect(link.sink.gaps[0]).toMatchObject({ cause: 'session-recreated' })
      await until('it is filled', () => link.sink.gaps.some(({ detail }) => /from the server's history/.test(detail)))
    }
    const past = link.sink.backfilled.get(1) ?? []
    const all = [...live, ...past].sort((a, b) => a.sourceUs - b.sourceUs).map(({ value }) => value)
    expect(faultsOf(all)).toEqual(whole)
    expect(past.every(({ status }) => isBackfilled(status))).toBe(true)
  })

  test('status Uncertain and Bad, NaN and text arrive as what they are, once, also over a cut', async () => {
    const { server, proxy } = await proxied({ numbers: { counters: 1, tickMs: 50 } })
    const link = await rig.live(proxy.port, ['slow', 'switching', 'c0'])
    await hasValues(link, 3)
    const statuses = [0x4090_0000, 0x808c_0000]
    const arrived = (key: number, count: number) => until('it has come', () => link.sink.values(key).length === count)
    for (const [i, status] of statuses.entries()) {
      await server.ask(`set slow ${i + 1} ${status.toString(16)}`)
      await arrived(1, i + 2)
    }
    await server.ask('nan slow')
    await arrived(1, 4)
    await server.ask('text switching')
    await arrived(2, 2)
    await throughFault(link, () => proxy.cut())
    await server.ask('set switching 7')
    await until('a number came again', () => link.sink.values(2).at(-1) === 7)
    await server.ask('set slow 5')
    await arrived(1, 5)
    const rows = (link.sink.byKey.get(1) ?? []).slice(1)
    expect(rows.map(({ status }) => status)).toEqual([...statuses, 0, 0])
    expect(rows.map(({ value }) => value)).toEqual([1, 2, Number.NaN, 5])
    expect(link.sink.gaps).toEqual([expect.objectContaining({ pointKey: 2, cause: 'decode-failed', count: 1 })])
  })

  test('all sessions taken: said, and asked again until one is free', async () => {
    const server = await started({ numbers: { counters: 1, tickMs: 50, sessions: 1 } })
    const first = await rig.live(server.port, ['c0'])
    const second = await rig.connect(server.port, ['c0'])
    await until('said', () => /All sessions of server opc-1 .* are taken/.test(second.connection.state().message))
    await first.connection.stop()
    await hasValues(second)
    expect(second.sink.problems.size).toBe(0)
  })

  test('an alarm is refreshed, heard, acknowledged, and known again after a cut', async () => {
    const { server, proxy } = await proxied({ numbers: { counters: 1, alarm: 1 } })
    const link = await rig.live(proxy.port, ['c0'])
    await until('the alarms are known', () => link.connection.state().alarms?.phase === 'listening')
    const events = () => link.sink.news.flatMap((news) => (news.kind === 'events' ? news.events : []))
    await server.ask('alarm 1')
    await until('it is heard', () => events().length > 0)
    const event = events().at(-1)
    expect(event).toMatchObject({ conditionName: 'Pump tripped', severity: 700, active: true, acked: false })
    const { conditionId = '', branchId = '', eventId = '' } = event ?? {}
    const request = { action: 'acknowledge', conditionId, branchId, eventId, comment: 'seen', durationMs: 0 } as const
    expect(await link.connection.callCondition(request)).toEqual({ ok: true })
    await until('its event comes', () => events().at(-1)?.acked === true)
    const refreshed = () => link.sink.news.filter(({ kind }) => kind === 'refreshed').length
    const before = refreshed()
    await throughFault(link, () => proxy.cut())
    await server.ask('alarm 0')
    await until('it is heard or refreshed', () => events().at(-1)?.active === false || refreshed() > before)
  })

  test.each(['Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const)(
    '%s, SignAndEncrypt, with a user name; the channel is renewed and cut',
    async (policy) => {
      const authority = new Authority(await mkdtemp(join(tmpdir(), 'millwright-o6-')))
      const { certificateFile, privateKeyFile } = authority.weak('open62541', 'urn:millwright:open62541', 2_048)
      const der = certificateFile.replace(/pem$/, 'der')
      const key = `${privateKeyFile}.der`
      execFileSync('openssl', ['x509', '-in', certificateFile, '-outform', 'der', '-out', der])
      execFileSync('openssl', ['rsa', '-in', privateKeyFile, '-outform', 'der', '-out', key], { stdio: 'pipe' })
      const { server, proxy } = await proxied({
        numbers: { counters: 1, tickMs: 50, tokenLifetimeMs: 2_000, waveforms: 1, blockSize: 40_000 },
        texts: { certificate: der, key, user: 'operator:right' },
      })
      const user = { type: 'userName', name: 'operator', secretRef: 'plc' } as const
      const configured = { ...securedServer(proxy.port, user), security: { mode: 'SignAndEncrypt', policy } as const }
      const points = testPoints(['c0', 'w0'])
      const link = await rig.connect(proxy.port, [], { points, server: configured, secrets: async () => 'right' })
      await until('refused', () => link.connection.state().phase === 'refused')
      const offered = await discoverEndpoints(`opc.tcp://127.0.0.1:${server.port}`, rig.pki)
      expect(offered.length).toBeGreaterThan(3)
      await rig.pki.trust(/Thumbprint ([0-9a-f]{40})/.exec(link.connection.state().message)?.[1] ?? '')
      await hasValues(link)
      const seen = link.sink.values(1).length
      await until('the token was renewed twice', () => link.sink.values(1).length > seen + 90)
      await throughFault(link, () => proxy.cut())
      await expectWhole(link, await server.ask('hold'))
      expect(faultsOf(link.sink.blocks.map(({ samples }) => samples[0] ?? Number.NaN))).toEqual(whole)
      expect(link.connection.state().security).toBe(`SignAndEncrypt, ${policy}`)

      const wrong = await rig.connect(proxy.port, ['c0'], { server: configured, secrets: async () => 'wrong' })
      await until('refused', () => wrong.connection.state().phase === 'refused')
      expect(wrong.connection.state().message).toMatch(/refused the user "operator" or its password/)
    },
  )
})
