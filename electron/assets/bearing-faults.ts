import {
  BearingGeometryError,
  bearingOrders,
  hasRoom,
  matchBearing,
  orderFault,
  withOwnBearings,
  type BearingCatalogue,
  type OwnBearing,
} from '../../shared/domain/bearings.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import { ownBearingSchema } from '../../shared/domain/plant-file.ts'
import { called, items, text, type Raw } from './raw.ts'
import { meant } from './suggest.ts'

/** Geometry and the maker's printed frequencies of one bearing must agree within this, else one of them is mistyped. */
const agreement = 0.015

/** Designations that components name and nobody knows, and entries of the plant's own that cannot be. */
export function bearingFaults(root: Raw, names: readonly string[]): Fault[] {
  const own = items(root, 'bearings').flatMap(([entry]) => ownBearingSchema.safeParse(entry).data ?? [])
  return [...ownFaults(root), ...(names.length === 0 ? [] : componentFaults(root, names, own))]
}

function componentFaults(root: Raw, names: readonly string[], own: readonly OwnBearing[]): Fault[] {
  const catalogue = withOwnBearings(named(names), own)
  const known = catalogue.bearings.flatMap(({ name, aliases }) => [name, ...aliases])
  return items(root, 'assets').flatMap(([asset, index]) =>
    items(asset, 'components').flatMap(([component, at]) => {
      const bearing = text(component, 'bearing')
      if (bearing === undefined || matchBearing(catalogue, bearing)) return []
      const path = `assets[${index}].components[${at}].bearing`
      const message = `The bearing "${bearing}" of component ${called(component, at)} is not in the bearing catalogue.`
      const remedy = meant(bearing, known, 'Add it to the plant file\'s "bearings".')
      return [{ path, code: 'unknown-bearing', message, remedy }]
    }),
  )
}

/** For names alone: whether there is an entry is all that is asked. */
function named(names: readonly string[]): BearingCatalogue {
  const bearings = names.map((name) => ({ name, aliases: [], geometry: null, source: null, verified: false }))
  return { schema: 'millwright/bearings@1', bearings }
}

function ownFaults(root: Raw): Fault[] {
  return items(root, 'bearings').flatMap(([raw, index]) => {
    const entry = ownBearingSchema.safeParse(raw).data
    // The schema has named what is wrong with it already.
    if (!entry) return []
    const path = `bearings[${index}]`
    const fault = (where: string, message: string, remedy: string): Fault => ({
      path: where,
      code: 'bad-bearing',
      message: `${where} of "${entry.name}": ${message}.`,
      remedy,
    })
    const { geometry, orders } = entry
    if (!geometry && !orders) {
      const remedy = 'Give its geometry, or the four frequencies that the maker prints, in "orders".'
      return [fault(path, 'it has neither a geometry nor frequencies', remedy)]
    }
    const faults: Fault[] = []
    const computed = geometry ? computedOf(geometry) : null
    if (typeof computed === 'string') {
      const remedy = 'Check the number of elements, both diameters in millimetres, and the contact angle.'
      faults.push(fault(`${path}.geometry`, computed, remedy))
    }
    const wrong = orders ? orderFault(orders) : null
    if (wrong !== null) faults.push(fault(`${path}.orders`, wrong, 'Give them in events a shaft revolution.'))
    if (orders && wrong === null && computed !== null && typeof computed !== 'string') {
      const keys = ['bpfo', 'bpfi', 'bsf', 'ftf'] as const
      const off = keys.find((key) => Math.abs(computed[key] / orders[key] - 1) > agreement)
      if (off) {
        const message = `${off} is ${orders[off]}, but the geometry gives ${computed[off].toFixed(4)}`
        faults.push(fault(`${path}.orders`, message, 'One of the two is of another bearing: take the wrong one away.'))
      }
    }
    return faults
  })
}

function computedOf(geometry: NonNullable<OwnBearing['geometry']>): ReturnType<typeof bearingOrders> | string {
  const { rollingElements, elementDiameter, pitchDiameter } = geometry
  if (!hasRoom(geometry))
    return `${rollingElements} elements of ${elementDiameter} mm have no room on a pitch circle of ${pitchDiameter} mm`
  try {
    return bearingOrders(geometry)
  } catch (error) {
    if (error instanceof BearingGeometryError) return error.message
    throw error
  }
}
