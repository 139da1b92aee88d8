import { describeElectron, findElectron, type ElectronRuntime } from '../../scripts/lib/electron-runtime.mjs'

export { root } from '../../scripts/lib/paths.mjs'

/** The runtime every spec runs on; set up by `npm run e2e`. */
export function runtime(): ElectronRuntime {
  const found = findElectron()
  if (!found) throw new Error('No Electron runtime is set up. Run: npm run setup')
  return found
}

export function runtimeName(): string {
  return describeElectron(runtime())
}

/** Chromium refuses its sandbox to root. */
export const isRoot = process.getuid?.() === 0
