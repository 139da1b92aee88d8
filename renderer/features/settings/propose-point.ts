import { idFrom } from '../../../shared/lib/names.ts'
import type { Contract, Point } from '../../../shared/domain/plant-file.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { quantityOfName, unitOf, usualRange, usualUnit } from './units.ts'

export type Basis = 'server' | 'name' | 'usual' | 'missing'

/** A form's worth of text: everything editable, nothing parsed before the person is done. */
export interface PointDraft {
  id: string
  name: string
  assetId: string
  componentId: string
  kind: Point['kind']
  quantity: Contract['quantity']
  unit: string
  detector: Contract['detector']
  axis: string
  placement: string
  sampleRateHz: string
  blockSize: string
  rangeLow: string
  rangeHigh: string
  cadenceMs: string
  staleAfterMs: string
  missingAfterMs: string
}

export type DraftField = keyof PointDraft

export interface Proposal {
  draft: PointDraft
  /** Where each proposed value comes from, so that a guess can be shown as a guess. */
  basis: Partial<Record<DraftField, Basis>>
}

function pointId(assetId: string, browseName: string, taken: ReadonlySet<string>): string {
  const leaf = idFrom(browseName.replace(/^\d+:/, '')) || 'point'
  const base = assetId !== '' && !leaf.startsWith(`${assetId}.`) ? `${assetId}.${leaf}` : leaf
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? base : `${base}-${n}`
    if (!taken.has(candidate)) return candidate
  }
}

const textTypes = new Set(['String', 'LocalizedText', 'XmlElement', 'Guid'])
/** A second is what operators read; a node that states its own minimum sampling interval is taken at its word. */
const usualCadenceMs = 1000

function kindOf(entry: BrowseEntry): Point['kind'] {
  if (entry.dataType !== null && textTypes.has(entry.dataType)) return 'event'
  return entry.valueRank !== null && entry.valueRank >= 1 ? 'waveform' : 'scalar'
}

function quantityFor(entry: BrowseEntry): { quantity: Contract['quantity']; basis: Basis } {
  const known = entry.unit === null ? null : unitOf(entry.unit)
  if (known?.quantity) return { quantity: known.quantity, basis: 'server' }
  const named = quantityOfName(entry.browseName) ?? quantityOfName(entry.displayName)
  if (named) return { quantity: named, basis: 'name' }
  if (entry.dataType === 'Boolean') return { quantity: 'state', basis: 'server' }
  return { quantity: 'other', basis: 'missing' }
}

function unitFor(entry: BrowseEntry, quantity: Contract['quantity']): { unit: string; basis: Basis } {
  if (entry.unit !== null && entry.unit.trim() !== '') {
    return { unit: unitOf(entry.unit)?.unit ?? entry.unit.trim(), basis: 'server' }
  }
  const usual = usualUnit[quantity]
  return usual === null ? { unit: '', basis: 'missing' } : { unit: usual, basis: 'usual' }
}

/** Contract proposed for a browsed node: the server's own words first, then its name, then what is usual. */
export function proposePoint(entry: BrowseEntry, assetId: string, taken: ReadonlySet<string>): Proposal {
  const kind = kindOf(entry)
  const { quantity, basis: quantityBasis } = quantityFor(entry)
  const { unit, basis: unitBasis } = unitFor(entry, quantity)
  const range = entry.range ?? (entry.dataType === 'Boolean' ? ([0, 1] as const) : usualRange[quantity])
  const stated = entry.minimumSamplingIntervalMs
  const hasCadence = stated !== null && stated > 0
  const cadenceMs = hasCadence ? stated : usualCadenceMs
  const isWaveform = kind === 'waveform'
  const wave = isWaveform ? waveOf(entry) : null
  const rangeBasis: Basis = entry.range ? 'server' : range ? 'usual' : 'missing'
  return {
    draft: {
      id: pointId(assetId, entry.browseName, taken),
      name: entry.displayName,
      assetId,
      componentId: '',
      kind,
      quantity,
      unit,
      detector: 'raw',
      axis: '',
      placement: '',
      sampleRateHz: wave ? textOf(wave.sampleRateHz) : String(trim(1000 / cadenceMs)),
      blockSize: textOf(wave?.blockSize ?? null),
      rangeLow: range ? String(range[0]) : '',
      rangeHigh: range ? String(range[1]) : '',
      ...timesOf(wave ? wave.cadenceMs : cadenceMs),
    },
    basis: {
      kind: entry.valueRank === null ? 'usual' : 'server',
      quantity: quantityBasis,
      unit: unitBasis,
      rangeLow: rangeBasis,
      rangeHigh: rangeBasis,
      cadenceMs: wave ? saidOrMissing(wave.cadenceMs) : hasCadence ? 'server' : 'usual',
      sampleRateHz: wave ? saidOrMissing(wave.sampleRateHz) : hasCadence ? 'server' : 'usual',
      ...(wave ? { blockSize: saidOrMissing(wave.blockSize) } : {}),
    },
  }
}

interface Wave {
  sampleRateHz: number | null
  blockSize: number | null
  cadenceMs: number | null
}

/** Rate, length and cadence of a block: two that the server says give the third. */
function waveOf(entry: BrowseEntry): Wave {
  const blockSize =
    entry.arrayLength !== null && entry.arrayLength !== undefined && entry.arrayLength >= 2 ? entry.arrayLength : null
  const stated =
    entry.minimumSamplingIntervalMs !== null && entry.minimumSamplingIntervalMs > 0
      ? entry.minimumSamplingIntervalMs
      : null
  const sampleRateHz = entry.sampleRateHz ?? null
  return {
    blockSize,
    sampleRateHz,
    cadenceMs: sampleRateHz !== null && blockSize !== null ? cadenceOf(sampleRateHz, blockSize) : stated,
  }
}

const textOf = (value: number | null): string => (value === null ? '' : String(value))
const saidOrMissing = (value: number | null): Basis => (value === null ? 'missing' : 'server')

function timesOf(cadenceMs: number | null): Pick<PointDraft, 'cadenceMs' | 'staleAfterMs' | 'missingAfterMs'> {
  if (cadenceMs === null) return { cadenceMs: '', staleAfterMs: '', missingAfterMs: '' }
  return {
    cadenceMs: String(cadenceMs),
    staleAfterMs: String(2 * cadenceMs),
    missingAfterMs: String(Math.max(1000, 5 * cadenceMs)),
  }
}

function trim(value: number): number {
  return Number(value.toPrecision(6))
}

/** Cadence that rate and block size imply: what a person who knows those two need not type again. */
export function cadenceOf(sampleRateHz: number, blockSize: number): number | null {
  if (!(sampleRateHz > 0) || !(blockSize >= 2)) return null
  return trim((blockSize / sampleRateHz) * 1000)
}
