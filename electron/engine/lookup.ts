import { RequestError } from '../live/window-session.ts'
import type { OpcuaConnection } from '../opcua/index.ts'
import type { Engine } from './engine.ts'
import type { PointInfo } from './plant-model.ts'

export function notFound(what: string, id: string): RequestError {
  return new RequestError({
    code: 'not-found',
    message: `The plant file has no ${what} "${id}".`,
    remedy: 'It may have been removed; go back to the overview.',
    retryable: false,
  })
}

/** The point of the configuration in force, or a refusal in words. */
export function pointOf(engine: Engine, pointId: string): PointInfo {
  const info = engine.model.byId.get(pointId)
  if (!info) throw notFound('point with a contract named', pointId)
  return info
}

export function connectionOf(engine: Engine, serverId: string): OpcuaConnection {
  const connection = engine.acquisition.connections.get(serverId)
  if (connection) return connection
  const message = `The plant file has no server "${serverId}".`
  throw new RequestError({ code: 'not-found', message, retryable: false })
}
