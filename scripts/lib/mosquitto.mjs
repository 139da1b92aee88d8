import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aptUpdateOnce, unresolved, which } from './debian.mjs'
import { run } from './exec.mjs'
import { withLock } from './lock.mjs'
import { cacheDir } from './paths.mjs'
import { say, SetupError } from './say.mjs'

// Debian's broker is unpacked beside the checkout and never installed: a package would start a service on 1883.
const unpacked = join(cacheDir, 'mosquitto')

/** Where a usable broker is: the machine's own, or the one unpacked into the cache. */
export function findMosquitto() {
  const own = which('mosquitto')
  if (own) return { executable: own, libraryPath: undefined }
  const executable = join(unpacked, 'usr', 'sbin', 'mosquitto')
  if (!existsSync(executable)) return undefined
  const triple = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'
  return { executable, libraryPath: [join(unpacked, 'usr', 'lib', triple), join(unpacked, 'lib', triple)].join(':') }
}

export async function checkMosquitto() {
  const name = 'Mosquitto (broker for the tests)'
  const found = findMosquitto()
  const remedy =
    process.platform === 'linux'
      ? 'npm run setup (unpacks Debian’s package into the cache), or install mosquitto with the package manager'
      : 'install Mosquitto from https://mosquitto.org/download and put it in PATH'
  if (!found) return { name, ok: false, optional: true, detail: 'not found', remedy }
  if (found.libraryPath) {
    const lacks = await unresolved(found.executable, { ...process.env, LD_LIBRARY_PATH: found.libraryPath })
    if (lacks.length > 0) return { name, ok: false, optional: true, detail: `lacks ${lacks.join(', ')}`, remedy }
  }
  return { name, ok: true, detail: found.executable }
}

/** mosquitto and those of its dependencies that this machine does not have. */
async function packagesToFetch() {
  const { code, stdout, stderr } = await run('apt-get', ['-s', '--no-install-recommends', 'install', 'mosquitto'])
  if (code !== 0) throw new SetupError(`apt-get does not know mosquitto: ${stderr.trim().split('\n').at(-1)}`)
  return [...stdout.matchAll(/^Inst (\S+)/gm)].map((match) => match[1])
}

async function unpack() {
  const work = join(cacheDir, `mosquitto.${process.pid}`)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(join(work, 'debs'), { recursive: true })
  try {
    let packages = await packagesToFetch().catch(() => undefined)
    const fetch = () => run('apt-get', ['download', ...packages], { cwd: join(work, 'debs'), timeoutMs: 5 * 60_000 })
    let result = packages ? await fetch() : undefined
    if (!result || result.code !== 0) {
      // No list, or a list older than the mirror's files.
      await aptUpdateOnce()
      packages = await packagesToFetch()
      result = await fetch()
    }
    if (result.code !== 0) throw new SetupError(`apt-get download failed: ${result.stderr.trim()}`)
    for (const deb of readdirSync(join(work, 'debs'))) {
      const { code, stderr } = await run('dpkg', ['-x', join(work, 'debs', deb), join(work, 'root')])
      if (code !== 0) throw new SetupError(`dpkg could not unpack ${deb}: ${stderr.trim()}`)
    }
    rmSync(unpacked, { recursive: true, force: true })
    renameSync(join(work, 'root'), unpacked)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** The broker serves tests only: where it cannot be had the tests that need it are skipped and say why. */
export async function ensureMosquitto() {
  if ((await checkMosquitto()).ok) return
  if (process.platform !== 'linux' || !which('apt-get') || !which('dpkg')) {
    const { detail, remedy } = await checkMosquitto()
    say(`Mosquitto: ${detail}; tests with a broker will be skipped. ${remedy}`)
    return
  }
  mkdirSync(cacheDir, { recursive: true })
  await withLock(join(cacheDir, 'mosquitto.lock'), 'unpacking Mosquitto', async () => {
    if ((await checkMosquitto()).ok) return
    say('unpacking Mosquitto into the cache (no service is installed)')
    try {
      await unpack()
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      say(`Mosquitto: ${error.message} Tests with a broker will be skipped.`)
    }
  })
}
