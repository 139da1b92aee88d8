import { useEffect, useState } from 'react'
import type { Failure } from '../../shared/domain/problem.ts'
import type { MethodName, MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import type { TopicFrame, TopicName, TopicParams } from '../../shared/protocol/topics.ts'
import { bridge } from '../bridge/bridge.ts'
import { EngineFailure } from '../bridge/engine-client.ts'
import { useConnectionPhase } from './connection.ts'

/** The first of equal values, so that an effect does not run again for a new object that says the same. */
export function useStable<T>(value: T): T {
  const [stable, setStable] = useState(value)
  if (stable === value || JSON.stringify(stable) === JSON.stringify(value)) return stable
  setStable(value)
  return value
}

export interface TopicState<T extends TopicName> {
  /** The newest frame; null before the first. Kept while the engine restarts, so check the connection or the frame's age. */
  frame: TopicFrame<T> | null
  failure: Failure | null
}

/**
 * Frames of a slow topic (overview, machine, spectrum) in React state. Waveforms go to charts without React: subscribe
 * by `bridge.subscribe` there. Without params nothing is subscribed.
 */
export function useTopic<T extends TopicName>(topic: T, params: TopicParams<T> | null): TopicState<T> {
  const stable = useStable(params)
  const [held, setHeld] = useState<{ of: unknown; state: TopicState<T> }>({
    of: null,
    state: { frame: null, failure: null },
  })
  useEffect(() => {
    if (stable === null) return undefined
    return bridge.subscribe(
      topic,
      stable,
      (frame) => setHeld({ of: stable, state: { frame, failure: null } }),
      (failure) => setHeld({ of: stable, state: { frame: null, failure } }),
    )
  }, [topic, stable])
  // A frame of the previous params must not be shown under the new ones, not even for one paint.
  return held.of === stable ? held.state : { frame: null, failure: null }
}

export interface CallState<M extends MethodName> {
  /** The last answer to these params; it stays when asking again fails, since what rests on it may hold half a sentence. */
  value: MethodResult<M> | null
  /** Of the last time it was asked. */
  failure: Failure | null
  loading: boolean
  /** Asks again. */
  again: () => void
}

export function failureOf(error: unknown): Failure {
  if (error instanceof EngineFailure) return error.failure
  return { code: 'window', message: error instanceof Error ? error.message : String(error), retryable: true }
}

/** One answer of the engine; asked when the engine is live, again after a restart and when the params change. */
export function useCall<M extends MethodName>(
  method: M,
  params: MethodParams<M> | null,
  /** Asks again so often, for answers that change without the window's doing; never when left out. */
  everyMs?: number,
  /** What the answer rests on, as the plant file's hash: asked again when it changes, while the last answer stays on screen. */
  asOf?: string | null,
): CallState<M> {
  const stable = useStable(params)
  const phase = useConnectionPhase()
  const [turn, setTurn] = useState(0)
  const asked = `${turn} ${asOf ?? ''}`
  const [held, setHeld] = useState<Held<M>>({ of: null, asked: '', value: null, failure: null })
  useEffect(() => {
    if (stable === null || phase !== 'live') return undefined
    const wanted = new AbortController()
    const { signal } = wanted
    bridge.call(method, stable, { signal }).then(
      (value) => !signal.aborted && setHeld({ of: stable, asked, value, failure: null }),
      (error: unknown) => !signal.aborted && setHeld((before) => refused(before, { of: stable, asked }, error)),
    )
    // Another question, or nobody who looks: the engine need not go on reading for this one.
    return () => wanted.abort()
  }, [method, stable, phase, asked])
  useEffect(() => {
    if (everyMs === undefined) return undefined
    const timer = setInterval(() => setTurn((before) => before + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  const current = held.of === stable
  return {
    value: current ? held.value : null,
    failure: current ? held.failure : null,
    loading: stable !== null && (!current || held.asked !== asked),
    again: () => setTurn((before) => before + 1),
  }
}

/** The same question asked again and refused: what was known of it is still the best there is. */
export function refused<M extends MethodName>(
  before: Held<M>,
  question: Pick<Held<M>, 'of' | 'asked'>,
  error: unknown,
): Held<M> {
  return { ...question, value: before.of === question.of ? before.value : null, failure: failureOf(error) }
}

export interface Held<M extends MethodName> {
  /** The params, and the turn and the state of the plant, that this is the answer to. */
  of: unknown
  asked: string
  value: MethodResult<M> | null
  failure: Failure | null
}

/** The last answer while the next is on its way, so that what is shown does not blink. */
export function useLast<T>(value: T | null): T | null {
  const [last, setLast] = useState(value)
  if (value !== null && value !== last) setLast(value)
  return value ?? last
}
