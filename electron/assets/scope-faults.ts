import type { Fault } from '../../shared/domain/fault.ts'
import { exceptionOf, exceptionRules } from '../../shared/domain/exceptions.ts'
import { quantities } from '../../shared/domain/plant-file.ts'
import { items, part, text, type Raw } from './raw.ts'
import { listed, meant } from './suggest.ts'

const places = ['lines', 'assets', 'servers', 'points'] as const
const forms =
  'plant, lines/ID, assets/ID, servers/ID or points/ID, and behind one more slash a quantity or a kind of sensor'
const forExceptions = `Write ${forms}; or opcua:SERVER:RULE for a connection.`
const forMaintenance = `Write ${forms}.`

interface Known {
  readonly ids: ReadonlyMap<string, readonly string[]>
  /** Measured quantities, and the kinds of the file's own sensors. */
  readonly classes: readonly string[]
}

function knownIn(root: Raw): Known {
  const idsOf = (key: string): string[] => items(root, key).flatMap(([item]) => text(item, 'id') ?? [])
  // What has left service may still be meant: it can be brought back.
  const retired = items(root, 'retired').flatMap(([entry]) =>
    (['assets', 'points'] as const).flatMap((place) =>
      items(part(entry, 'entries'), place).flatMap(([item]) => {
        const id = text(item, 'id')
        return id === undefined ? [] : [{ id, place }]
      }),
    ),
  )
  const kinds = items(root, 'sensors').flatMap(([sensor]) => text(sensor, 'kind') ?? [])
  return {
    ids: new Map(
      places.map((place) => [
        place,
        [...idsOf(place), ...retired.flatMap((entry) => (entry.place === place ? entry.id : []))],
      ]),
    ),
    classes: [...new Set([...quantities, ...kinds])],
  }
}

/** What is wrong with a scope and how to mend it; null when it is meant for something of this file. */
function scopeFault(scope: string, { ids, classes }: Known): { message: string; remedy: string } | null {
  const [place = '', ...rest] = scope.split('/')
  const known = ids.get(place)
  const isPlant = place === 'plant'
  if (!isPlant && !known) return { message: `is "${scope}", which is no scope`, remedy: '' }
  const [id, ...behind] = isPlant ? ['', ...rest] : rest
  if (known && !known.includes(id ?? '')) {
    const message = `is "${scope}", but "${id ?? ''}" is not in ${place}`
    return { message, remedy: meant(id ?? '', known, `Add it to ${place}, or take the entry away.`) }
  }
  const [sensorClass, ...more] = behind
  if (more.length > 0) return { message: `is "${scope}", which has a part too many`, remedy: '' }
  if (sensorClass === undefined || classes.includes(sensorClass)) return null
  const message = `is "${scope}", but "${sensorClass}" is no measured quantity and no kind of a sensor in this file`
  return { message, remedy: meant(sensorClass, classes, '') }
}

function connectionFault(scope: string, { ids }: Known): { message: string; remedy: string } | null {
  const parts = exceptionOf(scope)
  if (parts === null) {
    const message = `is "${scope}", which names no server and rule of a connection`
    return { message, remedy: `Write opcua:SERVER:RULE; the rules are ${listed(exceptionRules)}.` }
  }
  const servers = ids.get('servers') ?? []
  if (servers.includes(parts.serverId)) return null
  const message = `is "${scope}", but "${parts.serverId}" is not in servers`
  return { message, remedy: meant(parts.serverId, servers, 'Add it to servers, or take the exception away.') }
}

/** An exception or a maintenance window that is meant for nothing would hold no gate open, and nobody would know. */
export function scopeFaults(root: Raw): Fault[] {
  const known = knownIn(root)
  const faultsOf = (section: string, form: string, judge: (scope: string) => ReturnType<typeof scopeFault>): Fault[] =>
    items(root, section).flatMap(([entry, index]) => {
      const scope = text(entry, 'scope')
      const found = scope === undefined ? null : judge(scope)
      if (!found) return []
      const path = `${section}[${index}].scope`
      return [{ path, code: 'unknown-scope', message: `${path} ${found.message}.`, remedy: found.remedy || form }]
    })
  return [
    ...faultsOf('exceptions', forExceptions, (scope) =>
      scope.startsWith('opcua:') ? connectionFault(scope, known) : scopeFault(scope, known),
    ),
    ...faultsOf('maintenance', forMaintenance, (scope) => scopeFault(scope, known)),
  ]
}
