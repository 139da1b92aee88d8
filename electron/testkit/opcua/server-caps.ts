import { Subscription } from 'node-opcua'

type Create = Subscription['preCreateMonitoredItem']

/**
 * A server with little memory: it revises the queue of every item to at most `most`. For a process of its own, since it
 * holds for all servers in it. node-opcua's own cap is 5000 and cannot be set.
 */
export function capQueues(most: number): void {
  const create: unknown = Reflect.get(Subscription.prototype, 'preCreateMonitoredItem')
  if (typeof create !== 'function') throw new Error('node-opcua has changed its subscriptions; written for 2.186.4')
  Subscription.prototype.preCreateMonitoredItem = function capped(...given): ReturnType<Create> {
    const { requestedParameters } = given[2]
    requestedParameters.queueSize = Math.min(requestedParameters.queueSize, most)
    return create.apply(this, given) as ReturnType<Create>
  }
}
