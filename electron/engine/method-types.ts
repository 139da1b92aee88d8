import type { Actor } from '../../shared/domain/access.ts'
import type { MethodName, MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import type { Seat } from '../access/index.ts'
import type { CallOptions } from '../live/window-session.ts'
import type { Engine } from './engine.ts'

/** Who asks, and how it may be taken back. */
export interface Asked extends CallOptions {
  /** Whoever acts, under the role that allows it. */
  by: Actor
  seat: Seat
}

export type Methods = {
  [M in MethodName]: (
    engine: Engine,
    params: MethodParams<M>,
    /** `by.name`. */
    user: string,
    asked: Asked,
  ) => Promise<MethodResult<M>>
}
