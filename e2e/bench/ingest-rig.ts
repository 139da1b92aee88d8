import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { askEngine } from '../../electron/engine/local-socket.ts'
import { openTwinForReading, twinFileName } from '../../electron/store/api.ts'
import { cpuUs, residentMb, sleep, startCli, temporaryFolder } from './children.ts'

export interface Plant {
  endpointUrl: string
  plantFile: string
  pid: number
  /** PEM files of its certificate. */
  certificates: string[]
}

export interface Engine {
  dataDir: string
  pid: number
  /** From the start of its process to a value of every point, seconds. */
  readyS: number
}

interface Status {
  engine: { committedValues: number; committedBlocks: number; loopDelayP99Ms: number }
  points: { live: number }
}

/** One stretch of a run. */
export interface Stretch {
  seconds: number
  values: number
  blocks: number
  /** Processor time of all threads of the engine's process, and of the server's. */
  engineCpuUs: number
  serverCpuUs: number
  engineCores: number
  serverCores: number
  /** Share of all cores that anything used, other work of the machine included. */
  machineBusy: number
  loopDelayP99Ms: number
  residentMb: number
}

/** The simulated plant in a process of its own, on a free port. */
export async function withPlant<T>(args: readonly string[], body: (plant: Plant) => Promise<T>): Promise<T> {
  const folder = temporaryFolder('bench-plant')
  const plantFile = path.join(folder, 'plant.json')
  const pki = path.join(folder, 'pki')
  const plant = startCli(['plant', '--port', '0', '--write-plant', plantFile, '--pki', pki, ...args])
  try {
    const { endpointUrl } = await plant.line((line) => typeof line['endpointUrl'] === 'string')
    const files = fs.readdirSync(pki, { recursive: true, encoding: 'utf8' })
    const certificates = files.filter((file) => /own\/certs\/.*\.pem$/.test(file)).map((file) => path.join(pki, file))
    return await body({ endpointUrl: String(endpointUrl), plantFile, pid: plant.child.pid ?? 0, certificates })
  } finally {
    await plant.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function status(dataDir: string): Promise<Status> {
  let text = ''
  await askEngine(dataDir, { verb: 'status', argv: [], json: true }, { out: (piece) => (text += piece), err: () => {} })
  return JSON.parse(text) as Status
}

/** The product's engine under its real flags on that plant; `loss` is what `findLoss` says once it has ended. */
export async function withEngine<T>(
  plant: Plant,
  points: number,
  body: (engine: Engine) => Promise<T>,
  out?: string,
): Promise<{ result: T; loss: string | null }> {
  const dataDir = temporaryFolder('bench-data')
  const keyFile = path.join(dataDir, 'key')
  fs.writeFileSync(keyFile, '07'.repeat(32))
  const trusted = path.join(dataDir, 'pki', 'trusted', 'certs')
  fs.mkdirSync(trusted, { recursive: true })
  for (const file of plant.certificates) fs.copyFileSync(file, path.join(trusted, path.basename(file)))
  const startedMs = performance.now()
  const args = ['engine', '--plant', plant.plantFile, '--data', dataDir, '--key-file', keyFile, '--json']
  const engine = startCli(args, out)
  try {
    const ready = await engine.line((line) => line['event'] === 'ready')
    await engine.line(
      (line) => line['event'] === 'link' && (line['detail'] as { phase?: string }).phase === 'connected',
    )
    while ((await status(dataDir)).points.live < points) await sleep(200)
    const readyS = (performance.now() - startedMs) / 1000
    const result = await body({ dataDir, pid: (ready['detail'] as { pid: number }).pid, readyS })
    await engine.stop()
    return { result, loss: await findLoss(dataDir) }
  } finally {
    await engine.stop()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Has the plant file ask for the strongest security the server offers. */
export function secure(plantFile: string): void {
  const plant = JSON.parse(fs.readFileSync(plantFile, 'utf8')) as { servers: { security: object }[] }
  for (const server of plant.servers) server.security = { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' }
  fs.writeFileSync(plantFile, JSON.stringify(plant))
}

/** Ticks that all cores spent at work and in all (Linux; NaN elsewhere). */
export function machineTicks(): { busy: number; all: number } {
  const cpus = os.cpus()
  const all = cpus.reduce((sum, { times }) => sum + Object.values(times).reduce((a, b) => a + b, 0), 0)
  return { busy: all - cpus.reduce((sum, { times }) => sum + times.idle, 0), all }
}

/** What engine and server do in the next `seconds`. */
export async function measure(engine: Engine, plant: Plant, seconds: number): Promise<Stretch> {
  const before = await status(engine.dataDir)
  const cpu = { engine: cpuUs(engine.pid), server: cpuUs(plant.pid), machine: machineTicks() }
  const startedMs = performance.now()
  await sleep(seconds * 1000)
  const after = await status(engine.dataDir)
  const took = (performance.now() - startedMs) / 1000
  const engineCpuUs = cpuUs(engine.pid) - cpu.engine
  const serverCpuUs = cpuUs(plant.pid) - cpu.server
  const machine = machineTicks()
  return {
    seconds: took,
    values: after.engine.committedValues - before.engine.committedValues,
    blocks: after.engine.committedBlocks - before.engine.committedBlocks,
    engineCpuUs,
    serverCpuUs,
    engineCores: engineCpuUs / (took * 1e6),
    serverCores: serverCpuUs / (took * 1e6),
    machineBusy: (machine.busy - cpu.machine.busy) / (machine.all - cpu.machine.all),
    loopDelayP99Ms: after.engine.loopDelayP99Ms,
    residentMb: residentMb(engine.pid),
  }
}

/** What kept a run from taking more, as far as processor time tells it. */
export function limitOf(serverCores: number, machineBusy: number): string {
  if (serverCores > 0.9) return 'the server, which runs on one core'
  if (machineBusy > 0.95) return 'the machine: all its cores were at work, other programs included'
  return 'neither the server nor the machine'
}

/** By sequence: every counter's values follow each other by one, and no gap row names a loss. */
async function findLoss(dataDir: string): Promise<string | null> {
  const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key: new Uint8Array(32).fill(7) })
  try {
    const gaps = (await twin.gaps({ limit: 1000 })).filter((gap) => gap.cause !== 'engine-stopped')
    const [gap] = gaps
    if (gap) return `${gaps.length} gap rows, first ${gap.cause}: ${gap.detail}`
    const known = (await twin.knownPoints()).filter((point) => point.kind === 'scalar')
    for (let i = 0; i < known.length; i += Math.max(1, Math.floor(known.length / 25))) {
      const point = known[i]
      if (!point) continue
      let last = Number.NaN
      let cursor: Parameters<typeof twin.scalars>[3] = null
      do {
        const page = await twin.scalars(point.key, 0, Number.MAX_SAFE_INTEGER, cursor, 50_000)
        for (let j = 0; j < page.count; j++) {
          const value = page.value[j] ?? Number.NaN
          if (!Number.isNaN(last) && value - last !== 1) return `${point.id} steps by ${value - last} after ${last}`
          last = value
        }
        cursor = page.next
      } while (cursor !== null)
    }
    return null
  } finally {
    await twin.close()
  }
}
