import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'

/** Version of each transform's definition. docs/signal-processing.md has a row for each; a test holds the two together. */
export const methodVersions = {
  'averaged-spectrum': 1,
  integration: 1,
  'hilbert-envelope': 1,
  'peak-hold-envelope': 1,
  'envelope-spectrum': 1,
  'squared-envelope-spectrum': 1,
  'fast-kurtogram': 1,
  'spectral-kurtosis': 1,
  'cepstrum-prewhitening': 1,
  'real-cepstrum': 1,
  'zoom-fft': 1,
  'cross-spectrum': 1,
  'angular-resampling': 1,
  'order-spectrum': 1,
  'time-synchronous-average': 1,
  'order-vectors': 1,
  'full-spectrum': 1,
  orbit: 1,
  'shaft-centreline': 1,
  'block-lines': 1,
} as const
export type MethodName = keyof typeof methodVersions

/** Transforms are data manipulation (DM) in ISO 13374: they change the form of what was measured and judge nothing. */
export function derivedBy(
  method: MethodName,
  window: WindowName | null = null,
  bandHz: readonly [number, number] | null = null,
): Derivation {
  return { block: 'data-manipulation', method, version: methodVersions[method], window, bandHz }
}
