import type { CaptureHead } from '../../../shared/domain/twin.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import { RequestError, type CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import { shaftRatio, type PointInfo } from '../plant-model.ts'
import type { Record } from './spectrum-of.ts'

/** Where samples come from, and what is known of that moment. */
export interface Origin {
  info: PointInfo | undefined
  captureId: string | null
  tUs: number
  rpm: number | null
  unit: string
}

/** A capture without a speed of its own is taken at the rated speed, as live blocks are. */
export function originOf(engine: Engine, captureId: string, head: CaptureHead | null): Origin {
  const info = head ? engine.model.byKey.get(head.pointKey) : undefined
  const rated = info?.asset.asset.ratedRpm
  const fallback = info && rated !== undefined && !info.asset.speedPoint ? rated * shaftRatio(info) : null
  const rpm = head && Number.isFinite(head.rpm) ? head.rpm : fallback
  return { info, captureId, tUs: head?.sourceUs ?? 0, rpm, unit: head?.unit ?? info?.contract.unit ?? '' }
}

/** The newest samples of a point that is live. */
export function newestOf(engine: Engine, info: PointInfo, lastMs: number): { record: Record; startUs: number } {
  const { rings } = engine.acquisition
  const end = rings.newest(info.key)?.endUs
  const run = end === undefined ? null : rings.cut(info.key, end - lastMs * 1000, end)
  if (!run)
    throw new RequestError({
      code: 'no-samples',
      message: `No samples of ${info.name} have come yet.`,
      remedy: 'Look at the link on the Sync page.',
      retryable: true,
    })
  return { record: { samples: run.samples, sampleRateHz: run.sampleRateHz, gaps: run.gaps }, startUs: run.startUs }
}

/** Samples and what is known of them, whichever of the two was asked for. */
export async function recordOf(
  engine: Engine,
  of: MethodParams<'plot.orders'>['of'],
  { signal }: CallOptions,
): Promise<{ origin: Origin; record: Record }> {
  if ('pointId' in of) {
    const info = pointOf(engine, of.pointId)
    const { record, startUs } = newestOf(engine, info, of.lastMs)
    const rpm = engine.acquisition.machines.shaftRpm(info)
    return { origin: { info, captureId: null, tUs: startUs, rpm, unit: info.contract.unit }, record }
  }
  const capture = await engine.twin.capture(of.captureId, { signal })
  if (!capture)
    throw new RequestError({
      code: 'not-found',
      message: `There is no capture "${of.captureId}"; it may have been removed by retention.`,
      retryable: false,
    })
  const { samples, sampleRateHz, gaps } = capture
  return { origin: originOf(engine, of.captureId, capture), record: { samples, sampleRateHz, gaps } }
}
