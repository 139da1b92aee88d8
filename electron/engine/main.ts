import type { LinkState } from '../../shared/domain/intake.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { Tick } from '../../shared/domain/twin.ts'
import type { EngineToHost, HostToEngine } from '../../shared/protocol/host.ts'
import { protocolVersion } from '../../shared/protocol/messages.ts'
import { WindowSession } from '../live/window-session.ts'
import { TwinError } from '../store/api.ts'
import { Engine } from './engine.ts'
import { Host } from './host.ts'
import { serveLocalSocket } from './local-socket.ts'
import { StartError } from './plant-text.ts'
import { SecretsError } from './secrets.ts'
import { Services, type Change } from './services.ts'
import { answerRequest } from './socket-verbs.ts'
import { engineVersion } from './version.ts'

/** Wall clock in whole microseconds and a monotonic one beside it. */
const clock: Clock = {
  nowUs: () => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: () => performance.now(),
}

/** Longest a stop may take before the process ends anyway; the host's own deadline is longer. */
const stopMs = 8000

/** One engine process: starts when the host says so, serves its windows, stops once. */
class EngineProcess {
  readonly #windows = new Map<number, { session: WindowSession; leave(): void }>()
  readonly #waiting = new Map<number, string>()
  readonly #host: Host
  #engine: Engine | null = null
  #services: Services | null = null
  #starting: Promise<void> | null = null
  #stopping = false

  constructor() {
    // Hearing the host is all there is to do until it says start.
    this.#host = new Host({
      start: (message) => {
        this.#starting ??= this.#start(message)
      },
      windowOpened: (window, user) => this.#open(window, user),
      windowClosed: (window) => this.#close(window),
      windowMessage: (window, message) => this.#windows.get(window)?.session.receive(message),
      stop: (reason) => void this.#stop(reason, 0),
    })
  }

  listen(): void {
    this.#host.listen()
    process.on('uncaughtException', (error) => this.#fatal(error, true))
    process.on('unhandledRejection', (error) => this.#fatal(error, true))
  }

  async #start({ dataDir, plantFile, key, receipts }: Extract<HostToEngine, { t: 'start' }>): Promise<void> {
    try {
      // Relative paths of the local socket stay short from here, however deep the data folder lies.
      process.chdir(dataDir)
      const engine = await Engine.start({
        dataDir,
        plantFile,
        key,
        clock,
        onLink: (state) => this.#host.event('link', linkDetail(state)),
        onRestartNeeded: (reason) => this.#host.send({ t: 'restart', reason }),
        onFatal: (error) => this.#fatal(error, true),
        ...(receipts === true ? { onReceipt: (tick) => this.#host.send(receiptOf(tick)) } : {}),
        onChanged: (what) => this.#changed(what),
      })
      this.#engine = engine
      const { startedUs } = engine
      const facts = {
        version: engineVersion,
        protocol: protocolVersion,
        pid: process.pid,
        node: process.version,
        startedUs,
      }
      this.#services = new Services(engine, facts)
      await serveLocalSocket(dataDir, (request, io) => answerRequest(engine, request, io))
      for (const [window, user] of this.#waiting) this.#open(window, user)
      this.#waiting.clear()
      this.#host.event('ready', {
        pid: process.pid,
        twin: engine.twin.opened.message,
        points: engine.model.points.length,
      })
      this.#host.send({ t: 'ready', pid: process.pid })
    } catch (error) {
      const isExplained = error instanceof StartError || error instanceof SecretsError || error instanceof TwinError
      this.#fatal(error, !isExplained || (error instanceof TwinError && error.retryable))
    }
  }

  #changed(what: Change): void {
    this.#services?.changed(what)
  }

  #open(window: number, user: string): void {
    if (!this.#services) {
      this.#waiting.set(window, user)
      return
    }
    this.#close(window)
    const send = (m: unknown): void => this.#host.send({ t: 'window', w: window, m })
    const services = this.#services.atSeat(user)
    const session = new WindowSession(services, user, send)
    this.#windows.set(window, { session, leave: () => services.leave() })
  }

  #close(window: number): void {
    this.#waiting.delete(window)
    const open = this.#windows.get(window)
    open?.session.close()
    open?.leave()
    this.#windows.delete(window)
  }

  /** An error nobody expected: say it, write down what can be, end. A process in an unknown state must not limp on. */
  #fatal(error: unknown, retry: boolean): void {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(
      `${new Date().toISOString()} engine: ${error instanceof Error ? (error.stack ?? message) : message}\n`,
    )
    this.#host.send({ t: 'fatal', message, retry })
    void this.#stop(message, 1)
  }

  async #stop(reason: string, code: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#host.event('stopping', { reason })
    // A stop that hangs must not keep the data folder; the next start records what was not committed as a gap.
    setTimeout(() => process.exit(code === 0 ? 3 : code), stopMs).unref()
    try {
      for (const window of this.#windows.values()) window.session.close()
      if (code === 0) await this.#starting
      await this.#engine?.stop()
      this.#host.event('stopped', { reason })
      this.#host.send({ t: 'stopped' })
    } catch (error) {
      process.stderr.write(`${new Date().toISOString()} engine: stop failed: ${String(error)}\n`)
    }
    // Give the channel a turn to deliver the last words.
    setTimeout(() => process.exit(code), 50)
  }
}

/** What a tick made durable, by point. */
function receiptOf({ number, scalars, features }: Tick): EngineToHost {
  const points = new Map<number, { key: number; count: number; lastUs: number; lastValue: number }>()
  for (let i = 0; i < scalars.count; i++) {
    const key = scalars.pointKey[i] ?? 0
    const known = points.get(key) ?? { key, count: 0, lastUs: 0, lastValue: 0 }
    points.set(key, {
      key,
      count: known.count + 1,
      lastUs: scalars.sourceUs[i] ?? 0,
      lastValue: scalars.value[i] ?? 0,
    })
  }
  return { t: 'receipt', number, points: [...points.values()], features: features.length }
}

function linkDetail({ serverId, phase, message, security, reconnects }: LinkState): unknown {
  return { serverId, phase, message, security, reconnects }
}

const engineProcess = new EngineProcess()
engineProcess.listen()
