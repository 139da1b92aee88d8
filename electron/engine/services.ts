import type { EngineFacts } from '../../shared/protocol/messages.ts'
import { methodActions } from '../../shared/protocol/method-actions.ts'
import type { MethodName, MethodResult } from '../../shared/protocol/methods.ts'
import type { TopicName, TopicParams } from '../../shared/protocol/topics.ts'
import type { FrameSource } from '../live/paced-subscription.ts'
import type { WindowServices } from '../live/window-session.ts'
import type { Engine } from './engine.ts'
import { alertsFrame, machineFrame, overviewFrame, pointsFrame } from './frames.ts'
import { notFound, pointOf } from './lookup.ts'
import type { Asked } from './method-types.ts'
import { methods } from './service-methods.ts'
import { statusFrame } from './status-frame.ts'
import { trendFrame } from './trend-frame.ts'

/** What happened in the engine that a topic may care about. */
export type Change = 'tick' | 'alerts' | 'status' | 'plant'

interface Listener {
  on: readonly Change[]
  changed(): void
}

type Method = (engine: Engine, params: unknown, user: string, asked: Asked) => Promise<MethodResult<MethodName>>

type Shared = Exclude<TopicName, 'access'>
type Sources = { [T in Shared]: (params: TopicParams<T>, changed: () => void) => FrameSource }

/** Everything windows may ask of the engine; `atSeat` is what one of them gets. */
export class Services {
  readonly facts: EngineFacts
  readonly #engine: Engine
  readonly #listeners = new Set<Listener>()
  readonly #sources: Sources

  constructor(engine: Engine, facts: EngineFacts) {
    this.#engine = engine
    this.facts = facts
    this.#sources = this.#createSources()
  }

  changed(what: Change): void {
    for (const listener of this.#listeners) if (listener.on.includes(what)) listener.changed()
  }

  monotonicMs(): number {
    return this.#engine.options.clock.monotonicMs()
  }

  report(error: unknown): void {
    this.#engine.report(error)
  }

  /** For one window, at which one person sits. Every change passes the gate here, whatever the window shows. */
  atSeat(user: string): WindowServices & { leave(): void } {
    const watching = new Set<() => void>()
    const { access, writes } = this.#engine
    const seat = access.sit(user, () => {
      for (const changed of watching) changed()
    })
    return {
      facts: this.facts,
      monotonicMs: () => this.monotonicMs(),
      report: (error) => this.report(error),
      source: (topic, params, changed) => {
        if (topic !== 'access') return this.#source(topic, params, changed)
        watching.add(changed)
        return { intervalMs: 0, next: () => access.frame(seat), close: () => void watching.delete(changed) }
      },
      call: async (method, params, _user, asked) => {
        const action = methodActions[method]
        const by = action === null ? seat.actor : access.allow(seat, action)
        return await this.#call(method, params, { ...asked, by, seat })
      },
      leave: () => {
        writes.cancel(seat, 'the window was closed').catch((error: unknown) => this.report(error))
        access.leave(seat)
      },
    }
  }

  #source(topic: Shared, params: unknown, changed: () => void): FrameSource {
    // The parameters were parsed with this topic's own schema before this is called.
    const create = this.#sources[topic] as (params: unknown, changed: () => void) => FrameSource
    return create(params, changed)
  }

  #call(method: MethodName, params: unknown, asked: Asked): Promise<MethodResult<MethodName>> {
    // The parameters were parsed with this method's own schema before this is called.
    const run = methods[method] as Method
    return run(this.#engine, params, asked.by.name, asked)
  }

  #createSources(): Sources {
    const engine = this.#engine
    return {
      overview: (_params, changed) =>
        this.#on(['tick', 'alerts', 'status', 'plant'], 500, changed, () => overviewFrame(engine.frameState())),
      alerts: (_params, changed) =>
        this.#on(['alerts', 'status', 'plant'], 200, changed, () => alertsFrame(engine.frameState())),
      status: (_params, changed) => this.#on(['status', 'plant'], 500, changed, () => statusFrame(engine)),
      points: (_params, changed) =>
        this.#on(['status', 'plant'], 1000, changed, () => pointsFrame(engine.frameState())),
      machine: (params, changed) =>
        this.#on(['tick', 'alerts', 'plant', 'status'], 250, changed, () => {
          const frame = machineFrame(engine.frameState(), params.assetId)
          if (frame) return frame
          throw notFound('asset', params.assetId)
        }),
      waveform: (params, changed) => engine.acquisition.waveforms.source(engine.model, params, changed),
      spectrum: (params, changed) => engine.spectra.source(pointOf(engine, params.pointId), params, changed),
      trend: (params, changed) => {
        const info = pointOf(engine, params.pointId)
        // A column's worth of time changes nothing that can be seen; reading a long span costs the history thread.
        const refreshMs = Math.min(60_000, Math.max(1000, params.spanMs / params.columns))
        const closing = new AbortController()
        const source = this.#on(['tick'], refreshMs, changed, () => {
          const toUs = engine.options.clock.nowUs()
          const { feature, columns, spanMs } = params
          const range = { fromUs: toUs - spanMs * 1000, toUs, columns }
          return trendFrame(engine, info, feature, range, { signal: closing.signal })
        })
        // A window that asks for another span closes this one: a read that runs for it ends.
        const close = (): void => {
          closing.abort()
          source.close()
        }
        return { ...source, close }
      },
    }
  }

  #on(on: readonly Change[], intervalMs: number, changed: () => void, next: FrameSource['next']): FrameSource {
    const listener: Listener = { on, changed }
    this.#listeners.add(listener)
    return { intervalMs, next, close: () => void this.#listeners.delete(listener) }
  }
}
