import { bearingOrders, type BearingGeometry } from '../../../shared/domain/bearings.ts'
import { impactPlace, impactStrength, impactsPerRevolution, type BearingFaultKind } from './bearing.ts'
import { fillNormalChunk, hash32, noiseChunk } from './random.ts'
import { applySensorFault, type SensorFaultKind } from './sensor.ts'
import type { SpeedProfile } from './speed.ts'

/** Samples over which the shaft speed is taken as constant: the angle is exact at each grid point. */
const grid = 64
/** Amplitudes below this share of the start are not drawn further (a decay of 6.9 time constants). */
const ringFloor = 1e-3

/** A decaying mode of housing and sensor mount, excited by each impact. */
export interface Resonance {
  hz: number
  decayS: number
  share: number
}

export interface VibrationModel {
  /** Plant time of sample 0, seconds: sensors start staggered, yet see the same shaft. */
  startS: number
  sampleRateHz: number
  blockSize: number
  seed: number
  ratedRpm: number
  speed: SpeedProfile
  axial: boolean
  /** Peak g of shaft orders 1, 2, 3 ... at rated speed, healthy. */
  ordersG: readonly number[]
  /** Vane or blade passing, or gear mesh: an order and its peak g. */
  passing: { order: number; g: number } | null
  /** RMS g of the broadband noise at rated speed. */
  noiseG: number
  resonances: readonly Resonance[]
  /** First critical speed in Hz and its damping ratio: what a run-up passes through. */
  critical: { hz: number; damping: number } | null
  bearing: BearingGeometry
  /** Peak g of a single impact of the fully developed bearing fault. */
  impactG: number
  rangeG: number
}

export type VibrationFault =
  | { kind: BearingFaultKind; severity: number }
  | { kind: 'unbalance' | 'misalignment' | 'looseness'; severity: number }
  | { kind: SensorFaultKind; severity: number }

/** Peak g added to the shaft orders by the fully developed fault; index 0 is 1x. Severe (ISO zone D), not absurd. */
const faultOrdersG = {
  unbalance: { radial: [0.3, 0.012, 0.004], axial: [0.04] },
  misalignment: { radial: [0.08, 0.28, 0.1, 0.05], axial: [0.16, 0.75, 0.22, 0.08] },
  looseness: { radial: [0.22, 0.16, 0.12, 0.1, 0.08, 0.07, 0.05, 0.04, 0.03, 0.02], axial: [0.08, 0.06, 0.05, 0.04] },
} as const
/** Half orders of looseness: 0.5x, 1.5x, 2.5x, 3.5x. */
const looseHalfOrdersG = [0.1, 0.07, 0.05, 0.03] as const

/**
 * Block `k` of the signal: samples k * blockSize onward, in g. A pure function of (model, k, faults): nothing is
 * remembered between blocks, noise and impacts are addressed by index. About 0.25 ms for 4096 samples here.
 */
export function vibrationBlock(model: VibrationModel, k: number, faults: readonly VibrationFault[]): Float32Array {
  const out = new Float32Array(model.blockSize)
  const first = k * model.blockSize
  const angles = shaftAngles(model, first)
  addNoise(model, first, out)
  addOrders(model, first, angles, faults, out)
  for (const fault of faults) {
    if (fault.severity <= 0) continue
    if (fault.kind === 'outer-race' || fault.kind === 'inner-race' || fault.kind === 'rolling-element')
      addImpacts(model, first, fault.kind, fault.severity, out)
  }
  const loose = severityOf(faults, 'looseness')
  if (loose > 0) rattle(out, loose)
  for (const fault of faults) {
    if (fault.kind === 'stuck' || fault.kind === 'clipped' || fault.kind === 'cable-loose')
      applySensorFault(out, fault.kind, fault.severity, {
        seed: model.seed,
        firstSample: first,
        sampleRateHz: model.sampleRateHz,
        rangeG: model.rangeG,
      })
  }
  return out
}

function severityOf(faults: readonly VibrationFault[], kind: VibrationFault['kind']): number {
  let worst = 0
  for (const fault of faults) if (fault.kind === kind && fault.severity > worst) worst = fault.severity
  return worst
}

/** Plant time of a sample, seconds. */
function secondsAt(model: VibrationModel, sample: number): number {
  return model.startS + sample / model.sampleRateHz
}

/** Revolutions at each grid point of the block, both ends included. */
function shaftAngles(model: VibrationModel, first: number): Float64Array {
  const points = Math.ceil(model.blockSize / grid) + 1
  const turns = new Float64Array(points)
  for (let g = 0; g < points; g++) turns[g] = model.speed.revolutions(secondsAt(model, first + g * grid))
  return turns
}

/**
 * White noise plus the same noise through the first resonance (the "haystack" of a healthy machine). The filter is
 * warmed up on the chunk before the block, so consecutive blocks join without a seam.
 */
function addNoise(model: VibrationModel, first: number, out: Float32Array): void {
  const rpm = model.speed.rpm(secondsAt(model, first + model.blockSize / 2))
  const level = model.noiseG * Math.min(1.5, rpm / model.ratedRpm) ** 1.5 + 0.0015
  const noise = new Float32Array(noiseChunk + out.length)
  const seed = hash32(model.seed, 0x6e)
  for (let at = 0; at < noise.length; at += noiseChunk) fillNormalChunk(seed, (first + at) / noiseChunk - 1, noise, at)
  const mode = model.resonances[0]
  const hz = mode ? Math.min(mode.hz, 0.4 * model.sampleRateHz) : 0.25 * model.sampleRateHz
  const radius = Math.exp(-2 * Math.PI * 0.05 * (hz / model.sampleRateHz))
  const turn = 2 * radius * Math.cos((2 * Math.PI * hz) / model.sampleRateHz)
  const square = radius * radius
  // Unit gain of the filter for white noise: variance of a two-pole resonator driven by unit noise.
  const variance = (1 + square) / ((1 - square) * ((1 + square) ** 2 - turn * turn))
  const colour = (0.75 * level) / Math.sqrt(variance)
  const white = 0.66 * level
  let y1 = 0
  let y2 = 0
  for (let i = 0; i < noiseChunk; i++) {
    const y = (noise[i] ?? 0) + turn * y1 - square * y2
    y2 = y1
    y1 = y
  }
  for (let i = 0; i < out.length; i++) {
    const sample = noise[noiseChunk + i] ?? 0
    const y = sample + turn * y1 - square * y2
    y2 = y1
    y1 = y
    out[i] = white * sample + colour * y
  }
}

/** Amplification of a force at `hz` by the first critical speed (single degree of freedom, capped by damping). */
function amplification(hz: number, critical: VibrationModel['critical']): number {
  if (!critical) return 1
  const r = hz / critical.hz
  return 1 / Math.sqrt((1 - r * r) ** 2 + (2 * critical.damping * r) ** 2)
}

/** Peak g per half order: index h - 1 is order h / 2, at the speed of this block. */
function halfOrderAmplitudes(model: VibrationModel, rpm: number, faults: readonly VibrationFault[]): Float64Array {
  const amplitudes = new Float64Array(24)
  const add = (order: number, g: number): void => {
    const slot = Math.round(order * 2) - 1
    if (slot >= 0 && slot < amplitudes.length) amplitudes[slot] = (amplitudes[slot] ?? 0) + g
  }
  model.ordersG.forEach((g, i) => add(i + 1, g))
  for (const kind of ['unbalance', 'misalignment', 'looseness'] as const) {
    const severity = severityOf(faults, kind)
    if (severity <= 0) continue
    const table = faultOrdersG[kind][model.axial ? 'axial' : 'radial']
    table.forEach((g, i) => add(i + 1, g * severity))
    if (kind === 'looseness') looseHalfOrdersG.forEach((g, i) => add(i + 0.5, g * severity ** 1.3))
  }
  // Forces of rotation grow with the square of speed; the machine answers through its critical speed.
  const share = (rpm / model.ratedRpm) ** 2
  const atRated = amplification(model.ratedRpm / 60, model.critical)
  for (let slot = 0; slot < amplitudes.length; slot++) {
    const near = slot === 1 ? amplification(rpm / 60, model.critical) / atRated : 1
    amplitudes[slot] = (amplitudes[slot] ?? 0) * share * near
  }
  return amplitudes
}

/**
 * Shaft orders by a recursion over half orders (Chebyshev: cos((h+1)x) = 2 cos x cos hx - cos((h-1)x)), restarted
 * from the exact angle every `grid` samples, so phases never drift.
 */
function addOrders(
  model: VibrationModel,
  first: number,
  turns: Float64Array,
  faults: readonly VibrationFault[],
  out: Float32Array,
): void {
  const rpm = model.speed.rpm(secondsAt(model, first + model.blockSize / 2))
  if (rpm <= 0) return
  const amplitudes = halfOrderAmplitudes(model, rpm, faults)
  let top = amplitudes.length
  while (top > 0 && (amplitudes[top - 1] ?? 0) === 0) top--
  // Fixed phases per order (a machine's own), so that the crest of the sum is not artificial.
  const cosine = new Float64Array(top)
  const sine = new Float64Array(top)
  for (let h = 0; h < top; h++) {
    const phase = (hash32(model.seed, h, 0x70) / 4294967296) * 2 * Math.PI
    cosine[h] = (amplitudes[h] ?? 0) * Math.cos(phase)
    sine[h] = (amplitudes[h] ?? 0) * Math.sin(phase)
  }
  const passing = model.passing
  const passingG = passing ? passing.g * (rpm / model.ratedRpm) ** 2 : 0
  for (let g = 0; g * grid < out.length; g++) {
    const from = turns[g] ?? 0
    const step = ((turns[g + 1] ?? from) - from) / grid
    let c = Math.cos(Math.PI * from)
    let s = Math.sin(Math.PI * from)
    const cStep = Math.cos(Math.PI * step)
    const sStep = Math.sin(Math.PI * step)
    const end = Math.min((g + 1) * grid, out.length)
    for (let i = g * grid; i < end; i++) {
      let cPrev = 1
      let sPrev = 0
      let cNow = c
      let sNow = s
      let sum = 0
      for (let h = 0; h < top; h++) {
        sum += (cosine[h] ?? 0) * cNow - (sine[h] ?? 0) * sNow
        const cNext = 2 * c * cNow - cPrev
        const sNext = 2 * c * sNow - sPrev
        cPrev = cNow
        sPrev = sNow
        cNow = cNext
        sNow = sNext
      }
      if (passing) sum += passingG * Math.cos(2 * Math.PI * passing.order * (from + step * (i - g * grid)))
      out[i] = (out[i] ?? 0) + sum
      const cTurned = c * cStep - s * sStep
      s = s * cStep + c * sStep
      c = cTurned
    }
  }
}

/** The train of impacts, each a decaying ring in every mode below 0.45 of the sample rate. */
function addImpacts(
  model: VibrationModel,
  first: number,
  kind: BearingFaultKind,
  severity: number,
  out: Float32Array,
): void {
  const orders = bearingOrders(model.bearing)
  const perTurn = impactsPerRevolution(kind, orders)
  const seed = hash32(model.seed, 0x626561)
  const modes = model.resonances.filter((mode) => mode.hz < 0.45 * model.sampleRateHz)
  const longestS = modes.reduce((longest, mode) => Math.max(longest, -Math.log(ringFloor) * mode.decayS), 0)
  const fromS = secondsAt(model, first) - longestS
  const toS = secondsAt(model, first + out.length)
  const fromPlace = model.speed.revolutions(fromS) * perTurn
  const toPlace = model.speed.revolutions(toS) * perTurn
  // Energy of a strike follows the speed of the defect under the load.
  const speedShare = model.speed.rpm(toS) / model.ratedRpm
  const peakG = model.impactG * severity * speedShare
  for (let n = Math.floor(fromPlace) - 1; n <= Math.ceil(toPlace) + 1; n++) {
    const place = impactPlace(n, seed)
    if (place < fromPlace || place >= toPlace) continue
    const atS = timeOfTurns(model.speed, place / perTurn, fromS, toS)
    const g = peakG * impactStrength(kind, n, place / perTurn, orders, seed)
    for (const mode of modes)
      ring(out, (atS - model.startS) * model.sampleRateHz - first, g * mode.share, mode, model.sampleRateHz)
  }
}

/** When the shaft has turned `turns`, between two times that bracket it; to a twentieth of a microsecond. */
function timeOfTurns(speed: SpeedProfile, turns: number, fromS: number, toS: number): number {
  let low = fromS
  let high = toS
  const turnsLow = speed.revolutions(low)
  const turnsHigh = speed.revolutions(high)
  // First guess by the mean speed, then regula falsi: two or three steps at steady speed.
  let guess = low + ((turns - turnsLow) / Math.max(turnsHigh - turnsLow, 1e-12)) * (high - low)
  for (let i = 0; i < 30; i++) {
    const error = speed.revolutions(guess) - turns
    if (error > 0) high = guess
    else low = guess
    const slope = speed.rpm(guess) / 60
    const step = slope > 0 ? error / slope : high - low
    if (Math.abs(step) < 5e-8) return guess - step
    const next = guess - step
    guess = next > low && next < high ? next : (low + high) / 2
  }
  return guess
}

/** Adds one ring from (fractional) sample `at`; a two-term recursion, no sine per sample. */
function ring(out: Float32Array, at: number, g: number, mode: Resonance, sampleRateHz: number): void {
  const decay = 1 / (mode.decayS * sampleRateHz)
  const omega = (2 * Math.PI * mode.hz) / sampleRateHz
  const begin = Math.max(0, Math.ceil(at))
  const end = Math.min(out.length, Math.ceil(at - Math.log(ringFloor) / decay))
  if (begin >= end) return
  const fade = Math.exp(-decay)
  const turn = 2 * fade * Math.cos(omega)
  const square = fade * fade
  const age = begin - at
  let y0 = g * Math.exp(-decay * age) * Math.sin(omega * age)
  let y1 = g * Math.exp(-decay * (age + 1)) * Math.sin(omega * (age + 1))
  for (let i = begin; i < end; i++) {
    out[i] = (out[i] ?? 0) + y0
    const y2 = turn * y1 - square * y0
    y0 = y1
    y1 = y2
  }
}

/** A loose foot hits its stop: the positive side is flattened, softly, ever earlier with severity. */
function rattle(out: Float32Array, severity: number): void {
  const stop = 1.2 - 0.85 * severity
  for (let i = 0; i < out.length; i++) {
    const sample = out[i] ?? 0
    if (sample > stop) out[i] = stop + (sample - stop) * (1 - 0.85 * severity)
  }
}
