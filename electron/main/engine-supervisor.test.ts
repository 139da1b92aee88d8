import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EngineState } from '../../shared/protocol/host.ts'
import { EngineSupervisor, type EngineTiming } from './engine-supervisor.ts'
import { PlantSupervisor } from './plant-supervisor.ts'

// Real processes on real channels; only what they do is scripted. Waits are for order and outcome with a wide limit.

let folder = ''
let lines: string[] = []
let running: { stop: () => Promise<void> }[] = []
const wait = { timeout: 30_000, interval: 20 }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millwright-supervisor-'))
  lines = []
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
})

const log = (source: string, text: string): void => {
  lines.push(`[${source}] ${text}`)
}

function script(body: string): string {
  const file = join(folder, 'child.mjs')
  writeFileSync(file, body)
  return file
}

function supervise(
  body: string,
  timing: Partial<EngineTiming> = {},
): { engine: EngineSupervisor; states: EngineState[] } {
  const file = script(body)
  const engine = new EngineSupervisor({
    launch: () => ({ executable: process.execPath, args: [file], cwd: folder, env: {} }),
    start: () => ({
      dataDir: folder,
      plantFile: join(folder, 'p.json'),
      key: new Uint8Array(32).fill(7),
      appVersion: '1',
    }),
    log,
    timing: { delaysMs: [10], restartLimit: 3, ...timing },
  })
  const states: EngineState[] = []
  engine.on('state', (state) => states.push(state))
  running.push({ stop: () => engine.stop(5000) })
  return { engine, states }
}

const names = (states: EngineState[]): string[] => states.map(({ state }) => state)
const sound = `
  process.on('message', (m) => {
    if (m.t === 'start') { console.log('key ' + m.key.constructor.name + ' ' + m.key.byteLength); process.send({ t: 'ready' }) }
    if (m.t === 'ping') process.send({ t: 'pong', n: m.n })
    if (m.t === 'window') process.send({ t: 'window', w: m.w, m: { back: m.m } })
    if (m.t === 'stop') { process.send({ t: 'stopped' }); process.exit(0) }
  })`

test('handshake, frames both ways with typed arrays, clean stop', async () => {
  const { engine, states } = supervise(sound)
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('ready'), wait)
  const frames: [number, unknown][] = []
  engine.on('window', (w, m) => frames.push([w, m]))
  engine.send({ t: 'window', w: 3, m: new Float64Array([1.5, -2]) })
  await vi.waitFor(() => expect(frames).toHaveLength(1), wait)
  expect(frames[0]).toEqual([3, { back: new Float64Array([1.5, -2]) }])
  const { pid } = engine
  await engine.stop()
  expect(names(states)).toEqual(['starting', 'ready', 'stopping', 'stopped'])
  expect(lines).toContain(`[engine#1 pid ${pid}] key Uint8Array 32`)
  expect(engine.send({ t: 'ping', n: 1 })).toBe(false)
})

test('a killed engine is started again and the window is told why', async () => {
  const { engine, states } = supervise(sound)
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('ready'), wait)
  const first = engine.pid
  if (first !== undefined) process.kill(first, 'SIGKILL')
  await vi.waitFor(() => expect(names(states)).toEqual(['starting', 'ready', 'restarting', 'starting', 'ready']), wait)
  expect(states[2]).toMatchObject({ reason: 'The engine was ended by SIGKILL.', attempt: 1 })
  expect(engine.pid).not.toBe(first)
})

test('an engine that hangs is killed and started again', async () => {
  const { engine, states } = supervise(
    `process.on('message', (m) => { if (m.t === 'start') { process.send({ t: 'ready' }); for (;;); } })`,
    { pingMs: 20, missedPings: 3, restartLimit: 1 },
  )
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('failed'), wait)
  expect(states.find(({ state }) => state === 'restarting')).toMatchObject({
    reason: 'The engine did not answer 3 heartbeats in a row.',
  })
})

test('an engine that keeps ending is given up with its last words, and can be retried', async () => {
  const { engine, states } = supervise(`console.error('no room on the disk'); process.exit(4)`)
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('failed'), wait)
  expect(engine.state).toMatchObject({ reason: 'The engine ended with code 4: no room on the disk' })
  expect(names(states).filter((name) => name === 'starting')).toHaveLength(4)
  script(sound)
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('ready'), wait)
})

test('a fault that a restart cannot mend is not retried', async () => {
  const { engine, states } = supervise(
    `process.on('message', () => { process.send({ t: 'fatal', message: 'The key does not open this twin.', retry: false }, () => process.exit(1)) })`,
  )
  engine.start()
  await vi.waitFor(
    () => expect(engine.state).toEqual({ state: 'failed', reason: 'The key does not open this twin.' }),
    wait,
  )
  expect(names(states)).toEqual(['starting', 'failed'])
})

test('an engine that never gets ready is killed at the deadline', async () => {
  const { engine } = supervise(`setInterval(() => {}, 1000)`, { handshakeMs: 200, restartLimit: 0 })
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('failed'), wait)
  expect(engine.state).toMatchObject({ reason: 'The engine was not ready after 0.2 s.' })
})

test('an unknown message is not guessed at', async () => {
  const { engine } = supervise(`process.on('message', () => process.send({ t: 'hello from the future' }))`, {
    restartLimit: 0,
  })
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('failed'), wait)
  expect(engine.state).toMatchObject({ reason: expect.stringContaining('does not know') })
})

test('an engine that does not stop is killed at the deadline', async () => {
  const { engine, states } = supervise(
    `process.on('SIGTERM', () => {}); process.on('message', (m) => { if (m.t === 'start') process.send({ t: 'ready' }) })`,
  )
  engine.start()
  await vi.waitFor(() => expect(engine.state.state).toBe('ready'), wait)
  await engine.stop(200)
  expect(names(states).at(-1)).toBe('stopped')
  expect(lines.at(-1)).toContain('ended (SIGKILL)')
})

test('a restart the engine asks for is planned: it does not count against the limit', async () => {
  const { engine, states } = supervise(
    `import { existsSync, writeFileSync } from 'node:fs'
     ${sound}
     process.on('message', (m) => { if (m.t === 'start' && !existsSync('once')) { writeFileSync('once', ''); process.send({ t: 'restart', reason: 'A destination was added.' }) } })`,
    { restartLimit: 0 },
  )
  engine.start()
  await vi.waitFor(() => expect(names(states).filter((name) => name === 'ready')).toHaveLength(2), wait)
  expect(states).toContainEqual(expect.objectContaining({ state: 'restarting', reason: 'A destination was added.' }))
})

test('the plant comes back on the port its clients know, with the switch where it was', async () => {
  const file = script(`
    import net from 'node:net'
    const server = net.createServer().listen(Number(process.argv[2]), '127.0.0.1', () =>
      process.send({ type: 'ready', endpointUrl: 'opc.tcp://127.0.0.1:' + server.address().port, plant: { servers: [] } }))
    process.on('message', (m) => { console.log(JSON.stringify(m)); if (m.type === 'stop') process.exit(0) })`)
  const plant = new PlantSupervisor({
    launch: (port) => ({ executable: process.execPath, args: [file, String(port)], cwd: folder, env: {} }),
    log,
    delaysMs: [10],
  })
  running.push({ stop: () => plant.stop(5000) })
  const urls: string[] = []
  plant.on('ready', ({ endpointUrl }) => urls.push(endpointUrl))
  plant.start()
  await vi.waitFor(() => expect(urls).toHaveLength(1), wait)
  plant.setWan(false)
  expect(plant.state).toMatchObject({ state: 'ready', wanOn: false })
  if (plant.pid !== undefined) process.kill(plant.pid, 'SIGKILL')
  await vi.waitFor(() => expect(urls).toHaveLength(2), wait)
  expect(urls[1]).toBe(urls[0])
  await vi.waitFor(
    () => expect(lines.some((line) => line.startsWith('[plant#2') && line.includes('"wan","on":false'))).toBe(true),
    wait,
  )
})
