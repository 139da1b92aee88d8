import { useEffect, useMemo, useState } from 'react'
import type { TopicFrame, TopicName, TopicParams } from '../../shared/protocol/topics.ts'
import { feed, FrameSource } from '../bridge/frame-source.ts'
import { useStable } from './topic.ts'

/** A topic's frames outside React for as long as the component lives; new params give a new, empty source. */
export function useFrameSource<T extends TopicName>(
  topic: T,
  params: TopicParams<T> | null,
): FrameSource<TopicFrame<T>> {
  const stable = useStable(params)
  const source = useMemo(() => new SourceOf<T>(topic, stable), [topic, stable])
  useEffect(() => source.start(), [source])
  return source
}

class SourceOf<T extends TopicName> extends FrameSource<TopicFrame<T>> {
  readonly #topic: T
  readonly #params: TopicParams<T> | null

  constructor(topic: T, params: TopicParams<T> | null) {
    super()
    this.#topic = topic
    this.#params = params
  }

  start(): () => void {
    return this.#params === null ? () => undefined : feed<T>(this, this.#topic, this.#params)
  }
}

/** A small fact about the newest frame, taken at most once in `periodMs` so that numbers can be read; `select` is stable. */
export function useSlowly<F, S>(source: FrameSource<F>, select: (frame: F | null) => S, periodMs = 1000): S {
  const [held, setHeld] = useState(() => ({ source, value: select(source.latest) }))
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null
    const take = (): void => {
      timer = null
      setHeld({ source, value: select(source.latest) })
    }
    const stop = source.subscribe(() => {
      timer ??= setTimeout(take, periodMs)
    })
    const first = setTimeout(take, 250)
    return () => {
      stop()
      clearTimeout(first)
      if (timer) clearTimeout(timer)
    }
  }, [source, select, periodMs])
  return held.source === source ? held.value : select(null)
}
