import { afterEach, describe, expect, it } from 'vitest'
import { protocolVersion, type EngineMessage, type WindowMessage } from '../../shared/protocol/messages.ts'
import type { OverviewFrame } from '../../shared/protocol/views.ts'
import { EngineClient, EngineFailure, type ClientState } from './engine-client.ts'

/** An engine's end of a channel that records what the window says; the test answers by hand. */
class Peer {
  readonly heard: WindowMessage[] = []
  readonly window: MessagePort
  readonly #port: MessagePort
  readonly #waiting: { match: (message: WindowMessage) => boolean; resolve: (message: WindowMessage) => void }[] = []

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.window = port2
    port1.onmessage = (event: MessageEvent<WindowMessage>) => {
      this.heard.push(event.data)
      for (const entry of this.#waiting) if (entry.match(event.data)) entry.resolve(event.data)
    }
  }

  say(message: EngineMessage): void {
    this.#port.postMessage(message)
  }

  welcome(version = protocolVersion): void {
    this.say({
      t: 'welcome',
      v: version,
      engine: { version: '0', protocol: version, pid: 1, node: 'v24', startedUs: 0 },
    })
  }

  hears<T extends WindowMessage['t']>(kind: T, index = 0): Promise<Extract<WindowMessage, { t: T }>> {
    const isKind = (message: WindowMessage): message is Extract<WindowMessage, { t: T }> => message.t === kind
    const known = this.heard.filter(isKind)[index]
    if (known) return Promise.resolve(known)
    return new Promise((resolve) => {
      this.#waiting.push({
        match: isKind,
        resolve: () => {
          const now = this.heard.filter(isKind)[index]
          if (now) resolve(now)
        },
      })
    })
  }

  close(): void {
    this.#port.close()
  }
}

const frame = (name: string): OverviewFrame => ({ atUs: 1, plantName: name, timeZone: 'UTC', lines: [], assets: [] })

function setUp() {
  const draws: (() => void)[] = []
  const states: ClientState[] = []
  const waiting: (() => void)[] = []
  const client = new EngineClient({
    afterDraw: (task) => draws.push(task),
    onState: (state) => {
      states.push(state)
      for (const done of waiting.splice(0)) done()
    },
    describe: (code) => code,
  })
  const live = async (): Promise<void> => {
    while (client.state.kind !== 'live') await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { client, draws, states, live, waiting }
}

describe('EngineClient', () => {
  const peers: Peer[] = []
  const peer = (): Peer => {
    const made = new Peer()
    peers.push(made)
    return made
  }
  afterEach(() => {
    for (const made of peers.splice(0)) made.close()
  })

  it('greets with its version, then answers calls by id whatever their order', async () => {
    const { client, live } = setUp()
    const engine = peer()
    client.attach(engine.window)
    expect((await engine.hears('hello')).v).toBe(protocolVersion)
    engine.welcome()
    await live()
    const first = client.call('server.certificates', {})
    const second = client.call('capture.demand', { pointId: 'p' })
    const [a, b] = [await engine.hears('call', 0), await engine.hears('call', 1)]
    engine.say({ t: 'result', id: b.id, ok: true, value: { captureId: 'c1' } })
    engine.say({ t: 'result', id: a.id, ok: false, failure: { code: 'refused', message: 'no', retryable: false } })
    expect(await second).toEqual({ captureId: 'c1' })
    await expect(first).rejects.toMatchObject({ failure: { code: 'refused' } })
    client.detach()
  })

  it('tells the engine of a call that is cancelled, and never again of one that was answered', async () => {
    const { client, live } = setUp()
    const engine = peer()
    client.attach(engine.window)
    await engine.hears('hello')
    engine.welcome()
    await live()
    const [first, second] = [new AbortController(), new AbortController()]
    const cancelled = client.call('plant.get', {}, { signal: first.signal })
    const answered = client.call('capture.demand', { pointId: 'p' }, { signal: second.signal, slot: 'left' })
    const [a, b] = [await engine.hears('call', 0), await engine.hears('call', 1)]
    expect([a.slot, b.slot]).toEqual([undefined, 'left'])
    first.abort()
    await expect(cancelled).rejects.toMatchObject({ failure: { code: 'cancelled' } })
    expect(await engine.hears('cancel')).toEqual({ t: 'cancel', id: a.id })
    engine.say({ t: 'result', id: b.id, ok: true, value: { captureId: 'c1' } })
    expect(await answered).toEqual({ captureId: 'c1' })
    second.abort()
    await expect(client.call('plant.get', {}, { signal: second.signal })).rejects.toMatchObject({
      failure: { code: 'cancelled' },
    })
    expect(engine.heard.filter((message) => message.t === 'cancel')).toHaveLength(1)
    client.detach()
  })

  it('gives credit only after the frame was drawn, one message a subscription', async () => {
    const { client, draws, live } = setUp()
    const engine = peer()
    client.attach(engine.window)
    engine.welcome()
    await live()
    const seen: string[] = []
    let arrived = (): void => undefined
    const both = new Promise<void>((resolve) => {
      arrived = () => seen.length === 2 && resolve()
    })
    client.subscribe('overview', {}, (value) => {
      seen.push(value.plantName)
      arrived()
    })
    const { id } = await engine.hears('subscribe')
    engine.say({ t: 'frame', id, seq: 1, value: frame('a') })
    engine.say({ t: 'frame', id, seq: 2, value: frame('b') })
    await both
    expect(seen).toEqual(['a', 'b'])
    expect(engine.heard.some((message) => message.t === 'credit')).toBe(false)
    expect(draws).toHaveLength(1)
    draws[0]?.()
    expect(await engine.hears('credit')).toEqual({ t: 'credit', id, n: 2 })
    client.detach()
  })

  it('credits a frame whose consumer failed, so that the subscription does not fall silent', async () => {
    const { client, draws, live } = setUp()
    const engine = peer()
    let deliver: (data: unknown) => void = () => undefined
    const port = {
      postMessage: (message: WindowMessage) => engine.window.postMessage(message),
      set onmessage(handler: ((event: MessageEvent) => void) | null) {
        deliver = (data) => handler?.(new MessageEvent('message', { data }))
      },
      get onmessage() {
        return null
      },
      start: () => engine.window.start(),
      close: () => engine.window.close(),
    }
    client.attach(port)
    deliver({
      t: 'welcome',
      v: protocolVersion,
      engine: { version: '0', protocol: protocolVersion, pid: 1, node: '', startedUs: 0 },
    })
    await live()
    client.subscribe('overview', {}, () => {
      throw new Error('drawing failed')
    })
    const { id } = await engine.hears('subscribe')
    expect(() => deliver({ t: 'frame', id, seq: 1, value: frame('a') })).toThrow('drawing failed')
    expect(draws).toHaveLength(1)
    draws[0]?.()
    expect(await engine.hears('credit')).toMatchObject({ id, n: 1 })
    client.detach()
  })

  it('subscribes again on a new port, but not what was given up meanwhile, and fails open calls', async () => {
    const { client, live } = setUp()
    const [before, after] = [peer(), peer()]
    client.attach(before.window)
    before.welcome()
    await live()
    client.subscribe('status', {}, () => undefined)
    const stop = client.subscribe('alerts', {}, () => undefined)
    const call = client.call('plant.get', {})
    const failed = expect(call).rejects.toBeInstanceOf(EngineFailure)
    await before.hears('call')
    client.detach()
    await failed
    stop()
    client.attach(after.window)
    await after.hears('hello')
    after.welcome()
    await live()
    const asked = await after.hears('subscribe')
    expect(asked.topic).toBe('status')
    expect(after.heard.filter((message) => message.t === 'subscribe')).toHaveLength(1)
    client.detach()
  })

  it('refuses calls at once while there is no engine', async () => {
    const { client } = setUp()
    await expect(client.call('plant.get', {})).rejects.toMatchObject({
      failure: { code: 'engine-unavailable', retryable: true },
    })
  })

  it('says so when the engine speaks another version, and subscribes to nothing', async () => {
    const { client, states, waiting } = setUp()
    const engine = peer()
    client.subscribe('status', {}, () => undefined)
    client.attach(engine.window)
    await engine.hears('hello')
    const changed = new Promise<void>((resolve) => waiting.push(resolve))
    engine.welcome(protocolVersion + 1)
    await changed
    expect(states.at(-1)).toEqual({ kind: 'wrong-version', theirs: protocolVersion + 1 })
    expect(engine.heard.map((message) => message.t)).toEqual(['hello'])
    client.detach()
  })

  it('ends a subscription that the engine refuses and tells why', async () => {
    const { client, live } = setUp()
    const engine = peer()
    client.attach(engine.window)
    engine.welcome()
    await live()
    const ended = new Promise<string>((resolve) => {
      client.subscribe(
        'machine',
        { assetId: 'x' },
        () => undefined,
        (failure) => resolve(failure.code),
      )
    })
    const { id } = await engine.hears('subscribe')
    engine.say({
      t: 'end',
      id,
      failure: { code: 'unknown-asset', message: 'There is no machine x.', retryable: false },
    })
    expect(await ended).toBe('unknown-asset')
    client.detach()
  })
})
