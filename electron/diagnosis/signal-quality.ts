import type { SignalFault } from '../../shared/domain/analysis.ts'

export interface SignalQuality {
  readonly faults: readonly SignalFault[]
  /** the sensor or its cable, not the machine */
  readonly sensorFault: boolean
  readonly clipped: boolean
  /** so few distinct values that there is only the converter's last bit: a standing machine's signal */
  readonly onlyQuantisation: boolean
}

/** Three neighbouring samples on the rail do not happen by chance; two do in coarsely quantised recordings. */
const RAIL_RUN = 3
const RAIL_SAMPLES = 6
const STUCK_SHARE = 0.01
const STUCK_SAMPLES = 64
const FEW_LEVELS = 24
const DC_RATIO = 3

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`

/** Samples in runs of three or more at the highest or the lowest value. */
function railSamples(signal: Float64Array, rail: number): number {
  let total = 0
  let run = 0
  for (let i = 0; i <= signal.length; i += 1) {
    if (i < signal.length && signal[i] === rail) run += 1
    else {
      if (run >= RAIL_RUN) total += run
      run = 0
    }
  }
  return total
}

function longestConstantRun(signal: Float64Array): { length: number; start: number } {
  let best = { length: 0, start: 0 }
  let start = 0
  for (let i = 1; i <= signal.length; i += 1) {
    if (i < signal.length && signal[i] === signal[start]) continue
    if (i - start > best.length) best = { length: i - start, start }
    start = i
  }
  return best
}

function fewLevels(signal: Float64Array): boolean {
  const levels = new Set<number>()
  for (const value of signal) {
    levels.add(value)
    if (levels.size > FEW_LEVELS) return false
  }
  return true
}

/** Looks at the recording as it is, before anything is removed. `invalid` counts samples that were not finite numbers. */
export function checkSignal(signal: Float64Array, invalid: number): SignalQuality {
  const faults: SignalFault[] = []
  let sum = 0
  let highest = Number.NEGATIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  for (const value of signal) {
    sum += value
    highest = Math.max(highest, value)
    lowest = Math.min(lowest, value)
  }
  const mean = sum / signal.length
  let squares = 0
  for (const value of signal) squares += (value - mean) ** 2
  const rms = Math.sqrt(squares / signal.length)
  const onlyQuantisation = fewLevels(signal)

  const constant = longestConstantRun(signal)
  const stuck =
    constant.length >= Math.max(STUCK_SAMPLES, STUCK_SHARE * signal.length) && !(onlyQuantisation && rms > 0)
  if (stuck) {
    const value = signal[constant.start] as number
    const where = `${constant.length} samples from sample ${constant.start} on read ${value}`
    faults.push({ fault: value === 0 && constant.length < signal.length ? 'dropout' : 'stuck', detail: where })
  }
  if (invalid > 0)
    faults.push({ fault: 'dropout', detail: `${invalid} samples are not finite numbers and were read as 0` })
  const rails = stuck || onlyQuantisation ? 0 : railSamples(signal, highest) + railSamples(signal, lowest)
  const clipped = rails >= RAIL_SAMPLES
  if (clipped) {
    const share = percent(rails / signal.length)
    faults.push({
      fault: 'clipped',
      detail: `${rails} samples (${share}) lie in runs on the rails at ${lowest} and ${highest}`,
    })
  }
  if (rms > 0 && Math.abs(mean) > DC_RATIO * rms) {
    faults.push({
      fault: 'dc',
      detail: `the mean ${mean.toPrecision(4)} is ${(Math.abs(mean) / rms).toFixed(1)} times the RMS of the rest`,
    })
  }
  return { faults, sensorFault: stuck || invalid > 0.001 * signal.length, clipped, onlyQuantisation }
}
