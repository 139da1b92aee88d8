import { hasOverflow } from '../../../shared/domain/status-code.ts'
import type { OpcuaConnectionOptions } from '../../opcua/types.ts'
import { type Link, LinkRig } from './link-rig.ts'
import { faultsOf, until } from './recording-sink.ts'
import { seeded, sleep } from './seeded.ts'
import { ServerProcess } from './server-process.ts'
import { TcpProxy } from './tcp-proxy.ts'

const kinds = ['cut', 'replies lost, then cut', 'port closed', 'silent', 'half-open', 'frozen'] as const

export interface CutReport {
  cycles: number
  values: number
  lost: number
  repeated: number
  gaps: number
  overflows: number
  recreated: number
  /** Milliseconds from a silent fault to the link being called lost; null when the kind is noticed by its socket. */
  noticedMs: { median: number; most: number; kind: string } | null
  /** Milliseconds from the path's return to the first value. */
  backMs: { median: number; most: number; kind: string }
  faults: string[]
}

interface Timed {
  kind: string
  ms: number
}

/**
 * Cuts the way between a real server in a process of its own and a connection with the settings of production, in
 * `cycles` seeded ways, and accounts for every value. The server's queues cover the outages: nothing may be lost.
 */
export async function cutCycles(
  seed: number,
  cycles: number,
  change: Partial<Pick<OpcuaConnectionOptions, 'timings'>> = {},
): Promise<CutReport> {
  const random = seeded(seed)
  const rig = await LinkRig.open()
  const noticed: Timed[] = []
  const back: Timed[] = []
  const faults: string[] = []
  try {
    const server = rig.keep(await ServerProcess.start({ counters: 20, tickMs: 50, waveforms: 1, blockSize: 256 }))
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const names = [...Array.from({ length: 20 }, (_unused, i) => `c${i}`), 'w0']
    const link = await rig.live(proxy.port, names, { timings: { retryMs: 500, retryMaxMs: 5_000, ...change.timings } })
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'cut'
      const outageMs = Math.round(200 + random() * 6_000)
      await sleep(random() * 1_000)
      await oneFault(kind, outageMs, { server, proxy, link }, noticed, back)
    }
    const last = await server.ask('hold')
    for (let key = 1; key <= 20; key += 1)
      await until(`count ${last} of point ${key} has come`, () => link.sink.values(key).at(-1) === last)
    return reportOf(link, cycles, noticed, back, faults)
  } finally {
    await rig.close()
  }
}

interface Parts {
  server: ServerProcess
  proxy: TcpProxy
  link: Link
}

async function oneFault(
  kind: (typeof kinds)[number],
  outageMs: number,
  { server, proxy, link }: Parts,
  noticed: Timed[],
  back: Timed[],
): Promise<void> {
  const { reconnects } = link.connection.state()
  const lost = async (): Promise<void> => {
    const fromMs = performance.now()
    await until('the loss is noticed', () => link.connection.state().phase === 'lost')
    noticed.push({ kind, ms: performance.now() - fromMs })
  }
  if (kind === 'cut') proxy.cut()
  else if (kind === 'replies lost, then cut') {
    proxy.swallowReplies()
    await sleep(Math.min(1_000, outageMs))
    proxy.cut()
  } else if (kind === 'port closed') {
    proxy.down()
    await sleep(outageMs)
    proxy.up()
  } else if (kind === 'silent') {
    proxy.pause()
    await lost()
    await sleep(outageMs / 2)
    proxy.resume()
  } else if (kind === 'half-open') {
    proxy.blackHole()
    await lost()
  } else {
    server.freeze()
    await lost()
    await sleep(outageMs / 2)
    server.thaw()
  }
  const before = link.sink.values(1).length
  const fromMs = performance.now()
  await until('values come again', () => link.sink.values(1).length > before, 60_000)
  back.push({ kind, ms: performance.now() - fromMs })
  await until(
    'the link is back',
    () => link.connection.state().reconnects > reconnects && link.connection.state().phase === 'connected',
    60_000,
  )
}

function reportOf(link: Link, cycles: number, noticed: Timed[], back: Timed[], faults: string[]): CutReport {
  let lost = 0
  let repeated = 0
  let values = 0
  for (let key = 1; key <= 20; key += 1) {
    const found = faultsOf(link.sink.values(key))
    lost += found.lost.length
    repeated += found.repeated.length
    values += link.sink.values(key).length
  }
  const blocks = faultsOf(link.sink.blocks.map(({ samples }) => samples[0] ?? Number.NaN))
  lost += blocks.lost.length
  repeated += blocks.repeated.length
  if (lost > 0) faults.push(`${lost} values lost`)
  if (repeated > 0) faults.push(`${repeated} values twice`)
  for (const gap of link.sink.gaps) faults.push(`a gap that should not be: ${gap.cause}, ${gap.detail}`)
  const overflows = [...link.sink.byKey.values()].flat().filter(({ status }) => hasOverflow(status)).length
  return {
    cycles,
    values: values + link.sink.blocks.length,
    lost,
    repeated,
    gaps: link.sink.gaps.length,
    overflows,
    recreated: link.connection.counters().recreated,
    noticedMs: noticed.length === 0 ? null : spanOf(noticed),
    backMs: spanOf(back),
    faults,
  }
}

function spanOf(times: readonly Timed[]): { median: number; most: number; kind: string } {
  const sorted = [...times].sort((a, b) => a.ms - b.ms)
  const most = sorted.at(-1)
  return {
    median: Math.round(sorted[sorted.length >> 1]?.ms ?? 0),
    most: Math.round(most?.ms ?? 0),
    kind: most?.kind ?? '',
  }
}
