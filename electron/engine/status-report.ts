import type { LinkState } from '../../shared/domain/intake.ts'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import type { DiskState } from '../../shared/domain/retention.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { Engine } from './engine.ts'
import { statusFrame } from './status-frame.ts'

/** What `millwright status --json` prints (docs/ARCHITECTURE.md, the data folder). */
export interface StatusReport {
  schema: 'millwright/status@1'
  at: string
  engine: { state: 'running' | 'stopped' } & Record<string, unknown>
  links: LinkState[]
  points: { live: number; stale: number; bad: number }
  queues: { name: string; depth: number; limit: number | null; oldestS: number | null; hits: number }[]
  destinations: DestinationState[]
  /** Room on the data folder's disk, and what is given up for want of it. */
  disk: DiskState | null
  /** Objectives are measured by a later release; empty until then. */
  objectives: never[]
  problems: Problem[]
}

export function statusReport(engine: Engine): StatusReport {
  const frame = statusFrame(engine)
  return {
    schema: 'millwright/status@1',
    at: new Date(frame.atUs / 1000).toISOString(),
    engine: {
      state: 'running',
      version: frame.version,
      pid: frame.pid,
      startedAt: new Date(frame.startedUs / 1000).toISOString(),
      valuesPerSecond: frame.valuesPerSecond,
      blocksPerSecond: frame.blocksPerSecond,
      committedValues: engine.throughput.committedValues,
      committedBlocks: engine.throughput.committedBlocks,
      loopDelayP99Ms: engine.loopDelay.percentile(99) / 1e6,
      commits: frame.twin.commits,
      twinBytes: frame.twin.bytes,
    },
    links: frame.links,
    points: frame.points,
    queues: [...frame.queues, ...frame.destinations.map((destination) => syncQueue(destination, frame.atUs))],
    destinations: frame.destinations,
    disk: engine.storage.guard.state,
    objectives: [],
    problems: frame.problems,
  }
}

export function syncQueue(destination: DestinationState, nowUs: number): StatusReport['queues'][number] {
  const { id, depth, oldestUs } = destination
  // The outbox is bounded by the disk, not by a number.
  return {
    name: `sync.${id}`,
    depth,
    limit: null,
    oldestS: oldestUs === null ? null : (nowUs - oldestUs) / 1e6,
    hits: 0,
  }
}

/** The same for a person. */
export function statusText(report: StatusReport): string {
  const { engine, points } = report
  const lines = [
    `engine ${engine.state}`,
    `points: ${points.live} live, ${points.stale} stale or missing, ${points.bad} bad`,
    ...report.links.map((link) => `link ${link.serverId}: ${link.phase}${link.message ? `, ${link.message}` : ''}`),
    ...report.queues.map(
      (queue) => `queue ${queue.name}: ${queue.depth}${queue.limit === null ? '' : ` of ${queue.limit}`}`,
    ),
    ...report.destinations.map((d) => `delivery ${d.id}: ${d.state}${d.lastError ? `, ${d.lastError}` : ''}`),
    ...report.problems.map((problem) => `${problem.severity}: ${problem.message} ${problem.remedy}`),
  ]
  return `${lines.join('\n')}\n`
}
