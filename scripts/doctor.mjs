// Names each missing piece of this checkout and its remedy. Changes nothing; runs on Node 20 with nothing installed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkSystem } from './lib/debian.mjs'
import { checkElectron, findElectron } from './lib/electron-runtime.mjs'
import { checkMosquitto } from './lib/mosquitto.mjs'
import { checkPackages } from './lib/npm-packages.mjs'
import { cacheDir, root } from './lib/paths.mjs'
import { checkSandbox } from './lib/sandbox.mjs'

function checkNode() {
  const name = 'Node'
  const major = Number(process.versions.node.split('.')[0])
  return major >= 20
    ? { name, ok: true, detail: `${process.versions.node} (set-up needs 20 or newer)` }
    : { name, ok: false, detail: process.versions.node, remedy: 'install Node 20 or newer from https://nodejs.org' }
}

function checkBuild() {
  const name = 'build'
  const ok = ['engine', 'main', 'preload', 'renderer'].every((folder) => existsSync(join(root, 'out', folder)))
  return ok
    ? { name, ok, detail: 'out/ is there (made anew when sources change)' }
    : { name, ok, optional: true, detail: 'not built yet', remedy: 'npm run build (npm start and npm test do it too)' }
}

const findings = [
  checkNode(),
  checkPackages(),
  checkElectron(),
  await checkSystem(findElectron()?.executable),
  await checkSandbox(findElectron()?.executable),
  await checkMosquitto(),
  checkBuild(),
]

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ schema: 'millwright/setup-doctor@1', findings }, undefined, 2)}\n`)
} else {
  for (const { name, ok, optional, detail, remedy } of findings) {
    process.stdout.write(`${ok ? 'ok     ' : optional ? 'absent ' : 'MISSING'} ${name}: ${detail}\n`)
    if (!ok) process.stdout.write(`        remedy: ${remedy}\n`)
  }
  process.stdout.write(`cache: ${cacheDir}\n`)
}
process.exitCode = findings.some(({ ok, optional }) => !ok && !optional) ? 1 : 0
