import { type ClientSession, DataType, DataValue, NotificationMessage, RepublishResponse } from 'node-opcua'
import { expect, test } from 'vitest'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { published, wire } from '../testkit/opcua/wire.ts'
import { Feed } from './feed.ts'
import { GapBook } from './gap-book.ts'
import { ItemTable } from './item-table.ts'
import { decodeLean, LeanPublishResponse } from './lean-wire.ts'
import { ProblemBook } from './problem-book.ts'
import type { PlannedSubscription } from './subscription-plan.ts'

const plan: PlannedSubscription = {
  name: 'scalars',
  publishingIntervalMs: 250,
  maxNotificationsPerPublish: 10,
  items: [{ handle: 0, samplingIntervalMs: 0, queueSize: 10, bothTimestamps: false, deadband: null }],
}
const startMs = 1_700_000_000_000

/** Message `number` carries the value `number`, taken `number` seconds after the start. */
function message(number: number): LeanPublishResponse {
  const value = new DataValue({
    value: { dataType: DataType.Double, value: number },
    sourceTimestamp: new Date(startMs + number * 1_000),
  })
  const response = decodeLean(published([{ handle: 0, value }], number))
  if (!(response instanceof LeanPublishResponse)) throw new Error('not a publish response')
  return response
}

function keepAlive(next: number): LeanPublishResponse {
  const response = message(next)
  if (response.raw) response.raw.count = 0
  return response
}

/** A feed on a server that still has the messages `kept`. */
function feedWith(kept: readonly number[]) {
  const sink = new RecordingSink()
  const items = new ItemTable(testPoints(['c0']))
  const acknowledged: number[] = []
  const asked: number[] = []
  let broken = 0
  const feed = new Feed({
    items,
    sink,
    clock: systemClock,
    gaps: new GapBook('opc-1', sink, items),
    problems: new ProblemBook(sink, systemClock),
    hooks: {},
    events: {
      delivered: (_id, number) => acknowledged.push(number),
      broken: () => (broken += 1),
      data: () => undefined,
      alarms: () => undefined,
      alarmsMissed: () => undefined,
      untimed: () => undefined,
    },
  })
  feed.add(42, plan, 2_500)
  const republish = async ({ retransmitSequenceNumber }: { retransmitSequenceNumber: number }) => {
    asked.push(retransmitSequenceNumber)
    if (kept.length === 0) throw new Error('BadSubscriptionIdInvalid')
    if (!kept.includes(retransmitSequenceNumber)) throw new Error('BadMessageNotAvailable')
    const notificationMessage = message(retransmitSequenceNumber).raw
    if (!notificationMessage) throw new Error('no message')
    const response = decodeLean(wire(835, new RepublishResponse({ notificationMessage: new NotificationMessage({}) })))
    if (response?.raw) Object.assign(response.raw, notificationMessage, { recovered: true })
    return response
  }
  feed.useSession({ republish } as unknown as ClientSession)
  return { feed, sink, acknowledged, asked, broken: () => broken }
}

const usOf = (number: number): number => (startMs + number * 1_000) * 1_000

test('what the server still has is fetched and delivered in order; each message is acknowledged once', async () => {
  const { feed, sink, acknowledged } = feedWith([2, 3])
  for (const number of [1, 4, 1, 5]) feed.receive(message(number))
  await until('all has come', () => sink.values(1).length === 5)
  expect(sink.values(1)).toEqual([1, 2, 3, 4, 5])
  expect(acknowledged).toEqual([1, 2, 3, 4, 5])
  expect(feed.duplicates).toBe(1)
  expect(sink.gaps).toEqual([])
})

test('what it no longer has is one gap from the last value to the first after it', async () => {
  const { feed, sink } = feedWith([3])
  feed.receive(message(1))
  feed.receive(message(5))
  await until('the rest has come', () => sink.values(1).includes(5))
  expect(sink.values(1)).toEqual([1, 3, 5])
  expect(sink.gaps).toEqual([
    expect.objectContaining({ cause: 'sequence-lost', pointKey: null, startUs: usOf(1), endUs: usOf(3) }),
    expect.objectContaining({ cause: 'sequence-lost', pointKey: null, startUs: usOf(3), endUs: usOf(5) }),
  ])
})

test('a keep-alive that announces more than has come makes it ask', async () => {
  const { feed, sink, asked } = feedWith([2])
  feed.receive(message(1))
  feed.receive(keepAlive(3))
  await until('the message has come', () => sink.values(1).length === 2)
  expect(asked).toEqual([2])
  feed.receive(keepAlive(3))
  expect(asked).toEqual([2])
})

test('more than can be held is given up instead of filling the memory', async () => {
  const { feed, sink } = feedWith([0])
  feed.useSession(null)
  feed.receive(message(1))
  for (let number = 3; number < 40; number += 1) feed.receive(message(number))
  expect(sink.values(1)).toEqual([1, ...Array.from({ length: 37 }, (_unused, i) => i + 3)])
  expect(sink.gaps).toEqual([expect.objectContaining({ cause: 'sequence-lost', startUs: usOf(1), endUs: usOf(3) })])
})

test('a subscription the server has forgotten is reported', async () => {
  const { feed, broken } = feedWith([])
  feed.receive(message(2))
  await until('reported', () => broken() === 1)
  const [live] = feed.subscriptions.values()
  expect(live?.dead).toBe(true)
  expect(live && (await feed.catchUp(live))).toBe(false)
})

test('a message that cannot be read is a gap, and the next goes on', async () => {
  const { feed, sink } = feedWith([9])
  feed.receive(message(1))
  const cut = message(2)
  if (cut.raw) cut.raw.body = cut.raw.body.subarray(0, cut.raw.body.length - 20)
  feed.receive(cut)
  feed.receive(message(3))
  expect(sink.values(1)).toEqual([1, 3])
  expect(sink.gaps).toEqual([
    expect.objectContaining({ cause: 'decode-failed', startUs: usOf(1), endUs: usOf(3), count: 1 }),
  ])
})
