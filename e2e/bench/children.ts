import { spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A process that prints one JSON document a line. */
export interface JsonLines {
  child: ChildProcess
  /** The first line for which `test` holds; rejects when the process ends before. */
  line(test: (value: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

function follow(child: ChildProcess, name: string): JsonLines {
  const seen: Record<string, unknown>[] = []
  const waiting = new Set<() => void>()
  let ended = false
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (!text.startsWith('{')) return
      seen.push(JSON.parse(text) as Record<string, unknown>)
      for (const wake of waiting) wake()
    })
  const exit = new Promise<void>((resolve) =>
    child.on('exit', () => {
      ended = true
      for (const wake of waiting) wake()
      resolve()
    }),
  )
  return {
    child,
    line: (test) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = seen.find(test)
          if (found) resolve(found)
          else if (ended) reject(new Error(`${name} ended before it said what was waited for.`))
          else return
          waiting.delete(look)
        }
        waiting.add(look)
        look()
      }),
    stop: async () => {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 20_000)
      await exit
      clearTimeout(killer)
    },
  }
}

/** The command line as it was built; `out`: the folder of another build. */
export function startCli(args: readonly string[], out = path.join(root, 'out')): JsonLines {
  const cli = path.join(out, 'engine', 'cli.js')
  const child = spawn(process.execPath, [cli, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  return follow(child, `millwright ${args[0] ?? ''}`)
}

export function startScript(file: string, args: readonly string[]): JsonLines {
  const script = path.join(root, 'e2e', 'bench', file)
  const child = spawn(process.execPath, ['--max-semi-space-size=64', script, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return follow(child, file)
}

/** User and system time of a process and its threads, microseconds (Linux; NaN elsewhere). */
export function cpuUs(pid: number): number {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Fields 14 and 15, in clock ticks of 10 ms (USER_HZ is 100 on every Linux Node supports).
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return Number.NaN
  }
}

/** Resident memory of a process, MB (Linux; NaN elsewhere): now, or the most it ever had. */
export function residentMb(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const found = new RegExp(`${which}:\\s+(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))
    return (Number(found?.[1]) * 1024) / 1e6
  } catch {
    return Number.NaN
  }
}

export function temporaryFolder(name: string): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), `millwright-${name}-`))
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export function machine(): Record<string, unknown> {
  const [cpu] = os.cpus()
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryGb: Math.round(os.totalmem() / 1e9),
    platform: `${process.platform} ${os.release()}`,
    node: process.version,
  }
}
