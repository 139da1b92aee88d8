import { plantUri } from './test-server.ts'
import type { ServerChildOptions } from './server-child.ts'
import { until } from './recording-sink.ts'
import type { ServerRun } from './accounting.ts'
import { seeded, sleep } from './seeded.ts'
import { ServerProcess } from './server-process.ts'
import { TcpProxy } from './tcp-proxy.ts'

const tickMs = 50
const orders = [{ namespaces: ['urn:decoy', plantUri] }, { namespaces: [plantUri, 'urn:decoy'] }]

/** A fault alone, or two at once. */
const faults = [
  'cut',
  'replies lost, then cut',
  'port closed',
  'port closed for longer than the queues hold',
  'silent',
  'half-open',
  'frozen',
  'restarted with other namespaces',
  'restarted with other namespaces while half-open',
  'restarted with its clock an hour ahead',
  'sessions forgotten',
  'sessions forgotten while the port was closed',
  'a subscription forgotten',
] as const
type Fault = (typeof faults)[number]

export interface Watched {
  /** The link stands. */
  connected: () => boolean
  /** The last value that came of the first point. */
  last: () => number
}

/** A server with seeded faults between it and whoever connects to `port`; it keeps the log of all its runs. */
export class FaultSequence {
  readonly done: Fault[] = []
  readonly runs: ServerRun[] = []
  #server: ServerProcess
  readonly #proxy: TcpProxy
  readonly #random: () => number
  /** Small ones: many messages for an outage, and queues of 1.65 s. */
  readonly #limits: ServerChildOptions
  #order = 0
  #aheadMs = 0

  private constructor(server: ServerProcess, proxy: TcpProxy, seed: number, limits: ServerChildOptions) {
    this.#limits = limits
    this.#server = server
    this.#proxy = proxy
    this.#random = seeded(seed)
  }

  static async start(seed: number, counters: number): Promise<FaultSequence> {
    const limits = { counters, tickMs, maxNotificationsPerPublish: 40, mostQueued: 33 }
    const server = await ServerProcess.start({ ...limits, ...orders[0] })
    const sequence = new FaultSequence(server, await TcpProxy.start(server.port), seed, limits)
    await sequence.#begin(0)
    return sequence
  }

  get port(): number {
    return this.#proxy.port
  }

  async stop(): Promise<void> {
    await this.#proxy.stop()
    await this.#server.stop()
  }

  /**
   * Faults in a random order, each after values have come again: those that are named once each, or any until `forMs` are
   * over. Then the counting stops and the last count is here.
   */
  async run(forMs: number, watched: Watched, named?: readonly Fault[]): Promise<void> {
    const endMs = performance.now() + forMs
    const queue = [...(named ?? faults)].sort(() => this.#random() - 0.5)
    const next = (): Fault | undefined => {
      if (named) return queue.shift()
      if (performance.now() > endMs) return undefined
      return queue.shift() ?? faults[Math.floor(this.#random() * faults.length)]
    }
    await this.#flows(watched)
    for (let fault = next(); fault; fault = next()) {
      this.done.push(fault)
      await this.#fault(fault)
      await this.#flows(watched)
      await sleep(this.#random() * 500)
    }
    const held = await this.#server.ask('hold')
    this.#close(held)
    await until(`count ${held} has come`, () => watched.last() === held)
  }

  async #flows({ connected, last }: Watched): Promise<void> {
    const count = await this.#server.ask('count')
    await until('values come again', () => connected() && last() > count && last() <= count + 1e5)
  }

  async #begin(from: number): Promise<void> {
    this.runs.push({ from, startMs: await this.#server.ask('start'), tickMs, last: from })
  }

  #close(last: number): void {
    const run = this.runs.at(-1)
    if (run) run.last = last
  }

  async #fault(fault: Fault): Promise<void> {
    const proxy = this.#proxy
    const shortMs = 200 + this.#random() * 600
    switch (fault) {
      case 'cut':
        proxy.cut()
        break
      case 'replies lost, then cut':
        proxy.swallowReplies()
        await sleep(shortMs)
        proxy.cut()
        break
      case 'port closed':
        await this.#closed(shortMs)
        break
      case 'port closed for longer than the queues hold':
        await this.#closed(3_000)
        break
      case 'silent':
        proxy.pause()
        await sleep(shortMs)
        proxy.resume()
        break
      case 'half-open':
        proxy.blackHole()
        break
      case 'frozen':
        this.#server.freeze()
        await sleep(2 * shortMs)
        this.#server.thaw()
        break
      case 'restarted with other namespaces':
        await this.#restart()
        break
      case 'restarted with other namespaces while half-open':
        proxy.blackHole()
        await this.#restart()
        break
      case 'restarted with its clock an hour ahead':
        this.#aheadMs += 3_600_000
        await this.#restart()
        break
      case 'sessions forgotten':
        await this.#server.ask('drop sessions')
        break
      case 'sessions forgotten while the port was closed':
        proxy.down()
        await this.#server.ask('drop sessions')
        await sleep(shortMs)
        proxy.up()
        break
      case 'a subscription forgotten':
        await this.#server.ask('drop subscription')
    }
  }

  async #closed(ms: number): Promise<void> {
    this.#proxy.down()
    await sleep(ms)
    this.#proxy.up()
  }

  async #restart(): Promise<void> {
    // What is counted between the question and the kill is a tick or two that nobody has seen.
    this.#close(await this.#server.ask('count'))
    const { port } = this.#server
    await this.#server.kill()
    this.#order = 1 - this.#order
    const from = this.runs.length * 1_000_000
    this.#server = await ServerProcess.start({
      ...this.#limits,
      ...orders[this.#order],
      port,
      countFrom: from,
      clockAheadMs: this.#aheadMs,
    })
    await this.#begin(from)
  }
}
