import { join } from 'node:path'
import { contentSecurityPolicy } from '../electron/main/app-file.ts'
import { listeningTcp, treeOf } from './harness/process-tree.ts'
import { isRoot, root, runtimeName } from './harness/runtime.ts'
import { expect, test } from './harness/test.ts'

// Scripts for the page are strings: this project is checked without the DOM's types.

test.beforeAll(() => {
  process.stdout.write(`security on ${runtimeName()}\n`)
})

test('every window is sandboxed and isolated, without Node', async ({ launch }) => {
  const { app, window } = await launch()
  const preferences = await app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => {
      const read: unknown = Reflect.get(contents, 'getLastWebPreferences')
      if (typeof read !== 'function') return {}
      const all: Record<string, unknown> = read.call(contents)
      const names = ['sandbox', 'contextIsolation', 'nodeIntegration', 'webSecurity', 'webviewTag']
      return Object.fromEntries(names.map((name) => [name, all[name]]))
    }),
  )
  expect(preferences).toEqual([
    {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    },
  ])
  expect(
    await window.evaluate('[typeof require, typeof process, typeof module, typeof Buffer, typeof global]'),
  ).toEqual(Array.from({ length: 5 }, () => 'undefined'))
  expect(await window.evaluate('Object.keys(millwright).sort()')).toEqual(['connect', 'host'])
  // The bridge hands over functions and nothing of Electron; its objects cannot be changed from the page.
  expect(
    await window.evaluate('(() => { try { millwright.connect = 1 } catch {} return typeof millwright.connect })()'),
  ).toBe('function')
})

test('Chromium’s process sandbox is on, except for root, and the application says which', async ({ launch }) => {
  const { window } = await launch()
  const facts = await window.evaluate('millwright.host.facts()')
  expect(facts).toMatchObject({ chromiumSandbox: !isRoot })
  if (isRoot) expect(facts).toMatchObject({ sandboxNote: expect.stringContaining('root') })
})

test('the content security policy is a header and holds', async ({ launch }) => {
  const { window } = await launch()
  expect(await window.evaluate('fetch(location.href).then((r) => r.headers.get("content-security-policy"))')).toBe(
    contentSecurityPolicy,
  )
  const inline = `(() => { const s = document.createElement('script'); s.textContent = 'window.planted = 1'; document.body.append(s); return typeof window.planted })()`
  expect(await window.evaluate(inline)).toBe('undefined')
  const evaluated = `new Promise((done) => {
    addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true })
    const s = document.createElement('script'); s.src = 'data:text/javascript,window.planted=1'; document.body.append(s)
  })`
  expect(await window.evaluate(evaluated)).toMatch(/^script-src/)
  expect(await window.evaluate('fetch("https://example.com/").then(() => "answered", () => "refused")')).toBe('refused')
})

test('navigation, new windows and foreign frames are denied', async ({ launch }) => {
  const { app, window, log } = await launch()
  await window.evaluate('void (location.href = "https://example.com/")')
  await expect.poll(log).toContain('navigation to https://example.com/ denied')
  await window.evaluate('void (location.href = "file:///etc/passwd")')
  expect(await window.evaluate('window.open("https://example.com/") === null')).toBe(true)
  expect(await window.evaluate('window.open("app://millwright/index.html") === null')).toBe(true)
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1)
  const framed = `new Promise((done) => {
    addEventListener('securitypolicyviolation', (event) => done(event.violatedDirective), { once: true })
    const f = document.createElement('iframe'); f.src = 'https://example.com/'; document.body.append(f)
  })`
  expect(await window.evaluate(framed)).toMatch(/^(frame|child|default)-src/)
  expect(window.url()).toMatch(/^app:\/\/millwright\/index\.html(#|$)/)
})

test('permissions are denied', async ({ launch }) => {
  const { window } = await launch()
  const camera =
    'navigator.mediaDevices.getUserMedia({ video: true, audio: true }).then(() => "granted", (e) => e.name)'
  expect(await window.evaluate(camera)).not.toBe('granted')
  const place =
    'new Promise((done) => navigator.geolocation.getCurrentPosition(() => done("granted"), (e) => done(e.code)))'
  expect(await window.evaluate(place)).toBe(1)
  expect(await window.evaluate('Notification.requestPermission()')).toBe('denied')
  expect(await window.evaluate('navigator.permissions.query({ name: "clipboard-read" }).then((s) => s.state)')).toBe(
    'denied',
  )
})

test('main answers its own window only, and only well-formed requests', async ({ launch }) => {
  const { app, window, log } = await launch()
  const ask = 'window.millwright.host.facts().then(() => "answered", (e) => e.message)'
  expect(await window.evaluate(ask)).toBe('answered')

  const foreign = async (url: string): Promise<unknown> =>
    app.evaluate(
      async ({ BrowserWindow }, { url, ask, preload }) => {
        const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
        try {
          await other.loadURL(url)
          const answer: unknown = await other.webContents.executeJavaScript(ask)
          return answer
        } finally {
          other.destroy()
        }
      },
      { url, ask, preload: join(root, 'out', 'preload', 'index.cjs') },
    )
  expect(await foreign('data:text/html,<h1>foreign</h1>')).toContain('refused')
  // Our own page in a window that is not ours is refused too.
  expect(await foreign('app://millwright/index.html')).toContain('refused')
  expect(log()).toContain('the sender is no window of this application')

  const bad = async (call: string): Promise<unknown> =>
    window.evaluate(`${call}.then(() => 'answered', (e) => e.message)`)
  expect(await bad('millwright.host.setWan("yes")')).toContain('arguments refused')
  expect(await bad('millwright.connect("short")')).toContain('arguments refused')
  expect(await bad('millwright.connect("x".repeat(100000))')).toContain('arguments refused')
  expect(await bad('millwright.host.setScenario({ name: "a", __proto__: null, more: 1 })')).toContain(
    'arguments refused',
  )
})

test('app:// serves the built page and nothing beside it', async ({ launch }) => {
  const { window } = await launch()
  const status = async (path: string): Promise<unknown> =>
    window.evaluate(`fetch(${JSON.stringify(path)}).then((r) => r.status, () => 'refused')`)
  expect(await status('/index.html')).toBe(200)
  const outside = [
    '/../main/index.cjs',
    '/..%2fmain%2findex.cjs',
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '//etc/passwd',
    '/%00index.html',
    '/',
  ]
  for (const path of outside) expect([path, await status(path)]).toEqual([path, expect.not.stringMatching(/^200$/)])
  for (const path of outside) expect(await status(path)).not.toBe(200)
  expect(await status('app://elsewhere/index.html')).not.toBe(200)
})

test('main, window and engine listen on no TCP port', async ({ launchUndriven }) => {
  test.skip(process.platform !== 'linux', 'reads /proc')
  const running = launchUndriven()
  await expect.poll(running.log, { timeout: 60_000 }).toContain('[main] engine ready')
  const tree = treeOf(running.pid)
  const isPlant = (command: string): boolean => /plant\.js( |$)/.test(command)
  const ours = tree.filter(({ command }) => !isPlant(command))
  expect(ours.some(({ pid }) => pid === running.pid)).toBe(true)
  expect(ours.some(({ command }) => command.includes('--type=renderer'))).toBe(true)
  expect(ours.some(({ command }) => command.includes('engine.js') && command.includes('--permission'))).toBe(true)
  expect(ours.flatMap(({ pid, command }) => listeningTcp(pid).map((at) => `${command.slice(0, 80)}: ${at}`))).toEqual(
    [],
  )
  // The simulated plant is a server, on 127.0.0.1 only: it shows that the look-up finds a listening port.
  const plant = tree.filter(({ command }) => isPlant(command)).flatMap(({ pid }) => listeningTcp(pid))
  expect(plant.length).toBeGreaterThan(0)
  expect(plant.filter((at) => !at.startsWith('tcp 0100007F:'))).toEqual([])
})
