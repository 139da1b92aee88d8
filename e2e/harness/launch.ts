import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { findNode24 } from '../../scripts/lib/paths.mjs'
import { isRoot, root, runtime } from './runtime.ts'

export interface LaunchOptions {
  /** An existing data folder, to start again on it; else a fresh one. */
  dataDir?: string
  /** A plant file; without it the simulated plant runs. */
  plant?: string
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
}

export interface Running {
  app: ElectronApplication
  window: Page
  dataDir: string
  /** Everything main, engine and plant have logged. */
  log: () => string
  close: () => Promise<void>
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'millwright-e2e-'))
}

export function removeFolder(folder: string): void {
  // The last file of a process that is just ending may appear while the tree is being removed.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

export function readLog(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'logs', 'millwright.log'), 'utf8')
  } catch {
    return ''
  }
}

function argumentsFor(options: LaunchOptions, dataDir: string): string[] {
  return [
    '--disable-gpu',
    root,
    '--data',
    dataDir,
    ...(options.plant === undefined ? [] : ['--plant', options.plant]),
    ...(options.args ?? []),
  ]
}

function environment(display: NodeJS.ProcessEnv, options: LaunchOptions): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries({ ...display, ...options.env })) if (value !== undefined) env[name] = value
  // Both would turn the runtime into something else: plain Node, or one with our flags.
  delete env['ELECTRON_RUN_AS_NODE']
  delete env['NODE_OPTIONS']
  // Quitting asks the operator; nobody answers here.
  env['MILLWRIGHT_QUIT_WITHOUT_ASKING'] = '1'
  const node = findNode24()
  if (node !== undefined) env['MILLWRIGHT_NODE'] = node
  return env
}

/** The application driven by Playwright. It listens on two debugging ports then; see launchBare for one that does not. */
export async function launchDriven(display: NodeJS.ProcessEnv, options: LaunchOptions = {}): Promise<Running> {
  const dataDir = options.dataDir ?? freshFolder()
  const launch = (timeout: number): Promise<ElectronApplication> =>
    _electron.launch({
      executablePath: runtime().executable,
      args: argumentsFor(options, dataDir),
      env: environment(display, options),
      cwd: root,
      chromiumSandbox: !isRoot,
      timeout,
    })
  // Now and then Playwright does not find the debugging port of a process that has started (twice in about 90 launches);
  // it ends the process then. What is under test begins after the launch.
  const app = await launch(45_000).catch(() => launch(60_000))
  const window = await app.firstWindow()
  return {
    app,
    window,
    dataDir,
    log: () => readLog(dataDir),
    close: async () => {
      await app.close()
    },
  }
}

export interface Bare {
  pid: number
  dataDir: string
  log: () => string
  /** Resolves with the exit code when it has ended by itself or by stop(). */
  ended: Promise<number | null>
  /** SIGTERM, as a service manager stops it; answers the exit code. */
  stop: () => Promise<number | null>
}

/** The application as a user starts it, without a debugging port. */
export function launchBare(display: NodeJS.ProcessEnv, options: LaunchOptions = {}): Bare {
  const dataDir = options.dataDir ?? freshFolder()
  const child = spawn(runtime().executable, [...(isRoot ? ['--no-sandbox'] : []), ...argumentsFor(options, dataDir)], {
    cwd: root,
    env: environment(display, options),
    stdio: 'ignore',
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return {
    pid: child.pid ?? 0,
    dataDir,
    log: () => readLog(dataDir),
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 30_000)
      try {
        return await ended
      } finally {
        clearTimeout(killer)
      }
    },
  }
}
