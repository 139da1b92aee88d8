import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { engineToHostSchema } from '../../../shared/protocol/host.ts'
import { isBackfilled } from '../../../shared/domain/status-code.ts'
import { openTwinForReading, twinFileName } from '../../store/api.ts'
import { account, type Account, type AccountedRow } from '../opcua/accounting.ts'
import { FaultSequence } from '../opcua/fault-sequence.ts'
import { engineKey, spawnEngine, writeCounterPlant } from './counter-engine.ts'

const counters = 2

export interface TwinFaultReport extends Account {
  seed: number
  done: readonly string[]
  causes: Record<string, number>
}

/** The real engine through seeded faults; then its twin against the log of the server: values and stored gaps. */
export async function twinThroughFaults(
  seed: number,
  forMs: number,
  ...named: Parameters<FaultSequence['run']>[2][]
): Promise<TwinFaultReport> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-faults-'))
  const dataDir = path.join(folder, 'data')
  fs.mkdirSync(dataDir)
  const sequence = await FaultSequence.start(seed, counters)
  try {
    const plantFile = writeCounterPlant(folder, sequence.port, counters, 50)
    const child = spawnEngine(dataDir, plantFile)
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    let last = Number.NaN
    child.on('message', (raw) => {
      const message = engineToHostSchema.parse(raw)
      if (message.t === 'receipt') last = message.points.at(0)?.lastValue ?? last
    })
    await sequence.run(forMs, { connected: () => true, last: () => last }, ...named)
    child.send({ t: 'stop' })
    await ended
    return { seed, done: sequence.done, ...(await judge(dataDir, sequence)) }
  } finally {
    await sequence.stop()
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

async function judge(dataDir: string, sequence: FaultSequence): Promise<Omit<TwinFaultReport, 'seed' | 'done'>> {
  const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key: engineKey })
  const report = { values: 0, missing: 0, gaps: 0, faults: [] as string[], causes: {} as Record<string, number> }
  try {
    for (const point of await twin.knownPoints()) {
      const { live, past } = await rowsOf(twin, point.key)
      // The stop at the end is a gap of its own, which nothing of this run ends.
      const gaps = (await twin.gaps({ pointKey: point.key, limit: 10_000 })).filter(
        ({ cause }) => cause !== 'engine-stopped',
      )
      const found = account(point.id, sequence.runs, live, past, gaps)
      report.values += found.values
      report.missing += found.missing
      report.gaps += found.gaps
      report.faults.push(...found.faults)
      for (const { cause } of gaps) report.causes[cause] = (report.causes[cause] ?? 0) + 1
    }
  } finally {
    await twin.close()
  }
  return report
}

async function rowsOf(
  twin: ReturnType<typeof openTwinForReading>,
  pointKey: number,
): Promise<{ live: AccountedRow[]; past: AccountedRow[] }> {
  const live: AccountedRow[] = []
  const past: AccountedRow[] = []
  let next = null
  do {
    const page = await twin.scalars(pointKey, 0, Number.MAX_SAFE_INTEGER, next, 50_000)
    for (let i = 0; i < page.count; i += 1) {
      const row = { value: page.value[i] ?? Number.NaN, sourceUs: page.sourceUs[i] ?? Number.NaN }
      if (isBackfilled(page.status[i] ?? 0)) past.push(row)
      else live.push(row)
    }
    next = page.next
  } while (next)
  return { live, past }
}
