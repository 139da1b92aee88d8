import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
interface Kind {
  type: 'minor' | 'major'
  execution?: 'sync'
  flavor?: 'last-resort'
}
const gc = runInNewContext('gc') as (kind: Kind) => void

/** Of short-lived buffers; a few of an encoder's for each sample. */
const bytesPerSample = 40
const mostBytes = 4 * 1024 * 1024

/** By then modules are loaded and the first reads done: what they have left is garbage. */
const settleMs = 30_000

/**
 * Once, some time after a start: V8 gives back the pages of the start's garbage only on a collection that is to save memory
 * (4 to 10 MB a thread).
 */
export function settleLater(): void {
  setTimeout(() => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }), settleMs).unref()
}

/** Between two whole collections, at least. */
const restMs = 10_000

/**
 * Frees an encoder's buffers. V8 lets 64 MB of them pile up in each thread before it looks, since it counts them outside its
 * heap; a young collection of a worker's small heap takes a millisecond.
 */
export class Collector {
  #bytes = 0
  #restedMs = -Infinity

  used(samples: number): void {
    this.#bytes += samples * bytesPerSample
    if (this.#bytes < mostBytes) return
    this.#bytes = 0
    gc({ type: 'minor' })
  }

  /**
   * After a run: its packed batches have outlived young collections, and nothing else would make V8 look at a heap this small
   * (40 MB of buffers were found where 12 are in use).
   */
  rest(): void {
    if (performance.now() - this.#restedMs < restMs) return
    gc({ type: 'major', execution: 'sync' })
    this.#restedMs = performance.now()
  }
}
