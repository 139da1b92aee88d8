import { z } from 'zod'
import type { AccessFrame } from './access.ts'
import type {
  AlertsFrame,
  MachineFrame,
  OverviewFrame,
  PointsFrame,
  SpectrumFrame,
  StatusFrame,
  TrendFrame,
  WaveformFrame,
} from './views.ts'

const pointId = z.string().min(1).max(128)

/** Subscriptions: parameters are parsed by the engine, frames come while the window gives credit; the newest wins. */
export const topicParams = {
  access: z.strictObject({}),
  overview: z.strictObject({}),
  alerts: z.strictObject({}),
  status: z.strictObject({}),
  /** States of points, for lists that have no values of them. */
  points: z.strictObject({}),
  machine: z.strictObject({ assetId: z.string().min(1).max(128) }),
  waveform: z.strictObject({
    pointIds: z.array(pointId).min(1).max(16),
    /** Width of the view in milliseconds of source time and in pixel columns; gives the bin width. */
    windowMs: z.number().min(10).max(15_000),
    columns: z.int().min(50).max(4000),
  }),
  spectrum: z.strictObject({ pointId, kind: z.enum(['spectrum', 'envelope']) }),
  trend: z.strictObject({
    pointId,
    feature: z.string().min(1).max(64),
    spanMs: z
      .number()
      .min(1000)
      .max(3_660 * 86_400_000),
    columns: z.int().min(20).max(4000),
  }),
} as const

export type TopicName = keyof typeof topicParams
export type TopicParams<T extends TopicName> = z.infer<(typeof topicParams)[T]>

export interface TopicFrames {
  access: AccessFrame
  overview: OverviewFrame
  alerts: AlertsFrame
  status: StatusFrame
  points: PointsFrame
  machine: MachineFrame
  waveform: WaveformFrame
  spectrum: SpectrumFrame
  trend: TrendFrame
}
export type TopicFrame<T extends TopicName> = TopicFrames[T]

export function isTopicName(name: string): name is TopicName {
  return Object.hasOwn(topicParams, name)
}
