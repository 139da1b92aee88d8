import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import type { Band, BandEnvelope } from './band.ts'
import { lineDecades } from './line-family.ts'
import { noiseFloor } from './noise-floor.ts'

/** The 1/3-binary filter bank of the fast kurtogram; a band must hold three fault periods' worth of lines to show impulses. */
export function filterBank(sampleRateHz: number, highestFaultHz: number, levels = 4): Band[] {
  const bands: Band[] = []
  const nyquistHz = sampleRateHz / 2
  for (let level = 0; level <= levels; level += 1) {
    for (const parts of level === 0 ? [1] : [2 ** level, 3 * 2 ** (level - 1)]) {
      if (nyquistHz / parts < 3 * highestFaultHz) continue
      for (let i = 0; i < parts; i += 1)
        bands.push({ lowHz: (nyquistHz * i) / parts, highHz: (nyquistHz * (i + 1)) / parts })
    }
  }
  return bands
}

/** Three harmonics of a race at two sidebands lie below ten shaft orders; narrower than a fortieth of the range nothing is gained. */
const NARROW_ORDERS = 10
const MOST_PARTS = 40

/** Half-overlapping bands just wide enough for a race's lattice: a spall outside the load zone may ring one weak resonance only. */
export function narrowBands(sampleRateHz: number, shaftHz: number): Band[] {
  const nyquistHz = sampleRateHz / 2
  const widthHz = Math.max(NARROW_ORDERS * shaftHz, nyquistHz / MOST_PARTS)
  const bands: Band[] = []
  for (let lowHz = 0; lowHz + widthHz <= nyquistHz; lowHz += widthHz / 2) bands.push({ lowHz, highHz: lowHz + widthHz })
  return bands
}

export interface AveragedEnvelope {
  readonly power: Float64Array
  readonly mean: number
  readonly resolutionHz: number
}

/** Power average over pieces of equal length. */
export function averagedEnvelope(
  transforms: Transforms,
  pieces: readonly RealSpectrum[],
  sampleRateHz: number,
  band: Band,
  prewhiten: boolean,
  highestHz: number,
): AveragedEnvelope {
  const length = pieces[0]?.length ?? 1
  const resolutionHz = sampleRateHz / length
  const bins = Math.min((length >> 1) + 1, Math.trunc(highestHz / resolutionHz) + 60)
  const power = new Float64Array(bins)
  let mean = 0
  const lowBin = Math.ceil(band.lowHz / resolutionHz - 1e-9)
  const highBin = Math.ceil(band.highHz / resolutionHz - 1e-9)
  for (const piece of pieces) {
    const envelope = transforms.squaredEnvelope(piece, lowBin, highBin, prewhiten, bins)
    for (let k = 0; k < bins; k += 1) power[k] = (power[k] as number) + (envelope.power[k] as number) / pieces.length
    mean += envelope.mean / pieces.length
  }
  return { power, mean, resolutionHz }
}

export function bandEnvelope(
  transforms: Transforms,
  pieces: readonly RealSpectrum[],
  sampleRateHz: number,
  band: Band,
  prewhitened: boolean,
  highestHz: number,
  shaftHz: number,
): BandEnvelope {
  const { power, mean, resolutionHz } = averagedEnvelope(transforms, pieces, sampleRateHz, band, prewhitened, highestHz)
  const floor = noiseFloor(power, Math.max(25, Math.trunc((1.5 * shaftHz) / resolutionHz)))
  const ratio = new Float64Array(power.length)
  const depth = new Float64Array(power.length)
  const meanSquare = mean * mean
  for (let k = 0; k < power.length; k += 1) {
    const value = power[k] as number
    // The median of exponentially distributed power is ln 2 of its mean. Beyond the band's own width there is nothing: 1.
    ratio[k] = value > 0 ? value / ((floor[k] as number) / Math.LN2 + 1e-300) : 1
    depth[k] = meanSquare > 0 ? value / meanSquare : 0
  }
  return { band, prewhitened, resolutionHz, ratio, decades: lineDecades(ratio), power, floor, depth }
}
