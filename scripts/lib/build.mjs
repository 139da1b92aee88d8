import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from './exec.mjs'
import { withLock } from './lock.mjs'
import { findNode24, modules, root } from './paths.mjs'
import { say, SetupError } from './say.mjs'

const out = join(root, 'out')
/** As deep as out/, so that the relative paths in source maps still lead to the sources after the move. */
const next = join(root, '.cache')

/**
 * Two builds with their own stamps: `millwright` and the unit tests need the engine only, which takes seconds; a change
 * of a screen does not rebuild the engine.
 */
const targets = {
  engine: {
    sources: ['electron', 'shared', 'resources', 'vite.engine.config.ts', 'package-lock.json'],
    skip: (path) => path.startsWith('electron/main/') || path.startsWith('electron/preload/'),
    produces: ['engine'],
    command: [join(modules, 'vite', 'bin', 'vite.js'), 'build', '--config', 'vite.engine.config.ts'],
  },
  app: {
    sources: [
      'electron/main',
      'electron/preload',
      'renderer',
      'shared',
      'resources',
      'electron.vite.config.ts',
      'package-lock.json',
    ],
    skip: () => false,
    produces: ['main', 'preload', 'renderer'],
    command: [join(modules, 'electron-vite', 'bin', 'electron-vite.js'), 'build'],
  },
}

function* files(path) {
  const full = join(root, path)
  if (!existsSync(full)) return
  let entries
  try {
    entries = readdirSync(full, { withFileTypes: true })
  } catch {
    yield path
    return
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = `${path}/${entry.name}`
    if (entry.isDirectory()) yield* files(child)
    else yield child
  }
}

/** Contents, not dates: a fresh checkout and a switched branch change dates without changing a byte. */
function sourceHash({ sources, skip }) {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const path of files(source)) {
      if (skip(path) || /\.test\.tsx?$/.test(path)) continue
      hash
        .update(path)
        .update('\0')
        .update(readFileSync(join(root, path)))
        .update('\0')
    }
  }
  return hash.digest('hex')
}

const stampFile = (name) => join(out, `.${name}-stamp`)

function fresh(name, hash) {
  const complete = targets[name].produces.every((folder) => existsSync(join(out, folder)))
  try {
    return complete && readFileSync(stampFile(name), 'utf8') === hash
  } catch {
    return false
  }
}

async function buildOne(name) {
  const { command, produces } = targets[name]
  const hash = sourceHash(targets[name])
  if (fresh(name, hash)) return false
  say(`building ${produces.map((folder) => `out/${folder}`).join(', ')}`)
  const clean = () => produces.forEach((folder) => rmSync(join(next, folder), { recursive: true, force: true }))
  clean()
  mkdirSync(next, { recursive: true })
  const result = await run(findNode24(), command, {
    cwd: root,
    env: { ...process.env, MILLWRIGHT_OUT: relative(root, next), NODE_ENV: 'production', NO_COLOR: '1' },
    timeoutMs: 5 * 60_000,
  })
  if (result.code !== 0) {
    clean()
    throw new SetupError(`the build of ${produces.join(', ')} failed:\n${result.stdout}\n${result.stderr}`)
  }
  // Built beside and moved in, so that a failed or interrupted build never leaves half an application.
  rmSync(stampFile(name), { force: true })
  for (const folder of produces) {
    rmSync(join(out, folder), { recursive: true, force: true })
    renameSync(join(next, folder), join(out, folder))
  }
  writeFileSync(stampFile(name), hash)
  return true
}

/** Builds what is stale; answers the names that were built. */
export async function ensureBuilt(names = ['engine', 'app']) {
  mkdirSync(out, { recursive: true })
  return withLock(join(out, '.build-lock'), 'building', async () => {
    const built = []
    for (const name of names) if (await buildOne(name)) built.push(name)
    return built
  })
}
