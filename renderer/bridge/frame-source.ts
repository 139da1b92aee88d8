import type { Failure } from '../../shared/domain/problem.ts'
import type { TopicFrame, TopicName, TopicParams } from '../../shared/protocol/topics.ts'
import { bridge } from './bridge.ts'

/** The newest frame of a topic outside React, for charts: large arrays never enter component state. */
export class FrameSource<F> {
  latest: F | null = null
  failure: Failure | null = null
  readonly #listeners = new Set<() => void>()

  /** Calls back at every change; answers how to stop. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  take(frame: F | null, failure: Failure | null): void {
    this.latest = frame
    this.failure = failure
    for (const listener of this.#listeners) listener()
  }
}

/** Feeds `source` from the engine until the returned function is called. */
export function feed<T extends TopicName>(
  source: FrameSource<TopicFrame<T>>,
  topic: T,
  params: TopicParams<T>,
): () => void {
  return bridge.subscribe(
    topic,
    params,
    (frame) => source.take(frame, null),
    (failure) => source.take(null, failure),
  )
}
