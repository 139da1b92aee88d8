import { hasDisplay, startXvfb } from '../../scripts/lib/xvfb.mjs'
import { launchDriven, removeFolder } from '../harness/launch.ts'
import { treeOf } from '../harness/process-tree.ts'
import { runtimeName } from '../harness/runtime.ts'
import { cpuUs, residentMb, sleep } from './children.ts'

const runs = 3
const idleS = 20

interface Start {
  windowMs: number
  firstValueMs: number
}

function roleOf(command: string): string {
  const type = /--type=([\w-]+)/.exec(command)?.[1]
  if (type !== undefined) return type
  if (command.includes('engine.js')) return 'engine'
  if (command.includes('plant.js')) return 'simulated-plant'
  return 'main'
}

/**
 * From launch to the first live value in the window, on the built-in simulated plant; then idle CPU and memory of each
 * process. The first start makes keys and an empty twin, the later ones open what is there: both are reported.
 */
export async function benchStartup(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const xvfb = hasDisplay() ? null : await startXvfb({ width: 1600, height: 1000 })
  let dataDir: string | undefined
  const starts: Start[] = []
  let idle: Record<string, { cpuPercent: number; memoryMb: number }> = {}
  try {
    for (let i = 0; i < runs; i++) {
      const startedMs = performance.now()
      const running = await launchDriven(xvfb?.env ?? process.env, dataDir === undefined ? {} : { dataDir })
      dataDir = running.dataDir
      const windowMs = performance.now() - startedMs
      await running.window.locator('[data-tile]:not(.tile-blind)').first().waitFor({ timeout: 60_000 })
      starts.push({ windowMs, firstValueMs: performance.now() - startedMs })
      if (i === runs - 1) idle = await idleOf(running.app.process().pid ?? 0)
      await running.close()
    }
  } finally {
    xvfb?.stop()
    if (dataDir !== undefined) removeFolder(dataDir)
  }
  const [first, ...later] = starts
  const warm = later.reduce((sum, start) => sum + start.firstValueMs, 0) / later.length
  return {
    metrics: { runtime: runtimeName(), starts, firstStartMs: first?.firstValueMs, laterStartMs: warm, idle },
    ratios: { liveToWindow: warm / (later.reduce((sum, start) => sum + start.windowMs, 0) / later.length) },
  }
}

async function idleOf(pid: number): Promise<Record<string, { cpuPercent: number; memoryMb: number }>> {
  await sleep(5000)
  const before = new Map(treeOf(pid).map((entry) => [entry.pid, cpuUs(entry.pid)]))
  await sleep(idleS * 1000)
  const idle: Record<string, { cpuPercent: number; memoryMb: number }> = {}
  for (const entry of treeOf(pid)) {
    const role = roleOf(entry.command)
    const sum = idle[role] ?? { cpuPercent: 0, memoryMb: 0 }
    const spentUs = cpuUs(entry.pid) - (before.get(entry.pid) ?? 0)
    idle[role] = {
      cpuPercent: sum.cpuPercent + spentUs / (idleS * 1e4),
      memoryMb: sum.memoryMb + residentMb(entry.pid),
    }
  }
  return idle
}
