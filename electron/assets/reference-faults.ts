import type { Fault } from '../../shared/domain/fault.ts'
import { called, isRaw, items, part, text, type Raw } from './raw.ts'
import { meant } from './suggest.ts'

const collections = [
  'lines',
  'servers',
  'assets',
  'points',
  'alerts',
  'sync',
  'sensors',
  'templates',
  'bearings',
  'failureModes',
  'retired',
] as const

function idsOf(root: Raw, key: string): string[] {
  return items(root, key).flatMap(([item]) => text(item, 'id') ?? [])
}

function duplicates(list: [Raw, number][], path: string): Fault[] {
  const first = new Map<string, number>()
  return list.flatMap(([item, index]) => {
    const id = text(item, 'id')
    if (id === undefined) return []
    const before = first.get(id)
    if (before === undefined) {
      first.set(id, index)
      return []
    }
    const message = `The id "${id}" stands twice in ${path}: at ${path}[${before}] and at ${path}[${index}].`
    return [{ path: `${path}[${index}].id`, code: 'duplicate-id', message, remedy: 'Give each its own id.' }]
  })
}

interface Reference {
  from: Raw
  key: string
  path: string
  /** What it names, in the singular. */
  what: string
  known: readonly string[]
  where: string
}

function dangling({ from, key, path, what, known, where }: Reference): Fault[] {
  const wanted = text(from, key)
  if (wanted === undefined || known.includes(wanted)) return []
  const otherwise = `Add it to ${where}, or take the key away.`
  const message = `${path}.${key} names the ${what} "${wanted}", which is not in ${where}.`
  return [{ path: `${path}.${key}`, code: 'dangling-reference', message, remedy: meant(wanted, known, otherwise) }]
}

/** An asset that is its own grandparent would make every walk up the tree endless. */
function parentCycles(root: Raw): Fault[] {
  const parents = new Map(items(root, 'assets').map(([asset]) => [text(asset, 'id'), text(asset, 'parentId')]))
  return items(root, 'assets').flatMap(([asset, index]) => {
    const id = text(asset, 'id')
    let at = parents.get(id)
    for (let steps = 0; at !== undefined && steps <= parents.size; steps++) {
      if (at === id) {
        const message = `The asset "${id}" is, over its parents, its own parent.`
        const remedy = 'Break the circle: one of these assets has no parent.'
        return [{ path: `assets[${index}].parentId`, code: 'parent-cycle', message, remedy }]
      }
      at = parents.get(at)
    }
    return []
  })
}

function assetFaults(root: Raw): Fault[] {
  const lines = idsOf(root, 'lines')
  const assets = idsOf(root, 'assets')
  const templates = idsOf(root, 'templates')
  const points = idsOf(root, 'points')
  return items(root, 'assets').flatMap(([asset, index]) => {
    const path = `assets[${index}]`
    const shafts = idsOf(asset, 'shafts')
    return [
      dangling({ from: asset, key: 'lineId', path, what: 'line', known: lines, where: 'lines' }),
      dangling({ from: asset, key: 'parentId', path, what: 'asset', known: assets, where: 'assets' }),
      dangling({ from: asset, key: 'templateRef', path, what: 'template', known: templates, where: 'templates' }),
      duplicates(items(asset, 'components'), `${path}.components`),
      duplicates(items(asset, 'shafts'), `${path}.shafts`),
      items(asset, 'components').flatMap(([component, at]) =>
        dangling({
          from: component,
          key: 'shaftId',
          path: `${path}.components[${at}]`,
          what: 'shaft',
          known: shafts,
          where: `the shafts of asset ${called(asset, index)}`,
        }),
      ),
      items(part(asset, 'runState'), 'evidences').flatMap(([evidence, at]) =>
        dangling({
          from: evidence,
          key: 'pointId',
          path: `${path}.runState.evidences[${at}]`,
          what: 'point',
          known: points,
          where: 'points',
        }),
      ),
    ].flat()
  })
}

/** A partner named by a point must exist and must not be the point itself. */
function partner(point: Raw, key: string, path: string, points: readonly string[]): Fault[] {
  const wanted = text(point, key)
  if (wanted !== undefined && wanted === text(point, 'id')) {
    const message = `${path}.${key} names the point itself.`
    return [{ path: `${path}.${key}`, code: 'self-reference', message, remedy: 'Name the other point of the two.' }]
  }
  return dangling({ from: point, key, path, what: 'point', known: points, where: 'points' })
}

function pointFaults(root: Raw): Fault[] {
  const assets = idsOf(root, 'assets')
  const servers = idsOf(root, 'servers')
  const sensors = idsOf(root, 'sensors')
  const points = idsOf(root, 'points')
  const assetById = new Map(items(root, 'assets').map(([asset]) => [text(asset, 'id'), asset]))
  return items(root, 'points').flatMap(([point, index]) => {
    const path = `points[${index}]`
    const asset = assetById.get(text(point, 'assetId'))
    const source = part(point, 'source')
    return [
      dangling({ from: point, key: 'assetId', path, what: 'asset', known: assets, where: 'assets' }),
      dangling({
        from: source,
        key: 'serverId',
        path: `${path}.source`,
        what: 'server',
        known: servers,
        where: 'servers',
      }),
      asset
        ? dangling({
            from: point,
            key: 'componentId',
            path,
            what: 'component',
            known: idsOf(asset, 'components'),
            where: `the components of asset "${text(asset, 'id')}"`,
          })
        : [],
      dangling({ from: point, key: 'sensorId', path, what: 'sensor', known: sensors, where: 'sensors' }),
      partner(point, 'tachoPointId', path, points),
      partner(point, 'pairPointId', path, points),
    ].flat()
  })
}

/** Ids that stand twice and names that lead nowhere, over the whole file. */
export function referenceFaults(root: Raw): Fault[] {
  const points = idsOf(root, 'points')
  return [
    ...collections.flatMap((name) =>
      duplicates(
        items(root, name).filter(([item]) => isRaw(item)),
        name,
      ),
    ),
    ...assetFaults(root),
    ...parentCycles(root),
    ...pointFaults(root),
    ...items(root, 'alerts').flatMap(([alert, index]) =>
      dangling({
        from: alert,
        key: 'pointId',
        path: `alerts[${index}]`,
        what: 'point',
        known: points,
        where: 'points',
      }),
    ),
  ]
}
