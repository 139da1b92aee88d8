import { parsePlantArguments, plantUsage, type PlantRun } from './options.ts'
import { readParentRequest, type ParentChannel } from './parent-messages.ts'
import { PlantInputError } from './plant-input-error.ts'
import { writePlantFile } from './plant-file.ts'
import { startSimulatedPlant, type SimulatedPlant } from './simulated-plant.ts'

export interface PlantIo {
  stdout(text: string): void
  stderr(text: string): void
  cwd: string
  json: boolean
}

const stateEveryMs = 1000

/**
 * `millwright plant`: serves until SIGINT, SIGTERM, Ctrl-Break, the parent's `stop` or the end of its channel. Prints
 * `{"endpointUrl": ...}` on stdout first. Exit 0 stopped, 1 could not serve, 2 bad input.
 */
export async function runPlant(
  argv: readonly string[],
  io: PlantIo,
  parent: ParentChannel | null = null,
): Promise<number> {
  if (argv.includes('--help')) {
    io.stdout(plantUsage)
    return 0
  }
  let plant: SimulatedPlant
  try {
    const run = parsePlantArguments(argv, io.cwd)
    plant = await startSimulatedPlant(run)
    announce(plant, run, io, parent)
  } catch (error) {
    io.stderr(`${sentence(error, argv)}\n`)
    return error instanceof PlantInputError ? 2 : 1
  }
  await untilStopped(plant, io, parent)
  await plant.stop()
  return 0
}

function announce(plant: SimulatedPlant, run: PlantRun, io: PlantIo, parent: ParentChannel | null): void {
  const file = plant.plantFile()
  if (run.writePlant !== null) writePlantFile(run.writePlant, file)
  io.stdout(`${JSON.stringify({ endpointUrl: plant.endpointUrl })}\n`)
  io.stderr(
    `simulated plant at ${plant.endpointUrl}: ${file.points.length} points, ` +
      `scenario ${run.scenario ?? 'none'}, seed ${run.seed}${run.writePlant === null ? '' : `, plant file ${run.writePlant}`}\n`,
  )
  parent?.send({ type: 'ready', endpointUrl: plant.endpointUrl, plant: file })
}

function sentence(error: unknown, argv: readonly string[]): string {
  if (error instanceof PlantInputError) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE')
    return `the port of --port ${argv[argv.indexOf('--port') + 1] ?? ''} is taken: choose another, or 0 for any free one`
  return error instanceof Error ? error.message : String(error)
}

function untilStopped(plant: SimulatedPlant, io: PlantIo, parent: ParentChannel | null): Promise<void> {
  return new Promise((stop) => {
    const tell = (): void => parent?.send({ type: 'state', ...plant.state() })
    const timer = parent === null ? null : setInterval(tell, stateEveryMs)
    const signals = ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const
    const end = (): void => {
      if (timer) clearInterval(timer)
      for (const signal of signals) process.off(signal, end)
      stop()
    }
    for (const signal of signals) process.on(signal, end)
    parent?.onDisconnect(end)
    parent?.onMessage((message) => {
      const request = readParentRequest(message)
      if (typeof request === 'string') {
        io.stderr(`request refused: ${request}\n`)
        parent.send({ type: 'refused', message: request })
        return
      }
      if (request.type === 'stop') end()
      else {
        if (request.type === 'wan') plant.setWan(request.on)
        else plant.setScenario(request.name, request.speedUp)
        tell()
      }
    })
    tell()
  })
}
