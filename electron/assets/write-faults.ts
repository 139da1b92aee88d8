import { permissions } from '../../shared/domain/access.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import { isRaw, items, pair, text, type Raw } from './raw.ts'

/** What a point says about being written, beyond its form. */
export function writeFaults(root: Raw): Fault[] {
  return items(root, 'points').flatMap(([point, index]) => {
    const write = point['write']
    return isRaw(write) ? faultsOf(point, write, `points[${index}].write`) : []
  })
}

function faultsOf(point: Raw, write: Raw, path: string): Fault[] {
  const faults: Fault[] = []
  const kind = text(point, 'kind')
  if (kind !== undefined && kind !== 'scalar') {
    const message = `${path} is of a point of kind "${kind}"; only single values are written.`
    faults.push({ path, code: 'write-kind', message, remedy: 'Take the key away, or make it a scalar point.' })
  }
  const [low, high] = pair(write, 'range') ?? [0, 1]
  if (low >= high) {
    const message = `${path}.range ends (${high}) where it begins (${low}) or below: no value lies in it.`
    faults.push({
      path: `${path}.range`,
      code: 'write-range',
      message,
      remedy: 'Give the lowest value first, then the highest.',
    })
  }
  const roles = Array.isArray(write['roles']) ? (write['roles'] as unknown[]) : []
  const allowed: readonly unknown[] = permissions['point.write']
  for (const [index, role] of roles.entries()) {
    if (role !== 'finance-viewer' || allowed.includes(role)) continue
    const message = `${path}.roles names "${role}", which may never write to the plant.`
    const remedy = `Name one or more of ${allowed.join(', ')}.`
    faults.push({ path: `${path}.roles[${index}]`, code: 'write-role', message, remedy })
  }
  return faults
}
