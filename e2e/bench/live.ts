import fs from 'node:fs'
import path from 'node:path'
import { hasDisplay, startXvfb } from '../../scripts/lib/xvfb.mjs'
import { launchDriven, removeFolder, type Running } from '../harness/launch.ts'
import { treeOf } from '../harness/process-tree.ts'
import { runtimeName } from '../harness/runtime.ts'
import { residentMb, sleep, startCli, temporaryFolder } from './children.ts'
import { measureScale, taskBudgetMs } from './live/scale.ts'

const channels = 8
const given = (name: string): string | undefined =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(`--${name}=`.length)
/** `--part=waveforms` or `--part=scale` for one of the two; both take less than five minutes. */
const part = given('part') ?? 'all'
/** `--seconds=N` for a quick look, of which the memory figures then say little; 240 and `--part=waveforms` for better ones. */
const runS = Number(given('seconds') ?? 165)
/** Growth is judged over the last two thirds: the first is start-up, caches and the young heap finding its size. */
const settleS = runS / 3

interface MeterReading {
  framesPerSecond: number
  drawMsP95: number
  drawMsP99: number
  latencyMsP50: number
  latencyMsP95: number
  latencySamples: number
}

declare global {
  // Exposed by the renderer in unpackaged builds (renderer/app/main.ts).
  var millwrightMeter: { reset(): void; read(): MeterReading }
}

interface Memory {
  seconds: number
  mb: Record<string, number>
}

/** What a process of the application is, from its command line. */
function roleOf(command: string): string | null {
  if (command.includes('--type=renderer')) return 'renderer'
  if (command.includes('--type=gpu-process')) return 'gpu'
  if (command.includes('--type=') || command.includes('--zygote')) return null
  if (command.includes('engine.js')) return 'engine'
  return command.includes('electron') ? 'main' : null
}

function memoryOf(pid: number, seconds: number): Memory {
  const mb: Record<string, number> = {}
  for (const entry of treeOf(pid)) {
    const role = roleOf(entry.command)
    // A page's reloads and Chromium's spare renderer share the role; the largest is the window's.
    if (role !== null) mb[role] = Math.max(mb[role] ?? 0, residentMb(entry.pid))
  }
  return { seconds, mb }
}

/** Least-squares slope in MB per minute. */
function slope(samples: readonly Memory[], role: string): number {
  const points = samples
    .filter((s) => s.seconds >= settleS)
    .map((s) => ({ x: s.seconds / 60, y: s.mb[role] ?? Number.NaN }))
  const meanX = points.reduce((sum, p) => sum + p.x, 0) / points.length
  const meanY = points.reduce((sum, p) => sum + p.y, 0) / points.length
  const over = points.reduce((sum, p) => sum + (p.x - meanX) * (p.y - meanY), 0)
  const under = points.reduce((sum, p) => sum + (p.x - meanX) ** 2, 0)
  return over / under
}

async function watch(
  running: Running,
  pid: number,
  pointIds: readonly string[],
): Promise<{ reading: MeterReading; memory: Memory[] }> {
  const { window } = running
  const query = pointIds.map((id) => `point=${encodeURIComponent(id)}`).join('&')
  await window.evaluate(`location.hash = ${JSON.stringify(`#/vibration?${query}`)}`)
  await window.waitForFunction(() => globalThis.millwrightMeter.read().latencySamples > 0, undefined, {
    timeout: 60_000,
  })
  await sleep(3000)
  await window.evaluate(() => globalThis.millwrightMeter.reset())
  const memory: Memory[] = []
  const startedMs = performance.now()
  while (performance.now() - startedMs < runS * 1000) {
    await sleep(5000)
    memory.push(memoryOf(pid, (performance.now() - startedMs) / 1000))
  }
  return { reading: await window.evaluate(() => globalThis.millwrightMeter.read()), memory }
}

interface Result {
  metrics: Record<string, unknown>
  ratios: Record<string, number>
}

/**
 * In the real Electron: 8 channels of 25.6 kHz on screen, then a plant of 500 machines and 5,000 points that is opened, searched and
 * edited (`scale`): the longest task of its window, which may take 100 ms. A task is traced by wall and by processor time: on a
 * machine that has other work to do only the second says something.
 */
export async function benchLive(): Promise<Result> {
  if (!['all', 'waveforms', 'scale'].includes(part)) {
    throw new RangeError(`--part=${part}: give waveforms or scale, or leave it out for both.`)
  }
  const xvfb = hasDisplay() ? null : await startXvfb({ width: 1920, height: 1080 })
  const display = xvfb?.env ?? process.env
  try {
    const first = part === 'scale' ? none : await inFolder((folder) => waveforms(display, folder))
    const second = part === 'waveforms' ? none : await inFolder((folder) => scale(display, folder))
    return {
      metrics: { runtime: runtimeName(), ...first.metrics, ...second.metrics },
      ratios: { ...first.ratios, ...second.ratios },
    }
  } finally {
    xvfb?.stop()
  }
}

const none: Result = { metrics: {}, ratios: {} }

async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder('bench-live')
  try {
    return await body(folder)
  } finally {
    removeFolder(folder)
  }
}

async function scale(display: NodeJS.ProcessEnv, folder: string): Promise<Result> {
  const report = await measureScale(display, folder)
  return {
    metrics: { scale: report },
    ratios: {
      scaleTaskToBudget: report.longestTaskMs / taskBudgetMs,
      scaleTaskCpuToBudget: report.longestTaskCpuMs / taskBudgetMs,
    },
  }
}

async function waveforms(display: NodeJS.ProcessEnv, folder: string): Promise<Result> {
  const plantFile = path.join(folder, 'plant.json')
  const plant = startCli(['plant', '--port', '0', '--waveforms', String(channels), '--write-plant', plantFile])
  let running: Running | null = null
  try {
    await plant.line((line) => typeof line['endpointUrl'] === 'string')
    const file = JSON.parse(fs.readFileSync(plantFile, 'utf8')) as { points: { id: string; kind: string }[] }
    const pointIds = file.points.filter((point) => point.kind === 'waveform').map((point) => point.id)
    running = await launchDriven(display, { plant: plantFile, dataDir: path.join(folder, 'data') })
    const pid = running.app.process().pid ?? 0
    const { reading, memory } = await watch(running, pid, pointIds)
    const roles = ['main', 'renderer', 'gpu', 'engine']
    const growth = Object.fromEntries(roles.map((role) => [role, slope(memory, role)]))
    return {
      metrics: {
        channels,
        sampleRateHz: 25_600,
        seconds: runS,
        ...reading,
        memoryMbBefore: memory[0]?.mb,
        memoryMbAfter: memory.at(-1)?.mb,
        growthMbPerMinute: growth,
      },
      ratios: {
        framesToTarget: reading.framesPerSecond / 50,
        drawToBudget: reading.drawMsP95 / 16,
        latencyToBudget: reading.latencyMsP95 / 350,
      },
    }
  } finally {
    await running?.close()
    await plant.stop()
  }
}
