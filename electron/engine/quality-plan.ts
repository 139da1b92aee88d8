import type { Gap } from '../../shared/domain/intake.ts'
import { judgeMapping, type MappingJudgement } from '../../shared/domain/mapping.ts'
import {
  contractSchema,
  plantFileSchema,
  withoutExtensions,
  type Contract,
  type PlantFile,
  type Point,
  type Asset,
} from '../../shared/domain/plant-file.ts'
import {
  erasOf,
  meantFor,
  tagPlaces,
  union,
  type Era,
  type Held,
  type SensorFacts,
  type Span,
  type TagPlace,
} from '../audit/index.ts'
import { readJson } from '../assets/index.ts'
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
  /** Left out: every machine. */
  assetIds?: readonly string[] | undefined
}

/** It cannot be made: one sentence with what to do. */
export class AuditError extends Error {
  override name = 'AuditError'
}

/** One tag and all that is needed to judge it; plain data, since another thread may. */
export interface PointJob {
  point: Point
  lineId: string
  /** null: nothing was ever stored of it. */
  key: number | null
  /** Stretches of the window, each with the contract that was in force then; none without a contract. */
  eras: Era[]
  gaps: Gap[]
  sensor: SensorFacts | undefined
  mapping: MappingJudgement
}

/** Tags of one machine are judged together: whose drift it is, the others tell. */
export interface AssetJob {
  assetId: string
  window: Span
  timeZone: string
  points: PointJob[]
  /** What its machine's run state rests on, and for how long its evidences may say different things. */
  runState: { evidences: RunEvidenceJob[]; leastUs: number }
}

export interface RunEvidenceJob {
  pointId: string
  feature: string | null
  runningAbove: number
  stoppedBelow: number
}

export interface AuditPlan {
  window: Span
  plant: PlantFile
  jobs: AssetJob[]
}

const usualSpanUs = 7 * 86_400e6
/** More gap rows than a week of a plant should have; the newest count. */
const mostGaps = 200_000

/** What is to be judged, and by what. Rejects with AuditError. */
export async function planAudit(twin: AuditSource, request: AuditRequest): Promise<AuditPlan> {
  const window = await windowOf(twin, request)
  const { plant, held } = await plantInForce(twin, window)
  const keys = new Map((await twin.knownPoints()).map((ref) => [ref.id, ref.key]))
  const gaps = new GapIndex(await twin.gaps({ ...window, limit: mostGaps, removed: ['aggregates'] }))
  const places = tagPlaces(plant)
  const sensors = sensorsOf(plant)
  const jobOf = (point: Point): PointJob => {
    const place = places.get(point.id)
    const key = keys.get(point.id) ?? null
    return {
      point,
      lineId: place?.lineId ?? '',
      key,
      eras: erasOf(held.of(point), maintenanceOf(plant, place), window),
      gaps: gaps.of(key, point.source.serverId),
      sensor: point.sensorId === undefined ? undefined : sensors.get(point.sensorId),
      mapping: judgeMapping(point, plant),
    }
  }
  const { timeZone } = plant.plant
  const { assetIds } = request
  const points = plant.points.filter(({ assetId }) => assetIds?.includes(assetId) ?? true)
  const byAsset = Map.groupBy(points, (point) => point.assetId)
  const assets = new Map(plant.assets.map((asset) => [asset.id, asset]))
  const jobs = [...byAsset].map(([assetId, own]) => ({
    assetId,
    window,
    timeZone,
    points: own.map(jobOf),
    runState: runStateOf(assets.get(assetId)?.runState, plant),
  }))
  return { window, plant, jobs }
}

/** As the engine takes it when the plant file does not say. */
const disagreeAfterS = 120

function runStateOf(runState: Asset['runState'], { points }: PlantFile): AssetJob['runState'] {
  const evidences = (runState?.evidences ?? []).map(({ pointId, feature, runningAbove, stoppedBelow }) => {
    const isWaveform = points.find(({ id }) => id === pointId)?.kind === 'waveform'
    return { pointId, feature: isWaveform ? (feature ?? 'rms') : null, runningAbove, stoppedBelow }
  })
  return { evidences, leastUs: (runState?.disagreeAfterS ?? disagreeAfterS) * 1e6 }
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

/** The plant file in force at the window's end, and what contracts its points had before. */
async function plantInForce(twin: AuditSource, window: Span): Promise<{ plant: PlantFile; held: HeldContracts }> {
  const revisions = await twin.configRevisions(window.fromUs, window.toUs)
  const last = revisions.at(-1)
  if (!last) throw new AuditError('The twin has no plant file of that time: audit a later one.')
  const plant = storedPlant((await twin.config(last.hash))?.text ?? '')
  const held = new HeldContracts(last.atUs)
  for (const [i, { hash, atUs }] of revisions.slice(0, -1).entries()) {
    if (i > 0 && hash === revisions[i - 1]?.hash) continue
    held.add(atUs, (await twin.config(hash))?.text ?? '')
  }
  return { plant, held }
}

/** What the twin has was looked at before it was stored: the schema alone takes a third of the time and memory. */
function storedPlant(text: string): PlantFile {
  const parsed = plantFileSchema.safeParse(withoutExtensions(readJson(text).value))
  if (parsed.success) return parsed.data
  const { loaded, faults } = readPlantText(text, [], true)
  if (loaded) return loaded.plant
  const [first] = faults
  throw new AuditError(
    `The plant file that was in force then cannot be read: ${first?.message ?? ''} ${first?.remedy ?? ''}`,
  )
}

/** Contracts of each point through the revisions before the last. */
class HeldContracts {
  readonly #lastUs: number
  readonly #points = new Map<string, { atUs: number; written: string }[]>()
  readonly #seen: number[] = []

  constructor(lastUs: number) {
    this.#lastUs = lastUs
  }

  /** In order of time. What is not as this version reads it is left out: it is judged as the next one. */
  add(atUs: number, text: string): void {
    this.#seen.push(atUs)
    const value: unknown = readJson(text).value
    const points: unknown = typeof value === 'object' && value !== null && 'points' in value ? value.points : []
    if (!Array.isArray(points)) return
    for (const point of points as unknown[]) {
      if (typeof point !== 'object' || point === null || !('id' in point) || typeof point.id !== 'string') continue
      const written = 'contract' in point ? JSON.stringify(point.contract) : ''
      const known = this.#points.get(point.id)
      if (known) known.push({ atUs, written })
      else this.#points.set(point.id, [{ atUs, written }])
    }
  }

  of({ id, contract }: Point): Held[] {
    const held: Held[] = []
    let at = 0
    const known = this.#points.get(id) ?? []
    for (const atUs of this.#seen) {
      const here = known[at]?.atUs === atUs ? known[at++] : undefined
      const before = here ? contractOf(here.written, contract) : null
      held.push({ atUs, contract: before })
    }
    held.push({ atUs: this.#lastUs, contract: contract ?? null })
    return held
  }
}

function contractOf(written: string, last: Contract | undefined): Contract | null {
  if (written === '') return null
  const parsed = contractSchema.safeParse(JSON.parse(written))
  return parsed.success ? parsed.data : (last ?? null)
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

/** When nothing was due of it: planned maintenance. */
function maintenanceOf(plant: PlantFile, place: TagPlace | undefined): Span[] {
  const spans = (plant.maintenance ?? [])
    .filter(({ scope }) => place !== undefined && meantFor(scope, place) === true)
    .map(({ from, to }) => ({ fromUs: Date.parse(from) * 1000, toUs: Date.parse(to) * 1000 }))
  return union(spans)
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
