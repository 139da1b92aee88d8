import type { AuditReport } from '../../shared/domain/audit.ts'
import { featureNames } from '../../shared/domain/features.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { judgeMapping } from '../../shared/domain/mapping.ts'
import type { Contract, PlantFile, Point } from '../../shared/domain/plant-file.ts'
import type { PointRef, RunStateChange, TrendColumns } from '../../shared/domain/twin.ts'
import {
  auditPoint,
  auditReport,
  clip,
  columnsFor,
  meantFor,
  settleDrifts,
  stretchesToRead,
  subtract,
  tagPlaces,
  unjudgedPoint,
  union,
  type FineColumns,
  type JudgedPoint,
  type SensorFacts,
  type Span,
  type TagPlace,
} from '../audit/index.ts'
import { readPlantText } from './plant-text.ts'
import type { TwinReader } from '../store/api.ts'

export type AuditSource = Pick<
  TwinReader,
  'config' | 'configRevisions' | 'featureTrend' | 'gaps' | 'knownPoints' | 'moment' | 'runStates' | 'stretch' | 'trend'
>

export interface AuditRequest {
  /** Left out: seven days before `toUs`. */
  fromUs?: number | undefined
  /** Left out: the last tick that the twin has. */
  toUs?: number | undefined
}

export interface AuditHooks {
  /** Called after each tag; may return a promise to let others run. */
  progress?: (done: number, total: number) => Promise<void> | void
}

/** It cannot be made: one sentence with what to do. */
export class AuditError extends Error {
  override name = 'AuditError'
}

const usualSpanUs = 7 * 86_400e6
/** More gap rows than a week of a plant should have; the newest count. */
const mostGaps = 200_000

interface Scope {
  twin: AuditSource
  plant: PlantFile
  window: Span
  refs: Map<string, PointRef>
  gaps: GapIndex
  places: Map<string, TagPlace>
  sensors: Map<string, SensorFacts>
  /** When each name first stood in the plant file, within the window. */
  knownSince: Map<string, number>
  read: { values: number; read: number }
}

/** Reads the twin tag by tag: nothing is held but the report itself. */
export async function runAudit(twin: AuditSource, request: AuditRequest, hooks: AuditHooks = {}): Promise<AuditReport> {
  const started = performance.now()
  const window = await windowOf(twin, request)
  const { plant, knownSince } = await plantInForce(twin, window)
  const refs = new Map((await twin.knownPoints()).map((ref) => [ref.id, ref]))
  const gaps = new GapIndex(await twin.gaps({ ...window, limit: mostGaps, removed: ['aggregates'] }))
  const scope: Scope = {
    twin,
    plant,
    window,
    refs,
    gaps,
    places: tagPlaces(plant),
    sensors: sensorsOf(plant),
    knownSince,
    read: { values: 0, read: 0 },
  }
  const judged: JudgedPoint[] = []
  const units = new Map(plant.points.map(({ id, contract }) => [id, contract?.unit ?? '']))
  for (const [assetId, points] of Map.groupBy(plant.points, (point) => point.assetId)) {
    const runStates = await twin.runStates(assetId, window.fromUs, window.toUs)
    const ofAsset: JudgedPoint[] = []
    for (const point of points) {
      ofAsset.push(await judge(scope, point, runStates))
      await hooks.progress?.(judged.length + ofAsset.length, plant.points.length)
    }
    settleDrifts(ofAsset, (id) => units.get(id) ?? '')
    judged.push(...ofAsset)
  }
  const basis = { points: judged.length, ...scope.read, seconds: (performance.now() - started) / 1000 }
  return auditReport(
    plant,
    window,
    judged.map(({ audit }) => audit),
    basis,
  )
}

async function windowOf(twin: AuditSource, { fromUs, toUs }: AuditRequest): Promise<Span> {
  const none = { assetIds: [], scalarKeys: [], waveformKeys: [] }
  const { session } = await twin.moment({ atUs: null, ...none })
  const lastUs = session ? (session.stoppedUs ?? session.lastTickUs ?? session.startedUs) : null
  const end = toUs ?? lastUs
  if (end === null) throw new AuditError('The twin has no data yet: start the engine and audit again later.')
  const start = fromUs ?? end - usualSpanUs
  if (!(start < end)) {
    throw new AuditError(
      `The audit would end at ${iso(end)}, not after it begins at ${iso(start)}; swap the two times.`,
    )
  }
  return { fromUs: Math.round(start), toUs: Math.round(end) }
}

function iso(us: number): string {
  return new Date(us / 1000).toISOString()
}

/** The plant file in force at the window's end, and when its names came into it. */
async function plantInForce(
  twin: AuditSource,
  window: Span,
): Promise<{ plant: PlantFile; knownSince: Map<string, number> }> {
  const revisions = await twin.configRevisions(window.fromUs, window.toUs)
  const knownSince = new Map<string, number>()
  const texts = new Set<string>()
  let last: string | null = null
  for (const { hash, atUs } of revisions) {
    if (texts.has(hash) && hash !== revisions.at(-1)?.hash) continue
    texts.add(hash)
    const text = (await twin.config(hash))?.text ?? ''
    last = text
    for (const [, name] of text.matchAll(/"id"\s*:\s*"([^"\\]+)"/g)) {
      if (name !== undefined && !knownSince.has(name)) knownSince.set(name, atUs)
    }
  }
  if (last === null) throw new AuditError('The twin has no plant file of that time: audit a later one.')
  const { loaded, faults } = readPlantText(last, [], true)
  if (loaded) return { plant: loaded.plant, knownSince }
  const [first] = faults
  throw new AuditError(
    `The plant file that was in force then cannot be read: ${first?.message ?? ''} ${first?.remedy ?? ''}`,
  )
}

function sensorsOf(plant: PlantFile): Map<string, SensorFacts> {
  const texts = ['kind', 'calibrationDue', 'replacedOn', 'replacedAt'] as const
  return new Map(
    (plant.sensors ?? []).flatMap((sensor) => {
      const { id } = sensor
      if (typeof id !== 'string') return []
      const facts: SensorFacts = { id }
      for (const key of texts) {
        const value = sensor[key]
        if (typeof value === 'string') facts[key] = value
      }
      return [[id, facts]]
    }),
  )
}

async function judge(scope: Scope, point: Point, runStates: readonly RunStateChange[]): Promise<JudgedPoint> {
  const { plant, window, places, sensors, read } = scope
  const place = places.get(point.id)
  const lineId = place?.lineId ?? ''
  const { contract } = point
  const mapping = judgeMapping(point, plant)
  const unjudged = { lineId, window, mapping }
  if (point.kind === 'event') return unjudgedPoint(point, unjudged, 'Events come when they come: nothing is due.')
  if (!contract) {
    const why = 'It has no contract, so nothing says what it should deliver: give it one.'
    return unjudgedPoint(point, unjudged, why)
  }
  const key = scope.refs.get(point.id)?.key ?? null
  const coarse = await columnsOfPoint(scope, point, key)
  for (let i = 0; i < coarse.count.length; i++) read.values += (coarse.count[i] ?? 0) + (coarse.badCount[i] ?? 0)
  const fine: FineColumns[] = []
  if (point.kind === 'scalar' && key !== null) {
    for (const { fromUs, toUs } of stretchesToRead(coarse, contract, window)) {
      const stretch = await scope.twin.stretch(key, fromUs, toUs)
      read.read += stretch.count
      fine.push(stretch)
    }
  }
  return auditPoint({
    point: { ...point, contract },
    lineId,
    window,
    due: dueOf(scope, point, place),
    coarse,
    fine,
    gaps: scope.gaps.of(key, point.source.serverId),
    runStates,
    sensor: point.sensorId === undefined ? undefined : sensors.get(point.sensorId),
    mapping,
    timeZone: plant.plant.timeZone,
  })
}

/** A waveform is audited by its blocks: each leaves one row of features. */
async function columnsOfPoint(
  { twin, window }: Scope,
  point: Point & { contract?: Contract | undefined },
  key: number | null,
): Promise<TrendColumns> {
  const columns = columnsFor(window)
  // Keys begin at 1: nothing was ever stored under -1.
  const known = key ?? -1
  return point.kind === 'waveform'
    ? twin.featureTrend(known, featureNames.indexOf('rms'), window.fromUs, window.toUs, columns)
    : twin.trend(known, window.fromUs, window.toUs, columns)
}

/** The window, from when the tag was in the plant file, without planned maintenance. */
function dueOf({ plant, window, knownSince }: Scope, point: Point, place: TagPlace | undefined): Span[] {
  const fromUs = Math.max(window.fromUs, knownSince.get(point.id) ?? window.fromUs)
  const maintenance = (plant.maintenance ?? [])
    .filter(({ scope }) => place !== undefined && meantFor(scope, place) === true)
    .map(({ from, to }) => ({ fromUs: Date.parse(from) * 1000, toUs: Date.parse(to) * 1000 }))
  return subtract(clip([{ fromUs, toUs: window.toUs }], window), union(maintenance))
}

/** Gap rows by what they are of; a row without a point is of its server, one without either of everything. */
class GapIndex {
  readonly #points: Map<number | null, Gap[]>

  constructor(gaps: readonly Gap[]) {
    this.#points = Map.groupBy(gaps, ({ pointKey }) => pointKey)
  }

  of(key: number | null, serverId: string): Gap[] {
    const wide = (this.#points.get(null) ?? []).filter((gap) => gap.serverId === null || gap.serverId === serverId)
    return key === null ? wide : [...wide, ...(this.#points.get(key) ?? [])]
  }
}
