/** What a feature says about a machine decides how much of a change matters. */
export type FeatureKind = 'level' | 'band' | 'line' | 'impulsiveness'

/** `amplitude` is 20 log10, `power` and `ratio` 10 log10, `excess` is a kurtosis less 3, `decibel` is taken as it is. */
type Scale = 'amplitude' | 'power' | 'ratio' | 'excess' | 'decibel'

export interface WatchedFeature {
  readonly name: string
  readonly kind: FeatureKind
  readonly scale: Scale
}

export interface KindRule {
  /** a lasting rise below this never counts, however certain it is */
  readonly toleranceDb: number
  /** a lasting rise above this is an alarm; null where the kind tells of a change and not of its severity */
  readonly alarmDb: number | null
}

/**
 * Smallest change worth a warning, and the change that is an alarm.
 * - level: ISO 20816-1 calls a change of 25 % (2 dB) significant; the +-10 % that ISO 2954 allows an instrument lie well within.
 *   Doubling (6 dB) crosses at least one zone limit of ISO 20816-3, whose zones are factors of 1.6 to 2 apart.
 * - line: the same 25 % of amplitude, since energy at one fault frequency has one cause.
 * - impulsiveness: 25 % again (1 dB of a ratio): kurtosis 3 to 3.8. Late in life it falls, so that it can warn but not alarm.
 * - band: a part of the spectrum may wander while the whole stays; the usual mask is twice the baseline amplitude (6 dB),
 *   ten times (20 dB) the usual alarm, for lines too.
 */
export const kindRules: Readonly<Record<FeatureKind, KindRule>> = {
  level: { toleranceDb: 2, alarmDb: 6 },
  line: { toleranceDb: 2, alarmDb: 20 },
  impulsiveness: { toleranceDb: 1, alarmDb: null },
  band: { toleranceDb: 6, alarmDb: 20 },
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const patterns: readonly { readonly test: RegExp; readonly kind: FeatureKind; readonly scale: Scale }[] = [
  { test: /^(envelope)?(bpfo|bpfi|bsf|ftf)(energy|power)$/, kind: 'line', scale: 'power' },
  { test: /^(envelope)?(bpfo|bpfi|bsf|ftf)(amplitude)?$/, kind: 'line', scale: 'amplitude' },
  { test: /^(envelope)?(bpfo|bpfi|bsf|ftf)snrdb$/, kind: 'line', scale: 'decibel' },
  { test: /^band(\d+|low)$/, kind: 'band', scale: 'amplitude' },
  { test: /^order\d$/, kind: 'band', scale: 'amplitude' },
  { test: /^kurtosis$/, kind: 'impulsiveness', scale: 'ratio' },
  { test: /^kurtosisexcess$/, kind: 'impulsiveness', scale: 'excess' },
  { test: /^(acceleration|velocity|displacement|envelope)?(rms|std)$/, kind: 'level', scale: 'amplitude' },
]

/** How a feature of this name is watched; null for names whose rise has no agreed meaning. */
export function watchedFeature(name: string): WatchedFeature | null {
  const key = plain(name)
  const found = patterns.find(({ test }) => test.test(key))
  return found === undefined ? null : { name, kind: found.kind, scale: found.scale }
}

/** Decibels of any origin: a gain adds a constant, which the baseline takes away again. NaN for what is no such value. */
export function toDecibels(feature: WatchedFeature, value: number): number {
  if (feature.scale === 'decibel') return Number.isFinite(value) ? value : Number.NaN
  const positive = feature.scale === 'excess' ? value + 3 : value
  if (!(positive > 0) || !Number.isFinite(positive)) return Number.NaN
  return (feature.scale === 'amplitude' ? 20 : 10) * Math.log10(positive)
}

/** The feature that tells whether the machine runs: its overall level. */
export function overallLevel(names: readonly string[]): string | null {
  const levels = names.filter((name) => watchedFeature(name)?.kind === 'level')
  return levels.find((name) => plain(name) === 'rms') ?? levels[0] ?? null
}

export function overallKurtosis(names: readonly string[]): string | null {
  return names.find((name) => /^kurtosis(excess)?$/.test(plain(name))) ?? null
}

/** A decibel change as a factor, of power for powers and ratios. */
export function factorOf(feature: WatchedFeature, changeDb: number): number {
  return 10 ** (changeDb / (feature.scale === 'amplitude' || feature.scale === 'decibel' ? 20 : 10))
}
