import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { processes, treeOf } from './harness/process-tree.ts'
import { expect, test, type Running } from './harness/test.ts'

/** Waits in the page for a port to the engine and says hello on it; answers the first message that comes back. */
const helloOverNewPort = `(async () => {
  const nonce = crypto.randomUUID()
  const arrived = new Promise((done) => addEventListener('message', function hear(event) {
    if (event.data?.type !== 'millwright:port' || event.data.nonce !== nonce) return
    removeEventListener('message', hear)
    done(event.ports[0])
  }))
  await millwright.connect(nonce)
  const port = await arrived
  const answer = new Promise((done) => { port.onmessage = (event) => done(event.data) })
  port.postMessage({ t: 'hello', v: 1 })
  return answer
})()`

async function engineState(running: Running): Promise<string> {
  const state = await running.window.evaluate('millwright.host.state().then((s) => s.engine.state)')
  return String(state)
}

async function ready(running: Running): Promise<void> {
  await expect.poll(() => engineState(running), { timeout: 60_000 }).toBe('ready')
}

function mainPid(running: Running): number {
  return running.app.process().pid ?? 0
}

function engineOf(running: Running): number {
  const found = treeOf(mainPid(running)).find(({ command }) => / \S*engine\.js( |$)/.test(command))
  if (!found) throw new Error('no engine process')
  return found.pid
}

test('a window reaches the engine over its own port, and again after the engine was killed', async ({ launch }) => {
  const running = await launch()
  await ready(running)
  expect(await running.window.evaluate(helloOverNewPort)).toMatchObject({ t: 'welcome' })

  await running.window.evaluate(`void (window.seen = [], millwright.host.onState((s) => window.seen.push(s.engine)))`)
  const before = engineOf(running)
  process.kill(before, 'SIGKILL')
  await expect.poll(() => running.window.evaluate('window.seen.map((s) => s.state)')).toContain('restarting')
  await ready(running)
  expect(engineOf(running)).not.toBe(before)
  const seen = await running.window.evaluate('window.seen')
  expect(seen).toContainEqual(
    expect.objectContaining({ state: 'restarting', reason: expect.stringContaining('SIGKILL') }),
  )
  expect(await running.window.evaluate(helloOverNewPort)).toMatchObject({ t: 'welcome' })
})

test('closing the window keeps acquiring; a second start brings it back; quitting leaves no process', async ({
  launch,
  launchUndriven,
}) => {
  const running = await launch()
  await ready(running)
  const engine = engineOf(running)
  await running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
  const visible = (): Promise<boolean | undefined> =>
    running.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible())
  await expect.poll(visible).toBe(false)
  expect(await engineState(running)).toBe('ready')
  expect(engineOf(running)).toBe(engine)

  const second = launchUndriven({ dataDir: running.dataDir })
  expect(await second.ended).toBe(0)
  await expect.poll(visible).toBe(true)

  const family = treeOf(mainPid(running)).map(({ pid }) => pid)
  await running.close()
  await expect.poll(() => processes().filter(({ pid, command }) => family.includes(pid) && command !== '')).toEqual([])
  expect(running.log()).toContain('[main] stopped')
})

test('the key is kept from other users and never in a command line', async ({ launch }) => {
  const running = await launch()
  await ready(running)
  const file = ['twin.key', 'twin.key.sealed']
    .map((name) => join(running.dataDir, name))
    .find((path) => existsSync(path))
  expect(file).toBeDefined()
  if (file === undefined) return
  expect(statSync(file).mode & 0o077).toBe(0)
  expect(statSync(running.dataDir).mode & 0o077 & 0o022).toBe(0)
  const key = readFileSync(file, 'utf8').trim()
  const engine = engineOf(running)
  expect(readFileSync(`/proc/${engine}/cmdline`, 'utf8')).not.toContain(key)
  expect(readFileSync(`/proc/${engine}/environ`, 'utf8')).not.toContain(key)
  expect(running.log()).not.toContain(key)
  const facts = await running.window.evaluate('millwright.host.facts()')
  expect(facts).toMatchObject({
    dataDir: running.dataDir,
    simulated: true,
    key: { note: expect.stringMatching(/key/) },
  })
})
