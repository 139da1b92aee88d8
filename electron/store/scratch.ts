/**
 * Memory for one column, used again by the next: new arrays for each would pile up tens of megabytes before they are collected,
 * and collecting them took a fifth of the processor time of writing. What `of` gives is valid until it is asked again.
 */
export class Scratch {
  #all = new Float64Array(1024)

  of(count: number): Float64Array {
    if (count > this.#all.length) this.#all = new Float64Array(Math.ceil(1.5 * count))
    return this.#all.subarray(0, count)
  }
}

export class ScratchWords {
  #all = new Uint32Array(1024)

  of(count: number): Uint32Array {
    if (count > this.#all.length) this.#all = new Uint32Array(Math.ceil(1.5 * count))
    return this.#all.subarray(0, count)
  }
}
