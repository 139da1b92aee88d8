import {
  BinaryStream,
  DataChangeNotification,
  type DataValue,
  MonitoredItemNotification,
  NotificationMessage,
  PublishResponse,
  RepublishResponse,
} from 'node-opcua'

/** A response as node-opcua puts it on the wire: the four-byte NodeId of its encoding, then its body. */
export function wire(id: number, response: PublishResponse | RepublishResponse): Buffer {
  const size = response.binaryStoreSize()
  const body = Buffer.alloc(4 + size)
  body[0] = 1
  body.writeUInt16LE(id, 2)
  const stream = new BinaryStream(size)
  response.encode(stream)
  stream.buffer.copy(body, 4, 0, stream.length)
  return body
}

export interface WireItem {
  handle: number
  value: DataValue
}

/** A Publish response with one data change notification, as bytes. */
export function published(items: readonly WireItem[], sequenceNumber = 7, more = false): Buffer {
  return wire(
    829,
    new PublishResponse({
      subscriptionId: 42,
      availableSequenceNumbers: [5, 6, 7],
      moreNotifications: more,
      notificationMessage: new NotificationMessage({
        sequenceNumber,
        publishTime: new Date(1_700_000_000_000),
        notificationData: [
          new DataChangeNotification({
            monitoredItems: items.map(
              ({ handle, value }) => new MonitoredItemNotification({ clientHandle: handle, value }),
            ),
          }),
        ],
      }),
    }),
  )
}

/** The reply as a server sends it that passes values on without the time of their source. */
export function withoutSourceTimes(typeId: number, body: Buffer): Buffer {
  const response = typeId === 835 ? new RepublishResponse() : new PublishResponse()
  const stream = new BinaryStream(body)
  stream.length = 4
  response.decode(stream)
  for (const notification of response.notificationMessage.notificationData ?? [])
    if (notification instanceof DataChangeNotification)
      for (const item of notification.monitoredItems ?? []) item.value.sourceTimestamp = null
  return wire(typeId, response)
}
