import { testedMethods } from './mapping-methods.ts'
import type { MappingEvidence, PlantFile, Point } from './plant-file.ts'
import { replacedOf } from './sensor.ts'

export type MappingState = 'verified' | 'out-of-date' | 'not-verified'

/** What has changed since the evidence was made. */
export type MappingChange =
  | { readonly what: 'node' | 'server' | 'host' | 'asset' | 'component'; readonly was: string; readonly is: string }
  | { readonly what: 'sensor'; readonly on: string }

export interface MappingJudgement {
  readonly state: MappingState
  /** Why evidence is out of date; empty otherwise. */
  readonly changes: readonly MappingChange[]
  /** The evidence is a test of the signal itself and holds. */
  readonly tested: boolean
}

export type MappingPlant = Pick<PlantFile, 'servers' | 'sensors'>
type MappedPoint = Pick<Point, 'assetId' | 'componentId' | 'source' | 'sensorId' | 'mapping'>
type MappingOf = NonNullable<MappingEvidence['of']>

/** Host of an opc.tcp address; empty for none. Its port says nothing about what stands behind it. */
export function hostOf(endpointUrl: string): string {
  const [, host = ''] = /^opc\.tcp:\/\/(\[[^\]]+\]|[^:/]+)/i.exec(endpointUrl) ?? []
  return host.toLowerCase()
}

/** What a verification of the point is about now. */
export function mappingTarget(point: MappedPoint, plant: MappingPlant): MappingOf {
  const { assetId, componentId, source } = point
  const server = plant.servers.find(({ id }) => id === source.serverId)
  const host = server ? hostOf(server.endpointUrl) : ''
  return {
    assetId,
    ...(componentId === undefined ? {} : { componentId }),
    serverId: source.serverId,
    nodeId: source.nodeId,
    ...(host === '' ? {} : { host }),
  }
}

/** Evidence holds for the node, machine and sensor it was made on, and for nothing else. */
export function judgeMapping(point: MappedPoint, plant: MappingPlant): MappingJudgement {
  const { mapping } = point
  if (!mapping) return { state: 'not-verified', changes: [], tested: false }
  const target = mapping.of ? targetChanges(mapping.of, mappingTarget(point, plant)) : []
  const changes = [...target, ...sensorChanges(point, plant)]
  const state = changes.length > 0 ? 'out-of-date' : 'verified'
  return { state, changes, tested: state === 'verified' && testedMethods.has(mapping.method) }
}

function targetChanges(was: MappingOf, is: MappingOf): MappingChange[] {
  const keys = [
    ['nodeId', 'node'],
    ['serverId', 'server'],
    ['assetId', 'asset'],
    ['componentId', 'component'],
  ] as const
  const changes = keys.flatMap(([key, what]): MappingChange[] =>
    was[key] === is[key] ? [] : [{ what, was: was[key] ?? '', is: is[key] ?? '' }],
  )
  const isMoved =
    was.serverId === is.serverId && was.host !== undefined && is.host !== undefined && was.host !== is.host
  return isMoved ? [...changes, { what: 'host', was: was.host ?? '', is: is.host ?? '' }] : changes
}

type Sensors = NonNullable<MappingPlant['sensors']>
/** By list: thousands of points ask for the sensors of the same plant. */
const sensorsById = new WeakMap<Sensors, ReadonlyMap<unknown, Sensors[number]>>()

function sensorOf(sensorId: string | undefined, sensors: Sensors | undefined): Sensors[number] | undefined {
  if (sensorId === undefined || sensors === undefined) return undefined
  const known = sensorsById.get(sensors) ?? new Map(sensors.map((sensor) => [sensor['id'], sensor]))
  sensorsById.set(sensors, known)
  return known.get(sensorId)
}

function sensorChanges({ sensorId, mapping }: MappedPoint, { sensors }: MappingPlant): MappingChange[] {
  const sensor = sensorOf(sensorId, sensors)
  const on = sensor ? replacedOf(sensor) : null
  return on !== null && mapping !== undefined && on > mapping.verifiedOn ? [{ what: 'sensor', on }] : []
}

/** How far the tags of a machine, a line or the plant are known to be what they say. */
export interface MappingScore {
  points: number
  verified: number
  /** Of the verified ones, those whose signal itself was seen to answer. */
  tested: number
  outOfDate: number
  /** Share of the tags whose evidence holds, in percent; null without tags. */
  accuracy: number | null
}

export function mappingScore(judged: readonly Pick<MappingJudgement, 'state' | 'tested'>[]): MappingScore {
  const verified = judged.filter(({ state }) => state === 'verified').length
  return {
    points: judged.length,
    verified,
    tested: judged.filter(({ tested }) => tested).length,
    outOfDate: judged.filter(({ state }) => state === 'out-of-date').length,
    accuracy: judged.length === 0 ? null : Math.round((1000 * verified) / judged.length) / 10,
  }
}
