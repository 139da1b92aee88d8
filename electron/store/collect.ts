import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void

/** Of short-lived buffers; a few of an encoder's for each sample. */
const bytesPerSample = 40
const mostBytes = 4 * 1024 * 1024

/**
 * Frees an encoder's buffers. V8 lets 64 MB of them pile up in each thread before it looks, since it counts them outside its
 * heap; a young collection of a worker's small heap takes a millisecond.
 */
export class Collector {
  #bytes = 0

  used(samples: number): void {
    this.#bytes += samples * bytesPerSample
    if (this.#bytes < mostBytes) return
    this.#bytes = 0
    gc({ type: 'minor' })
  }
}
