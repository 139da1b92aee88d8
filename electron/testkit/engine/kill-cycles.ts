import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { openTwinForReading, twinFileName } from '../../store/api.ts'
import { engineToHostSchema, type EngineToHost } from '../../../shared/protocol/host.ts'
import { startTestServer, type TestServer } from '../opcua/test-server.ts'
import { seeded } from '../opcua/seeded.ts'
import { engineKey, spawnEngine, writeCounterPlant } from './counter-engine.ts'

const counters = 200
const tickMs = 50
/** Also where a loaded machine takes longer than the deadline for them. */
const fewestCycles = 3

type Receipt = Extract<EngineToHost, { t: 'receipt' }>

export interface KillReport {
  seed: number
  cycles: number
  receipts: number
  /** Values that receipts vouched for before the kills. */
  vouched: number
  rows: number
  /** From the start of the process that follows a kill to its first receipt with values, over a real connection. */
  againMs: { median: number; p95: number; most: number }
  /** Empty when nothing committed is missing or doubled and `verify` agrees. */
  faults: string[]
}

function startEngine(
  dataDir: string,
  plantFile: string,
  receipts: Receipt[],
): { child: ChildProcess; flowing: Promise<void> } {
  const child = spawnEngine(dataDir, plantFile)
  const flowing = new Promise<void>((resolve, reject) => {
    child.on('message', (raw) => {
      const message = engineToHostSchema.parse(raw)
      if (message.t === 'fatal') reject(new Error(message.message))
      if (message.t !== 'receipt') return
      receipts.push(message)
      if (message.points.length > 0) resolve()
    })
    child.on('exit', () => reject(new Error('The engine ended before it committed anything.')))
  })
  return { child, flowing }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null ? child.on('exit', () => resolve()) : resolve(),
  )

/**
 * Kills the engine at seeded moments while 4,000 values a second arrive, then stops it cleanly once. The oracle is what the
 * engine had sent before each kill, not the database: every vouched value must be there, none twice, in order.
 */
export async function killCycles(
  seed: number,
  cycles: number,
  deadlineMs = Number.POSITIVE_INFINITY,
): Promise<KillReport> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-kill-'))
  const dataDir = path.join(folder, 'data')
  fs.mkdirSync(dataDir)
  const next = seeded(seed)
  const startedMs = performance.now()
  const server = await startTestServer({ counters, tickMs })
  const receipts: Receipt[] = []
  const againMs: number[] = []
  let done = 0
  try {
    const plantFile = writeCounterPlant(folder, server.port, counters, tickMs)
    while (done < cycles && (done < fewestCycles || performance.now() - startedMs < deadlineMs)) {
      const startMs = performance.now()
      const { child, flowing } = startEngine(dataDir, plantFile, receipts)
      await flowing
      if (done > 0) againMs.push(performance.now() - startMs)
      await new Promise((resolve) => setTimeout(resolve, next() * 1500))
      child.kill('SIGKILL')
      await ended(child)
      // The dead client's subscription would go on queueing for its ten minutes: fifty of them starve this process.
      server.dropSessions()
      done += 1
    }
    await stopOnce(dataDir, plantFile, receipts)
    return { seed, cycles: done, againMs: spread(againMs), ...(await judge(dataDir, receipts, server)) }
  } finally {
    await server.stop()
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function spread(times: readonly number[]): KillReport['againMs'] {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
  return { median: at(0.5), p95: at(0.95), most: at(1) }
}

async function stopOnce(dataDir: string, plantFile: string, receipts: Receipt[]): Promise<void> {
  const { child, flowing } = startEngine(dataDir, plantFile, receipts)
  await flowing
  child.send({ t: 'stop' })
  await ended(child)
}

async function judge(
  dataDir: string,
  receipts: readonly Receipt[],
  server: TestServer,
): Promise<Omit<KillReport, 'seed' | 'cycles' | 'againMs'>> {
  const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key: engineKey })
  const faults: string[] = []
  let rows = 0
  let vouched = 0
  try {
    for (const fault of await twin.verify()) faults.push(`verify: ${fault.path} ${fault.message}`)
    for (const point of await twin.knownPoints()) {
      const stored = await readAll(twin, point.key)
      rows += stored.values.length
      const own = receipts.flatMap((receipt) => receipt.points.filter((entry) => entry.key === point.key))
      vouched += own.reduce((sum, entry) => sum + entry.count, 0)
      const there = new Set(stored.values)
      for (const entry of own) {
        if (!there.has(entry.lastValue)) faults.push(`${point.id}: ${entry.lastValue} was vouched for and is missing`)
      }
      const vouchedHere = own.reduce((sum, entry) => sum + entry.count, 0)
      if (stored.values.length < vouchedHere)
        faults.push(`${point.id}: ${vouchedHere} vouched for, ${stored.values.length} stored`)
      stored.values.forEach((value, i) => {
        const before = stored.values[i - 1]
        if (before !== undefined && value <= before) faults.push(`${point.id}: ${value} after ${before}`)
      })
    }
    const killed = (await twin.gaps({ limit: 10_000 })).filter((gap) => gap.cause === 'engine-killed').length
    if (killed === 0 && server.count() > 0 && receipts.length > 0) faults.push('no kill is recorded as a gap')
  } finally {
    await twin.close()
  }
  return { receipts: receipts.length, vouched, rows, faults: faults.slice(0, 20) }
}

async function readAll(twin: ReturnType<typeof openTwinForReading>, pointKey: number): Promise<{ values: number[] }> {
  const values: number[] = []
  let page = await twin.scalars(pointKey, 0, Number.MAX_SAFE_INTEGER, null, 50_000)
  for (;;) {
    values.push(...page.value.subarray(0, page.count))
    if (!page.next) return { values }
    page = await twin.scalars(pointKey, 0, Number.MAX_SAFE_INTEGER, page.next, 50_000)
  }
}
