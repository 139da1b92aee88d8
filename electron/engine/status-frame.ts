import fs from 'node:fs'
import path from 'node:path'
import { limits } from '../../shared/domain/limits.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import type { QueueState, StatusFrame } from '../../shared/protocol/views.ts'
import { twinFileName } from '../store/api.ts'
import type { Engine } from './engine.ts'
import { engineVersion } from './version.ts'

/** Live: a value within its contract's time; stale: older or missing; bad: live, but of bad quality. */
export function pointCounts(engine: Engine): StatusFrame['points'] {
  const counts = { live: 0, stale: 0, bad: 0, states: engine.acquisition.states.counts() }
  for (const state of engine.acquisition.ingest.states()) {
    if (state.freshness !== 'live') counts.stale += 1
    else if (qualityOf(state.status) === 'bad') counts.bad += 1
    else counts.live += 1
  }
  return counts
}

function queues(engine: Engine): QueueState[] {
  const { queues: held, scalars } = engine.acquisition.ingest.counters()
  const features = engine.acquisition.pipeline.featureQueue
  const oldest = (depth: number): number | null => (depth > 0 ? limits.tickMs / 1000 : null)
  return [
    {
      name: 'scalars',
      depth: held.scalars,
      limit: held.scalarLimit,
      hits: scalars.queueFull,
      oldestS: oldest(held.scalars),
    },
    {
      name: 'blocks',
      depth: engine.dspQueue.depth,
      limit: limits.blockQueue,
      hits: engine.dspQueue.hits,
      oldestS: null,
    },
    {
      name: 'features',
      depth: features.depth,
      limit: limits.featureQueue,
      hits: features.hits,
      oldestS: oldest(features.depth),
    },
    { name: 'server-alarms', ...engine.conditions.queue, limit: limits.serverAlarmEntries, oldestS: null },
  ]
}

function twinBytes(dataDir: string): number {
  return [twinFileName, `${twinFileName}-wal`].reduce((sum, name) => {
    const stat = fs.statSync(path.join(dataDir, name), { throwIfNoEntry: false })
    return sum + (stat?.size ?? 0)
  }, 0)
}

export function statusFrame(engine: Engine): StatusFrame {
  const { options, twin, throughput } = engine
  const nowMs = options.clock.monotonicMs()
  return {
    atUs: options.clock.nowUs(),
    startedUs: engine.startedUs,
    version: engineVersion,
    pid: process.pid,
    node: process.version,
    plantFile: options.plantFile,
    dataDir: options.dataDir,
    configHash: engine.model.configHash,
    twin: {
      bytes: twinBytes(options.dataDir),
      opened: twin.opened.message,
      lastCommitUs: throughput.lastReceipt?.committedUs ?? null,
      commits: throughput.commits,
    },
    points: pointCounts(engine),
    valuesPerSecond: throughput.valuesPerSecond(nowMs),
    blocksPerSecond: throughput.blocksPerSecond(nowMs),
    links: engine.acquisition.links(),
    destinations: engine.destinations,
    queues: queues(engine),
    problems: engine.problems.list(),
  }
}
