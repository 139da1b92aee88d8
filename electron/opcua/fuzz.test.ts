import { DataType, DataValue, Variant, VariantArrayType } from 'node-opcua'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  array,
  builtIn,
  ByteWriter,
  dataChange,
  dataValue,
  diagnosticInfo,
  double,
  scalar,
  statusChange,
} from '../testkit/opcua/bytes.ts'
import { LinkRig } from '../testkit/opcua/link-rig.ts'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { responseHeader } from '../testkit/opcua/scripted-channel.ts'
import { ScriptedServer } from '../testkit/opcua/scripted-server.ts'
import { mutated } from '../testkit/opcua/mutation.ts'
import { seeded } from '../testkit/opcua/seeded.ts'
import { published } from '../testkit/opcua/wire.ts'
import { Feed } from './feed.ts'
import { GapBook } from './gap-book.ts'
import { ItemTable } from './item-table.ts'
import { decodeLean, LeanPublishResponse } from './lean-wire.ts'
import { ProblemBook } from './problem-book.ts'
import { silenceLibrary } from './quiet-log.ts'
import type { StructureLayout } from './structure-layout.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const seed = Number(process.env['MILLWRIGHT_SEED'] ?? 20_261_122)
const rounds = 4_000
const frames = 6
const names = ['c0', 'c1', 'w0', 'w1', 'w2']
const startUs = 1_700_000_000_000_000

/** What lies around a message in the socket's buffer: another's values, which must never be seen. */
const foreign = 0xa5
const foreignDouble = Buffer.alloc(8, foreign).readDoubleLE(0)
const foreignFloat = Buffer.alloc(4, foreign).readFloatLE(0)

const field = (name: string, type: number, isArray = false) => ({ name, builtIn: type, isArray, optionalBit: -1 })

const layout: StructureLayout = {
  encoding: 'ns=2;i=5',
  hasMask: false,
  fields: [field('sensor', 12), field('startTime', 13), field('sampleRate', 11), field('samples', 10, true)],
  samples: 3,
  rate: 2,
  start: 1,
}

function messages(): Buffer[] {
  const float = (value: number): Buffer => new ByteWriter().f32(value).done()
  const structure = new ByteWriter().text('de').time(startUs).f64(10_000)
  structure.i32(4).raw(Buffer.concat([1, 2, 3, 4].map(float)))
  const block = new ByteWriter().extension({ form: 'four', id: 5, namespace: 2 }, 1, structure.done()).done()
  const notifications = [
    dataChange(
      [
        { handle: 0, value: dataValue({ value: double(1), sourceUs: startUs, sourcePico: 1 }) },
        {
          handle: 1,
          value: dataValue({ value: scalar(builtIn.string, new ByteWriter().text('off').done()), status: 0 }),
        },
        { handle: 2, value: dataValue({ value: array(builtIn.float, [1, 2, 3].map(float)), sourceUs: startUs }) },
        {
          handle: 3,
          value: dataValue({ value: scalar(builtIn.byteString, new ByteWriter().bytes(Buffer.alloc(8)).done()) }),
        },
        { handle: 4, value: dataValue({ value: scalar(builtIn.extensionObject, block), sourceUs: startUs }) },
        { handle: 0, value: dataValue({ value: double(2), sourceUs: startUs + 1, serverUs: startUs }) },
      ],
      { diagnostics: new ByteWriter().i32(1).raw(diagnosticInfo()).done() },
    ),
    statusChange(0x800a_0000),
  ]
  const head = new ByteWriter()
    .nodeId({ form: 'four', id: 829 })
    .raw(responseHeader(1, { strings: ['a'] }))
    .u32(42)
  head
    .list([() => void head.u32(1)])
    .u8(0)
    .u32(1)
    .time(startUs)
  const byHand = head
    .list(notifications.map((bytes) => () => void head.raw(bytes)))
    .i32(-1)
    .i32(-1)
    .done()
  const value = (dataType: DataType, wish: unknown, arrayType = VariantArrayType.Scalar): DataValue =>
    new DataValue({
      value: new Variant({ dataType, arrayType, value: wish }),
      sourceTimestamp: new Date(startUs / 1_000),
    })
  const byLibrary = published(
    [
      { handle: 0, value: value(DataType.Double, 1) },
      { handle: 2, value: value(DataType.Float, new Float32Array(50).fill(3), VariantArrayType.Array) },
      { handle: 1, value: value(DataType.LocalizedText, { locale: 'en', text: 'off' }) },
      { handle: 1, value: value(DataType.Int32, 7) },
    ],
    1,
  )
  return [byHand, byLibrary]
}

/** A feed as a connection has it. */
function feedOf() {
  const sink = new RecordingSink()
  const items = new ItemTable(
    testPoints(names).map((mapped) =>
      mapped.point.id === 'w1' && mapped.point.contract
        ? { ...mapped, point: { ...mapped.point, contract: { ...mapped.point.contract, packing: { type: 'Float' } } } }
        : mapped,
    ) as ReturnType<typeof testPoints>,
  )
  const form = items.forms[4]
  if (form) form.layout = layout
  const feed = new Feed({
    items,
    sink,
    clock: systemClock,
    gaps: new GapBook('opc-1', sink, items),
    problems: new ProblemBook(sink, systemClock),
    hooks: {},
    events: {
      delivered: () => undefined,
      broken: () => undefined,
      data: () => undefined,
      untimed: () => undefined,
      alarms: () => undefined,
      alarmsMissed: () => undefined,
    },
  })
  feed.add(
    42,
    {
      name: 'scalars',
      publishingIntervalMs: 250,
      maxNotificationsPerPublish: 10,
      items: names.map((_name, handle) => ({
        handle,
        samplingIntervalMs: 0,
        queueSize: 10,
        bothTimestamps: false,
        deadband: null,
      })),
    },
    2_500,
  )
  return { feed, sink }
}

describe(`mutated messages (seed ${seed})`, () => {
  test('end, throw nothing, show nothing of what lies beside them, and say in a sentence what was wrong', () => {
    silenceLibrary()
    const random = seeded(seed)
    const originals = messages()
    let delivered = 0
    let refused = 0
    let said = 0
    for (let round = 0; round < rounds; round += 1) {
      const body = mutated(originals[round % originals.length] ?? Buffer.alloc(0), random)
      const socket = Buffer.alloc(body.length + 512, foreign)
      body.copy(socket, 256)
      const message = socket.subarray(256, 256 + body.length)
      let response: ReturnType<typeof decodeLean> = null
      try {
        response = decodeLean(message)
      } catch (error) {
        // `installLeanDecoding` leaves it to the library, which closes the channel.
        expect(error).toBeInstanceOf(Error)
        refused += 1
      }
      if (!(response instanceof LeanPublishResponse)) continue
      const { feed, sink } = feedOf()
      response.subscriptionId = 42
      if (response.raw) response.raw.sequenceNumber = 1
      feed.receive(response)
      for (const row of [...sink.byKey.values()].flat()) {
        delivered += 1
        expect(row.value).not.toBe(foreignDouble)
        expect(Number.isNaN(row.sourceUs) || Number.isSafeInteger(row.sourceUs)).toBe(true)
      }
      for (const { samples } of sink.blocks) {
        delivered += samples.length
        expect(samples.length * 2).toBeLessThanOrEqual(message.length)
        expect(samples.includes(foreignFloat)).toBe(false)
      }
      for (const { cause, detail } of sink.gaps)
        if (cause === 'decode-failed') {
          said += 1
          expect(detail).toMatch(/^\S.*[^.]\.$/)
        }
    }
    expect(Math.min(delivered, refused)).toBeGreaterThan(100)
    expect(said).toBeGreaterThanOrEqual(0)
  })
})

describe('mutated frames on a socket', () => {
  let rig: LinkRig
  beforeAll(async () => {
    rig = await LinkRig.open()
  })
  afterEach(() => rig.endTest())
  afterAll(() => rig.close())

  test(`the link comes back from each, and what is whole comes once (seed ${seed})`, async () => {
    const random = seeded(seed)
    const server = rig.keep(await ScriptedServer.start())
    const timings = { keepAliveMs: 400, silenceGraceMs: 400 }
    const link = await rig.live(server.port, ['c0'], { timings })
    let counted = 0
    for (let round = 0; round < frames; round += 1) {
      const say = (): number => {
        counted += 1
        const value = dataValue({ value: double(counted), sourceUs: startUs + counted * 1e6 })
        return server.say(server.of('c0'), [dataChange([{ handle: server.handleOf('c0'), value }])])
      }
      let corrupted = false
      server.wishes.corrupt = (frame) => {
        if (corrupted) return frame
        corrupted = true
        // Anything but the values themselves, which nothing in an unsigned channel protects.
        return mutated(frame.subarray(0, frame.length - 30), random)
      }
      say()
      await until('a frame was corrupted', () => corrupted)
      server.wishes.corrupt = null
      await until('the link stands', () => link.connection.state().phase === 'connected' && server.outstanding > 0)
      // What is sent while the link is being made anew may be behind a gap: a later one comes.
      const whole = (): boolean => link.sink.values(1).at(-1) === counted
      for (let time = 0; time === 0 || (time < 20 && !whole()); time += 1) {
        say()
        for (let wait = 0; wait < 50 && !whole(); wait += 1) await new Promise((resolve) => setTimeout(resolve, 20))
      }
      expect(whole()).toBe(true)
    }
    const good = link.sink.values(1).filter((value) => Number.isInteger(value) && value > 0 && value <= counted)
    expect(new Set(good).size).toBe(good.length)
  })
})
