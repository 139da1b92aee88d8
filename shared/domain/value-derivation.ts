import type { ProcessingBlock } from './derivation.ts'
import { featureDefinitions, isFeatureName } from './features.ts'

/** What a value is made from; `source`: the server itself. */
export const derivationInputs = [
  'source',
  'signal',
  'speed',
  'bearing',
  'unit',
  'keyphasor',
  'features',
  'baseline',
  'value',
  'limits',
  'runState',
] as const
export type DerivationInput = (typeof derivationInputs)[number]

/** Block of ISO 13374-1, inputs and version of a value that somebody is shown. */
export interface ValueDerivation {
  block: ProcessingBlock
  inputs: readonly DerivationInput[]
  version: number
}

/** Of a value of a point: its own, one of its features, or the health score. */
export function derivationOfValue(feature: string, contractVersion: number): ValueDerivation {
  if (feature === 'healthScore')
    return { block: 'health-assessment', inputs: ['features', 'baseline', 'runState'], version: healthScoreVersion }
  if (!isFeatureName(feature)) return { block: 'data-acquisition', inputs: ['source'], version: contractVersion }
  const { block, needs, version } = featureDefinitions[feature]
  return { block, inputs: ['signal', ...needs], version }
}

/** Grows when baseline or tests change so that old and new scores are not compared unnoticed. */
const healthScoreVersion = 1
/** The same of how a rule is judged: limits, deadband, delays, operating states. */
const judgementVersion = 2

/** Of an alert: judged by limits, or advice from the health score. */
export function derivationOfAlert(feature: string): ValueDerivation {
  return feature === 'healthScore'
    ? { block: 'advisory-generation', inputs: ['features', 'baseline', 'runState'], version: healthScoreVersion }
    : { block: 'state-detection', inputs: ['value', 'limits', 'runState'], version: judgementVersion }
}
