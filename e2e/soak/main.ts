import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { killCycles as killStoreCycles } from '../../electron/store/faults/kill-cycles.ts'
import { testTwin } from '../../electron/store/twin-fixtures.ts'
import { killCycles } from '../../electron/testkit/engine/kill-cycles.ts'
import { twinThroughFaults } from '../../electron/testkit/engine/twin-through-faults.ts'
import { cutCycles } from '../../electron/testkit/opcua/cut-cycles.ts'
import { linkThroughFaults } from '../../electron/testkit/opcua/link-through-faults.ts'
import { noticeCycles } from '../../electron/testkit/opcua/notice-cycles.ts'
import { machine, root } from '../bench/children.ts'
import { auditScale } from './audit-scale.ts'
import { auditTrail } from './audit-trail.ts'
import { diagnosisSoak } from './diagnosis/index.ts'
import { fullDisk } from './full-disk.ts'
import { soakIngest } from './ingest.ts'
import { nthWrite } from './nth-write/index.ts'

const defaultSeed = 20_261_122

interface Result {
  ok: boolean
  report: object
}

/** Full counts of what `npm test` runs in part. */
const soaks: Record<string, (seed: number) => Promise<Result>> = {
  cuts: async (seed) => {
    const report = await cutCycles(seed, 100)
    return { ok: report.faults.length === 0 && report.cycles === 100, report }
  },
  quirks: async (seed) => {
    const twin = twinThroughFaults(seed, 90_000)
    const link = [await linkThroughFaults(seed, 60_000), await linkThroughFaults(seed + 1, 60_000)]
    const all = [...link, await twin]
    return { ok: all.every(({ faults }) => faults.length === 0), report: { link, twin: await twin } }
  },
  notice: async (seed) => {
    const report = await noticeCycles(seed, 20)
    return { ok: report.maxNoticedMs <= 6_000 && report.maxBackMs <= 5_000, report }
  },
  kill9: async (seed) => {
    const report = await killCycles(seed, 50)
    return { ok: report.faults.length === 0 && report.cycles === 50, report }
  },
  'kill9-store': async (seed) => {
    const where = testTwin()
    try {
      const report = await killStoreCycles(where, seed, 200)
      return { ok: report.faults.length === 0 && report.kills === 200, report }
    } finally {
      fs.rmSync(where.dir, { recursive: true, force: true })
    }
  },
  'nth-write': nthWrite,
  'full-disk': fullDisk,
  'audit-trail': auditTrail,
  diagnosis: diagnosisSoak,
  'audit-scale': () => auditScale(),
  ingest: () => soakIngest(),
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Runs one soak and keeps seed, duration, machine and result in docs/measurements with the commit it ran on. */
async function main(): Promise<number> {
  const args = process.argv.slice(2)
  const name = args.find((arg) => !arg.startsWith('--')) ?? ''
  const soak = Object.hasOwn(soaks, name) ? soaks[name] : undefined
  if (!soak) {
    process.stderr.write(`usage: npm run -s soak -- ${Object.keys(soaks).join('|')} [--seed=N] [--json]\n`)
    return 2
  }
  const seed = Number(args.find((arg) => arg.startsWith('--seed='))?.slice('--seed='.length) ?? defaultSeed)
  const startedMs = performance.now()
  const { ok, report } = await soak(seed)
  const seconds = Math.round((performance.now() - startedMs) / 1000)
  const result = { soak: name, commit: commit(), at: new Date().toISOString(), seconds, ok, machine: machine(), report }
  const folder = path.join(root, 'docs', 'measurements')
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, `soak-${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return ok ? 0 : 1
}

process.exitCode = await main()
