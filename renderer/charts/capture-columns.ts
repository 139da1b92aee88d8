import { captureOffsetUs, type CaptureGap } from '../../shared/domain/twin.ts'

/** Seconds from the start and values, with a null where samples are missing, so that no line is drawn across a gap. */
export function captureColumns(
  samples: Float32Array,
  sampleRateHz: number,
  gaps: readonly CaptureGap[],
): [number[], (number | null)[]] {
  const seconds: number[] = []
  const values: (number | null)[] = []
  const breaks = new Set(gaps.map(({ atSample }) => atSample).filter((at) => at > 0 && at < samples.length))
  for (const [index, value] of samples.entries()) {
    const at = captureOffsetUs({ sampleRateHz, gaps }, index) / 1e6
    if (breaks.has(index)) {
      seconds.push(at - 0.5 / sampleRateHz)
      values.push(null)
    }
    seconds.push(at)
    values.push(value)
  }
  return [seconds, values]
}
