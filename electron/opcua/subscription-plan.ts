import { limits } from '../../shared/domain/limits.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { MappedPoint } from './types.ts'

/**
 * Few subscriptions, many items (features A11): one for waveforms and one per rate class of scalars, since a publishing
 * interval belongs to a subscription.
 */
export interface PlannedSubscription {
  name: 'fast scalars' | 'scalars' | 'slow scalars' | 'waveforms' | 'alarms'
  publishingIntervalMs: number
  maxNotificationsPerPublish: number
  items: PlannedItem[]
}

export interface PlannedItem {
  /** Index of the point in the connection's list; the monitored item's client handle. */
  handle: number
  samplingIntervalMs: number
  queueSize: number
  /** Both timestamps: only where the contract orders by server time, since each costs CPU. */
  bothTimestamps: boolean
  deadband: Contract['deadband'] | null
}

/** Whether the server has nothing to change. */
export function isSameItem(a: PlannedItem, b: PlannedItem): boolean {
  return (
    a.samplingIntervalMs === b.samplingIntervalMs &&
    a.queueSize === b.queueSize &&
    a.bothTimestamps === b.bothTimestamps &&
    a.deadband?.kind === b.deadband?.kind &&
    a.deadband?.value === b.deadband?.value
  )
}

/** Cadence assumed for a point without a contract, which is shown and nothing else. */
const defaultCadenceMs = 1_000
/** A scalar's notification on the wire: handle, mask, variant, status, time. */
const scalarBytes = 40
/** A block an hour must not come to be known half an hour later; looked at more often it gives no more blocks. */
const longestBlockWaitMs = 10_000
/** Bytes of queues one server is asked to hold for all items together; a small PLC has no more to give. */
const serverQueueBytes = 128 * 1024 * 1024

/** The bytes one value of the point takes in a server's queue. */
function valueBytes({ point }: MappedPoint): number {
  return point.kind === 'waveform' ? (point.contract?.blockSize ?? 4_096) * 4 + 64 : scalarBytes
}

function cadenceOf({ point }: MappedPoint): number {
  return point.contract?.updateCadenceMs ?? defaultCadenceMs
}

/** `fastest`: per point the server's MinimumSamplingInterval in ms, NaN when unknown. `bridgeMs`: the outage to queue for. */
export function planSubscriptions(
  points: readonly (MappedPoint | null)[],
  fastest: (handle: number) => number,
  bridgeMs: number,
): PlannedSubscription[] {
  const groups = new Map<PlannedSubscription['name'], number[]>()
  for (const [handle, mapped] of points.entries()) {
    const name = mapped && groupOf(mapped)
    if (name === null) continue
    const group = groups.get(name)
    if (group) group.push(handle)
    else groups.set(name, [handle])
  }
  const wanted = points.reduce((sum, mapped) => sum + (mapped ? queueOf(mapped, bridgeMs) * valueBytes(mapped) : 0), 0)
  const share = Math.min(1, serverQueueBytes / Math.max(1, wanted))
  return [...groups].map(([name, handles]) => {
    const mapped = handles.flatMap((handle) => points[handle] ?? [])
    const bytes = Math.max(...mapped.map(valueBytes))
    return {
      name,
      publishingIntervalMs: publishingIntervalOf(name, Math.min(...mapped.map(cadenceOf))),
      maxNotificationsPerPublish: Math.max(1, Math.floor(limits.notificationBytes / bytes)),
      items: handles.flatMap((handle) => {
        const point = points[handle]
        return point ? [planItem(handle, point, bridgeMs * share, fastest(handle))] : []
      }),
    }
  })
}

function groupOf(mapped: MappedPoint): PlannedSubscription['name'] | null {
  // A waveform without a sample rate has no time axis.
  if (mapped.point.kind === 'event') return null
  if (mapped.point.kind === 'waveform') return mapped.point.contract ? 'waveforms' : null
  const cadenceMs = cadenceOf(mapped)
  return cadenceMs <= 250 ? 'fast scalars' : cadenceMs < 2_000 ? 'scalars' : 'slow scalars'
}

/** Waveforms are published soon after a block is complete: their view has 350 ms from sensor to pixel. */
function publishingIntervalOf(name: PlannedSubscription['name'], cadenceMs: number): number {
  if (name === 'waveforms') return Math.min(200, Math.max(50, Math.round(cadenceMs / 4)))
  return name === 'fast scalars' ? 100 : name === 'scalars' ? 250 : 1_000
}

/** Values in the time to bridge, with a tenth to spare. */
function queueOf(mapped: MappedPoint, bridgeMs: number): number {
  return Math.max(2, Math.ceil((1.1 * bridgeMs) / cadenceOf(mapped)))
}

function planItem(handle: number, mapped: MappedPoint, bridgeMs: number, fastestMs: number): PlannedItem {
  const { contract, kind } = mapped.point
  const halfMs = cadenceOf(mapped) / 2
  return {
    handle,
    // A minimum of 0 says that the server reports on change (OPC 10000-3, 5.6.2): ask for every change. Else sample
    // twice per update, so that jitter of half a period skips none; equal values with equal times are not reported.
    samplingIntervalMs:
      fastestMs === 0
        ? 0
        : Math.max(kind === 'waveform' ? Math.min(halfMs, longestBlockWaitMs) : halfMs, fastestMs > 0 ? fastestMs : 0),
    queueSize: queueOf(mapped, bridgeMs),
    bothTimestamps: contract?.timestampSource === 'server',
    deadband: contract?.deadband ?? null,
  }
}
