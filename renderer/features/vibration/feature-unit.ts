import { featureDefinitions, isFeatureName } from '../../../shared/domain/features.ts'

/** Unit of a feature of a point, as its definition says. */
export function featureUnit(feature: string, signalUnit: string): string {
  if (!isFeatureName(feature)) return signalUnit
  switch (featureDefinitions[feature].unitKind) {
    case 'signal':
      return signalUnit
    case 'velocity':
      return 'mm/s'
    case 'ratio':
      return ''
    case 'decibel':
      return 'dB'
    case 'degree':
      return '°'
  }
}
