/**
 * Median of values[0..count-1] by Hoare's selection; reorders that part of the array and allocates nothing. An even count
 * gives the mean of the two middle values, as numpy does. NaN for an empty range.
 */
export function medianInPlace(values: Float64Array | Float32Array, count: number): number {
  if (count <= 0) return Number.NaN
  const middle = count >> 1
  const upper = selectInPlace(values, count, middle)
  if ((count & 1) === 1) return upper
  let lower = Number.NEGATIVE_INFINITY
  for (let i = 0; i < middle; i += 1) {
    const value = values[i] as number
    if (value > lower) lower = value
  }
  return (lower + upper) / 2
}

/** The value of that rank (0: the least) of values[0..count-1], `rank` below `count`; reorders that part of the array. */
export function selectInPlace(values: Float64Array | Float32Array, count: number, rank: number): number {
  let left = 0
  let right = count - 1
  while (left < right) {
    const pivot = values[rank] as number
    let i = left
    let j = right
    do {
      while ((values[i] as number) < pivot) i += 1
      while (pivot < (values[j] as number)) j -= 1
      if (i <= j) {
        const swap = values[i] as number
        values[i] = values[j] as number
        values[j] = swap
        i += 1
        j -= 1
      }
    } while (i <= j)
    if (j < rank) left = i
    if (rank < i) right = j
  }
  return values[rank] as number
}

/** Median of any list, leaving it as it is. */
export function median(values: ArrayLike<number>): number {
  const copy = Float64Array.from(values)
  return medianInPlace(copy, copy.length)
}
