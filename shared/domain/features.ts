import type { ProcessingBlock, WindowName } from './derivation.ts'

/**
 * The features of one waveform block, in the order of the feature vector. The order is stored with captures: append, never
 * reorder; a changed definition gets a new `version`.
 */
export const featureNames = [
  'mean',
  'rms',
  'peak',
  'peakToPeak',
  'crestFactor',
  'kurtosis',
  'skewness',
  'velocityRms',
  'envelopeRms',
  'order1',
  'order2',
  'order3',
  'bpfo',
  'bpfi',
  'bsf',
  'ftf',
  'bpfoSnrDb',
  'bpfiSnrDb',
  'bsfSnrDb',
  'ftfSnrDb',
  'band1',
  'band2',
  'band3',
  'band4',
  'bandLow',
  'order1Phase',
  'order2Phase',
  'order3Phase',
  'outerEvidence',
  'innerEvidence',
  'cageEvidence',
  'rollingEvidence',
  'goodShare',
] as const

export type FeatureName = (typeof featureNames)[number]

export const featureCount: number = featureNames.length

/** Values in the order of `featureNames`. What could not be computed (no speed, no bearing, no unit) is NaN, never 0. */
export type FeatureVector = Float64Array

/** `signal`: the point's own unit; `velocity`: mm/s; `ratio`: no unit; `decibel`: 20 log10 of an amplitude ratio; `degree`: 0 to 360. */
export type FeatureUnitKind = 'signal' | 'velocity' | 'ratio' | 'decibel' | 'degree'

export interface FeatureDefinition {
  readonly unitKind: FeatureUnitKind
  /** ISO 13374: which processing block makes the value */
  readonly block: ProcessingBlock
  /** `tapered`: flat over the block, with half-cosine ends in what precedes and follows it */
  readonly window: WindowName | 'tapered'
  /** which part of the spectrum it looks at, in words that name the numbers */
  readonly band: string
  readonly version: number
  readonly needs: readonly ('speed' | 'bearing' | 'unit' | 'keyphasor')[]
  readonly meaning: string
}

const wholeBand = '0 Hz to half the sample rate'
const shaftLine = 'strongest bin within 1.5 % (at least one bin) of the order'
const envelopeLine =
  'envelope of the analyser band; strongest bin within 1.5 % (at least one bin) of harmonics 1 to 3, of the rolling envelope record'

const timeFeature = (unitKind: FeatureUnitKind, meaning: string): FeatureDefinition => ({
  unitKind,
  block: 'data-manipulation',
  window: 'rectangular',
  band: wholeBand,
  version: 1,
  needs: [],
  meaning,
})
const shaftOrder = (order: number): FeatureDefinition => ({
  unitKind: 'signal',
  block: 'data-manipulation',
  window: 'hann',
  band: shaftLine,
  version: 2,
  needs: ['speed'],
  meaning: `peak amplitude at ${order} x shaft speed`,
})
const envelopeAmplitude = (what: string): FeatureDefinition => ({
  unitKind: 'signal',
  block: 'data-manipulation',
  window: 'hann',
  band: envelopeLine,
  version: 2,
  needs: ['speed', 'bearing'],
  meaning: `peak amplitude of the strongest of the first three envelope lines of ${what}`,
})
const envelopeSnr = (what: string): FeatureDefinition => ({
  unitKind: 'decibel',
  block: 'data-manipulation',
  window: 'hann',
  band: envelopeLine,
  version: 1,
  needs: ['speed', 'bearing'],
  meaning: `best line to local median ratio of the first three envelope lines of ${what}; noise alone reads 6 to 14 dB`,
})

const octave = (from: string, to: string): FeatureDefinition => ({
  unitKind: 'signal',
  block: 'data-manipulation',
  window: 'tapered',
  band: `${from} to ${to} of the sample rate`,
  version: 1,
  needs: [],
  meaning: 'RMS within the band (Parseval), of the block and a part of the ones around it',
})

const shaftPhase = (order: number): FeatureDefinition => ({
  unitKind: 'degree',
  block: 'data-manipulation',
  window: 'rectangular',
  band: 'up to 1450 Hz or half the sample rate; whole turns of the rolling record',
  version: 1,
  needs: ['keyphasor'],
  meaning: `phase lag at ${order} x shaft speed, from the keyphasor to the next positive peak`,
})

const faultEvidence = (what: string): FeatureDefinition => ({
  unitKind: 'ratio',
  block: 'health-assessment',
  window: 'hann',
  band: 'the three most impulsive bands of a 1/3-binary tree and the whole prewhitened spectrum',
  version: 1,
  needs: ['speed', 'bearing'],
  meaning: `evidence of ${what} in decades over the floor, of the last stretch of whole seconds that held 20 revolutions`,
})

export const featureDefinitions: Readonly<Record<FeatureName, FeatureDefinition>> = {
  mean: timeFeature('signal', 'arithmetic mean; all other features are taken after removing it'),
  rms: timeFeature('signal', 'sqrt(mean(x^2))'),
  peak: timeFeature('signal', 'max |x|'),
  peakToPeak: timeFeature('signal', 'max x - min x'),
  crestFactor: timeFeature('ratio', 'peak / rms'),
  kurtosis: timeFeature('ratio', 'mean(x^4) / mean(x^2)^2, 3 for a Gaussian'),
  skewness: timeFeature('ratio', 'mean(x^3) / mean(x^2)^1.5'),
  velocityRms: {
    unitKind: 'velocity',
    block: 'data-manipulation',
    window: 'hann',
    band: '10 Hz to 1000 Hz',
    version: 1,
    needs: ['unit'],
    meaning: 'RMS velocity in mm/s by integration of the acceleration spectrum',
  },
  envelopeRms: {
    unitKind: 'signal',
    block: 'data-manipulation',
    window: 'rectangular',
    band: 'analyser band (default 2000 Hz to 0.45 x sample rate; 0.15 to 0.45 below 20 kHz)',
    version: 1,
    needs: [],
    meaning: 'RMS of the envelope with its mean removed, over the rolling envelope record',
  },
  order1: shaftOrder(1),
  order2: shaftOrder(2),
  order3: shaftOrder(3),
  bpfo: envelopeAmplitude('the outer-race frequency'),
  bpfi: envelopeAmplitude('the inner-race frequency'),
  bsf: envelopeAmplitude('the rolling-element spin frequency (a defect strikes both races: mostly harmonic 2)'),
  ftf: envelopeAmplitude('the cage frequency'),
  bpfoSnrDb: envelopeSnr('the outer-race frequency'),
  bpfiSnrDb: envelopeSnr('the inner-race frequency'),
  bsfSnrDb: envelopeSnr('the rolling-element spin frequency'),
  ftfSnrDb: envelopeSnr('the cage frequency'),
  band1: octave('1/4', '1/2'),
  band2: octave('1/8', '1/4'),
  band3: octave('1/16', '1/8'),
  band4: octave('1/32', '1/16'),
  bandLow: octave('2 lines above 0', '1/32'),
  order1Phase: shaftPhase(1),
  order2Phase: shaftPhase(2),
  order3Phase: shaftPhase(3),
  outerEvidence: faultEvidence('an outer-race fault'),
  innerEvidence: faultEvidence('an inner-race fault'),
  cageEvidence: faultEvidence('a cage fault'),
  rollingEvidence: faultEvidence('a rolling-element fault (a scale of its own, up to 5)'),
  goodShare: {
    unitKind: 'ratio',
    block: 'data-acquisition',
    window: 'rectangular',
    band: wholeBand,
    version: 1,
    needs: [],
    meaning:
      'share of the samples that are good: 0 of a block that the source calls uncertain; less by those in runs of three and more at an extreme (clipped)',
  },
}

const indexByName: ReadonlyMap<string, number> = new Map(featureNames.map((name, index) => [name, index]))

/** Index in the vector, or -1 for a name that is no feature. */
export function featureIndex(name: string): number {
  return indexByName.get(name) ?? -1
}

export function isFeatureName(name: string): name is FeatureName {
  return indexByName.has(name)
}
