import { normalAt, uniformAt } from './random.ts'

export const sensorFaultKinds = ['stuck', 'clipped', 'cable-loose'] as const
export type SensorFaultKind = (typeof sensorFaultKinds)[number]

/** Samples of one stretch in which a loose cable is either in contact or not. */
const contactStretch = 512

export interface SensorContext {
  seed: number
  /** Index of the block's first sample since the plant's start. */
  firstSample: number
  sampleRateHz: number
  /** Full range of the sensor's amplifier in g. */
  rangeG: number
}

/** Applies a sensor fault in place. Severity 0 leaves the block as it is. */
export function applySensorFault(
  block: Float32Array,
  kind: SensorFaultKind,
  severity: number,
  context: SensorContext,
): void {
  if (severity <= 0) return
  if (kind === 'stuck') {
    // The converter repeats one code: every sample and every block are the same.
    if (severity > 0.3) block.fill(0.0132)
    return
  }
  if (kind === 'clipped') {
    clip(block, severity)
    return
  }
  looseCable(block, severity, context)
}

/** The amplifier saturates ever earlier: from just above the crest of a Gaussian (4.5 sigma) down to 0.9 RMS. */
function clip(block: Float32Array, severity: number): void {
  let sum = 0
  for (const sample of block) sum += sample * sample
  const rms = Math.sqrt(sum / block.length)
  const limit = rms * (4.5 - 3.6 * severity)
  for (let i = 0; i < block.length; i++) {
    const sample = block[i] ?? 0
    block[i] = sample > limit ? limit : sample < -limit ? -limit : sample
  }
}

/** Contact comes and goes: silence with mains hum, and a spike with an exponential tail at each make or break. */
function looseCable(block: Float32Array, severity: number, context: SensorContext): void {
  const { seed, firstSample, sampleRateHz, rangeG } = context
  const openAt = (stretch: number): boolean => uniformAt(seed, stretch, 21) < 0.6 * severity
  for (let start = 0; start < block.length; start += contactStretch) {
    const stretch = Math.floor((firstSample + start) / contactStretch)
    const open = openAt(stretch)
    const changed = open !== openAt(stretch - 1)
    const spike = changed ? 0.6 * rangeG * severity * normalAt(seed, stretch, 22) : 0
    const end = Math.min(start + contactStretch, block.length)
    for (let i = start; i < end; i++) {
      const hum = 0.04 * severity * Math.sin((2 * Math.PI * 50 * (firstSample + i)) / sampleRateHz)
      const held = open ? hum : (block[i] ?? 0) + hum
      const sample = held + spike * Math.exp(-(i - start) / 120)
      block[i] = Math.max(-rangeG, Math.min(rangeG, sample))
    }
  }
}
