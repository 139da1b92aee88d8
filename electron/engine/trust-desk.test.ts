import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { dayFrom } from '../../shared/domain/exceptions.ts'
import type { AuditFacts } from '../../shared/domain/audit-trail.ts'
import type { PlantFile, PlantServer } from '../../shared/domain/plant-file.ts'
import { PkiStore } from '../opcua/index.ts'
import { Authority, hasOpenssl } from '../testkit/opcua/authority.ts'
import { securedServer } from '../testkit/opcua/plant-parts.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { editList } from '../assets/index.ts'
import type { ProblemText } from './problem-texts.ts'
import { TrustDesk } from './trust-desk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let folder = ''
let pki: PkiStore
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millwright-trust-'))
})
beforeEach(async () => {
  pki = await PkiStore.open(await mkdtemp(join(folder, 'pki-')), { applicationUri: 'urn:millwright:test' })
  closing.push(() => pki.close())
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const anna = { name: 'anna', role: 'administrator' } as const
const bert = { name: 'bert', role: 'administrator' } as const
const dayUs = 86_400e6

/** A desk on a plant that is edited as text, with the clock in the test's hand. */
class Rig {
  nowUs = Date.now() * 1_000
  text: string
  readonly problems = new Map<string, ProblemText>()
  readonly records: (AuditFacts & { by: string })[] = []
  readonly desk: TrustDesk

  constructor(servers: readonly PlantServer[]) {
    this.text = JSON.stringify({ servers, exceptions: [] })
    this.desk = new TrustDesk({
      pki,
      clock: { nowUs: () => this.nowUs, monotonicMs: () => this.nowUs / 1_000 },
      plant: () => this.plant,
      edit: async (edits) => {
        this.text = edits.reduce(editList, this.text)
        return []
      },
      raise: (problem) => this.problems.set(problem.id, problem),
      clear: (id) => this.problems.delete(id),
      record: async (by, facts) => {
        this.records.push({ by: by.name, ...facts })
      },
    })
  }

  get plant(): PlantFile {
    return JSON.parse(this.text) as PlantFile
  }
}

async function serverWith(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer({ security: 'Basic256Sha256', counters: 1, ...options })
  closing.push(() => server.stop())
  return server
}

describe('a review', () => {
  test('names all that speaks against a certificate at once, and what a person can allow', async () => {
    const server = await serverWith({ certificate: { ip: '192.0.2.1', fromDays: -30, toDays: -2 } })
    const rig = new Rig([securedServer(server.port)])
    const review = await rig.desk.review('opc-1')
    expect(review.certificate).toMatchObject({
      subject: 'O=Millwright, CN=Test server',
      issuer: null,
      applicationUri: 'urn:millwright:test-server',
      hostNames: ['192.0.2.1'],
      keyBits: 2048,
      store: 'rejected',
      expiry: 'error',
    })
    expect(review.findings.map(({ kind, rule, message }) => [kind, rule, message])).toEqual([
      ['untrusted', null, 'Nobody here trusts it.'],
      ['validity', 'validity', expect.stringMatching(/^It ended on /)],
      ['host-name', 'host-name', 'It does not name the host "127.0.0.1" (it names 192.0.2.1).'],
    ])

    // What was shown can be trusted, without the link having met it.
    const thumbprint = review.certificate?.thumbprint ?? ''
    const { owner, until, reason } = { owner: 'otto', until: dayFrom(rig.nowUs, 30), reason: 'new one is ordered' }
    await rig.desk.trust(thumbprint, true, anna)
    await rig.desk.makeException({ serverId: 'opc-1', rule: 'host-name', owner, until, reason }, anna)
    const again = await rig.desk.review('opc-1')
    expect(again.certificate?.store).toBe('trusted')
    expect(again.findings.map(({ kind, accepted }) => [kind, accepted])).toEqual([
      ['validity', null],
      ['host-name', `a host name its certificate does not carry is accepted until ${until} (otto: new one is ordered)`],
    ])
    await rig.desk.trust(thumbprint, false, bert)
    expect(rig.records).toEqual([
      expect.objectContaining({ by: 'anna', action: 'certificate.trust', subject: thumbprint }),
      {
        by: 'anna',
        action: 'certificate.exception',
        subject: 'opcua:opc-1:host-name',
        before: null,
        after: { owner, until },
        reason,
      },
      expect.objectContaining({ by: 'bert', action: 'certificate.revoke', before: { store: 'trusted' } }),
    ])
  })

  test.each([
    ['application-uri', { certificate: { applicationUri: 'urn:somebody:else' } }, /made for "urn:somebody:else"/],
    ['deprecated-policy', { security: 'Basic256' }, /Basic256 rests on SHA-1/],
  ] as const)('%s', async (kind, options, words) => {
    const server = await serverWith(options)
    const policy = 'security' in options ? options.security : 'Basic256Sha256'
    const rig = new Rig([{ ...securedServer(server.port), security: { mode: 'SignAndEncrypt', policy } }])
    const finding = (await rig.desk.review('opc-1')).findings.find((one) => one.kind === kind)
    expect(finding?.message).toMatch(words)
    expect(finding?.rule).toBe(kind === 'application-uri' ? null : kind)
  })

  test.skipIf(!hasOpenssl())('a weak key and an unknown issuer offer no exception', async () => {
    const authority = new Authority(await mkdtemp(join(folder, 'authority-')))
    const weak = await serverWith({ certificate: authority.weak('weak', 'urn:millwright:test-server', 1_024) })
    const issued = await serverWith({ certificate: authority.issue('issued', 'urn:millwright:test-server') })
    const rig = new Rig([securedServer(weak.port), { ...securedServer(issued.port), id: 'opc-2' }])
    const short = await rig.desk.review('opc-1')
    expect(short.findings).toContainEqual(expect.objectContaining({ kind: 'weak-key', rule: null }))
    const foreign = await rig.desk.review('opc-2')
    expect(foreign.findings).toContainEqual(expect.objectContaining({ kind: 'unknown-issuer', rule: null }))
    expect(foreign.certificate?.issuer).toBe('CN=Test authority')
  })

  test.skipIf(!hasOpenssl())('of an authority: its files are given here, what it revokes is refused', async () => {
    const authority = new Authority(await mkdtemp(join(folder, 'authority-')))
    const server = await serverWith({ certificate: authority.issue('server', 'urn:millwright:test-server') })
    const rig = new Rig([securedServer(server.port)])
    const kinds = async () => (await rig.desk.review('opc-1')).findings.map(({ kind }) => kind)
    expect(await kinds()).toEqual(['unknown-issuer'])
    const issuer = await readFile(authority.certificateFile, 'utf8')
    const key = await readFile(join(authority.certificateFile, '..', 'ca.key'), 'utf8')
    const leaf = await readFile(join(authority.certificateFile, '..', 'server.pem'), 'utf8')
    for (const [pem, words] of [
      ['not a file', /no PEM block/],
      [key, /a block "(RSA )?PRIVATE KEY".*never a key/],
      [leaf, /not one of an authority/],
      [issuer.replace(/MII/, 'AAA'), /cannot be read/],
    ] as const)
      await expect(rig.desk.addAuthority(pem, anna)).rejects.toThrow(words)
    expect(rig.records).toEqual([])

    expect(await rig.desk.addAuthority(issuer, anna)).toEqual({
      authorities: ['CN=Test authority'],
      revocationLists: 0,
    })
    expect(await kinds()).toEqual(['revocation-unknown'])
    await rig.desk.addAuthority(await readFile(authority.list(), 'utf8'), anna)
    expect(await kinds()).toEqual(['untrusted'])
    const { certificate } = await rig.desk.review('opc-1')
    await rig.desk.trust(certificate?.thumbprint ?? '', true, anna)
    expect(await kinds()).toEqual([])
    authority.revoke(join(authority.certificateFile, '..', 'server.pem'))
    await rig.desk.addAuthority(await readFile(authority.list(), 'utf8'), anna)
    expect(await kinds()).toEqual(['revoked'])
    expect(rig.records.map(({ action }) => action)).toEqual(Array.from({ length: 4 }, () => 'certificate.trust'))
  })

  test('of a server nobody knows is refused in words', async () => {
    await expect(new Rig([]).desk.review('opc-9')).rejects.toThrow('has no server "opc-9"')
  })
})

describe('exceptions', () => {
  const wish = { serverId: 'opc-1', rule: 'validity', owner: 'otto', reason: 'a new one is ordered' } as const

  test('end within half a year; a second one takes the place of the first; ending one is recorded', async () => {
    const rig = new Rig([securedServer(1)])
    for (const days of [-1, 184]) {
      const until = dayFrom(rig.nowUs, days)
      await expect(rig.desk.makeException({ ...wish, until }, anna)).rejects.toThrow(`cannot end on ${until}`)
    }
    expect(rig.records).toEqual([])
    for (const days of [0, 183]) await rig.desk.makeException({ ...wish, until: dayFrom(rig.nowUs, days) }, anna)
    expect(rig.plant.exceptions).toEqual([
      { scope: 'opcua:opc-1:validity', owner: 'otto', until: dayFrom(rig.nowUs, 183), reason: wish.reason },
    ])
    await rig.desk.endException('opc-1', 'validity', bert)
    expect(rig.plant.exceptions).toEqual([])
    expect(rig.records.at(-1)).toMatchObject({ by: 'bert', subject: 'opcua:opc-1:validity', after: null })
    await expect(rig.desk.endException('opc-1', 'validity', bert)).rejects.toThrow('has no exception')
  })

  test('their end is said a week before, more urgently on the day before, and no more when it is over', async () => {
    const rig = new Rig([securedServer(1)])
    const startUs = rig.nowUs
    await rig.desk.makeException({ ...wish, until: dayFrom(startUs, 30) }, anna)
    const said: (string | undefined)[] = []
    for (const days of [20, 23, 29, 30, 31]) {
      rig.nowUs = startUs + days * dayUs
      await rig.desk.watch()
      const problem = rig.problems.get('opcua.exception.end:opcua:opc-1:validity')
      said.push(problem && `${problem.severity}: ${/ends ([^(]+) \(/.exec(problem.message)?.[1]}`)
    }
    expect(said).toEqual([undefined, 'warning: in 7 days', 'error: tomorrow', 'error: today', undefined])
  })
})

test('the end of the own certificate is said 60, 30 and 7 days before; a new one ends that and is recorded', async () => {
  const rig = new Rig([])
  const own = await pki.own()
  const severities: (string | undefined)[] = []
  for (const days of [61, 59, 29, 6]) {
    rig.nowUs = own.validToUs - (days + 0.5) * dayUs
    await rig.desk.watch()
    severities.push(rig.problems.get('opcua.own-certificate')?.severity)
  }
  expect(severities).toEqual([undefined, 'info', 'warning', 'error'])
  expect((await rig.desk.certificates())[0]).toMatchObject({ store: 'own', expiry: 'error' })
  rig.nowUs = Date.now() * 1_000
  await rig.desk.renew(anna)
  expect(rig.problems.size).toBe(0)
  expect(rig.records).toEqual([
    expect.objectContaining({
      by: 'anna',
      action: 'certificate.renew',
      before: expect.objectContaining({ thumbprint: own.thumbprint }),
    }),
  ])
})
