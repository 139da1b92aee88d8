import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { SweepReport } from '../../../electron/store/faults/sweep.ts'
import { sweepNames } from './child.ts'

/** Every n of every kind of failure. System calls are failed where there is a C compiler; else those sweeps are named as left out. */
export async function nthWrite(): Promise<{ ok: boolean; report: object }> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-shim-'))
  try {
    const shim = compiled(dir)
    const sweeps: Record<string, SweepReport | null> = {}
    for (const name of sweepNames) {
      sweeps[name] = await inChild(dir, name, shim)
      process.stderr.write(`${name}: ${JSON.stringify(sweeps[name])}\n`)
    }
    const done = Object.values(sweeps).flatMap((report) => report ?? [])
    const ok = done.length >= 3 && done.every(({ faults, struck }) => faults.length === 0 && struck > 0)
    const struck = done.reduce((sum, report) => sum + report.struck, 0)
    return { ok, report: { struck, systemCalls: shim !== null, sweeps } }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

function compiled(dir: string): string | null {
  const shim = path.join(dir, 'fault-shim.so')
  try {
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', shim, path.join(import.meta.dirname, 'fault-shim.c'), '-ldl'])
    return shim
  } catch (error) {
    process.stderr.write(`system calls are left out: ${error instanceof Error ? error.message : String(error)}\n`)
    return null
  }
}

function inChild(dir: string, name: string, shim: string | null): Promise<SweepReport | null> {
  const control = path.join(dir, 'control')
  fs.writeFileSync(control, Buffer.alloc(48))
  const env = shim === null ? process.env : { ...process.env, LD_PRELOAD: shim, FAULT_CONTROL: control }
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'child.ts'), name], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${name} ended with ${code}`))
      else resolve(JSON.parse(out) as SweepReport | null)
    })
  })
}
