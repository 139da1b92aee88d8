import {
  AttributeIds,
  type ClientSession,
  ContentFilter,
  ContentFilterElement,
  CreateMonitoredItemsRequest,
  DataType,
  ElementOperand,
  EventFilter,
  FilterOperator,
  LiteralOperand,
  MonitoringMode,
  NodeId,
  ObjectTypeIds,
  TimestampsToReturn,
  Variant,
} from 'node-opcua-client'
import { limits } from '../../../shared/domain/limits.ts'
import { within } from '../deadline.ts'
import { rawServices } from '../library-internals.ts'
import { selectClauses } from './event-fields.ts'

const wait = 30_000

export interface EventItem {
  status: string
  isGood: boolean
  queueSize: number
}

/**
 * One event item for each notifier. Where a server does not take the filter, all its events come and are sorted out here:
 * audit events cost some bandwidth, a missing alarm costs more.
 */
export async function createEventItems(
  session: ClientSession,
  subscriptionId: number,
  notifiers: readonly NodeId[],
): Promise<EventItem[]> {
  const items = await request(session, subscriptionId, notifiers, true)
  const refused = items.flatMap(({ status }, i) => (/Filter|Operand|Operator/.test(status) ? [i] : []))
  if (refused.length === 0) return items
  const again = await request(
    session,
    subscriptionId,
    refused.flatMap((i) => notifiers[i] ?? []),
    false,
  )
  for (const [at, i] of refused.entries()) {
    const item = again[at]
    if (item) items[i] = item
  }
  return items
}

async function request(
  session: ClientSession,
  subscriptionId: number,
  notifiers: readonly NodeId[],
  filtered: boolean,
): Promise<EventItem[]> {
  const response = await within(
    wait,
    'subscribing to alarms',
    rawServices(session).createMonitoredItems(
      new CreateMonitoredItemsRequest({
        subscriptionId,
        timestampsToReturn: TimestampsToReturn.Neither,
        itemsToCreate: notifiers.map((nodeId, clientHandle) => ({
          itemToMonitor: { nodeId, attributeId: AttributeIds.EventNotifier },
          monitoringMode: MonitoringMode.Reporting,
          requestedParameters: {
            clientHandle,
            samplingInterval: 0,
            queueSize: limits.serverEventQueue,
            discardOldest: true,
            filter: new EventFilter({ selectClauses: selectClauses(), ...(filtered ? { whereClause: ours() } : {}) }),
          },
        })),
      }),
    ),
  )
  return (response.results ?? []).map(({ statusCode, revisedQueueSize }) => ({
    status: statusCode.name,
    isGood: statusCode.isGood(),
    queueSize: revisedQueueSize,
  }))
}

/**
 * Conditions, and system events for RefreshRequired. Start and end of a refresh pass every filter (OPC 10000-9, 4.5), but
 * older servers did not know that; they are system events as well.
 */
function ours(): ContentFilter {
  const ofType = (type: number): ContentFilterElement =>
    new ContentFilterElement({
      filterOperator: FilterOperator.OfType,
      filterOperands: [
        new LiteralOperand({
          value: new Variant({ dataType: DataType.NodeId, value: new NodeId(NodeId.NodeIdType.NUMERIC, type, 0) }),
        }),
      ],
    })
  return new ContentFilter({
    elements: [
      new ContentFilterElement({
        filterOperator: FilterOperator.Or,
        filterOperands: [new ElementOperand({ index: 1 }), new ElementOperand({ index: 2 })],
      }),
      ofType(ObjectTypeIds.ConditionType),
      ofType(ObjectTypeIds.SystemEventType),
    ],
  })
}
