import { Subscription } from 'node-opcua'

/**
 * A server with little memory: it revises the queue of every item to at most `most`. For a process of its own, since it
 * holds for all servers in it. node-opcua's own cap is 5000 and cannot be set.
 */
export function capQueues(most: number): void {
  const create = Subscription.prototype.preCreateMonitoredItem
  Subscription.prototype.preCreateMonitoredItem = function capped(addressSpace, timestamps, request) {
    const { requestedParameters } = request
    requestedParameters.queueSize = Math.min(requestedParameters.queueSize, most)
    return create.call(this, addressSpace, timestamps, request)
  }
}
