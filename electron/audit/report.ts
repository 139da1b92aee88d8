import {
  completenessGate,
  type AuditException,
  type AuditReport,
  type GateState,
  type GroupAudit,
  type PointAudit,
} from '../../shared/domain/audit.ts'
import { mappingScore } from '../../shared/domain/mapping.ts'
import type { Asset, PlantFile } from '../../shared/domain/plant-file.ts'
import { endOfDayUs } from './findings.ts'
import type { Span } from './spans.ts'
import { iso } from './words.ts'

type WrittenException = NonNullable<PlantFile['exceptions']>[number]
type Plant = Pick<PlantFile, 'plant' | 'lines' | 'assets' | 'points' | 'exceptions' | 'sensors'>

/**
 * Whether an exception is meant for a tag: a place (`plant`, `lines/ID`, `assets/ID`, `servers/ID`, `points/ID`), and behind
 * another slash a class of sensor, which is a measured quantity or the kind of a sensor. Null: it is about something else.
 */
export function meantFor(scope: string, place: TagPlace): boolean | null {
  const [kind = '', ...rest] = scope.split('/')
  const ids: Record<string, string | undefined> = {
    lines: place.lineId,
    assets: place.assetId,
    servers: place.serverId,
    points: place.pointId,
  }
  if (kind === 'plant') return ofClass(rest, place)
  if (!Object.hasOwn(ids, kind)) return null
  const [id, ...sensorClass] = rest
  return id === ids[kind] && ofClass(sensorClass, place)
}

export interface TagPlace {
  pointId: string
  assetId: string
  lineId: string
  serverId: string
  classes: readonly string[]
}

function ofClass([wanted, ...more]: readonly string[], { classes }: TagPlace): boolean {
  return more.length === 0 && (wanted === undefined || classes.includes(wanted))
}

export function tagPlaces(plant: Plant): Map<string, TagPlace> {
  const lineOf = new Map(plant.assets.map(({ id, lineId }) => [id, lineId]))
  const kindOf = new Map((plant.sensors ?? []).map((sensor) => [sensor['id'], sensor['kind']]))
  return new Map(
    plant.points.map(({ id, assetId, source, sensorId, contract }) => {
      const kind = kindOf.get(sensorId)
      const classes = [contract?.quantity, kind].filter((each) => typeof each === 'string')
      return [id, { pointId: id, assetId, lineId: lineOf.get(assetId) ?? '', serverId: source.serverId, classes }]
    }),
  )
}

export class GateBook {
  readonly #exceptions: (AuditException & { written: WrittenException })[]
  readonly #places: Map<string, TagPlace>

  constructor(plant: Plant, window: Span) {
    this.#places = tagPlaces(plant)
    this.#exceptions = (plant.exceptions ?? [])
      .filter(({ scope }) => /^(plant|lines|assets|servers|points)(\/|$)/.test(scope))
      .map((written) => ({
        ...written,
        written,
        state: endOfDayUs(written.until, plant.plant.timeZone) > window.toUs ? 'live' : 'expired',
        covers: [],
      }))
  }

  /** Below the gate a tag fails, unless an exception that still lasts is made for it. */
  judge(point: PointAudit): void {
    const { completeness } = point
    if (completeness === null) return
    point.gate = 'pass'
    if (completeness >= completenessGate) return
    point.gate = 'fail'
    const place = this.#places.get(point.id)
    const held = this.#exceptions.find(
      ({ scope, state }) => state === 'live' && place !== undefined && meantFor(scope, place) === true,
    )
    if (!held) return
    held.covers.push(point.id)
    point.gate = 'excepted'
    point.exception = held.scope
  }

  exceptions(): AuditException[] {
    return this.#exceptions.map(({ written: _written, ...exception }) => exception)
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

function group(id: string, name: string, points: readonly PointAudit[]): GroupAudit {
  const judged = points.filter(({ completeness }) => completeness !== null)
  const failing = judged.filter(({ gate }) => gate === 'fail').map((point) => point.id)
  const score = mean(judged.flatMap((point) => point.score ?? []))
  const mapping = mappingScore(points.map((point) => point.mapping ?? { state: 'not-verified', tested: false }))
  return {
    id,
    name,
    score: score === null ? null : Math.round(score * 10) / 10,
    completeness: mean(judged.flatMap(({ completeness }) => completeness ?? [])),
    points: points.length,
    judged: judged.length,
    gate: gateOf(judged, failing.length),
    failing,
    mappingVerified: mapping.accuracy === null ? null : mapping.verified / mapping.points,
    mapping,
  }
}

function gateOf(judged: readonly PointAudit[], failing: number): GateState {
  if (judged.length === 0) return 'not-judged'
  if (failing > 0) return 'fail'
  return judged.some(({ gate }) => gate === 'excepted') ? 'excepted' : 'pass'
}

/** Worst first; what is not judged comes last. */
function worstFirst<T extends { score: number | null; id: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.score ?? 101) - (b.score ?? 101) || (a.id < b.id ? -1 : 1))
}

/** Puts the tags' audits together: assets, lines, plant, gate and exceptions. */
export function auditReport(
  plant: Plant,
  window: Span,
  points: readonly PointAudit[],
  basis: AuditReport['basis'],
): AuditReport {
  const gates = new GateBook(plant, window)
  for (const point of points) gates.judge(point)
  const of = (key: 'assetId' | 'lineId') => Map.groupBy(points, (point) => point[key])
  const [byAsset, byLine] = [of('assetId'), of('lineId')]
  const whole = group(plant.plant.id, plant.plant.name, points)
  return {
    schema: 'millwright/audit@1',
    from: iso(window.fromUs),
    to: iso(window.toUs),
    plant: { ...whole, timeZone: plant.plant.timeZone },
    lines: worstFirst(plant.lines.map(({ id, name }) => group(id, name, byLine.get(id) ?? []))),
    assets: worstFirst(
      plant.assets.map(({ id, name, lineId }: Asset) => ({ ...group(id, name, byAsset.get(id) ?? []), lineId })),
    ),
    points: worstFirst([...points]),
    exceptions: gates.exceptions(),
    gate: {
      threshold: completenessGate,
      state: whole.gate,
      failing: whole.failing.length,
      excepted: points.filter(({ gate }) => gate === 'excepted').length,
    },
    basis,
  }
}
