import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTwin, openTwinForReading } from '../../electron/store/api.ts'
import { limits } from '../../shared/domain/limits.ts'
import { Plant, START_US } from './store-plant.ts'
import { cpuMs, quantile, workers, type Where } from './store-twin.ts'

const points = 10_000
const perTick = 2
const tickUs = perTick * 100_000
const tickSamples = points * perTick
/** All runs that wait in segments, the one that makes chunks of them, and a tail: each step of compaction is in the figure. */
const ticks = Math.ceil(((limits.compaction.segmentRuns + 1.5) * limits.compaction.samples) / tickSamples)
const trends = 24

/**
 * A plant of 10,000 points at 10 Hz in the ticks of an engine, at full rate: a run of compaction has 75 samples of each. Trends are
 * read when most segments there can be stand behind the chunks (before the last run), which is when they take longest.
 */
export async function manyPoints({ file, key }: Where): Promise<Record<string, number>> {
  const twin = await openTwin({ file, key, workers })
  await twin.points(Array.from({ length: points }, (_, i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' as const })))
  await twin.commitConfig({ hash: 'bench', text: '{}', author: 'bench', reason: 'bench', atUs: START_US })
  await twin.sessionStart(START_US)
  const plant = new Plant(0, points, perTick)
  const idle = async (): Promise<void> => {
    while ((await twin.compaction()).waitingSamples >= limits.compaction.samples) await sleep(20)
  }
  const fill = async (from: number, to: number): Promise<number> => {
    const cpu = process.cpuUsage()
    const waiting = new Set<Promise<unknown>>()
    for (let number = from + 1; number <= to; number++) {
      const atUs = START_US + number * tickUs
      const commit: Promise<unknown> = twin
        .commitTick({ number, atUs, scalars: plant.next(), gaps: [], features: [] })
        .then(() => waiting.delete(commit))
      waiting.add(commit)
      if (waiting.size >= 4) await Promise.race(waiting)
    }
    await Promise.all(waiting)
    await idle()
    const { user, system } = process.cpuUsage(cpu)
    return user + system
  }
  const beforeChunks = Math.floor(((limits.compaction.segmentRuns - 0.5) * limits.compaction.samples) / tickSamples)
  const startMs = performance.now()
  let cpuUs = await fill(0, beforeChunks)
  let tookMs = performance.now() - startMs
  const reads = await readTrends({ file, key }, beforeChunks)
  const againMs = performance.now()
  cpuUs += await fill(beforeChunks, ticks)
  tookMs += performance.now() - againMs
  await twin.close()
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true })
  const samples = ticks * tickSamples
  return { samples, perSecond: samples / (tookMs / 1000), cpuUsPerSample: cpuUs / samples, ...reads }
}

interface Times {
  ms: number[]
  cpuMs: number[]
}

async function readTrends(
  where: { file: string; key: Uint8Array },
  ticksSoFar: number,
): Promise<Record<string, number>> {
  const endUs = START_US + ticksSoFar * tickUs
  const cold: Times = { ms: [], cpuMs: [] }
  const warm: Times = { ms: [], cpuMs: [] }
  for (let turn = 0; turn < trends; turn++) {
    const twin = openTwinForReading(where)
    for (const times of [cold, warm]) {
      const start = performance.now()
      const cpuStart = cpuMs()
      await twin.trend(1 + ((turn * 37) % points), endUs - 60e6 * (1 + (turn % 3)), endUs, 1600)
      times.ms.push(performance.now() - start)
      times.cpuMs.push(cpuMs() - cpuStart)
    }
    await twin.close()
  }
  return {
    coldP95Ms: quantile(cold.ms, 0.95),
    warmP95Ms: quantile(warm.ms, 0.95),
    coldCpuP95Ms: quantile(cold.cpuMs, 0.95),
    warmCpuP95Ms: quantile(warm.cpuMs, 0.95),
  }
}
