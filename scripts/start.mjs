// Opens the application. Without a display it runs under Xvfb, says so, and says where its screenshot is.
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeElectron, findElectron } from './lib/electron-runtime.mjs'
import { runInherited } from './lib/exec.mjs'
import { cacheDir, findNode24, root } from './lib/paths.mjs'
import { hasDisplay, startXvfb } from './lib/xvfb.mjs'

const callerDir = process.env.INIT_CWD ?? process.cwd()
const say = (text) => process.stdout.write(`${text}\n`)

/** Paths are the caller's; Electron itself runs in the checkout. */
function absolutePaths(args) {
  const takesPath = new Set(['--plant', '--data', '--capture'])
  return args.map((arg, i) => {
    if (takesPath.has(args[i - 1])) return resolve(callerDir, arg)
    const [name, value] = arg.split(/=(.*)/s)
    return takesPath.has(name) && value !== undefined ? `${name}=${resolve(callerDir, value)}` : arg
  })
}

async function main() {
  const runtime = findElectron()
  const args = absolutePaths(process.argv.slice(2))
  const switches = []
  say(`Millwright on ${describeElectron(runtime)}`)
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    // Chromium refuses to start as root with its sandbox on.
    switches.push('--no-sandbox')
    say('Started as root: Chromium’s process sandbox is off. Start it as an ordinary user to have it on.')
  }
  let xvfb
  let env = { ...process.env }
  if (!hasDisplay()) {
    xvfb = await startXvfb({ oneClient: true })
    env = xvfb.env
    const capture = resolve(cacheDir, 'screenshots')
    mkdirSync(capture, { recursive: true })
    if (!args.some((arg) => arg.startsWith('--capture'))) args.push('--capture', capture)
    // No graphics card behind Xvfb: without this Chromium first tries and logs several failures.
    switches.push('--disable-gpu')
    // Chromium complains on every line that there is no desktop bus; only what is fatal is left.
    switches.push('--log-level=3')
    say(`No display here: running under Xvfb on ${xvfb.display}. Ctrl-C quits.`)
  }
  env.MILLWRIGHT_NODE = findNode24()
  delete env.ELECTRON_RUN_AS_NODE
  const code = await runInherited(runtime.executable, [...switches, root, ...args], { cwd: root, env })
  xvfb?.stop()
  return code
}

process.exitCode = await main()
