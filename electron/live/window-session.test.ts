import { describe, expect, it, vi } from 'vitest'
import type { EngineMessage } from '../../shared/protocol/messages.ts'
import type { StatusFrame } from '../../shared/protocol/views.ts'
import { RequestError, WindowSession, type WindowServices } from './window-session.ts'

const frame = { atUs: 1 } as StatusFrame

function setUp(overrides: Partial<WindowServices> = {}) {
  const sent: EngineMessage[] = []
  let changed: () => void = () => {}
  const closed = vi.fn<() => void>()
  const reported: unknown[] = []
  let nowMs = 0
  const services: WindowServices = {
    facts: { version: '0', protocol: 1, pid: 1, node: 'v24', startedUs: 0 },
    source: (_topic, _params, onChange) => {
      changed = onChange
      return { next: () => frame, intervalMs: 0, close: closed }
    },
    call: () => Promise.reject(new RequestError({ code: 'no', message: 'not now', retryable: true })),
    monotonicMs: () => nowMs,
    report: (error) => reported.push(error),
    ...overrides,
  }
  const session = new WindowSession(services, 'anna', (message) => sent.push(message))
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { session, sent, change: () => changed(), closed, reported, settle, advance: (ms: number) => (nowMs += ms) }
}

describe('a window session', () => {
  it('answers nothing but a refusal before a greeting of the same version', () => {
    const { session, sent } = setUp()
    session.receive({ t: 'hello', v: 999 })
    session.receive({ t: 'subscribe', id: 1, topic: 'status', params: {} })
    session.receive({ t: 'call', id: 2, method: 'plant.get', params: {} })
    expect(sent.map((m) => m.t)).toEqual(['welcome', 'end', 'result'])
    expect(sent[2]).toMatchObject({ ok: false, failure: { code: 'protocol-version' } })
  })

  it('sends no more frames than the window has credited, however often the state changes', async () => {
    const { session, sent, change, settle } = setUp()
    session.receive({ t: 'hello', v: 1 })
    session.receive({ t: 'subscribe', id: 1, topic: 'status', params: {} })
    for (let i = 0; i < 1000; i++) {
      change()
      await settle()
    }
    const frames = () => sent.filter((m) => m.t === 'frame').length
    expect(frames()).toBe(2)
    session.receive({ t: 'credit', id: 1, n: 1 })
    await settle()
    expect(frames()).toBe(3)
    session.receive({ t: 'credit', id: 1, n: 16 })
    for (let i = 0; i < 50; i++) {
      change()
      await settle()
    }
    expect(frames()).toBe(5)
  })

  it('closes the source on unsubscribe and on close', async () => {
    const { session, closed, settle } = setUp()
    session.receive({ t: 'hello', v: 1 })
    session.receive({ t: 'subscribe', id: 1, topic: 'status', params: {} })
    session.receive({ t: 'subscribe', id: 2, topic: 'alerts', params: {} })
    await settle()
    session.receive({ t: 'unsubscribe', id: 1 })
    expect(closed).toHaveBeenCalledTimes(1)
    session.close()
    expect(closed).toHaveBeenCalledTimes(2)
    expect(session.subscriptionCount).toBe(0)
  })

  it('ends a subscription whose source fails, with the failure in words', async () => {
    const { session, sent, settle, reported } = setUp({
      source: () => ({ next: () => Promise.reject(new Error('reader gone')), intervalMs: 0, close: () => {} }),
    })
    session.receive({ t: 'hello', v: 1 })
    session.receive({ t: 'subscribe', id: 7, topic: 'status', params: {} })
    await settle()
    expect(sent.at(-1)).toMatchObject({ t: 'end', id: 7, failure: { code: 'internal', retryable: true } })
    expect(reported).toHaveLength(1)
    expect(session.subscriptionCount).toBe(0)
  })

  it.each([
    [{ t: 'subscribe', id: 1, topic: 'nonsense', params: {} }, 'unknown-topic'],
    [{ t: 'subscribe', id: 1, topic: 'machine', params: {} }, 'bad-params'],
    [{ t: 'call', id: 1, method: 'constructor', params: {} }, 'unknown-method'],
    [{ t: 'call', id: 1, method: 'alert.acknowledge', params: { occurrenceId: 3 } }, 'bad-params'],
    [{ t: 'call', id: 1, method: 'plant.get', params: {} }, 'no'],
  ])('refuses %j with %s', async (message, code) => {
    const { session, sent, settle } = setUp()
    session.receive({ t: 'hello', v: 1 })
    session.receive(message)
    await settle()
    expect(sent.at(-1)).toMatchObject({ failure: { code } })
  })

  it.each([
    ['alert.acknowledge', 1],
    ['config.change', 32],
    ['bundle.open', 33],
    ['capture.look', 33],
  ])('takes %s up to %i MB and refuses more with one sentence, before it looks inside', async (method, most) => {
    const { session, sent, settle, reported } = setUp()
    session.receive({ t: 'hello', v: 1 })
    const bytes = new Uint8Array(most * 2 ** 20)
    session.receive({ t: 'call', id: 1, method, params: { bytes: bytes.subarray(0, bytes.length - 100) } })
    await settle()
    expect(sent.at(-1)).toMatchObject({ id: 1, failure: { code: 'bad-params' } })
    expect(reported).toEqual([])
    session.receive({ t: 'call', id: 2, method, params: { bytes } })
    await settle()
    expect(sent.at(-1)).toMatchObject({ id: 2, ok: false, failure: { code: 'too-large', retryable: false } })
    const sentence = `"${method}" carries more than the ${most} MB that a window may send the engine at once; send it in smaller parts.`
    expect(JSON.stringify(sent.at(-1))).toContain(JSON.stringify(sentence))
    expect(reported).toHaveLength(1)
  })

  it('counts text, lists and nested values of a message, and ends a subscription that is too large', async () => {
    const { session, sent, settle } = setUp()
    session.receive({ t: 'hello', v: 1 })
    const large = [
      'x'.repeat(2 ** 20),
      'ж'.repeat(2 ** 19),
      Array.from({ length: 2 ** 17 }, () => 0.5),
      { a: [{ b: new Float64Array(2 ** 17) }] },
      Array.from({ length: 2 ** 16 }, (_, i) => ({ [`key-${i}`]: true })),
    ]
    for (const [i, value] of large.entries()) {
      session.receive({ t: 'subscribe', id: i + 1, topic: 'status', params: { value } })
      await settle()
      expect(sent.at(-1)).toMatchObject({ t: 'end', id: i + 1, failure: { code: 'too-large' } })
    }
    session.receive({ t: 'subscribe', id: 9, topic: 'status', params: {} })
    await settle()
    expect(sent.at(-1)).toMatchObject({ t: 'frame', id: 9 })
  })

  it('lets go of a call that the window cancels, asks anew for the same place, or leaves open when it goes', async () => {
    const asked: { signal: AbortSignal }[] = []
    const { session, sent, settle, reported } = setUp({
      call: (_method, _params, _user, options) => {
        asked.push(options)
        return new Promise((_resolve, reject) => {
          options.signal.addEventListener('abort', () => reject(new Error('given up')))
        })
      },
    })
    session.receive({ t: 'hello', v: 1 })
    const call = (id: number, slot?: string): void =>
      session.receive({ t: 'call', id, method: 'plant.get', params: {}, ...(slot === undefined ? {} : { slot }) })
    call(1)
    call(2, 'left')
    call(3, 'right')
    call(4, 'left')
    session.receive({ t: 'cancel', id: 1 })
    session.receive({ t: 'cancel', id: 99 })
    await settle()
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, true, false, false])
    const failures = sent.filter((message) => message.t === 'result')
    expect(failures.map((message) => message.id).toSorted((a, b) => a - b)).toEqual([1, 2])
    for (const message of failures) expect(message).toMatchObject({ ok: false, failure: { code: 'cancelled' } })
    session.close()
    expect(asked.every(({ signal }) => signal.aborted)).toBe(true)
    await settle()
    expect(reported).toEqual([])
  })

  it.each([
    null,
    7,
    'text',
    {},
    { t: 'credit', id: -1, n: 1 },
    { t: 'call', id: 1 },
    { t: 'hello', v: 1, extra: true },
  ])('survives and reports garbage: %j', (garbage) => {
    const { session, sent, reported } = setUp()
    session.receive(garbage)
    expect(sent).toEqual([])
    expect(reported).toHaveLength(1)
  })
})
