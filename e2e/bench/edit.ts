import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Engine } from '../../electron/engine/engine.ts'
import { systemClock } from '../../electron/testkit/opcua/recording-sink.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { invertChanges } from '../../shared/lib/invert-changes.ts'
import { sleep, startCli, temporaryFolder } from './children.ts'
import { machinePoints, writeScalePlant } from './live/scale-plant.ts'

const author = { name: 'bench', role: 'administrator' } as const
const beatMs = 2

interface Held {
  ms: number[]
  /** The longest that nothing else was done on the engine's main thread: no value taken in, no window told. */
  longestHoldMs: number
  /** The same by processor time: on a machine with other work the clock says little. */
  longestTaskCpuMs: number
  /** Processor time of the main thread, a second of acquisition without an edit taken off. */
  mainCpuMs: number
}

interface Turn {
  ms: number
  longestHoldMs: number
  longestTaskCpuMs: number
  cpuMs: number
}

/** How late a beat on the main thread comes, and what processor time that thread takes. */
class MainThread {
  #late: number[] = []
  #busy: number[] = []
  #lastMs = performance.now()
  #last = process.threadCpuUsage()
  readonly #timer = setInterval(() => {
    const nowMs = performance.now()
    this.#late.push(nowMs - this.#lastMs - beatMs)
    this.#lastMs = nowMs
    const { user, system } = process.threadCpuUsage(this.#last)
    this.#last = process.threadCpuUsage()
    this.#busy.push((user + system) / 1000)
  }, beatMs)

  async during(work: () => Promise<unknown>): Promise<Turn> {
    await sleep(50)
    this.#late = []
    this.#busy = []
    const cpu = process.threadCpuUsage()
    const startedMs = performance.now()
    await work()
    const ms = performance.now() - startedMs
    const { user, system } = process.threadCpuUsage(cpu)
    await sleep(50)
    const [longestHoldMs, longestTaskCpuMs] = [Math.max(0, ...this.#late), Math.max(0, ...this.#busy)]
    return { ms, longestHoldMs, longestTaskCpuMs, cpuMs: (user + system) / 1000 }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

async function repeated(
  thread: MainThread,
  idleCpuPerMs: number,
  times: number,
  work: () => Promise<unknown>,
): Promise<Held> {
  const runs = []
  for (let i = 0; i < times; i++) {
    // What one made goes before the next; a person is slower as well.
    await sleep(500)
    runs.push(await thread.during(work))
  }
  const cpu = runs.map(({ ms, cpuMs }) => cpuMs - ms * idleCpuPerMs).toSorted((a, b) => a - b)
  return {
    ms: runs.map(({ ms }) => Math.round(ms)),
    longestHoldMs: Math.max(...runs.map(({ longestHoldMs }) => longestHoldMs)),
    longestTaskCpuMs: Math.max(...runs.map(({ longestTaskCpuMs }) => longestTaskCpuMs)),
    mainCpuMs: cpu[Math.floor(cpu.length / 2)] ?? Number.NaN,
  }
}

function widerRange(engine: Engine): PlantChange {
  const point = engine.model.plant.points.find(({ contract }) => contract)
  if (!point?.contract) throw new Error('The plant of the bench has no contract.')
  const [low, high] = point.contract.expectedRange
  const field = 'contract.expectedRange'
  return { kind: 'changed', section: 'points', id: point.id, field, before: [low, high], after: [low, high + 1] }
}

async function measure(engine: Engine): Promise<Record<string, unknown>> {
  const thread = new MainThread()
  try {
    const idle = await thread.during(() => sleep(3000))
    const perMs = idle.cpuMs / idle.ms
    const change = widerRange(engine)
    const preview = await repeated(thread, perMs, 8, () => engine.config.preview([change], author, ''))
    const save = await repeated(thread, perMs, 4, async () => {
      const { changes, faults } = await engine.config.change([change], author, 'the bench edits')
      if (faults.length > 0) throw new Error(faults[0]?.message)
      await engine.config.change(invertChanges(changes), author, 'the bench takes it back')
    })
    const file = engine.options.plantFile
    const stands = JSON.parse(fs.readFileSync(file, 'utf8')) as PlantFile
    const others = ['One', 'Two', 'Three'].map((name) =>
      JSON.stringify({ ...stands, plant: { ...stands.plant, name } }, null, 2),
    )
    const outside = await repeated(thread, perMs, others.length, async () => {
      const before = engine.model.configHash
      await fs.promises.writeFile(file, others.pop() ?? '')
      const deadlineMs = performance.now() + 30_000
      while (engine.model.configHash === before && performance.now() < deadlineMs) await sleep(20)
    })
    return {
      idle: {
        ms: idle.ms,
        longestHoldMs: idle.longestHoldMs,
        longestTaskCpuMs: idle.longestTaskCpuMs,
        mainCpuMs: idle.cpuMs,
      },
      preview,
      saveAndUndo: save,
      outside,
    }
  } finally {
    thread.close()
  }
}

/**
 * What an edit of a plant of 5,000 points costs the thread that takes values in and tells windows: looked at, saved and taken back,
 * and the file edited from outside, while the points come in.
 */
export async function benchEdit(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const folder = temporaryFolder('edit')
  const [simulated, plantFile] = [path.join(folder, 'simulated.json'), path.join(folder, 'plant.json')]
  const args = ['plant', '--port', '0', '--points', String(machinePoints), '--rate', '1', '--write-plant', simulated]
  const plant = startCli(args)
  try {
    await plant.line((line) => typeof line['endpointUrl'] === 'string')
    writeScalePlant(simulated, plantFile)
    let connected = (): void => {}
    const isConnected = new Promise<void>((resolve) => (connected = resolve))
    const engine = await Engine.start({
      dataDir: path.join(folder, 'data'),
      plantFile,
      key: Uint8Array.from(randomBytes(32)),
      clock: systemClock,
      onLink: ({ phase }) => phase === 'connected' && connected(),
      onRestartNeeded: () => {},
      onFatal: (error) => {
        throw error
      },
      onChanged: () => {},
    })
    await isConnected
    await sleep(5000)
    const metrics = await measure(engine)
    await engine.stop()
    return { metrics: { points: machinePoints, fileBytes: fs.statSync(plantFile).size, ...metrics }, ratios: {} }
  } finally {
    await plant.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
