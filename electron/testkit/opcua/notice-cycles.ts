import { type Link, LinkRig } from './link-rig.ts'
import { testPoints } from './plant-parts.ts'
import { until } from './recording-sink.ts'
import { seeded, sleep } from './seeded.ts'
import { ServerProcess } from './server-process.ts'
import { TcpProxy } from './tcp-proxy.ts'

const kinds = ['SIGKILL', 'SIGSTOP', 'half-open', 'reset'] as const
type Kind = (typeof kinds)[number]

export interface Times {
  count: number
  p50Ms: number
  maxMs: number
}

export interface NoticeReport {
  cyclesPerKind: number
  /** From the fault to the link being called lost. */
  noticedAfter: Record<Kind, Times>
  /** From the path's return to the first value: the server listens again, runs again, or the fault itself is over. */
  backAfter: Record<Kind, Times>
  maxNoticedMs: number
  maxBackMs: number
}

/** Three subscriptions, which fall silent a little apart: fast scalars, a waveform, and ones that are sent each second. */
const points = [
  ...testPoints([...Array.from({ length: 10 }, (_unused, i) => `c${i}`), 'w0']),
  ...testPoints(['c10', 'c11'], { updateCadenceMs: 2_000 }).map(({ key, point }) => ({ key: key + 100, point })),
]
const serverOptions = { counters: 12, tickMs: 50, waveforms: 1, blockSize: 256 }

/** Kills, freezes, half-opens and resets a link with the settings of production, at seeded moments, and takes the time. */
export async function noticeCycles(seed: number, cyclesPerKind: number): Promise<NoticeReport> {
  const run = new NoticeRun(seed)
  try {
    for (let cycle = 0; cycle < cyclesPerKind; cycle += 1) for (const kind of kinds) await run.fault(kind)
    return run.report(cyclesPerKind)
  } finally {
    await run.close()
  }
}

class NoticeRun {
  readonly #random: () => number
  readonly #noticed = new Map<Kind, number[]>()
  readonly #back = new Map<Kind, number[]>()
  #parts: { rig: LinkRig; server: ServerProcess; proxy: TcpProxy; link: Link } | null = null

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  async fault(kind: Kind): Promise<void> {
    const parts = (this.#parts ??= await open())
    const { proxy, link } = parts
    await sleep(500 + this.#random() * 2_500)
    const { reconnects } = link.connection.state()
    // A reset is over before anybody looks: the change of state itself is timed.
    const phases = link.sink.links.length
    const fromMs = performance.now()
    let backFromMs = Number.NaN
    if (kind === 'SIGKILL') await parts.server.kill()
    else if (kind === 'SIGSTOP') parts.server.freeze()
    else if (kind === 'half-open') proxy.blackHole()
    else proxy.reset()
    const wasLost = (): boolean => link.sink.links.slice(phases).some(({ phase }) => phase === 'lost')
    while (!wasLost()) await sleep(5)
    put(this.#noticed, kind, performance.now() - fromMs)
    if (kind === 'SIGKILL' || kind === 'SIGSTOP') await sleep(this.#random() * 4_000)
    if (kind === 'SIGKILL') parts.server = await ServerProcess.start({ ...serverOptions, port: parts.server.port })
    if (kind === 'SIGSTOP') parts.server.thaw()
    backFromMs = performance.now()
    const before = link.sink.values(1).length
    await until('values come again', () => link.sink.values(1).length > before, 120_000)
    put(this.#back, kind, performance.now() - backFromMs)
    const isBack = (): boolean =>
      link.connection.state().reconnects > reconnects && link.connection.state().phase === 'connected'
    await until('the link is back', isBack, 120_000)
  }

  report(cyclesPerKind: number): NoticeReport {
    const of = (times: ReadonlyMap<Kind, number[]>): Record<Kind, Times> => ({
      SIGKILL: timesOf(times.get('SIGKILL')),
      SIGSTOP: timesOf(times.get('SIGSTOP')),
      'half-open': timesOf(times.get('half-open')),
      reset: timesOf(times.get('reset')),
    })
    const [noticedAfter, backAfter] = [of(this.#noticed), of(this.#back)]
    const most = (times: Record<Kind, Times>): number => Math.max(...kinds.map((kind) => times[kind].maxMs))
    return { cyclesPerKind, noticedAfter, backAfter, maxNoticedMs: most(noticedAfter), maxBackMs: most(backAfter) }
  }

  async close(): Promise<void> {
    const parts = this.#parts
    if (!parts) return
    await parts.rig.endTest()
    await parts.proxy.stop()
    await parts.server.stop()
    await parts.rig.close()
  }
}

async function open() {
  const rig = await LinkRig.open()
  const server = await ServerProcess.start(serverOptions)
  const proxy = await TcpProxy.start(server.port)
  const link = await rig.live(proxy.port, [], { points, timings: { retryMs: 500, retryMaxMs: 5_000 } })
  return { rig, server, proxy, link }
}

function put(times: Map<Kind, number[]>, kind: Kind, ms: number): void {
  const known = times.get(kind)
  if (known) known.push(ms)
  else times.set(kind, [ms])
}

function timesOf(times: readonly number[] = []): Times {
  const sorted = [...times].sort((a, b) => a - b)
  return {
    count: sorted.length,
    p50Ms: Math.round(sorted[sorted.length >> 1] ?? 0),
    maxMs: Math.round(sorted.at(-1) ?? 0),
  }
}
