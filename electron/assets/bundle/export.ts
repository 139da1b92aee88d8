import type { Bundle, BundleMachine } from '../../../shared/domain/bundle.ts'
import { matchBearing, withOwnBearings } from '../../../shared/domain/bearings.ts'
import type { Asset, PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import { configHash } from '../parse-plant-file.ts'

export interface BundleWords {
  readonly name: string
  /** Machines to take; all when left out. */
  readonly machines?: readonly string[] | undefined
  readonly madeAt: string
  /** Of the plant file. */
  readonly configHash: string
}

export class BundleExportError extends Error {
  override readonly name = 'BundleExportError'
}

/** What only one piece of a sensor has, and what the site says of it. */
const siteOfSensor = new Set([
  'id',
  'serial',
  'calibratedOn',
  'calibrationDue',
  'replacedAt',
  'replacedOn',
  'replacements',
])

/** Everything about the machines that another plant can take over as it is; ids, nodes, serials and evidence stay behind. */
export function bundleOf(
  plant: PlantFile,
  { name, machines, madeAt, configHash: from }: BundleWords,
): Omit<Bundle, 'signature'> {
  const unknown = (machines ?? []).find((id) => !plant.assets.some((asset) => asset.id === id))
  if (unknown !== undefined)
    throw new BundleExportError(`The plant file has no machine "${unknown}"; name one of its assets.`)
  const assets = plant.assets.filter(({ id }) => machines === undefined || machines.includes(id))
  if (assets.length === 0) throw new BundleExportError('The plant file has no machine to export.')
  const templates = new Set(assets.map(({ templateRef }) => templateRef))
  const modes = new Set(assets.flatMap(({ failureModes }) => failureModes ?? []))
  const content = {
    machines: assets.map((asset) => machineOf(plant, asset)),
    templates: (plant.templates ?? []).filter(({ id }) => typeof id === 'string' && templates.has(id)),
    failureModes: (plant.failureModes ?? []).filter(({ id }) => typeof id === 'string' && modes.has(id)),
    bearings: bearingsOf(plant, assets),
  }
  return {
    schema: 'millwright/bundle@1',
    name,
    from: { plantId: plant.plant.id, plantName: plant.plant.name, configHash: from },
    madeAt,
    content,
    hash: configHash(content),
  }
}

function bearingsOf({ bearings = [] }: PlantFile, assets: readonly Asset[]): Bundle['content']['bearings'] {
  const own = withOwnBearings({ schema: 'millwright/bearings@1', bearings: [] }, bearings)
  const used = assets.flatMap(({ components }) =>
    (components ?? []).flatMap(({ bearing }) =>
      bearing === undefined ? [] : (matchBearing(own, bearing)?.entry.name ?? []),
    ),
  )
  return bearings.filter(({ name }) => used.includes(name))
}

function machineOf(plant: PlantFile, asset: Asset): BundleMachine {
  const places = new Places(plant, asset)
  const points = plant.points.filter(({ assetId }) => assetId === asset.id)
  const {
    id,
    lineId: _line,
    name: _name,
    serial: _serial,
    commissionedOn: _commissioned,
    criticality: _criticality,
    operatingContext: _context,
    parentId: _parent,
    templateReview: _review,
    runState,
    ...rest
  } = asset
  const evidences = runState?.evidences.map((each) => ({ ...each, pointId: places.reference(each.pointId) }))
  return {
    id,
    asset: { ...rest, ...(runState ? { runState: { ...runState, evidences } } : {}) },
    points: points.map((point) => pointOf(plant, places, point)),
    alerts: plant.alerts.flatMap(({ id: alertId, pointId, ...alert }) => {
      const point = points.find((each) => each.id === pointId)
      return point ? [{ id: places.local(alertId), point: places.local(pointId), alert }] : []
    }),
  }
}

function pointOf(plant: PlantFile, places: Places, point: Point): BundleMachine['points'][number] {
  const { id, name, assetId: _asset, source: _source, sensorId, mapping: _mapping, write: _write, ...rest } = point
  const references: Record<string, string> = {}
  for (const key of ['tachoPointId', 'pairPointId'] as const) {
    const other = rest[key]
    if (other !== undefined) references[key] = places.reference(other)
  }
  const sensor = (plant.sensors ?? []).find((entry) => entry['id'] === sensorId)
  const kind = Object.entries(sensor ?? {}).filter(([key]) => !siteOfSensor.has(key) && !key.startsWith('x-'))
  return {
    id: places.local(id),
    point: { ...(name === undefined ? {} : { name: places.words(name) }), ...rest, ...references },
    contractHash: point.contract ? configHash(point.contract) : null,
    ...(sensor && kind.length > 0 ? { sensor: Object.fromEntries(kind) } : {}),
  }
}

/** Names of one machine without the machine. */
class Places {
  readonly #plant: PlantFile
  readonly #asset: Asset

  constructor(plant: PlantFile, asset: Asset) {
    this.#plant = plant
    this.#asset = asset
  }

  /** `pump-101.de.accel` is `de.accel` of pump-101; an id that does not begin so stays whole. */
  local(id: string): string {
    const { id: assetId } = this.#asset
    return id.startsWith(`${assetId}.`) ? id.slice(assetId.length + 1) : id
  }

  /** A point of this machine or of another one. */
  reference(pointId: string): string {
    const point = this.#plant.points.find(({ id }) => id === pointId)
    if (!point || point.assetId === this.#asset.id) return `{asset}.${this.local(pointId)}`
    const { assetId } = point
    const local = pointId.startsWith(`${assetId}.`) ? pointId.slice(assetId.length + 1) : pointId
    return `{asset:${assetId}}.${local}`
  }

  words(text: string): string {
    const { name } = this.#asset
    return text.startsWith(name) ? `{name}${text.slice(name.length)}` : text
  }
}
