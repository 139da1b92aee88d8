import { medianInPlace } from '../../shared/lib/median.ts'

let scratch = new Float64Array(4096)

/** Local median of a power spectrum on half-overlapping stretches of 2 x reach + 1 bins, interpolated: lines do not lift it. */
export function noiseFloor(power: Float64Array, reach: number): Float64Array {
  const count = power.length
  const floor = new Float64Array(count)
  const step = Math.max(1, reach >> 1)
  const centres: number[] = []
  for (let centre = reach; centre < count - reach; centre += step) centres.push(centre)
  if (centres.length < 2) return floor.fill(medianOf(power, 0, count))
  const medians = centres.map((centre) => medianOf(power, centre - reach, centre + reach + 1))
  let right = 1
  for (let k = 0; k < count; k += 1) {
    while (right < centres.length - 1 && k > (centres[right] as number)) right += 1
    const from = centres[right - 1] as number
    const share = Math.max(0, Math.min(1, (k - from) / ((centres[right] as number) - from)))
    floor[k] = (medians[right - 1] as number) * (1 - share) + (medians[right] as number) * share
  }
  return floor
}

function medianOf(power: Float64Array, from: number, to: number): number {
  const count = to - from
  if (count > scratch.length) scratch = new Float64Array(2 * count)
  for (let i = 0; i < count; i += 1) scratch[i] = power[from + i] as number
  return medianInPlace(scratch, count)
}
