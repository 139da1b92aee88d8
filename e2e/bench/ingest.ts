import { cpuUs, sleep, startScript } from './children.ts'
import { intakeCost, type IntakeCost } from './plain/intake.ts'
import { withPlainEngine } from './plain/build.ts'
import { limitOf, machineTicks, measure, secure, withEngine, withPlant } from './ingest-rig.ts'

const points = 10_000
const warmUpMs = 4000
const measureS = 8
/** Offered load that no client takes: the bare client's rate is then its ceiling. */
const saturatingPerSecond = 600_000
/** Shares of the bare client's ceiling offered to the engine, lowest first, until values are lost. */
const shares = [0.6, 0.75, 0.9]
/** Offered to both: a plant of 5,000 points at 10 Hz, and twice that. */
const equalRates = [50_000, 100_000]
const plan = { points: 5000, rateHz: 10, waveforms: 32 }
const manyWaveforms = 64
const blockBytes = 4096 * 4

interface BareRun {
  perSecond: number
  cpuUsPerValue: number
  residentMb: number
  serverCores: number
  limit: string
}

interface EngineRun {
  offeredPerSecond: number
  committedPerSecond: number
  cpuUsPerValue: number
  loopDelayP99Ms: number
  residentMb: number
  serverCores: number
  machineBusy: number
  limit: string
  /** Why this run does not count; null when no value was lost. */
  loss: string | null
}

const load = (perSecond: number): string[] => ['--points', String(points), '--rate', String(perSecond / points)]

/** Values that a bare node-opcua client takes and drops. */
async function bare(perSecond: number): Promise<BareRun> {
  return withPlant(load(perSecond), async ({ endpointUrl, pid }) => {
    const options = { endpoint: endpointUrl, points: String(points), seconds: String(measureS) }
    const before = { cpuUs: cpuUs(pid), machine: machineTicks(), ms: performance.now() }
    const client = startScript(
      'bare-client.ts',
      Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    )
    const result = await client.line((line) => typeof line['values'] === 'number')
    const serverCores = (cpuUs(pid) - before.cpuUs) / ((performance.now() - before.ms) * 1000)
    const machine = machineTicks()
    await client.stop()
    const values = Number(result['values'])
    return {
      perSecond: values / Number(result['seconds']),
      cpuUsPerValue: Number(result['cpuUs']) / values,
      residentMb: Number(result['residentMb']),
      serverCores,
      limit: limitOf(serverCores, (machine.busy - before.machine.busy) / (machine.all - before.machine.all)),
    }
  })
}

/** `out`: the folder of another build of the engine. */
async function engineRun(perSecond: number, out?: string): Promise<EngineRun> {
  return withPlant(load(perSecond), async (plant) => {
    const { result, loss } = await withEngine(
      plant,
      points,
      async (engine) => {
        await sleep(warmUpMs)
        const run = await measure(engine, plant, measureS)
        return {
          offeredPerSecond: perSecond,
          committedPerSecond: run.values / run.seconds,
          cpuUsPerValue: run.engineCpuUs / run.values,
          loopDelayP99Ms: run.loopDelayP99Ms,
          residentMb: run.residentMb,
          serverCores: run.serverCores,
          machineBusy: run.machineBusy,
          limit: limitOf(run.serverCores, run.machineBusy),
        }
      },
      out,
    )
    return { ...result, loss }
  })
}

interface Contracts extends IntakeCost {
  /** The engine at the same load, as it is shipped and built without contracts. One run each: they differ by more than this. */
  with: EngineRun
  without: EngineRun
}

interface FullRun {
  readyS: number
  valuesPerSecond: number
  waveformMBPerSecond: number
  cores: number
  residentMb: number
  loopDelayP99Ms: number
  serverCores: number
  machineBusy: number
  loss: string
}

/** Waveforms with or without scalars: every block accepted, analysed with all features, and its features committed. */
async function fullRun(args: readonly string[], all: number, secured: boolean, seconds: number): Promise<FullRun> {
  return withPlant(args, async (plant) => {
    if (secured) secure(plant.plantFile)
    const { result, loss } = await withEngine(plant, all, async (engine) => {
      await sleep(warmUpMs)
      const run = await measure(engine, plant, seconds)
      return {
        readyS: engine.readyS,
        valuesPerSecond: run.values / run.seconds,
        waveformMBPerSecond: (run.blocks * blockBytes) / run.seconds / 1e6,
        cores: run.engineCores,
        residentMb: run.residentMb,
        loopDelayP99Ms: run.loopDelayP99Ms,
        serverCores: run.serverCores,
        machineBusy: run.machineBusy,
      }
    })
    return { ...result, loss: loss ?? 'none' }
  })
}

export const planArguments = [
  ['--points', String(plan.points)],
  ['--rate', String(plan.rateHz)],
  ['--waveforms', String(plan.waveforms)],
].flat()
export const planPoints = plan.points + plan.waveforms

/**
 * The engine as shipped (real flags, encrypted twin, synchronous=FULL) against a bare node-opcua client that drops what it
 * takes, both on a server of the same kind in a process of its own with the same points, publishing and queues.
 *
 * - CPU is user and system time of all threads of the engine's process, collection included, by committed value. The server's is reported beside it: it shares the cores, and `limit` says when it or the machine was what ended
 *   the rise of a rate.
 * - `atEqualRate` is the comparison that counts for a plant: the same load offered to both. At its ceiling the bare client gets
 *   ever larger messages, which are cheaper by value, and has no queue to keep.
 * - `contracts`: what enforcing them costs by value, from the intake alone, with and without; `contractsToNone` is the throughput
 *   that is left of what would be without, at the processor time of a value at the highest equal rate. At least 0.85.
 * - A run counts only when nothing was lost: no gap row, and counters of 25 points that go up by one.
 * - Compaction: a run begins every 750,000 samples, so that one or two fall in each stretch from 100,000 values/s on. What is not
 *   in it: chunks are made of the segments of 16 runs at once, every two minutes at that rate. That adds 0.2 to 0.3 us a value
 *   (`bench store`, `manyPoints`, has all of it; decision 0002).
 * - `plan` is 5,000 points at 10 Hz and 32 channels of 25.6 kHz over SignAndEncrypt; 40 s, so that the memory of the start is
 *   given back. `readyS` is from the start of the process to a value of every point.
 */
export async function benchIngest(): Promise<{ metrics: Record<string, unknown>; ratios: Record<string, number> }> {
  const ceiling = await bare(saturatingPerSecond)
  const runs: EngineRun[] = []
  for (const share of shares) {
    const run = await engineRun(Math.floor((ceiling.perSecond * share) / points) * points)
    runs.push(run)
    if (run.loss !== null) break
  }
  const best = runs.findLast((run) => run.loss === null)
  const atEqualRate = []
  for (const perSecond of equalRates)
    atEqualRate.push({ bare: await bare(perSecond), engine: await engineRun(perSecond) })
  const most = atEqualRate.at(-1)
  if (!most) throw new Error('nothing was measured at an equal rate')
  const contracts: Contracts = {
    ...intakeCost(),
    with: most.engine,
    without: await withPlainEngine((out) => engineRun(equalRates.at(-1) ?? 0, out)),
  }
  const enforcementUs = contracts.enforcedUsPerValue - contracts.plainUsPerValue
  const cpuAtEqualRate = atEqualRate.map(({ bare: client, engine }) => engine.cpuUsPerValue / client.cpuUsPerValue)
  return {
    metrics: {
      bare: ceiling,
      committedValuesPerSecond: best?.committedPerSecond ?? 0,
      runs,
      atEqualRate,
      contracts,
      plan: await fullRun(planArguments, planPoints, true, 40),
      waveforms: await fullRun(['--waveforms', String(manyWaveforms)], manyWaveforms, false, measureS),
    },
    ratios: {
      durableToBare: (best?.committedPerSecond ?? 0) / ceiling.perSecond,
      cpuPerValueToBare: (best?.cpuUsPerValue ?? Number.NaN) / ceiling.cpuUsPerValue,
      contractsToNone: 1 - enforcementUs / most.engine.cpuUsPerValue,
      ...Object.fromEntries(
        equalRates.map((rate, i) => [`cpuPerValueToBareAt${rate}`, cpuAtEqualRate[i] ?? Number.NaN]),
      ),
    },
  }
}
