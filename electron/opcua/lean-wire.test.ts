import fc from 'fast-check'
import {
  DataType,
  DataValue,
  NotificationMessage,
  PublishResponse,
  RepublishResponse,
  StatusChangeNotification,
  StatusCode,
  StatusCodes,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { describe, expect, test } from 'vitest'
import type { WaveformBlock } from '../../shared/domain/intake.ts'
import { published, wire } from '../testkit/opcua/wire.ts'
import { RecordingSink } from '../testkit/opcua/recording-sink.ts'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { ItemTable } from './item-table.ts'
import { decodeLean, LeanPublishResponse, LeanRepublishResponse, tickOfTicks, usOfTicks } from './lean-wire.ts'
import { NotificationDecoder } from './notification-decoder.ts'

function decoded(body: Buffer, names: readonly string[]) {
  const sink = new RecordingSink()
  const events: string[] = []
  const decoder = new NotificationDecoder(new ItemTable(testPoints(names)), sink, {
    overflow: (handle, lastUs, sourceUs) => events.push(`overflow ${handle} ${lastUs} ${sourceUs}`),
    wrongType: (handle, _sourceUs, found) => events.push(`wrong ${handle} ${found}`),
    rightType: (handle) => events.push(`right ${handle}`),
    otherRate: () => 0,
    imprecise: (handle) => events.push(`imprecise ${handle}`),
    statusChange: (status) => events.push(`status ${status.toString(16)}`),
    awaited: () => true,
    alarms: (_body, start) => events.push(`alarms ${start}`),
    untimed: (handle) => events.push(`untimed ${handle}`),
  })
  const response = decodeLean(body)
  if (!(response instanceof LeanPublishResponse) || !response.raw) throw new Error('not a publish response')
  response.raw.receiveUs = 123
  decoder.decode(response.raw)
  return { sink, events, decoder, response }
}

const at = new Date(1_700_000_000_123)

function valueOf(dataType: DataType, value: unknown, change: Partial<DataValue> = {}): DataValue {
  return new DataValue({ value: { dataType, value: value as number }, sourceTimestamp: at, ...change })
}

function wide(dataType: DataType, value: [number, number]): DataValue {
  const variant = new Variant({ dataType, arrayType: VariantArrayType.Scalar, value })
  return new DataValue({ value: variant, sourceTimestamp: at })
}

const numberTypes = [
  [DataType.Boolean, fc.boolean()],
  [DataType.SByte, fc.integer({ min: -128, max: 127 })],
  [DataType.Byte, fc.integer({ min: 0, max: 255 })],
  [DataType.Int16, fc.integer({ min: -32_768, max: 32_767 })],
  [DataType.UInt16, fc.integer({ min: 0, max: 65_535 })],
  [DataType.Int32, fc.integer()],
  [DataType.UInt32, fc.nat(0xffff_ffff)],
  [DataType.Float, fc.float({ noNaN: true })],
  [DataType.Double, fc.double({ noNaN: true })],
] as const

describe('lean decoding against what node-opcua encodes', () => {
  test('every number type, status, and both times come out as they went in', () => {
    const item = fc.oneof(
      ...numberTypes.map(([dataType, value]) =>
        fc.record({
          dataType: fc.constant(dataType),
          value: value as fc.Arbitrary<number | boolean>,
          ms: fc.integer({ min: 0, max: 4_000_000_000_000 }),
          tick: fc.integer({ min: 0, max: 9_999 }),
          server: fc.boolean(),
          status: fc.constantFrom(StatusCodes.Good, StatusCodes.UncertainLastUsableValue, StatusCodes.BadSensorFailure),
        }),
      ),
    )
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 20 }), (items) => {
        const names = items.map((_item, i) => `c${i}`)
        const values = items.map(({ dataType, value, ms, tick, server, status }, handle) => ({
          handle,
          value: new DataValue({
            value: { dataType, value },
            statusCode: status,
            sourceTimestamp: new Date(ms),
            // 100 ns ticks below the millisecond; node-opcua carries them as picoseconds.
            sourcePicoseconds: tick * 100_000,
            ...(server ? { serverTimestamp: new Date(ms + 5) } : {}),
          }),
        }))
        const { sink, events } = decoded(published(values), names)
        expect(events).toEqual([])
        for (const [i, { value, ms, tick, server, status }] of items.entries()) {
          const row = sink.byKey.get(i + 1)?.[0]
          expect(row?.value).toBe(typeof value === 'boolean' ? Number(value) : value)
          expect(row?.sourceUs).toBe(ms * 1_000 + Math.floor(tick / 10))
          expect(row?.status).toBe(status.value)
          if (server) expect(row?.serverUs).toBe((ms + 5) * 1_000)
          else expect(row?.serverUs).toBeNaN()
          expect(row?.receiveUs).toBe(123)
        }
      }),
    )
  })

  test('the header, the numbers and what is left to send', () => {
    const { response } = decoded(published([{ handle: 0, value: valueOf(DataType.Double, 1) }], 9, true), ['c0'])
    expect(response.subscriptionId).toBe(42)
    expect(response.availableSequenceNumbers).toEqual([5, 6, 7])
    expect(response.raw).toMatchObject({ sequenceNumber: 9, count: 1, moreNotifications: true, publishUs: 1.7e15 })
    const republished = decodeLean(
      wire(835, new RepublishResponse({ notificationMessage: new NotificationMessage({ sequenceNumber: 3 }) })),
    )
    expect(republished).toBeInstanceOf(LeanRepublishResponse)
    expect(republished?.raw).toMatchObject({ sequenceNumber: 3, count: 0 })
    expect(decodeLean(Buffer.from([1, 0, 0x77, 2, 0, 0, 0, 0, 0]))).toBeNull()
  })

  test('arrays of every width become blocks of Float32; values around them are not disturbed', () => {
    const array = (dataType: DataType, value: ArrayLike<number>, dimensions?: number[]) =>
      new DataValue({
        value: {
          dataType,
          value,
          arrayType: dimensions ? VariantArrayType.Matrix : VariantArrayType.Array,
          ...(dimensions ? { dimensions } : {}),
        },
        sourceTimestamp: at,
      })
    const body = published([
      { handle: 0, value: array(DataType.Float, new Float32Array([1.5, -2, 3])) },
      { handle: 1, value: array(DataType.Double, new Float64Array([1, 2])) },
      { handle: 2, value: array(DataType.Int16, new Int16Array([-1, 32_767])) },
      { handle: 3, value: array(DataType.Int32, new Int32Array([7, -7])) },
      { handle: 4, value: array(DataType.Float, new Float32Array([1, 2, 3, 4]), [2, 2]) },
      { handle: 5, value: valueOf(DataType.Double, 99) },
    ])
    const { sink, events } = decoded(body, ['w0', 'w1', 'w2', 'w3', 'w4', 'c5'])
    expect(events).toEqual([])
    expect(sink.blocks.map(({ samples }: WaveformBlock) => [...samples])).toEqual([
      [1.5, -2, 3],
      [1, 2],
      [-1, 32_767],
      [7, -7],
      [1, 2, 3, 4],
    ])
    expect(sink.blocks[0]).toMatchObject({
      pointKey: 1,
      sourceUs: at.getTime() * 1_000,
      sampleRateHz: 10_000,
      status: 0,
    })
    expect(sink.values(6)).toEqual([99])
    // The block is a copy: the socket's buffer is reused.
    body.fill(0)
    expect(sink.blocks[0]?.samples[0]).toBe(1.5)
  })

  test('what is no number is marked bad, named, and does not hide its neighbours', () => {
    const { sink, events } = decoded(
      published([
        { handle: 0, value: valueOf(DataType.String, 'on') },
        { handle: 1, value: valueOf(DataType.Double, 1) },
        { handle: 0, value: valueOf(DataType.Double, 5) },
        { handle: 2, value: valueOf(DataType.Double, 5) },
        { handle: 1, value: new DataValue({ value: { dataType: DataType.Null }, sourceTimestamp: at }) },
        { handle: 1, value: new DataValue({ statusCode: StatusCodes.BadNotConnected, sourceTimestamp: at }) },
        { handle: 77, value: valueOf(DataType.Double, 5) },
        { handle: 1, value: valueOf(DataType.Double, 2) },
      ]),
      ['c0', 'c1', 'w2'],
    )
    expect(events).toEqual(['wrong 0 text (String)', 'right 0', 'wrong 2 a single value'])
    expect(sink.values(1)).toEqual([Number.NaN, 5])
    expect(sink.byKey.get(1)?.[0]?.status).toBe(StatusCodes.BadTypeMismatch.value)
    expect(sink.values(2)).toEqual([1, Number.NaN, Number.NaN, 2])
    expect(sink.byKey.get(2)?.map(({ status }) => status)).toEqual([
      0,
      StatusCodes.BadNoData.value,
      StatusCodes.BadNotConnected.value,
      0,
    ])
    expect(sink.blocks).toEqual([])
  })

  test('an Int64 beyond 2^53 is uncertain and named, one below is exact', () => {
    const { sink, events } = decoded(
      published([
        { handle: 0, value: wide(DataType.Int64, [0xffff_ffff, 0xffff_fffe]) },
        { handle: 0, value: wide(DataType.UInt64, [0x0100_0000, 1]) },
      ]),
      ['c0'],
    )
    expect(sink.values(1)).toEqual([-2, 0x0100_0000 * 2 ** 32 + 1])
    expect(sink.byKey.get(1)?.map(({ status }) => status)).toEqual([0, 0x4000_0000])
    expect(events).toEqual(['imprecise 0'])
  })

  test('the overflow bit tells since when values are missing', () => {
    const overflowed = StatusCode.makeStatusCode(StatusCodes.Good, 'Overflow | InfoTypeDataValue')
    const later = new Date(at.getTime() + 500)
    const { events } = decoded(
      published([
        { handle: 0, value: valueOf(DataType.Double, 1) },
        {
          handle: 0,
          value: new DataValue({
            value: { dataType: DataType.Double, value: 9 },
            sourceTimestamp: later,
            statusCode: overflowed,
          }),
        },
      ]),
      ['c0'],
    )
    expect(events).toEqual([`overflow 0 ${at.getTime() * 1_000} ${later.getTime() * 1_000}`])
  })

  test('a status change ends the subscription; a message cut short throws and keeps what came before', () => {
    const body = wire(
      829,
      new PublishResponse({
        notificationMessage: new NotificationMessage({
          sequenceNumber: 1,
          notificationData: [new StatusChangeNotification({ status: StatusCodes.BadTimeout })],
        }),
      }),
    )
    expect(decoded(body, ['c0']).events).toEqual([`status ${StatusCodes.BadTimeout.value.toString(16)}`])

    const whole = published([
      { handle: 0, value: valueOf(DataType.Double, 1) },
      { handle: 0, value: valueOf(DataType.Double, 2) },
    ])
    const response = decodeLean(whole)
    const sink = new RecordingSink()
    const quiet = {
      overflow: () => 0,
      wrongType: () => 0,
      rightType: () => 0,
      otherRate: () => 0,
      imprecise: () => 0,
      statusChange: () => 0,
      awaited: () => true,
      alarms: () => 0,
      untimed: () => 0,
    }
    const decoder = new NotificationDecoder(new ItemTable(testPoints(['c0'])), sink, quiet)
    if (!response?.raw) throw new Error('no message')
    response.raw.body = whole.subarray(0, whole.length - 20)
    const { raw } = response
    expect(() => decoder.decode(raw)).toThrow(RangeError)
    expect(sink.values(1)).toEqual([1])
  })

  test('a batch larger than one hand-over arrives whole and in order', () => {
    const items = Array.from({ length: 70_000 }, (_unused, i) => ({ handle: 0, value: valueOf(DataType.Double, i) }))
    const { sink } = decoded(published(items), ['c0'])
    expect(sink.values(1)).toEqual(items.map((_item, i) => i))
  })

  test('100 ns since 1601 in two halves become microseconds and a tick', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 116_444_736_000_000_000n, max: 200_000_000_000_000_000n }), (ticks) => {
        const high = Number(ticks >> 32n)
        const low = Number(ticks & 0xffff_ffffn)
        const since1970 = ticks - 116_444_736_000_000_000n
        expect(usOfTicks(high, low)).toBe(Number(since1970 / 10n))
        expect(tickOfTicks(high, low)).toBe(Number(since1970 % 10n))
      }),
    )
  })
})
