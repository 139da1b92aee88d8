// Runs on Node 20 with nothing installed. What is already there costs a few file look-ups and no network.
import { ensureSystem } from './lib/debian.mjs'
import { describeElectron, ensureElectron, findElectron } from './lib/electron-runtime.mjs'
import { withLock } from './lib/lock.mjs'
import { ensureMosquitto } from './lib/mosquitto.mjs'
import { ensurePackages } from './lib/npm-packages.mjs'
import { cacheDir } from './lib/paths.mjs'
import { ensureSandbox } from './lib/sandbox.mjs'
import { say, SetupError } from './lib/say.mjs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** needs: any of 'electron' (runtime, system libraries, Xvfb) and 'mosquitto'; npm packages always. */
export async function setUp(needs = [], { retryDownload = false } = {}) {
  await withLock(join(cacheDir, 'setup.lock'), 'installing npm packages', ensurePackages)
  if (needs.includes('electron')) {
    await ensureElectron({ retryDownload })
    await withLock(join(cacheDir, 'setup.lock'), 'installing system packages', () =>
      ensureSystem(findElectron()?.executable),
    )
    await ensureSandbox(findElectron()?.executable)
  }
  if (needs.includes('mosquitto')) await ensureMosquitto()
}

export function report(error) {
  if (error instanceof SetupError) process.stderr.write(`[set-up] ${error.message}\n`)
  else process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setUp(['electron', 'mosquitto'], { retryDownload: process.argv.includes('--retry-download') })
    const runtime = findElectron()
    say(`ready: ${runtime ? describeElectron(runtime) : 'no Electron'}`)
  } catch (error) {
    report(error)
    process.exitCode = 1
  }
}
