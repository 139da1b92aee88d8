import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { checkPlantFile } from '../../assets/index.ts'
import { destinationFolders, engineCommand } from '../../engine/launch.ts'
import { engineVersion } from '../../engine/version.ts'
import { engineMemory } from '../../../shared/lib/engine-arguments.ts'
import { engineToHostSchema, type HostToEngine } from '../../../shared/protocol/host.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'

/** Longest a clean stop may take before the engine is killed; a last tick and a closing session take a second. */
const stopDeadlineMs = 15_000

/** `millwright engine`: starts the same permissioned process as the application does and prints its events. */
export async function runEngine(argv: string[], io: CliIo): Promise<number> {
  const { values } = readOptions('engine', argv, {
    plant: { type: 'string' },
    data: { type: 'string' },
    'key-file': { type: 'string' },
    duration: { type: 'string' },
  })
  const plantFile = resolveFrom(io.cwd, required('engine', 'plant', values.plant))
  const dataDir = resolveFrom(io.cwd, required('engine', 'data', values.data))
  const durationS = values.duration === undefined ? null : Number(values.duration)
  if (durationS !== null && !(durationS > 0))
    throw new UsageError('millwright engine: --duration is a number of seconds above 0.')
  const folders = readPlantFolders(plantFile, dataDir)
  try {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UsageError(
      `The data folder ${dataDir} cannot be made: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  const keyFile =
    values['key-file'] === undefined ? path.join(dataDir, 'twin.key') : resolveFrom(io.cwd, values['key-file'])
  const key = readOrCreateKey(keyFile, io)
  return superviseOnce({ plantFile, dataDir, key, folders, durationS }, io)
}

function readPlantFolders(plantFile: string, dataDir: string): string[] {
  let text: string
  try {
    text = fs.readFileSync(plantFile, 'utf8')
  } catch (error) {
    throw new UsageError(
      `The plant file ${plantFile} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  const { plant, faults } = checkPlantFile(text)
  if (!plant) {
    const lines = faults.map((fault) => `  ${fault.path}: ${fault.message} ${fault.remedy}`)
    throw new UsageError(`The plant file ${plantFile} has ${faults.length} fault(s):\n${lines.join('\n')}`)
  }
  return destinationFolders(plant, dataDir)
}

function readOrCreateKey(file: string, io: CliIo): Uint8Array<ArrayBuffer> {
  if (fs.existsSync(file)) return readKeyFile(file)
  const key = Uint8Array.from(randomBytes(32))
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, `${Buffer.from(key).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    throw new UsageError(
      `The key file ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
    )
  }
  io.stderr(
    `Made a new key in ${file}, readable by its owner only. Keep a copy apart from the data: without it the twin cannot be read.\n`,
  )
  return key
}

interface Run {
  plantFile: string
  dataDir: string
  key: Uint8Array<ArrayBuffer>
  folders: string[]
  durationS: number | null
}

function print(io: CliIo, event: string, detail: unknown): void {
  const at = new Date().toISOString()
  io.stdout(`${JSON.stringify({ schema: 'millwright/engine-event@1', at, event, detail: detail ?? {} })}\n`)
}

async function superviseOnce(run: Run, io: CliIo): Promise<number> {
  for (;;) {
    const end = await runChild(run, io)
    if (end.restart === null) return end.code
    // A destination was added that the permission model does not grant yet; the engine records the gap itself.
    print(io, 'starting', { message: end.restart })
    run.folders = readPlantFolders(run.plantFile, run.dataDir)
  }
}

function runChild(run: Run, io: CliIo): Promise<{ code: number; restart: string | null }> {
  print(io, 'starting', { plant: run.plantFile, data: run.dataDir })
  const child = spawn(process.execPath, engineCommand(run.dataDir, run.plantFile, run.folders), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
    env: { ...scrubbedEnvironment(), ...engineMemory },
  })
  const send = (message: HostToEngine): void => void (child.connected && child.send(message, () => {}))
  send({ t: 'start', dataDir: run.dataDir, plantFile: run.plantFile, key: run.key, appVersion: engineVersion })
  const stop = stopper(child, send)
  return new Promise((resolve) => {
    let fatal = false
    let restart: string | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const
    for (const signal of signals) process.on(signal, stop)
    child.on('message', (raw) => {
      const parsed = engineToHostSchema.safeParse(raw)
      if (!parsed.success) return
      const message = parsed.data
      if (message.t === 'event') print(io, message.event, message.detail)
      else if (message.t === 'ready') {
        if (run.durationS !== null) timer ??= setTimeout(stop, run.durationS * 1000)
      } else if (message.t === 'fatal') {
        fatal = true
        print(io, 'fault', { message: message.message })
      } else if (message.t === 'restart') {
        restart = message.reason
        stop()
      }
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      for (const name of signals) process.off(name, stop)
      if (code !== 0)
        print(io, 'fault', { message: `The engine ended ${signal ? `by ${signal}` : `with code ${code}`}.` })
      resolve({ code: fatal || code !== 0 ? 1 : 0, restart: fatal ? null : restart })
    })
  })
}

function stopper(child: ChildProcess, send: (message: HostToEngine) => void): () => void {
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    send({ t: 'stop' })
    setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs).unref()
  }
}

/** Nothing of the caller's environment but what the platform needs: variables such as NODE_OPTIONS change what runs. */
function scrubbedEnvironment(): NodeJS.ProcessEnv {
  const keep = [
    'PATH',
    'HOME',
    'TZ',
    'LANG',
    'SYSTEMROOT',
    'SystemRoot',
    'TEMP',
    'TMP',
    'TMPDIR',
    'USERPROFILE',
    'APPDATA',
  ]
  return Object.fromEntries(
    keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}
