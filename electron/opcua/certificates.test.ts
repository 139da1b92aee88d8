import { X509Certificate } from 'node:crypto'
import { copyFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { Authority, hasOpenssl } from '../testkit/opcua/authority.ts'
import { type Link, LinkRig } from '../testkit/opcua/link-rig.ts'
import { plainServer, securedServer } from '../testkit/opcua/plant-parts.ts'
import { until } from '../testkit/opcua/recording-sink.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { discoverEndpoints, readEndpoints } from './discover.ts'
import type { ExceptionRule } from './exceptions.ts'
import { PkiStore, thumbprintOf } from './pki.ts'
import { checkServerCertificate, expiryNotice } from './server-certificate.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

const dayUs = 86_400_000_000
const exceptionFor = (rule: ExceptionRule, until = '2999-12-31') => [
  { scope: `opcua:opc-1:${rule}`, owner: 'A. Smith', until, reason: 'old drive' },
]

async function secured(options: TestServerOptions = {}): Promise<TestServer> {
  return rig.keep(await startTestServer({ security: 'Basic256Sha256', counters: 1, ...options }))
}

async function trusted(server: TestServer): Promise<void> {
  const [offered] = await discoverEndpoints(server.endpointUrl, rig.pki)
  const first = await rig.connect(server.port, ['c0'], { server: securedServer(server.port) })
  await until('refused', () => first.connection.state().phase === 'refused')
  await first.connection.stop()
  const { rejected } = await rig.pki.list()
  if (rejected.some(({ thumbprint }) => thumbprint === offered?.thumbprint))
    await rig.pki.trust(offered?.thumbprint ?? '')
}

async function shownBy(server: TestServer): Promise<{ thumbprint: string; raw: Buffer }> {
  const [endpoint] = await readEndpoints(server.endpointUrl, rig.pki)
  const certificate = new X509Certificate(endpoint?.serverCertificate ?? Buffer.alloc(0))
  return { thumbprint: thumbprintOf(certificate), raw: certificate.raw }
}

const refused = (link: Link) => until('refused', () => link.connection.state().phase === 'refused')

async function refusedThenExcepted(
  rule: ExceptionRule,
  certificate: NonNullable<TestServerOptions['certificate']>,
  sentence: RegExp,
): Promise<void> {
  const server = await secured({ certificate })
  await trusted(server)
  const plain = securedServer(server.port)
  const link = await rig.connect(server.port, ['c0'], { server: plain })
  await refused(link)
  expect(link.connection.state().message).toMatch(sentence)
  // A weak key is accepted by an entry that somebody writes by hand; nothing offers it.
  const isSaid = rule !== 'weak-key'
  expect(link.sink.problems.get('opcua.link:opc-1')?.remedy.includes(`scope "opcua:opc-1:${rule}"`)).toBe(isSaid)
  expect(link.connection.state().refusal).toEqual({ undecided: null, rule: isSaid ? rule : null })
  await link.connection.stop()

  const late = await rig.connect(server.port, ['c0'], { server: plain, exceptions: exceptionFor(rule, '2020-01-01') })
  await refused(late)
  expect(late.connection.state().message).toContain('The exception of A. Smith ended on 2020-01-01.')
  await late.connection.stop()

  const allowed = await rig.live(server.port, ['c0'], { server: plain, exceptions: exceptionFor(rule) })
  await until('values come', () => allowed.sink.values(1).length > 2)
  expect(allowed.connection.state().security).toMatch(
    /^Insecure: .* accepted until 2999-12-31 \(A. Smith: old drive\) \[SignAndEncrypt, Basic256Sha256\]$/,
  )
  expect(allowed.sink.problems.get(`opcua.exception.${rule}:opc-1`)?.severity).toBe('warning')
}

describe('a server certificate', () => {
  test.each([
    ['host-name', { ip: '192.0.2.1' }, /does not name the host "127.0.0.1" \(it names 192.0.2.1\)/],
    ['validity', { fromDays: -30, toDays: -2 }, /out of date/],
    ['validity', { fromDays: 2, toDays: 40 }, /out of date/],
  ] as const)(
    '%s %j: refused with its sentence; with an exception accepted and shown as insecure',
    (rule, certificate, sentence) => refusedThenExcepted(rule, certificate, sentence),
  )

  test.skipIf(!hasOpenssl())('weak-key: a key of 1024 bits is refused, unless an exception lasts', async () => {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'millwright-weak-')))
    const weak = authority.weak('weak', 'urn:millwright:test-server', 1_024)
    await refusedThenExcepted('weak-key', weak, /key of 1024 bits; Basic256Sha256 needs 2048/)
  })

  test('made for another application: refused, and no exception helps', async () => {
    const server = await secured({ certificate: { applicationUri: 'urn:somebody:else' } })
    await trusted(server)
    const exceptions = exceptionFor('host-name')
    const link = await rig.connect(server.port, ['c0'], { server: securedServer(server.port), exceptions })
    await refused(link)
    expect(link.connection.state().message).toMatch(
      /made for "urn:somebody:else", but the server calls itself "urn:millwright:test-server"/,
    )
    expect(link.connection.state().refusal).toEqual({ undecided: null, rule: null })
  })

  test('changed by a restart: said with both thumbprints; trusted, the link comes back with a gap', async () => {
    const server = await secured()
    await trusted(server)
    const link = await rig.live(server.port, ['c0'], {
      server: securedServer(server.port),
      timings: { rebuildAfterMs: 1_000 },
    })
    await until('values come', () => link.sink.values(1).length > 2)
    const before = (await discoverEndpoints(server.endpointUrl, rig.pki))[0]?.thumbprint ?? ''
    await server.stop()
    const stoppedUs = link.sink.byKey.get(1)?.at(-1)?.sourceUs ?? Number.NaN
    const again = await secured({ port: server.port })
    await refused(link)
    expect(link.connection.state().message).toMatch(/shows another certificate than before/)
    expect(link.connection.state().message).toContain(before)
    const after = (await discoverEndpoints(again.endpointUrl, rig.pki))[0]?.thumbprint ?? ''
    expect(link.connection.state().message).toContain(after)
    await rig.pki.trust(after)
    await until('the gap has its end', () => link.sink.gaps.length > 0)
    const rows = link.sink.byKey.get(1) ?? []
    const first = rows.findIndex(({ sourceUs }) => sourceUs > stoppedUs)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({
        cause: 'server-restart',
        pointKey: null,
        startUs: rows[first - 1]?.sourceUs,
        endUs: rows[first]?.sourceUs,
      }),
    ])
    expect(rows.every(({ sourceUs }, i) => i === 0 || sourceUs > (rows[i - 1]?.sourceUs ?? 0))).toBe(true)
    expect(link.connection.state().phase).toBe('connected')
  })

  test('whose trust is taken back: the link ends, says so, and comes back when it is given again', async () => {
    const server = await secured()
    await trusted(server)
    const link = await rig.live(server.port, ['c0'], { server: securedServer(server.port) })
    const thumbprint = (await discoverEndpoints(server.endpointUrl, rig.pki))[0]?.thumbprint ?? ''
    await rig.pki.reject(thumbprint)
    await refused(link)
    expect(link.connection.state().message).toMatch(/a certificate whose trust was taken back here/)
    expect(link.connection.state().refusal).toEqual({ undecided: thumbprint, rule: null })
    await rig.pki.trust(thumbprint)
    await until('connected', () => link.connection.state().phase === 'connected')
    expect(link.connection.state().refusal).toBeNull()
  })

  test('an exception that ends while the link stands ends the link', async () => {
    const server = await secured({ certificate: { ip: '192.0.2.1' } })
    await trusted(server)
    const exceptions = exceptionFor('host-name')
    const link = await rig.live(server.port, ['c0'], {
      server: securedServer(server.port),
      exceptions,
      timings: { recheckMs: 100 },
    })
    for (const exception of exceptions) exception.until = '2020-01-01'
    await refused(link)
    expect(link.connection.state().security).toBe('SignAndEncrypt, Basic256Sha256')
  })

  test.each(['Basic256', 'Basic128Rsa15'] as const)(
    '%s is refused before a byte is sent, unless an exception lasts',
    async (policy) => {
      const server = await secured({ security: policy })
      const wish = { ...plainServer(server.port), security: { mode: 'SignAndEncrypt', policy } as const }
      const link = await rig.connect(server.port, ['c0'], { server: wish })
      await refused(link)
      expect(link.connection.state().message).toMatch(/rests on SHA-1/)
      expect(server.sessions()).toBe(0)
      await link.connection.stop()
      const allowed = await rig.connect(server.port, ['c0'], {
        server: wish,
        exceptions: exceptionFor('deprecated-policy'),
      })
      await refused(allowed)
      const thumbprint = (await discoverEndpoints(server.endpointUrl, rig.pki))[0]?.thumbprint ?? ''
      await rig.pki.trust(thumbprint)
      await until('values come', () => allowed.sink.values(1).length > 2)
      expect(allowed.connection.state().security).toMatch(/^Insecure: a security policy that rests on SHA-1/)
    },
  )

  test('its end is said 60, 30 and 7 days before, more urgently each time', async () => {
    const nowUs = Date.now() * 1_000
    const own = await rig.pki.own()
    const severities = [61, 59, 29, 6, -1].map((days) => {
      const info = { ...own, validToUs: nowUs + (days + 0.5) * dayUs }
      return expiryNotice(info, nowUs, 'It', 'Renew it.').map(({ severity, message }) => `${severity}: ${message}`)
    })
    expect(severities.slice(0, 4)).toEqual([
      [],
      ['info: It ends in 59 days.'],
      ['warning: It ends in 29 days.'],
      ['error: It ends in 6 days.'],
    ])
    expect(severities[4]?.[0]).toMatch(/^error: It ended on /)
    const server = await secured({ certificate: { toDays: 20 } })
    await trusted(server)
    const link = await rig.live(server.port, ['c0'], { server: securedServer(server.port) })
    await until('said', () => link.sink.problems.has('opcua.certificate.expiry:opc-1'))
    expect(link.sink.problems.get('opcua.certificate.expiry:opc-1')).toMatchObject({ severity: 'warning' })
  })
})

test('trust that is given while a check is under way stands; only a person takes it back', async () => {
  const server = await secured()
  await trusted(server)
  const { thumbprint, raw } = await shownBy(server)
  await rig.pki.reject(thumbprint)
  expect(await rig.pki.isTrusted(raw)).toBe(false)
  await rig.pki.trust(thumbprint)
  // What a check that began before does last.
  await rig.pki.manager.rejectCertificate(raw)
  expect(await rig.pki.isTrusted(raw)).toBe(true)
  await rig.pki.reject(thumbprint)
  expect(await rig.pki.isTrusted(raw)).toBe(false)
})

describe.skipIf(!hasOpenssl())('an authority', () => {
  test('unknown issuer, missing list, revoked: each has its sentence; only the missing list can be excepted', async () => {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'millwright-ca-')))
    const server = await secured({ certificate: authority.issue('server', 'urn:millwright:test-server') })
    const pki = await PkiStore.open(join(rig.folder, 'authority-pki'), { applicationUri: rig.applicationUri })
    rig.keep({ stop: () => pki.close() })
    const open = async (exceptions = exceptionFor('host-name')) => {
      const link = await rig.connect(server.port, ['c0'], { server: securedServer(server.port), pki, exceptions })
      await until('decided', () => ['refused', 'connected'].includes(link.connection.state().phase))
      const { phase, message, security } = link.connection.state()
      await link.connection.stop()
      return { phase, message, security }
    }
    const unknown = await open()
    expect(unknown).toMatchObject({
      phase: 'refused',
      message: expect.stringMatching(/issuer that is not known here|nobody here has trusted/),
    })

    await copyFile(authority.certificateFile, join(pki.manager.issuersCertFolder, 'ca.pem'))
    await pki.readAgain()
    const noList = await open()
    expect(noList).toMatchObject({ phase: 'refused', message: expect.stringMatching(/revocation list is not here/) })
    expect(await open(exceptionFor('revocation-unknown'))).toMatchObject({
      phase: 'refused',
      message: expect.stringMatching(/nobody here has trusted/),
    })
    const [rejected] = (await pki.list()).rejected
    await pki.trust(rejected?.thumbprint ?? '')
    const allowed = await open(exceptionFor('revocation-unknown'))
    expect(allowed).toMatchObject({
      phase: 'connected',
      security: expect.stringMatching(/^Insecure: .*revocation cannot be checked/),
    })

    await copyFile(authority.list(), join(pki.manager.issuersCrlFolder, 'ca.crl'))
    await pki.readAgain()
    expect(await open()).toMatchObject({ phase: 'connected', security: 'SignAndEncrypt, Basic256Sha256' })

    // A list that revokes it ends the link that stands.
    const standing = await rig.live(server.port, ['c0'], { server: securedServer(server.port), pki })
    authority.revoke(join(authority.certificateFile, '..', 'server.pem'))
    await copyFile(authority.list(), join(pki.manager.issuersCrlFolder, 'ca.crl'))
    await pki.readAgain()
    await refused(standing)
    expect(standing.connection.state()).toMatchObject({
      message: expect.stringMatching(/its authority has revoked/),
      refusal: { undecided: null, rule: null },
    })
    await standing.connection.stop()
    expect(await open(exceptionFor('revocation-unknown'))).toMatchObject({
      phase: 'refused',
      message: expect.stringMatching(/its authority has revoked/),
    })
  })
})

test('the own certificate is renewed on its key; the link that stands goes on', async () => {
  const server = await secured()
  await trusted(server)
  const link = await rig.live(server.port, ['c0'], { server: securedServer(server.port) })
  const before = await rig.pki.own()
  const renewed = await rig.pki.renew()
  expect(renewed.thumbprint).not.toBe(before.thumbprint)
  expect(renewed).toMatchObject({ applicationUri: before.applicationUri, keyBits: 2_048 })
  const count = link.sink.values(1).length
  await until('values go on', () => link.sink.values(1).length > count + 3)
  expect(link.connection.state().reconnects).toBe(0)
  expect(() => checkServerCertificate(Buffer.alloc(3), undefined, securedServer(1), 0)).toThrow()
  expect((await readFile(rig.pki.certificateFile, 'utf8')).startsWith('-----BEGIN CERTIFICATE')).toBe(true)
})

describe.skipIf(!hasOpenssl())('a user by certificate', () => {
  test('is let in with the key from the vault; what is wrong with it is said without quoting it', async () => {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'millwright-user-')))
    const files = authority.weak('operator', 'urn:operator', 2_048)
    const other = authority.weak('other', 'urn:other', 2_048)
    const [certificate, key, otherKey] = await Promise.all(
      [files.certificateFile, files.privateKeyFile, other.privateKeyFile].map((file) => readFile(file, 'utf8')),
    )
    const server = await secured({ x509Users: true })
    const user = { type: 'x509', certificateRef: 'operator' } as const
    const configured = securedServer(server.port, user)
    const asked: string[] = []
    const open = async (pem: string | null) => {
      const link = await rig.connect(server.port, ['c0'], {
        server: configured,
        secrets: async (ref) => {
          asked.push(ref)
          return pem
        },
      })
      await until('decided', () => ['refused', 'connected'].includes(link.connection.state().phase))
      return link
    }
    await open(`${certificate}${key}`)
    const [offered] = await discoverEndpoints(server.endpointUrl, rig.pki)
    await rig.pki.trust(offered?.thumbprint ?? '')
    const link = await open(`${certificate}${key}`)
    await until('values come', () => link.sink.values(1).length > 2)
    expect(offered?.userTokens).toEqual(['userName', 'x509'])
    expect(asked).toContain('operator')
    expect(JSON.stringify([link.sink.links, [...link.sink.problems]])).not.toContain('BEGIN')
    for (const [pem, sentence] of [
      [null, /user certificate "operator" for server opc-1 is not stored here/],
      [certificate ?? '', /has no private key in PEM/],
      [`${certificate}${otherKey}`, /do not belong together/],
      ['nonsense', /has no certificate in PEM/],
    ] as const) {
      const refusedLink = await open(pem)
      expect(refusedLink.connection.state()).toMatchObject({
        phase: 'refused',
        message: expect.stringMatching(sentence),
      })
    }
  })
})
