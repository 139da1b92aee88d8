import type { Failure } from '../../shared/domain/problem.ts'
import type { MethodName, MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import type { TopicFrame, TopicName, TopicParams } from '../../shared/protocol/topics.ts'
import type { HostState } from '../../shared/protocol/host.ts'
import { afterClientState, afterEngineState, connectionStore } from './connection-store.ts'
import { EngineClient, type CallOptions, type ClientFailureCode } from './engine-client.ts'
import { host, openEnginePort } from './host.ts'

const nowUs = (): number => Date.now() * 1000
const retryMs = 1000

let words: (code: ClientFailureCode) => string = (code) => code

const client = new EngineClient({
  // The callback of an animation frame runs after those that consumers asked for while they took the frame.
  afterDraw: (task) => void requestAnimationFrame(task),
  onState: (state) => connectionStore.setState((before) => afterClientState(before, state, nowUs())),
  describe: (code) => words(code),
})

let portWanted = 0

async function attach(): Promise<void> {
  const wanted = ++portWanted
  try {
    const port = await openEnginePort()
    if (wanted === portWanted) client.attach(port)
    else port.close()
  } catch {
    // Refused while the engine is not ready: its next `ready` asks again; this only covers a refusal without one.
    setTimeout(() => {
      if (wanted === portWanted && connectionStore.getState().engine?.state === 'ready') void attach()
    }, retryMs)
  }
}

function take(state: HostState): void {
  const before = connectionStore.getState().engine
  connectionStore.setState((current) => afterEngineState(current, state.engine, state.plant))
  if (state.engine.state !== 'ready') {
    portWanted += 1
    client.detach()
    return
  }
  const same = before?.state === 'ready' && before.pid === state.engine.pid
  if (!same) void attach()
}

/** The renderer's only way to the engine. */
export const bridge = {
  /** Starts listening to the host; connects whenever the engine is ready. Returns how to stop. */
  connect(options: { describe: typeof words; onHostError: (error: unknown) => void }): () => void {
    words = options.describe
    const stop = host.onState(take)
    host.facts().then((facts) => connectionStore.setState({ facts }), options.onHostError)
    host.state().then(take, options.onHostError)
    return () => {
      stop()
      portWanted += 1
      client.detach()
    }
  },

  /** Rejects with EngineFailure: what the engine refused, or that it is away. */
  call<M extends MethodName>(method: M, params: MethodParams<M>, options: CallOptions = {}): Promise<MethodResult<M>> {
    return client.call(method, params, options)
  },

  subscribe<T extends TopicName>(
    topic: T,
    params: TopicParams<T>,
    onFrame: (frame: TopicFrame<T>) => void,
    onEnd?: (failure: Failure) => void,
  ): () => void {
    return client.subscribe(topic, params, onFrame, onEnd)
  },

  host,
}
