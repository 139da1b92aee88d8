import { featureIndex } from '../../shared/domain/features.ts'
import type { RunStateChange } from '../../shared/domain/twin.ts'
import type { MappingSuggestions } from '../../shared/protocol/mapping.ts'
import {
  columnsOfStop,
  judgeStops,
  levelsAt,
  readingOf,
  stopsOf,
  type OtherMachine,
  type TimeSpan,
} from '../assets/index.ts'
import { RequestError } from '../live/window-session.ts'
import type { TwinReader } from '../store/api.ts'
import type { AssetInfo, PlantModel, PointInfo } from './plant-model.ts'

const rms = featureIndex('rms')
/** Machines of one server that are told apart; a server has rarely more, and each is a read. */
const mostOthers = 200

export interface SuggestionParts {
  model: PlantModel
  twin: Pick<TwinReader, 'runStates' | 'trend' | 'featureTrend'>
  nowUs: number
  signal?: AbortSignal | undefined
}

/** What the stops of a machine in the last days say of its tags. Reads the twin stop by stop; nothing is written. */
export async function suggestMappings(
  parts: SuggestionParts,
  { assetId, days }: { assetId: string; days: number },
): Promise<MappingSuggestions> {
  const { model, twin, nowUs } = parts
  const info = model.assetById.get(assetId)
  if (!info) {
    const message = `There is no machine "${assetId}" any more; choose another one.`
    throw new RequestError({ code: 'not-found', message, retryable: false })
  }
  const window = { fromUs: nowUs - days * 86_400e6, toUs: nowUs }
  const statesOf = (id: string): Promise<RunStateChange[]> => twin.runStates(id, window.fromUs, window.toUs)
  const states = await statesOf(assetId)
  const stops = stopsOf(states, window)
  const evidences = new Set((info.asset.runState?.evidences ?? []).map(({ pointId }) => pointId))
  const points: MappingSuggestions['points'] = []
  const otherStates = new Map<string, RunStateChange[]>()
  for (const point of info.points) {
    const levels = []
    for (const stop of stops) levels.push(levelsAt(stop, await columnsOf(parts, point, readingOf(stop)), states))
    const others: OtherMachine[] = []
    for (const { asset } of othersOf(model, info, point)) {
      const known = otherStates.get(asset.id) ?? (stops.length === 0 ? [] : await statesOf(asset.id))
      otherStates.set(asset.id, known)
      others.push({ assetId: asset.id, name: asset.name, states: known })
    }
    const { quantity, unit } = point.contract
    points.push(
      judgeStops({ pointId: point.id, quantity, unit, isEvidence: evidences.has(point.id), levels }, stops, others),
    )
  }
  return { assetId, ...window, stops: stops.length, points }
}

/** A tag that is mapped wrong comes from another node of the same server. */
function othersOf(model: PlantModel, info: AssetInfo, { point }: PointInfo): AssetInfo[] {
  const { serverId } = point.source
  return model.assets
    .filter((other) => other !== info && other.points.some((each) => each.point.source.serverId === serverId))
    .slice(0, mostOthers)
}

async function columnsOf({ twin, signal }: SuggestionParts, info: PointInfo, { fromUs, toUs }: TimeSpan) {
  const options = signal ? { signal } : {}
  return info.point.kind === 'waveform'
    ? await twin.featureTrend(info.key, rms, fromUs, toUs, columnsOfStop, options)
    : await twin.trend(info.key, fromUs, toUs, columnsOfStop, options)
}
