import fs from 'node:fs'
import path from 'node:path'
import { askEngine } from '../../electron/engine/local-socket.ts'
import { openTwinForReading, twinFileName } from '../../electron/store/api.ts'
import { cpuUs, residentMb, sleep, startCli, startScript, temporaryFolder } from './children.ts'

const points = 10_000
const warmUpMs = 4000
const measureS = 8
/** Offered load that no client takes: the bare client's rate is then its ceiling. */
const saturatingPerSecond = 600_000
/** Shares of the bare client's ceiling offered to the engine, lowest first, until values are lost. */
const shares = [0.6, 0.75, 0.9]
const waveformChannels = 64

interface EngineRun {
  offeredPerSecond: number
  committedPerSecond: number
  cpuUsPerValue: number
  loopDelayP99Ms: number
  residentMb: number
  /** Why this run does not count; null when no value was lost. */
  loss: string | null
}

interface Status {
  engine: { committedValues: number; committedBlocks: number; loopDelayP99Ms: number }
}

async function withPlant<T>(
  args: readonly string[],
  body: (endpointUrl: string, plantFile: string) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder('bench-plant')
  const plantFile = path.join(folder, 'plant.json')
  const plant = startCli(['plant', '--port', '0', '--write-plant', plantFile, ...args])
  try {
    const { endpointUrl } = await plant.line((line) => typeof line['endpointUrl'] === 'string')
    return await body(String(endpointUrl), plantFile)
  } finally {
    await plant.stop()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** Values a second that a bare node-opcua client takes and drops. */
async function bare(perSecond: number): Promise<{ perSecond: number; cpuUsPerValue: number }> {
  return withPlant(['--points', String(points), '--rate', String(perSecond / points)], async (endpointUrl) => {
    const client = startScript('bare-client.ts', [
      '--endpoint',
      endpointUrl,
      '--points',
      String(points),
      '--seconds',
      String(measureS),
    ])
    const result = await client.line((line) => typeof line['values'] === 'number')
    await client.stop()
    const values = Number(result['values'])
    return { perSecond: values / Number(result['seconds']), cpuUsPerValue: Number(result['cpuUs']) / values }
  })
}

async function status(dataDir: string): Promise<Status> {
  let text = ''
  await askEngine(dataDir, { verb: 'status', argv: [], json: true }, { out: (piece) => (text += piece), err: () => {} })
  return JSON.parse(text) as Status
}

async function withEngine<T>(
  plantFile: string,
  body: (dataDir: string, pid: number) => Promise<T>,
): Promise<{ result: T; loss: string | null }> {
  const dataDir = temporaryFolder('bench-data')
  const keyFile = path.join(dataDir, 'key')
  fs.writeFileSync(keyFile, '07'.repeat(32))
  const engine = startCli(['engine', '--plant', plantFile, '--data', dataDir, '--key-file', keyFile, '--json'])
  try {
    const ready = await engine.line((line) => line['event'] === 'ready')
    await engine.line(
      (line) => line['event'] === 'link' && (line['detail'] as { phase?: string }).phase === 'connected',
    )
    const result = await body(dataDir, (ready['detail'] as { pid: number }).pid)
    await engine.stop()
    return { result, loss: await findLoss(dataDir) }
  } finally {
    await engine.stop()
    fs.rmSync(dataDir, { recursive: true, force: true })
  }
}

/** By sequence: every counter's values follow each other by one, and no gap row names a loss. */
async function findLoss(dataDir: string): Promise<string | null> {
  const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key: new Uint8Array(32).fill(7) })
  try {
    const gaps = (await twin.gaps({ limit: 1000 })).filter((gap) => gap.cause !== 'engine-stopped')
    const [gap] = gaps
    if (gap) return `${gaps.length} gap rows, first ${gap.cause}: ${gap.detail}`
    const known = (await twin.knownPoints()).filter((point) => point.kind === 'scalar')
    for (let i = 0; i < known.length; i += Math.max(1, Math.floor(known.length / 25))) {
      const point = known[i]
      if (!point) continue
      const page = await twin.scalars(point.key, 0, Number.MAX_SAFE_INTEGER, null, 50_000)
      for (let j = 1; j < page.count; j++) {
        const step = (page.value[j] ?? 0) - (page.value[j - 1] ?? 0)
        if (step !== 1) return `${point.id} steps by ${step} after ${page.value[j - 1] ?? 0}`
      }
    }
    return null
  } finally {
    await twin.close()
  }
}

async function engineRun(perSecond: number): Promise<EngineRun> {
  return withPlant(
    ['--points', String(points), '--rate', String(perSecond / points)],
    async (_endpointUrl, plantFile) => {
      const { result, loss } = await withEngine(plantFile, async (dataDir, pid) => {
        await sleep(warmUpMs)
        const before = await status(dataDir)
        const cpuBefore = cpuUs(pid)
        const startedMs = performance.now()
        await sleep(measureS * 1000)
        const after = await status(dataDir)
        const seconds = (performance.now() - startedMs) / 1000
        const values = after.engine.committedValues - before.engine.committedValues
        return {
          offeredPerSecond: perSecond,
          committedPerSecond: values / seconds,
          cpuUsPerValue: (cpuUs(pid) - cpuBefore) / values,
          loopDelayP99Ms: after.engine.loopDelayP99Ms,
          residentMb: residentMb(pid),
        }
      })
      return { ...result, loss }
    },
  )
}

/** 64 channels of 25.6 kHz: every block accepted, analysed and its features committed. */
async function waveforms(): Promise<Record<string, number | string>> {
  return withPlant(['--waveforms', String(waveformChannels)], async (_endpointUrl, plantFile) => {
    const { result, loss } = await withEngine(plantFile, async (dataDir, pid) => {
      await sleep(warmUpMs)
      const before = await status(dataDir)
      const cpuBefore = cpuUs(pid)
      await sleep(measureS * 1000)
      const after = await status(dataDir)
      const blocks = after.engine.committedBlocks - before.engine.committedBlocks
      return {
        waveformMBPerSecond: (blocks * 4096 * 4) / measureS / 1e6,
        waveformCores: (cpuUs(pid) - cpuBefore) / (measureS * 1e6),
        waveformResidentMb: residentMb(pid),
      }
    })
    return { ...result, waveformLoss: loss ?? 'none' }
  })
}

/** Committed values/s from a server in another process, against a bare node-opcua client that drops them. */
export async function benchIngest(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const ceiling = await bare(saturatingPerSecond)
  const runs: EngineRun[] = []
  for (const share of shares) {
    const run = await engineRun(Math.floor((ceiling.perSecond * share) / points) * points)
    runs.push(run)
    if (run.loss !== null) break
  }
  const best = runs.findLast((run) => run.loss === null)
  return {
    metrics: {
      bareValuesPerSecond: ceiling.perSecond,
      bareCpuUsPerValue: ceiling.cpuUsPerValue,
      committedValuesPerSecond: best?.committedPerSecond ?? 0,
      runs,
      ...(await waveforms()),
    },
    ratios: {
      durableToBare: (best?.committedPerSecond ?? 0) / ceiling.perSecond,
      cpuPerValueToBare: (best?.cpuUsPerValue ?? Number.NaN) / ceiling.cpuUsPerValue,
    },
  }
}
