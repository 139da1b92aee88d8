import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

interface Kind {
  type: 'minor' | 'major'
  execution?: 'sync'
  flavor?: 'regular' | 'last-resort'
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (kind: Kind) => void

/** Of a value, in the socket's buffers, in the chunk they are joined to and in the message those are joined to. */
export const bytesPerValue = 80
/** Copies of a block's samples on the same way, one more where the channel is encrypted. */
export const copiesOfBlock = 4

const mostBytes = 4 * 1024 * 1024
/** By then the points are subscribed to, and what reading the plant file and creating items has left is garbage. */
const settleMs = 30_000

/**
 * Tells V8 when to collect what it does not see. Buffers of the socket count against the old generation's limit although they are
 * young and dead: at 50,000 values a second V8 then marked the whole heap once a second, a third of the processor time of
 * the main thread and twice that in its helpers. A young collection each 4 MB frees them in about a millisecond.
 */
export class Collector {
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  arrived(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes < mostBytes) return
    this.#bytes = 0
    // Not in the middle of a message, whose buffers are still in use.
    setImmediate(() => gc({ type: 'minor' }))
  }

  /**
   * Once, some time after a start: V8 keeps the pages of the start's garbage (200 MB with 5,000 points) in a pool and gives
   * them back to the system only on a collection that is to save memory, which it plans for idle processes alone.
   */
  settle(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }), settleMs)
    this.#timer.unref()
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
