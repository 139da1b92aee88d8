import { z } from 'zod'
import type { Failure } from '../domain/problem.ts'
import type { MethodName, MethodResult } from './methods.ts'
import type { TopicFrame, TopicName } from './topics.ts'

/**
 * The one protocol between a window and the engine. It travels over the window's MessagePort and the engine's channel;
 * main forwards it without looking. Raised when a message changes its meaning; both sides refuse another version.
 */
export const protocolVersion = 1

const id = z.int().positive()

/** Window to engine: every message is parsed with this before anything looks at it. */
export const windowMessageSchema = z.discriminatedUnion('t', [
  z.strictObject({ t: z.literal('hello'), v: z.int() }),
  /** `slot`: one place on the window's screen; a newer call for it cancels the one before. */
  z.strictObject({
    t: z.literal('call'),
    id,
    method: z.string().max(64),
    params: z.unknown(),
    slot: z.string().max(64).optional(),
  }),
  /** The window no longer wants the answer of call `id`; none may come. */
  z.strictObject({ t: z.literal('cancel'), id }),
  z.strictObject({ t: z.literal('subscribe'), id, topic: z.string().max(64), params: z.unknown() }),
  z.strictObject({ t: z.literal('unsubscribe'), id }),
  /** The window has drawn `n` frames of subscription `id`; the engine may send as many again. */
  z.strictObject({ t: z.literal('credit'), id, n: z.int().min(1).max(16) }),
])
export type WindowMessage = z.infer<typeof windowMessageSchema>

export interface EngineFacts {
  version: string
  protocol: number
  pid: number
  node: string
  startedUs: number
}

/** Engine to window. */
export type EngineMessage =
  | { t: 'welcome'; v: number; engine: EngineFacts }
  | { t: 'result'; id: number; ok: true; value: MethodResult<MethodName> }
  | { t: 'result'; id: number; ok: false; failure: Failure }
  | { t: 'frame'; id: number; seq: number; value: TopicFrame<TopicName> }
  | { t: 'end'; id: number; failure: Failure }

/**
 * Header check of an engine message in the window. Payloads are ours (same build, same version) and hot, so only the
 * envelope is looked at.
 */
export function isEngineMessage(value: unknown): value is EngineMessage {
  if (typeof value !== 'object' || value === null || !('t' in value)) return false
  return value.t === 'welcome' || value.t === 'result' || value.t === 'frame' || value.t === 'end'
}
