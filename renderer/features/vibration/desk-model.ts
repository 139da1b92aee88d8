import type { PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { pairOf, pulseOf } from '../../../shared/domain/shaft-pair.ts'
import type { PlotAveraging, PlotWindow } from '../../../shared/protocol/plots.ts'

/** What a pane of the desk may show. */
export const paneKinds = [
  'waveform',
  'spectrum',
  'envelope',
  'trend',
  'map',
  'envelope-map',
  'orders',
  'cepstrum',
  'orbit',
  'full-spectrum',
  'bode',
  'polar',
  'centreline',
] as const
export type PaneKind = (typeof paneKinds)[number]

/** Why a point cannot have a kind of plot; null: it can. */
export type KindRefusal = 'noPair' | 'noPulse' | 'noSpeed'

const ofPair: readonly PaneKind[] = ['orbit', 'full-spectrum', 'bode', 'polar', 'centreline']

export function kindRefusal(
  plant: Pick<PlantFile, 'points' | 'assets'>,
  point: Pick<Point, 'id' | 'assetId' | 'pairPointId' | 'tachoPointId' | 'kind'>,
  kind: PaneKind,
): KindRefusal | null {
  if (ofPair.includes(kind)) {
    if (!pairOf(plant.points, point)) return 'noPair'
    return pulseOf(plant.points, point) ? null : 'noPulse'
  }
  if (kind !== 'orders') return null
  const rated = plant.assets.find(({ id }) => id === point.assetId)?.ratedRpm !== undefined
  const tag = plant.points.some(
    ({ id, assetId, kind: its, contract }) =>
      its === 'scalar' &&
      (id === point.tachoPointId || (assetId === point.assetId && contract?.quantity === 'rotational-speed')),
  )
  return rated || tag || pulseOf(plant.points, point) ? null : 'noSpeed'
}

export const layouts = ['1', '2', '3', '4', '4-square'] as const
export type DeskLayout = (typeof layouts)[number]

export const firstPanes: readonly PaneKind[] = ['waveform', 'spectrum', 'envelope', 'trend']

export function paneCount(layout: DeskLayout): number {
  return layout === '4-square' ? 4 : Number(layout)
}

export interface SpectrumSettings {
  window: PlotWindow
  lines: number | null
  overlap: number
  averaging: PlotAveraging
  bandHz: [number, number] | null
}

export const usualSettings: SpectrumSettings = {
  window: 'hann',
  lines: null,
  overlap: 0.5,
  averaging: 'power',
  bandHz: null,
}

export function isUsual(settings: SpectrumSettings): boolean {
  return JSON.stringify(settings) === JSON.stringify(usualSettings)
}

/** Presets of the envelope band; one beyond half the sample rate is refused by the engine with its reason. */
export const bandPresets: readonly (readonly [number, number])[] = [
  [250, 10_000],
  [500, 20_000],
  [2000, 5000],
]

const shortestMs = 1000
/** The rings hold ten seconds and more; what has not come yet is not waited for. */
const longestMs = 10_000
/** Pieces that a live spectrum averages at half overlap. */
const livePieces = 5

/** Length of the newest samples that a live spectrum of so many lines is made of. */
export function liveSpanMs(lines: number | null, sampleRateHz: number): number {
  if (lines === null) return shortestMs
  const piece = (lines * 2.56 * 1000) / sampleRateHz
  return Math.min(longestMs, Math.max(shortestMs, Math.ceil(piece * (1 + (livePieces - 1) / 2))))
}

export interface CompareItem {
  captureId: string
  name: string
}

/** Of captures newest first: the one nearest to a moment, other than `not`; null when there is none before it. */
export function nearestCapture<C extends { id: string; sourceUs: number }>(
  captures: readonly C[],
  atUs: number,
  not: string | null,
): C | null {
  let best: C | null = null
  for (const capture of captures) {
    if (capture.id === not) continue
    if (!best || Math.abs(capture.sourceUs - atUs) < Math.abs(best.sourceUs - atUs)) best = capture
  }
  return best
}
