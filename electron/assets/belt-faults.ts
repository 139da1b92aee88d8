import type { Fault } from '../../shared/domain/fault.ts'
import { called, items, number, type Raw } from './raw.ts'

/** Belts that cannot be: diagnosis would look for their lines at the wrong place. */
export function beltFaults(root: Raw): Fault[] {
  return items(root, 'assets').flatMap(([asset, at]) =>
    items(asset, 'components').flatMap(([component, index]) => {
      const path = `assets[${at}].components[${index}]`
      const name = `Component ${called(component, index)} of ${called(asset, at)}`
      const diameter = number(component, 'pulleyDiameterMm')
      const length = number(component, 'lengthMm')
      if ((diameter !== undefined || length !== undefined) && component['kind'] !== 'belt') {
        const message = `${name} has a belt's dimensions but is no belt.`
        const remedy = 'Make its "kind" "belt", or leave "pulleyDiameterMm" and "lengthMm" out.'
        return [{ path: `${path}.kind`, code: 'belt-dimensions', message, remedy }]
      }
      if (diameter === undefined || length === undefined || length > Math.PI * diameter) return []
      const round = Math.round(Math.PI * diameter)
      const message = `${name} is ${length} mm long, but once around its pulley of ${diameter} mm are ${round} mm.`
      const remedy = 'Write the length of the whole belt and the diameter of the pulley, both in millimetres.'
      return [{ path: `${path}.lengthMm`, code: 'belt-too-short', message, remedy }]
    }),
  )
}
