import { existsSync } from 'node:fs'
import { run } from './exec.mjs'
import { say, SetupError } from './say.mjs'

// Shared library -> Debian/Ubuntu packages that carry it, newest name first (Debian 13 and Ubuntu 24.04 renamed
// several to ...t64). libgtk-3 and libgbm are opened at run time, so `ldd` alone would not name them.
const libraryPackages = new Map([
  ['libgtk-3.so.0', ['libgtk-3-0t64', 'libgtk-3-0']],
  ['libgdk-3.so.0', ['libgtk-3-0t64', 'libgtk-3-0']],
  ['libnss3.so', ['libnss3']],
  ['libnssutil3.so', ['libnss3']],
  ['libsmime3.so', ['libnss3']],
  ['libnspr4.so', ['libnspr4']],
  ['libasound.so.2', ['libasound2t64', 'libasound2']],
  ['libgbm.so.1', ['libgbm1']],
  ['libatk-1.0.so.0', ['libatk1.0-0t64', 'libatk1.0-0']],
  ['libatk-bridge-2.0.so.0', ['libatk-bridge2.0-0t64', 'libatk-bridge2.0-0']],
  ['libatspi.so.0', ['libatspi2.0-0t64', 'libatspi2.0-0']],
  ['libcups.so.2', ['libcups2t64', 'libcups2']],
  ['libdbus-1.so.3', ['libdbus-1-3']],
  ['libdrm.so.2', ['libdrm2']],
  ['libexpat.so.1', ['libexpat1']],
  ['libglib-2.0.so.0', ['libglib2.0-0t64', 'libglib2.0-0']],
  ['libgobject-2.0.so.0', ['libglib2.0-0t64', 'libglib2.0-0']],
  ['libgio-2.0.so.0', ['libglib2.0-0t64', 'libglib2.0-0']],
  ['libpango-1.0.so.0', ['libpango-1.0-0']],
  ['libcairo.so.2', ['libcairo2']],
  ['libX11.so.6', ['libx11-6']],
  ['libXcomposite.so.1', ['libxcomposite1']],
  ['libXdamage.so.1', ['libxdamage1']],
  ['libXext.so.6', ['libxext6']],
  ['libXfixes.so.3', ['libxfixes3']],
  ['libXrandr.so.2', ['libxrandr2']],
  ['libxcb.so.1', ['libxcb1']],
  ['libxkbcommon.so.0', ['libxkbcommon0']],
  ['libudev.so.1', ['libudev1']],
])
const alwaysNeeded = ['libgtk-3.so.0', 'libnss3.so', 'libasound.so.2', 'libgbm.so.1']

export function which(name) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/sbin', '/sbin', '/usr/local/bin']
  return folders.map((folder) => `${folder}/${name}`).find((file) => existsSync(file))
}

async function knownLibraries() {
  const { stdout } = await run(which('ldconfig') ?? 'ldconfig', ['-p'])
  return new Set(stdout.split('\n').flatMap((line) => /^\s+(\S+)/.exec(line)?.[1] ?? []))
}

/** Names of shared libraries that the dynamic linker cannot find for this executable. */
export async function unresolved(executable, env) {
  const { stdout } = await run('ldd', [executable], { env })
  return stdout.split('\n').flatMap((line) => /^\s*(\S+) => not found/.exec(line)?.[1] ?? [])
}

async function missing(electronExecutable) {
  const libraries = new Set()
  const known = await knownLibraries()
  for (const name of alwaysNeeded) if (!known.has(name)) libraries.add(name)
  if (electronExecutable) for (const name of await unresolved(electronExecutable)) libraries.add(name)
  return { xvfb: which('Xvfb') === undefined, libraries: [...libraries].filter((name) => name !== 'libffmpeg.so') }
}

function packageChoices({ xvfb, libraries }) {
  const choices = libraries.flatMap((name) => (libraryPackages.has(name) ? [libraryPackages.get(name)] : []))
  if (xvfb) choices.unshift(['xvfb'])
  return [...new Map(choices.map((names) => [names.join(), names])).values()]
}

export async function checkSystem(electronExecutable) {
  const name = 'system libraries and Xvfb'
  if (process.platform !== 'linux') return { name, ok: true, detail: `nothing extra is needed on ${process.platform}` }
  const lacks = await missing(electronExecutable)
  if (!lacks.xvfb && lacks.libraries.length === 0) return { name, ok: true, detail: 'present' }
  const detail = `missing: ${[...(lacks.xvfb ? ['Xvfb'] : []), ...lacks.libraries].join(', ')}`
  const packages = packageChoices(lacks).map((names) => names.at(-1))
  return {
    name,
    ok: false,
    detail,
    remedy: which('apt-get')
      ? `as root: apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
      : `install with the system's package manager what Debian calls ${packages.join(', ')}`,
  }
}

function aptPrefix() {
  if (process.getuid?.() === 0) return []
  return which('sudo') ? ['sudo', '-n'] : undefined
}

export async function apt(args, options = {}) {
  const prefix = aptPrefix()
  if (!prefix) throw new SetupError('apt-get needs root, and there is no sudo here.')
  const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
  return run(command, [...rest, '-o', 'DPkg::Lock::Timeout=120'], options)
}

let updated = false
/** Package lists are refreshed at most once, and only when something is missing. */
export async function aptUpdateOnce() {
  if (updated) return
  updated = true
  say('refreshing the package lists (apt-get update)')
  const result = await apt(['update', '-q'], { output: 'stderr', timeoutMs: 5 * 60_000 })
  if (result.code !== 0) say('apt-get update failed; going on with the lists that are there')
}

async function firstKnown(names) {
  for (const name of names) {
    const { code, stdout } = await run('apt-cache', ['show', '--no-all-versions', name])
    if (code === 0 && stdout.includes(`Package: ${name}`)) return name
  }
  return names.at(-1)
}

export async function ensureSystem(electronExecutable) {
  const before = await checkSystem(electronExecutable)
  if (before.ok) return
  if (!which('apt-get') || !aptPrefix()) throw new SetupError(`${before.name}: ${before.detail}. ${before.remedy}`)
  await aptUpdateOnce()
  const choices = packageChoices(await missing(electronExecutable))
  const packages = await Promise.all(choices.map(firstKnown))
  say(`installing Debian packages: ${packages.join(' ')}`)
  await apt(['install', '-y', '-q', '--no-install-recommends', ...packages], {
    output: 'stderr',
    timeoutMs: 10 * 60_000,
  })
  const after = await checkSystem(electronExecutable)
  if (!after.ok) throw new SetupError(`${after.name}: ${after.detail}. ${after.remedy}`)
}
