import type { Injection } from './injector.ts'
import type { ServerQuestion, TestServerOptions } from './test-server.ts'

/** What holds for a whole process, beside the options of its server. */
export interface ServerChildOptions extends TestServerOptions {
  clockAheadMs?: number
  /** Queues are revised to at most this. */
  mostQueued?: number
}

/**
 * A test server in a process of its own, which a test can stop (SIGSTOP), let go on and kill: run by `ServerProcess`.
 * Argument: its options as JSON; `clockAheadMs` sets the clock of this process alone.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as ServerChildOptions

const { clockAheadMs } = options
if (clockAheadMs !== undefined) {
  const RealDate = Date
  const nowMs = (): number => RealDate.now() + clockAheadMs
  // Before node-opcua is loaded: it takes every time it sends from Date.
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[]) => Reflect.construct(target, args.length === 0 ? [nowMs()] : args) as object,
    get: (target, name) => (name === 'now' ? nowMs : (Reflect.get(target, name) as unknown)),
  })
}

const { startTestServer } = await import('./test-server.ts')
if (options.mostQueued !== undefined) (await import('./server-caps.ts')).capQueues(options.mostQueued)
const server = await startTestServer(options)
const injector = new (await import('./injector.ts')).Injector(server)

process.on('message', ({ id, ask, inject }: { id: number; ask: ServerQuestion; inject?: Injection[] }) => {
  if (inject) {
    injector.run(inject)
    process.send?.({ id, value: injector.log })
    return
  }
  if (ask === 'hold') server.hold()
  if (ask === 'drop sessions') server.dropSessions()
  if (ask === 'drop subscription' && server.subscriptions() > 0) server.dropSubscription(0)
  const value = ask === 'sessions' ? server.sessions() : ask === 'start' ? server.startMs() : server.count()
  process.send?.({ id, value })
})
// The test has died: so does its server.
process.on('disconnect', () => process.exit(0))
process.send?.({ port: server.port })
