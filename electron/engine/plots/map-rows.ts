import type { MapRow } from '../../../shared/protocol/plots.ts'
import type { StoredCapture } from '../../store/api.ts'
import type { MapAnswer } from './plot-messages.ts'
import { PlotRefusal } from './plot-refusal.ts'
import { spectrumOf, type Lines, type SpectrumSettings } from './spectrum-of.ts'

/** A spectrum a capture, all on the same lines; one that cannot be put there keeps its row and says why. */
export async function mapRows(
  read: (id: string) => Promise<StoredCapture | null>,
  captureIds: readonly string[],
  settings: SpectrumSettings,
  topHz: number | null,
): Promise<MapAnswer> {
  const rows: MapRow[] = []
  const spectra: (Lines | null)[] = []
  let first: { lines: Lines; capture: StoredCapture } | null = null
  for (const id of captureIds) {
    const capture = await read(id)
    if (!capture) continue
    let made: Lines | null = null
    let refused: string | null = null
    try {
      const lines = spectrumOf(capture, settings)
      first ??= { lines, capture }
      if (capture.unit !== first.capture.unit)
        refused = `Its unit is ${capture.unit}, that of the others ${first.capture.unit}.`
      else if (Math.abs(lines.resolutionHz / first.lines.resolutionHz - 1) > 1e-6)
        refused = `It was taken at ${capture.sampleRateHz} samples a second, the others at ${first.capture.sampleRateHz}.`
      else made = lines
    } catch (error) {
      if (!(error instanceof PlotRefusal)) throw error
      refused = error.message
    }
    const { sourceUs: tUs, rpm, runState, cause } = capture
    rows.push({ captureId: id, tUs, rpm: Number.isFinite(rpm) ? rpm : null, runState, cause, refused })
    spectra.push(made)
  }
  const resolutionHz = first?.lines.resolutionHz ?? 0
  const all = Math.max(0, ...spectra.map((made) => made?.amplitude.length ?? 0))
  const lines = topHz === null || resolutionHz === 0 ? all : Math.min(all, Math.floor(topHz / resolutionHz + 1e-9) + 1)
  const amplitude = new Float32Array(rows.length * lines).fill(Number.NaN)
  for (const [row, made] of spectra.entries()) if (made) amplitude.set(made.amplitude.subarray(0, lines), row * lines)
  return {
    rows,
    pointKey: first?.capture.pointKey ?? null,
    resolutionHz,
    lines,
    unit: first?.capture.unit ?? null,
    amplitude,
  }
}
