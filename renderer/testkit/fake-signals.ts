import type { FaultMark, SpectrumFrame, WaveformChannel } from '../../shared/protocol/views.ts'
import { noise } from './random.ts'

/** SKF 6205-2RS. */
const orders = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.3983 } as const
const resonanceHz = 3200
export const sampleRateHz = 25_600
/** Samples leave the fake plant in blocks of this length, as a real one sends them. */
const blockUs = 160_000
const transportUs = 25_000

export interface FakeSource {
  pointId: string
  seed: number
  rpm: number
  damage: number
  stopped: boolean
}

function sampleAt(source: FakeSource, n: number): number {
  const grain = (noise(source.seed, n) + noise(source.seed + 1, n) - 1) * (source.stopped ? 0.01 : 0.12)
  if (source.stopped) return grain
  const t = n / sampleRateHz
  const shaftHz = source.rpm / 60
  const shaft = 0.16 * Math.sin(2 * Math.PI * shaftHz * t + source.seed) + 0.07 * Math.sin(4 * Math.PI * shaftHz * t)
  if (source.damage === 0) return shaft + grain
  const turn = t * shaftHz * orders.bpfo
  const sinceHitS = (turn - Math.floor(turn)) / (shaftHz * orders.bpfo)
  const hit = 0.7 + 0.6 * noise(source.seed + 2, Math.floor(turn) | 0)
  return (
    shaft +
    grain +
    source.damage * 6 * hit * Math.exp(-sinceHitS * 900) * Math.sin(2 * Math.PI * resonanceHz * sinceHitS)
  )
}

/** A stored waveform, from its first sample on. */
export function fakeRecord(source: FakeSource, count: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, n) => sampleAt(source, n))
}

/** Columns between the last one sent and the newest block. `sentBin` is where the previous frame of this point ended. */
export function fakeChannel(
  source: FakeSource,
  nowUs: number,
  windowMs: number,
  columns: number,
  sentBin: number | null,
): WaveformChannel {
  const binUs = Math.max(1, Math.round((windowMs * 1000) / columns))
  const endUs = Math.floor((nowUs - transportUs) / blockUs) * blockUs
  const oldest = Math.floor((endUs - windowMs * 1000 * 1.5) / binUs)
  const firstBin = Math.max(oldest, sentBin ?? oldest)
  const lastBin = Math.ceil(endUs / binUs)
  const count = Math.max(0, lastBin - firstBin)
  const min = new Float32Array(count).fill(Number.NaN)
  const max = new Float32Array(count).fill(Number.NaN)
  // Sample numbers are kept small: sine of a large argument loses its phase.
  const epochUs = Math.floor(nowUs / 3.6e9) * 3.6e9
  const firstSample = Math.ceil(((firstBin * binUs - epochUs) / 1e6) * sampleRateHz)
  const lastSample = Math.floor(((endUs - epochUs) / 1e6) * sampleRateHz)
  for (let n = firstSample; n < lastSample; n++) {
    const column = Math.floor((epochUs + (n / sampleRateHz) * 1e6) / binUs) - firstBin
    if (column < 0 || column >= count) continue
    const value = sampleAt(source, n)
    if (!((min[column] ?? Number.NaN) <= value)) min[column] = value
    if (!((max[column] ?? Number.NaN) >= value)) max[column] = value
  }
  return {
    pointId: source.pointId,
    sampleRateHz,
    unit: 'g',
    binUs,
    firstBin,
    min,
    max,
    endUs,
    receiveUs: endUs + transportUs,
    quality: 'good',
  }
}

const lines = 3200

/** A spectrum that looks like its machine: shaft lines and resonance, or the envelope's bearing lines with sidebands. */
export function fakeSpectrum(source: FakeSource, kind: 'spectrum' | 'envelope', nowUs: number): SpectrumFrame {
  const spanHz = kind === 'spectrum' ? 10_000 : 1000
  const resolutionHz = spanHz / lines
  const shaftHz = source.stopped ? 0 : source.rpm / 60
  const turn = Math.floor(nowUs / blockUs)
  const amplitude = new Float32Array(lines)
  for (let i = 0; i < lines; i++) amplitude[i] = 0.004 + 0.006 * noise(source.seed + i, turn)
  const add = (hz: number, peak: number): void => {
    const at = hz / resolutionHz
    for (let i = Math.max(0, Math.floor(at) - 2); i <= at + 3 && i < lines; i++) {
      amplitude[i] = (amplitude[i] ?? 0) + peak * Math.exp(-((i - at) ** 2) * 1.4)
    }
  }
  const marks: FaultMark[] = []
  if (shaftHz > 0) {
    for (let k = 1; k <= 3; k++) {
      add(k * shaftHz, 0.16 / k ** 1.3)
      marks.push({ fault: 'shaft', harmonic: k, hz: k * shaftHz })
    }
    for (const [fault, order] of Object.entries(orders)) {
      for (let k = 1; k <= 5; k++) {
        const hz = k * order * shaftHz
        const found = fault === 'bpfo' && source.damage > 0
        const peak = (found && kind === 'envelope' ? 0.9 : 0.05) * source.damage * 0.75 ** (k - 1)
        if (found) add(hz, peak)
        marks.push({ fault, harmonic: k, hz })
      }
    }
    if (kind === 'spectrum') {
      for (let k = -12; k <= 12; k++)
        add(resonanceHz + k * orders.bpfo * shaftHz, source.damage * 0.4 * Math.exp(-(k * k) / 30))
    }
  }
  return {
    atUs: nowUs,
    pointId: source.pointId,
    kind,
    tUs: turn * blockUs,
    resolutionHz,
    amplitude,
    unit: 'g',
    rpm: shaftHz * 60,
    bandHz: kind === 'envelope' ? [2000, 11_520] : null,
    marks,
  }
}
