import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { actions, permissions, roles, type Role } from '../../shared/domain/access.ts'
import { protocolVersion, type EngineMessage } from '../../shared/protocol/messages.ts'
import { methodActions } from '../../shared/protocol/method-actions.ts'
import { isMethodName, methodParams, type MethodName } from '../../shared/protocol/methods.ts'
import type { AccessFrame } from '../../shared/protocol/access.ts'
import { RequestError, WindowSession } from '../live/window-session.ts'
import { openTwinForReading } from '../store/api.ts'
import { Engine } from './engine.ts'
import { Services } from './services.ts'
import { answerRequest } from './socket-verbs.ts'

const plant = {
  schema: 'millwright/plant@1',
  plant: { id: 'p', name: 'P', timeZone: 'UTC' },
  lines: [],
  servers: [],
  assets: [],
  points: [],
  alerts: [],
  sync: [],
}
const right = 'four quiet grey pumps'

/** Parameters each method accepts and, where it acts at all, that name nothing there is: what is asked here is only who may. */
const change = { kind: 'changed', section: 'lines', id: 'no-such', field: 'name', before: 'a', after: 'b' }
const site = {
  assetId: 'a',
  name: 'A',
  lineId: 'l',
  serverId: 's',
  identity: {},
  facts: {},
  components: {},
  nodes: {},
}
const point = { id: 'p', assetId: 'a', kind: 'scalar', source: { serverId: 's', nodeId: 'n' } }
const account = { name: 'zoe', fullName: 'Zoe', roles: ['operator'], disabled: false }
const serverAlarm = { serverId: 'x', conditionId: 'i=1', branchId: '', eventId: '00' }
const examples: Partial<Record<MethodName, object>> = {
  'alert.acknowledge': { occurrenceId: 'x', comment: null },
  'alert.label': { occurrenceId: 'x', outcome: 'true-positive', note: null },
  'health.decide': { baselineId: 'x', decision: 'approve', reason: null },
  'health.reset': { assetId: 'no-such', pointIds: null, reason: 'bearing replaced' },
  'health.keep': { pointId: 'x', reason: 'nothing changed' },
  'serverAlarm.answer': { ...serverAlarm, action: 'acknowledge', comment: '' },
  'serverAlarm.shelve': { ...serverAlarm, action: 'unshelve', minutes: 1, comment: '' },
  'capture.demand': { pointId: 'x' },
  'capture.pin': { captureId: 'x', pinned: true, reason: null },
  'server.discover': { endpointUrl: 'opc.tcp://127.0.0.1:1' },
  'server.renewOwn': {},
  'server.trust': { thumbprint: 'x', trusted: true },
  'server.addAuthority': { pem: 'x' },
  'doctor.start': { serverId: 'x' },
  'doctor.stop': { runId: 'x' },
  'config.addServer': {
    server: {
      id: 'x',
      endpointUrl: 'opc.tcp://127.0.0.1:1',
      security: { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' },
      user: { type: 'anonymous' },
    },
    password: null,
    reason: '',
  },
  'server.review': { serverId: 'x' },
  'config.makeException': {
    serverId: 'x',
    rule: 'validity',
    owner: 'o',
    until: '2999-01-01',
    reason: 'until it is mended',
  },
  'config.endException': { serverId: 'x', rule: 'validity' },
  'config.addPoint': { point, reason: '' },
  'config.addPoints': { points: [point], reason: '' },
  'config.preview': { changes: [change] },
  'config.change': { changes: [change], reason: 'no such line' },
  'template.preview': { templateId: 'no-such', site },
  'template.instantiate': { templateId: 'no-such', site, reason: 'no such template' },
  'backup.make': {},
  'backup.cancel': {},
  'backup.restore': { name: 'x', discardNewer: false, replaceOther: false },
  'twin.repair': {},
  'access.settings': { idleSignOutMin: 15 },
  'account.list': {},
  'account.create': { ...account, password: 'short' },
  'account.change': { ...account, name: 'no-such' },
  'account.setPassword': { name: 'no-such', password: right },
  'write.prepare': { pointId: 'x', value: '1' },
  'write.confirm': { token: '6f2d2a0e-2a53-4a8e-9f0c-2f1b6f0f4a11', value: '1' },
  'audit.read': { actor: null, action: null, subject: null, beforeSeq: null, limit: 500 },
  'audit.verify': {},
  'audit.export': { actor: null, action: null, subject: null },
}
/** They end the engine or take long; that they are let through is seen by what the gate says, not by doing them. */
const neverDone: ReadonlySet<MethodName> = new Set(['twin.repair', 'backup.restore', 'server.discover', 'backup.make'])

let dataDir = ''
let engine: Engine
let services: Services
let monotonicMs = 0
const key = Uint8Array.from(randomBytes(32))

class Window {
  readonly #sent: EngineMessage[] = []
  readonly #session: WindowSession
  readonly #seat
  #id = 0
  constructor(osUser = 'control-room') {
    this.#seat = services.atSeat(osUser)
    this.#session = new WindowSession(this.#seat, osUser, (message) => this.#sent.push(message))
    this.#session.receive({ t: 'hello', v: protocolVersion })
  }
  async call(method: MethodName, params: object): Promise<{ code: string | null; value: unknown }> {
    const id = ++this.#id
    this.#session.receive({ t: 'call', id, method, params })
    const found = (): EngineMessage | undefined => this.#sent.find((each) => each.t === 'result' && each.id === id)
    while (!found()) await new Promise((resolve) => setTimeout(resolve, 5))
    const answer = found()
    if (answer?.t !== 'result') throw new Error('no answer')
    return answer.ok
      ? { code: null, value: answer.value }
      : { code: answer.failure.code, value: answer.failure.message }
  }
  /** Straight to the engine, whatever the parameters are: who may not is refused before they are looked at. */
  async gate(method: MethodName): Promise<string> {
    const { signal } = new AbortController()
    const refused = await this.#seat.call(method, {}, '', { signal }).catch((error: unknown) => error)
    return refused instanceof RequestError ? refused.failure.code : 'let through'
  }
  signIn(name: string, password = right) {
    return this.call('access.signIn', { name, password })
  }
  /** What the window shows, once frames have come. */
  watch() {
    const id = ++this.#id
    this.#session.receive({ t: 'subscribe', id, topic: 'access', params: {} })
    const latest = (): AccessFrame | undefined => {
      this.#session.receive({ t: 'credit', id, n: 1 })
      const frames = this.#sent.flatMap((each) => (each.t === 'frame' && each.id === id ? [each.value] : []))
      return frames.at(-1) as AccessFrame | undefined
    }
    return () => expect.poll(latest, { timeout: 30_000, interval: 5 })
  }
  close(): void {
    this.#session.close()
    this.#seat.leave()
  }
}

async function trail(): Promise<string[]> {
  await engine.audit.settled()
  const rows = await engine.twin.audit({ limit: 1000 })
  return rows.map(({ actor, role, action, subject }) => `${actor} (${role}) ${action} ${subject}`).reverse()
}

beforeAll(async () => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-access-'))
  const plantFile = path.join(dataDir, 'plant.json')
  fs.writeFileSync(plantFile, JSON.stringify(plant))
  engine = await Engine.start({
    dataDir,
    plantFile,
    key,
    clock: { nowUs: () => Date.now() * 1000, monotonicMs: () => monotonicMs },
    onLink: () => undefined,
    onRestartNeeded: () => undefined,
    onFatal: (error) => {
      throw error
    },
    onChanged: () => undefined,
  })
  services = new Services(engine, { version: '0', protocol: protocolVersion, pid: 1, node: 'v24', startedUs: 0 })
})

afterAll(async () => {
  await engine.stop()
  fs.rmSync(dataDir, { recursive: true, force: true })
})

describe('a desk without accounts', () => {
  it('acts as it always did, as whoever is logged in to the workstation, but neither manages accounts nor writes to the plant', async () => {
    const window = new Window()
    await window.watch()().toMatchObject({ desk: 'unattended', person: null, osUser: 'control-room' })
    expect(await window.call('config.addPoint', { point, reason: '' })).toMatchObject({ code: null })
    expect((await window.call('account.create', { ...account, password: right })).code).toBe('denied')
    const allowed = actions.filter((action) => action !== 'account.edit' && action !== 'point.write')
    await window.watch()().toMatchObject({ allowed })
    window.close()
    expect(await trail()).toEqual([
      expect.stringMatching(/^engine \(engine\) config\.revision /),
      'control-room (unattended) access.denied account.edit',
    ])
  })

  it('ends with the first administrator, for every window at once', async () => {
    const [one, two] = [new Window(), new Window('other-user')]
    const seen = two.watch()
    await seen().toMatchObject({ desk: 'unattended' })
    const first = { name: 'anna', fullName: 'Anna A.', password: right }
    expect((await one.call('access.begin', { ...first, password: 'short' })).code).toBe('weak-password')
    expect((await one.call('access.begin', first)).code).toBeNull()
    await one
      .watch()()
      .toMatchObject({ desk: 'accounts', person: { name: 'anna', roles: ['administrator'] } })
    await seen().toMatchObject({ desk: 'accounts', person: null, allowed: [] })
    expect((await two.call('config.addPoint', { point, reason: '' })).code).toBe('sign-in')
    expect((await two.call('access.begin', { ...first, name: 'eve' })).code).toBe('denied')
    for (const role of roles) {
      const wish = { name: role, fullName: role, roles: [role], disabled: false }
      expect((await one.call('account.create', { ...wish, password: right })).code).toBeNull()
    }
    one.close()
    two.close()
  })
})

describe('the permission matrix', () => {
  const changing = Object.keys(methodActions)
    .filter(isMethodName)
    .filter((method) => methodActions[method] !== null)

  it('covers every method there is', () => {
    expect(Object.keys(methodActions).sort()).toEqual(Object.keys(methodParams).sort())
    for (const [method, params] of Object.entries(examples))
      expect(isMethodName(method) && methodParams[method].safeParse(params).success, method).toBe(true)
  })

  it.each([...roles, null])(
    'what %s may not do is denied by the engine, whatever the window shows',
    async (role: Role | null) => {
      const window = new Window()
      if (role !== null) expect((await window.signIn(role)).code).toBeNull()
      for (const method of changing) {
        const action = methodActions[method]
        if (action === null) continue
        const allowed: readonly Role[] = permissions[action]
        const isAllowed = role !== null && allowed.includes(role)
        if (!isAllowed) {
          expect([method, await window.gate(method)]).toEqual([method, role === null ? 'sign-in' : 'denied'])
          continue
        }
        const params = examples[method]
        if (params === undefined || neverDone.has(method)) continue
        const { code } = await window.call(method, params)
        expect([method, code]).not.toEqual([method, expect.stringMatching(/^(denied|sign-in|bad-params)$/)])
      }
      window.close()
    },
  )

  it('looking needs no right', async () => {
    const window = new Window()
    expect((await window.call('plant.get', {})).code).toBeNull()
    expect((await window.call('alert.journal', { beforeUs: null, limit: 10, assetId: null })).code).toBeNull()
    window.close()
  })
})

describe('people at a window', () => {
  beforeEach(() => (monotonicMs += 1000))

  it('change without ending what the window shows, and each is named in the trail', async () => {
    const before = (await trail()).length
    const window = new Window()
    const seen = window.watch()
    await window.signIn('anna')
    await window.signIn('operator')
    await seen().toMatchObject({ person: { name: 'operator' } })
    await window.call('access.signOut', {})
    await seen().toMatchObject({ person: null, leftIdle: false })
    expect((await trail()).slice(before)).toEqual([
      'anna (administrator) access.sign-in anna',
      'operator (operator) access.sign-in operator',
      'anna (administrator) access.sign-out anna',
      'operator (operator) access.sign-out operator',
    ])
    window.close()
  })

  it('are signed out when nobody moved for the time that is set, and not while somebody does', async () => {
    const window = new Window()
    const seen = window.watch()
    await window.signIn('anna')
    expect((await window.call('access.settings', { idleSignOutMin: 5 })).code).toBeNull()
    monotonicMs += 4 * 60_000
    await window.call('access.touch', {})
    monotonicMs += 4 * 60_000
    engine.access.everySecond()
    await seen().toMatchObject({ person: { name: 'anna' } })
    monotonicMs += 60_000
    engine.access.everySecond()
    await seen().toMatchObject({ person: null, leftIdle: true, idleSignOutMin: 5 })
    expect((await trail()).at(-1)).toBe('anna (administrator) access.sign-out anna')
    window.close()
  })

  it('who lose a role or their account lose its rights at once', async () => {
    const [admin, window] = [new Window(), new Window()]
    await admin.signIn('anna')
    await window.signIn('reliability-engineer')
    const wish = { name: 'reliability-engineer', fullName: 'R', roles: ['operator'], disabled: false }
    expect((await window.call('config.addPoint', { point, reason: '' })).code).toBeNull()
    await admin.call('account.change', wish)
    expect((await window.call('config.addPoint', { point, reason: '' })).code).toBe('denied')
    await admin.call('account.change', { ...wish, disabled: true })
    expect((await window.call('alert.acknowledge', { occurrenceId: 'x', comment: null })).code).toBe('sign-in')
    admin.close()
    window.close()
  })

  it('what they did is a chain that holds, and a copy for elsewhere', async () => {
    const window = new Window()
    await window.signIn('anna')
    const { value } = await window.call('audit.verify', {})
    expect(value).toMatchObject({ faults: [] })
    const read = await window.call('audit.read', {
      actor: 'anna',
      action: 'account.create',
      subject: 'oper',
      beforeSeq: null,
      limit: 5,
    })
    expect(read.value).toMatchObject({ rows: [{ subject: 'operator' }], more: false })
    const made = (await window.call('audit.export', { actor: null, action: null, subject: null })).value as {
      file: string
      entries: number
    }
    const lines = fs.readFileSync(made.file, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(made.entries + 1)
    expect(lines[0]).toBe('seq,time,actor,role,action,subject,before,after,reason,previous,hash')
    expect(JSON.stringify(lines)).not.toContain(right)
    window.close()
    await engine.audit.settled()
    const twin = openTwinForReading({ file: path.join(dataDir, 'twin.db'), key })
    expect(await twin.auditCheck()).toEqual([])
    await twin.close()
  })

  it('an administrator who has forgotten the password gets one from the command line, and the trail says who gave it', async () => {
    const said: string[] = []
    const io = {
      out: async (text: string) => void said.push(text),
      err: async () => undefined,
      signal: new AbortController().signal,
    }
    expect(await answerRequest(engine, { verb: 'account', argv: ['administrator'], json: true }, io)).toBe(0)
    const { password } = JSON.parse(said.join('')) as { password: string }
    const window = new Window()
    expect((await window.signIn('administrator')).code).toBe('wrong-password')
    expect((await window.signIn('administrator', password)).code).toBeNull()
    window.close()
    expect((await trail()).join()).toMatch(/\(command-line\) account\.recover administrator/)
    await expect(answerRequest(engine, { verb: 'account', argv: ['nobody-here'], json: false }, io)).rejects.toThrow(
      /no account/,
    )
  })
})
