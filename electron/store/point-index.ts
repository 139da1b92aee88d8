/** Keys below it are looked up in an array; a twin's keys are dense from 1 on. */
const mostDense = 1 << 20

/** Slots by key, kept between ticks: clearing a table of a plant's points for each tick would cost more than filling it. */
let dense = new Uint32Array(1024)

/** Which point each row belongs to: points numbered in order of their first row. */
export class PointIndex {
  readonly points: Uint32Array
  readonly lengths: Uint32Array
  /** A row's place in `points`. */
  readonly slots: Uint32Array

  constructor(keys: Uint32Array) {
    const slots = new Uint32Array(keys.length)
    const points = new Uint32Array(keys.length)
    const lengths = new Uint32Array(keys.length)
    const sparse = new Map<number, number>()
    let most = 0
    for (let i = 0; i < keys.length; i++) most = Math.max(most, keys[i] as number)
    const wanted = Math.min(most + 1, mostDense)
    if (wanted > dense.length) dense = new Uint32Array(Math.min(Math.max(wanted, 2 * dense.length), mostDense))
    let size = 0
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number
      // One more than the slot; 0 is none.
      let found = key < mostDense ? (dense[key] as number) : (sparse.get(key) ?? 0)
      if (found === 0) {
        points[size++] = key
        found = size
        if (key < mostDense) dense[key] = found
        else sparse.set(key, found)
      }
      slots[i] = found - 1
      lengths[found - 1] = (lengths[found - 1] as number) + 1
    }
    for (let p = 0; p < size; p++) if ((points[p] as number) < mostDense) dense[points[p] as number] = 0
    this.slots = slots
    this.points = points.subarray(0, size)
    this.lengths = lengths.subarray(0, size)
  }
}
