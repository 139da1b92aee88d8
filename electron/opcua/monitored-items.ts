import {
  AttributeIds,
  type ClientSession,
  CreateMonitoredItemsRequest,
  DataChangeFilter,
  DataChangeTrigger,
  DeadbandType,
  type MonitoredItemCreateResult,
  type MonitoredItemModifyResult,
  ModifyMonitoredItemsRequest,
  MonitoringMode,
  type NodeId,
  StatusCodes,
  TimestampsToReturn,
} from 'node-opcua-client'
import { limits } from '../../shared/domain/limits.ts'
import { within } from './deadline.ts'
import { rawServices } from './library-internals.ts'
import type { PlannedItem, PlannedSubscription } from './subscription-plan.ts'

export interface CreatedItem {
  handle: number
  status: number
  /** Symbolic name of the status. */
  statusName: string
  samplingIntervalMs: number
  queueSize: number
  /** The server's id of the item; 0 when it was refused. */
  itemId: number
  /** Why the server took the item without its deadband; empty when it has none or took it. */
  deadbandRefused: string
}

const wait = 30_000
/** Ten minutes without a publish request before the server drops the subscription; it may revise that. */
const lifetimeMs = 600_000

export async function createSubscription(
  session: ClientSession,
  plan: PlannedSubscription,
  keepAliveMs: number,
): Promise<{ id: number; keepAliveMs: number }> {
  const interval = plan.publishingIntervalMs
  const response = await within(
    wait,
    'creating a subscription',
    rawServices(session).createSubscription({
      requestedPublishingInterval: interval,
      requestedMaxKeepAliveCount: Math.max(1, Math.ceil(keepAliveMs / interval)),
      requestedLifetimeCount: Math.ceil(lifetimeMs / interval),
      maxNotificationsPerPublish: plan.maxNotificationsPerPublish,
      publishingEnabled: true,
      // Scalars and their alerts before waveforms when a server has to choose.
      priority: plan.name === 'waveforms' ? 0 : 10,
    }),
  )
  return {
    id: response.subscriptionId,
    keepAliveMs: response.revisedPublishingInterval * response.revisedMaxKeepAliveCount,
  }
}

/** Asks for at most so many notifications in a message. */
export async function limitMessages(
  session: ClientSession,
  subscriptionId: number,
  plan: PlannedSubscription,
  keepAliveMs: number,
): Promise<void> {
  const interval = plan.publishingIntervalMs
  await within(
    wait,
    'changing a subscription',
    rawServices(session).modifySubscription({
      subscriptionId,
      requestedPublishingInterval: interval,
      requestedMaxKeepAliveCount: Math.max(1, Math.ceil(keepAliveMs / interval)),
      requestedLifetimeCount: Math.ceil(lifetimeMs / interval),
      maxNotificationsPerPublish: plan.maxNotificationsPerPublish,
      priority: plan.name === 'waveforms' ? 0 : 10,
    }),
  )
}

/**
 * Creates items in calls the server accepts: `limits.itemsPerCall`, its own MaxMonitoredItemsPerCall, and half of that
 * when it still says BadTooManyOperations. One bad item does not stop the others.
 */
export async function createItems(
  session: ClientSession,
  subscriptionId: number,
  items: readonly PlannedItem[],
  nodeOf: (handle: number) => NodeId | null,
  maxItemsPerCall: number,
): Promise<CreatedItem[]> {
  const created: CreatedItem[] = []
  const calls: PlannedItem[][] = []
  for (const both of [false, true]) {
    const group = items.filter(({ bothTimestamps, handle }) => bothTimestamps === both && nodeOf(handle) !== null)
    calls.push(...inCalls(group, maxItemsPerCall))
  }
  for (let call = calls.shift(); call; call = calls.shift()) {
    try {
      created.push(...(await createCall(session, subscriptionId, call, nodeOf)))
    } catch (error) {
      const tooMany =
        error instanceof Error && /BadTooManyOperations|BadRequestTooLarge|BadEncodingLimits/.test(error.message)
      if (!tooMany || call.length < 2) throw error
      const half = call.length >> 1
      calls.unshift(call.slice(0, half), call.slice(half))
    }
  }
  return created
}

async function createCall(
  session: ClientSession,
  subscriptionId: number,
  call: readonly PlannedItem[],
  nodeOf: (handle: number) => NodeId | null,
): Promise<CreatedItem[]> {
  const results = await request(session, subscriptionId, call, nodeOf, true)
  // Some servers know no filter, or no trigger but the default: better with repeated values swallowed than not at all.
  const unfiltered = call.filter((_item, i) => isFilterRefusal(results[i]))
  const refusals = new Map(unfiltered.map((item) => [item.handle, results[call.indexOf(item)]?.statusCode.name ?? '']))
  if (unfiltered.length > 0) {
    const second = await request(session, subscriptionId, unfiltered, nodeOf, false)
    for (const [i, item] of unfiltered.entries()) {
      const result = second[i]
      if (result) results[call.indexOf(item)] = result
    }
  }
  return call.map(({ handle, deadband }, i) => {
    const result = results[i]
    return {
      ...answerOf(handle, result),
      itemId: result?.monitoredItemId ?? 0,
      deadbandRefused: deadband ? (refusals.get(handle) ?? '') : '',
    }
  })
}

const filterRefusals = [
  StatusCodes.BadFilterNotAllowed,
  StatusCodes.BadMonitoredItemFilterInvalid,
  StatusCodes.BadMonitoredItemFilterUnsupported,
  StatusCodes.BadDeadbandFilterInvalid,
].map(({ value }) => value)

function isFilterRefusal(result: MonitoredItemCreateResult | undefined): boolean {
  return result !== undefined && filterRefusals.includes(result.statusCode.value)
}

async function request(
  session: ClientSession,
  subscriptionId: number,
  call: readonly PlannedItem[],
  nodeOf: (handle: number) => NodeId | null,
  filtered: boolean,
): Promise<MonitoredItemCreateResult[]> {
  const response = await within(
    wait,
    'creating monitored items',
    rawServices(session).createMonitoredItems(
      new CreateMonitoredItemsRequest({
        subscriptionId,
        timestampsToReturn: call[0]?.bothTimestamps ? TimestampsToReturn.Both : TimestampsToReturn.Source,
        itemsToCreate: call.map((item) => ({
          itemToMonitor: { nodeId: nodeOf(item.handle), attributeId: AttributeIds.Value },
          monitoringMode: MonitoringMode.Reporting,
          requestedParameters: parametersOf(item, filtered),
        })),
      }),
    ),
  )
  return response.results ?? []
}

function parametersOf(item: PlannedItem, filtered: boolean) {
  return {
    clientHandle: item.handle,
    samplingInterval: item.samplingIntervalMs,
    queueSize: item.queueSize,
    discardOldest: true,
    filter: filtered ? filterOf(item) : null,
  }
}

/** Asks for other parameters of items that exist, both times included; what is queued stays. One answer for each. */
export async function modifyItems(
  session: ClientSession,
  subscriptionId: number,
  entries: readonly { item: PlannedItem; itemId: number }[],
  maxItemsPerCall: number,
): Promise<CreatedItem[]> {
  const answers: CreatedItem[] = []
  for (const both of [false, true]) {
    const group = entries.filter(({ item }) => item.bothTimestamps === both)
    const timestampsToReturn = both ? TimestampsToReturn.Both : TimestampsToReturn.Source
    for (const part of inCalls(group, maxItemsPerCall)) {
      const itemsToModify = part.map(({ item, itemId }) => ({
        monitoredItemId: itemId,
        requestedParameters: parametersOf(item, true),
      }))
      const request = new ModifyMonitoredItemsRequest({ subscriptionId, timestampsToReturn, itemsToModify })
      const response = await within(
        wait,
        'changing monitored items',
        rawServices(session).modifyMonitoredItems(request),
      )
      for (const [i, { item, itemId }] of part.entries()) {
        const result = response.results?.[i]
        answers.push({ ...answerOf(item.handle, result), itemId, deadbandRefused: '' })
      }
    }
  }
  return answers
}

/** Items the server no longer has are no fault: then they are gone. */
export async function deleteItems(
  session: ClientSession,
  subscriptionId: number,
  monitoredItemIds: readonly number[],
  maxItemsPerCall: number,
): Promise<void> {
  for (const part of inCalls(monitoredItemIds, maxItemsPerCall)) {
    const call = rawServices(session).deleteMonitoredItems({ subscriptionId, monitoredItemIds: part })
    await within(wait, 'deleting monitored items', call)
  }
}

function inCalls<T>(all: readonly T[], maxItemsPerCall: number): T[][] {
  const step = maxItemsPerCall > 0 ? Math.min(limits.itemsPerCall, maxItemsPerCall) : limits.itemsPerCall
  return Array.from({ length: Math.ceil(all.length / step) }, (_unused, i) => all.slice(i * step, (i + 1) * step))
}

function answerOf(
  handle: number,
  result: MonitoredItemCreateResult | MonitoredItemModifyResult | undefined,
): Omit<CreatedItem, 'itemId' | 'deadbandRefused'> {
  const status = result?.statusCode ?? StatusCodes.BadUnexpectedError
  return {
    handle,
    status: status.value,
    statusName: status.name,
    samplingIntervalMs: result?.revisedSamplingInterval ?? Number.NaN,
    queueSize: result?.revisedQueueSize ?? 0,
  }
}

/**
 * A new time alone is news: identical waveform blocks are not swallowed, and a constant signal is told apart from a
 * dead one. A deadband asks for the opposite and takes the default trigger.
 */
function filterOf({ deadband }: PlannedItem): DataChangeFilter {
  if (deadband === null || deadband === undefined)
    return new DataChangeFilter({
      trigger: DataChangeTrigger.StatusValueTimestamp,
      deadbandType: DeadbandType.None,
      deadbandValue: 0,
    })
  return new DataChangeFilter({
    trigger: DataChangeTrigger.StatusValue,
    deadbandType: deadband.kind === 'absolute' ? DeadbandType.Absolute : DeadbandType.Percent,
    deadbandValue: deadband.value,
  })
}
