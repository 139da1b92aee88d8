import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { startUs } from './audit-plant.ts'
import { cpuUs, residentMb, root } from './children.ts'
import type { Where } from './store-twin.ts'

const cli = path.join(root, 'out', 'engine', 'cli.js')

export interface AuditRun {
  values: number
  readValueByValue: number
  points: number
  gateFailing: number
  /** From the start of the process to its end: loading, planning and writing the report are in it. */
  auditS: number
  /** User and system time of all its threads. */
  auditCpuS: number
  rssPeakMB: number
  reportMB: number
  loadAverage: number
}

const report = z.object({
  gate: z.object({ failing: z.number() }),
  basis: z.object({ points: z.number(), values: z.number(), read: z.number() }),
})

/** `millwright audit` as it is shipped over the whole week, in a process of its own. */
export async function auditWeek({ dir, key }: Where): Promise<AuditRun> {
  const keyFile = path.join(dir, 'key')
  fs.writeFileSync(keyFile, `${Buffer.from(key).toString('hex')}\n`, { mode: 0o600 })
  const [from, to] = [startUs, startUs + 7 * 86_400e6].map((us) => new Date(us / 1000).toISOString())
  const args = [cli, 'audit', '--data', dir, '--key-file', keyFile, '--from', from ?? '', '--to', to ?? '', '--json']
  const loadAverage = os.loadavg()[0] ?? Number.NaN
  const began = performance.now()
  let [peakMB, lastCpuUs] = [0, 0]
  let out = ''
  await new Promise<void>((resolve, reject) => {
    const child = execFile(process.execPath, args, { maxBuffer: 2 ** 30 }, (error, stdout, stderr) => {
      clearInterval(look)
      out = stdout
      // 1: the gate is shut, which the dead tags of the bench see to.
      if (error && error.code !== 1) reject(new Error(stderr || error.message, { cause: error }))
      else resolve()
    })
    const pid = child.pid ?? 0
    const look = setInterval(() => {
      peakMB = Math.max(peakMB, residentMb(pid, 'VmHWM') || 0)
      lastCpuUs = cpuUs(pid) || lastCpuUs
    }, 50)
  })
  const auditS = (performance.now() - began) / 1000
  const { gate, basis } = report.parse(JSON.parse(out))
  return {
    values: basis.values,
    readValueByValue: basis.read,
    points: basis.points,
    gateFailing: gate.failing,
    auditS,
    auditCpuS: lastCpuUs / 1e6,
    rssPeakMB: peakMB,
    reportMB: out.length / 1e6,
    loadAverage,
  }
}
