import type { PointAudit } from '../../shared/domain/audit.ts'
import { endOfException } from '../../shared/domain/exceptions.ts'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { BaselineReadiness, ReadinessTag } from '../../shared/protocol/health.ts'
import { meantFor, tagPlaces } from '../audit/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import type { QualityDesk } from './quality-desk.ts'

/** Percent of the audit's score, that of the signal, which every tag behind a baseline must have reached while it was learned. */
export const readyScore = 95
const mostFindings = 3

export interface ReadinessSource {
  readonly model: PlantModel
  readonly quality: Pick<QualityDesk, 'whole'>
  readonly options: { readonly clock: { nowUs(): number } }
}

interface Tag {
  info: PointInfo
  role: ReadinessTag['role']
}

/** The tags that a baseline rests on: what was measured, and what said when the machine ran and how fast. */
function tagsOf(model: PlantModel, measured: PointInfo): Tag[] {
  const { asset, speedPoint } = measured.asset
  const tags: Tag[] = [{ info: measured, role: 'measured' }]
  const add = (info: PointInfo | null | undefined, role: Tag['role']): void => {
    if (info && !tags.some((tag) => tag.info === info)) tags.push({ info, role })
  }
  add(speedPoint, 'speed')
  for (const { pointId } of asset.runState?.evidences ?? []) add(model.byId.get(pointId), 'run-state')
  return tags
}

/** The audit of the time in which a baseline was learned, of the tags that it rests on. */
export async function baselineReadiness(
  { model, quality, options }: ReadinessSource,
  { id, pointId, fromUs, untilUs }: BaselineRecord,
  signal: AbortSignal,
): Promise<BaselineReadiness> {
  const info = model.byId.get(pointId)
  if (!info) throw refused('not-found', `The plant file has no point "${pointId}" any more.`)
  const tags = tagsOf(model, info)
  const assetIds = [...new Set(tags.map((tag) => tag.info.asset.asset.id))]
  const report = await quality.whole({ fromUs, toUs: untilUs, assetIds }, signal).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw refused('not-audited', `The tags behind this baseline cannot be audited: ${why}`)
  })
  const places = tagPlaces(model.plant)
  const nowUs = options.clock.nowUs()
  const judged = tags.map(({ info: tag, role }): ReadinessTag => {
    const audit = report.points.find((point) => point.id === tag.id)
    const place = places.get(tag.id)
    const held = (model.plant.exceptions ?? []).find(
      (each) => endOfException(each) > nowUs && place !== undefined && meantFor(each.scope, place) === true,
    )
    const score = audit ? signalScore(audit) : null
    const isShort = score !== null && score < readyScore
    return {
      pointId: tag.id,
      name: `${tag.asset.asset.name}, ${tag.name}`,
      role,
      score,
      state: score === null ? 'not-judged' : !isShort ? 'pass' : held ? 'excepted' : 'fail',
      exception: isShort && held ? { owner: held.owner, until: held.until, reason: held.reason } : null,
      findings: (audit?.findings ?? [])
        .filter(({ kind }) => kind !== 'mapping')
        .toSorted((a, b) => b.penalty - a.penalty)
        .slice(0, mostFindings)
        .map(({ detail }) => detail),
    }
  })
  return { baselineId: id, fromUs, untilUs, least: readyScore, tags: judged }
}

/**
 * The audit's score without what a missing proof of the mapping takes (5 %): whether the tag is what its name says can be shown
 * later, and changes nothing of what was learned.
 */
function signalScore({ score, findings }: PointAudit): number | null {
  if (score === null) return null
  const mapping = findings.filter(({ kind }) => kind === 'mapping')
  return Math.min(100, score / mapping.reduce((share, { penalty }) => share * (1 - penalty), 1))
}

/** Nobody approves what was learned from tags that did not deliver. */
export function mustBeReady({ tags, least }: BaselineReadiness): void {
  const failing = tags.filter(({ state }) => state === 'fail')
  if (failing.length === 0) return
  const names = failing.map(({ name, score }) => `${name} (${Math.floor(score ?? 0)} %)`).join('; ')
  throw refused(
    'tags-below-gate',
    `Below ${least} % in the audit of the time that was learned: ${names}.`,
    'Mend them and have the baseline learned again, or write an exception with a last day.',
  )
}

function refused(code: string, message: string, remedy?: string): RequestError {
  return new RequestError({ code, message, ...(remedy === undefined ? {} : { remedy }), retryable: false })
}
