import type { Gap } from '../../shared/domain/intake.ts'
import type { MappingJudgement } from '../../shared/domain/mapping.ts'
import type { Contract, Point } from '../../shared/domain/plant-file.ts'
import type { RunStateChange, TrendColumns } from '../../shared/domain/twin.ts'
import type { Span } from './spans.ts'

/** Values of a point as they are stored, in order of `tUs`; repeats may be among them. */
export interface FineColumns extends Span {
  count: number
  /** Source time, else server, else receive time. */
  tUs: Float64Array
  /** NaN where the source gave none. */
  sourceUs: Float64Array
  receiveUs: Float64Array
  value: Float64Array
  status: Uint32Array
}

/** What a sensor's entry in the plant file says; other keys are carried along unread. */
export interface SensorFacts {
  id: string
  kind?: string
  calibrationDue?: string
  replacedOn?: string
  replacedAt?: string
}

export interface PointInput {
  point: Point & { contract: Contract }
  lineId: string
  /** The whole window. */
  window: Span
  /** When values were due: in order, without overlap, within the window. */
  due: readonly Span[]
  /** The whole window in columns; `count` is of good and uncertain values. */
  coarse: TrendColumns
  /** Stretches read value by value. Where one is the whole window, every measure rests on values. */
  fine: readonly FineColumns[]
  /** Of the point, of its server or of everything; they may reach out of the window. */
  gaps: readonly Gap[]
  /** Of its asset, in order; the first may be from before the window. */
  runStates: readonly RunStateChange[]
  sensor: SensorFacts | undefined
  /** Whether its evidence holds for what the tag is now. */
  mapping: MappingJudgement
  /** The plant's time zone: a day in the plant file ends there. */
  timeZone: string
}

/** Columns of `widthUs` at most over the window: enough for ten minutes each, from which roll-ups are quick to read. */
export function columnsFor({ fromUs, toUs }: Span): number {
  return Math.min(8192, Math.max(32, Math.round((toUs - fromUs) / 600e6)))
}

/** Up to so many values the whole window is read: about eight hours of a value a second. */
export const wholeWindowValues = 30_000
