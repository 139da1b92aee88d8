import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, Variant, VariantArrayType } from 'node-opcua'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Samples } from '../../shared/domain/intake.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { createRing } from '../ingest/index.ts'
import { createOpcuaConnection, PkiStore, type MappedPoint } from '../opcua/index.ts'
import { openTwin, type Twin } from '../store/api.ts'
import { capture, startUs, tick, workers } from '../store/twin-fixtures.ts'
import { plainServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'

let folder = ''
let pki: PkiStore
let server: TestServer
let twin: Twin
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millwright-types-'))
  pki = await PkiStore.open(join(folder, 'pki'), { applicationUri: 'urn:millwright:test' })
  server = await startTestServer()
  twin = await openTwin({ file: join(folder, 'twin.db'), key: null, workers })
  await twin.points([
    { id: 'scalar', assetId: 'a', kind: 'scalar' },
    { id: 'wave', assetId: 'a', kind: 'waveform' },
  ])
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'a', reason: 'r', atUs: 1 })
  await twin.sessionStart(startUs)
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await twin.close()
  await server.stop()
  await pki.close()
  await rm(folder, { recursive: true, force: true })
})

async function collect(names: readonly string[], contract: Partial<Contract> = {}): Promise<RecordingSink> {
  return collectPoints(testPoints(names, contract))
}

async function collectPoints(points: readonly MappedPoint[]): Promise<RecordingSink> {
  const sink = new RecordingSink()
  const connection = createOpcuaConnection({
    server: plainServer(server.port),
    points,
    pki,
    secrets: async () => null,
    clock: systemClock,
    sink,
    applicationUri: 'urn:millwright:test',
  })
  closing.push(() => connection.stop())
  await connection.start()
  await until('the link stands', () => connection.state().phase === 'connected')
  return sink
}

/** What the twin gives back of the last block, which has gone through its ring, once it has as many samples as were sent. */
async function throughTheTwin(sink: RecordingSink, length: number): Promise<Samples> {
  await until('the block is here', () => sink.blocks.at(-1)?.samples.length === length)
  const block = sink.blocks.at(-1)
  if (!block) throw new Error('no block')
  const { sourceUs, sampleRateHz } = block
  const id = `k${sourceUs}`
  const ring = createRing(sampleRateHz, (length + 1) / sampleRateHz)
  ring.push(sourceUs, block.samples, false)
  const samples = ring.latest(length)?.samples ?? new Float32Array(0)
  await twin.putCapture(capture(id, 2, { samples, sourceUs, sampleRateHz }))
  return (await twin.capture(id))?.samples ?? new Float32Array(0)
}

const bitsOf = (samples: Samples): Uint32Array => new Uint32Array(samples.slice().buffer)
const arrays = { Double: Float64Array, Float: Float32Array, Int16: Int16Array, Int32: Int32Array } as const

function sendArray(type: keyof typeof arrays, values: readonly number[], at: Date): void {
  const value = arrays[type].from(values)
  const dataType = DataType[type]
  server.set(`w${type.toLowerCase()}s`, new Variant({ dataType, arrayType: VariantArrayType.Array, value }), at)
}

/** Rises by a second: a block with the time of the one before it is a repeated one. */
let lastMs = Date.parse('2026-03-01T10:00:00.500Z')
const next = (): Date => new Date((lastMs += 1_000))

describe('waveforms of every type reach the twin bit by bit', () => {
  test.each([
    ['Float', [0, -0, 1e-45, 3.4028234e38, Number.NaN, Number.POSITIVE_INFINITY, 0.1]],
    ['Double', [0, -0, 0.5, -1.25, 2 ** -1060, 0.1, Math.PI, -1 / 3, 1e300, Number.NaN]],
    ['Int16', [-32_768, -1, 0, 1, 32_767]],
    ['Int32', [-(2 ** 31), -(2 ** 24) - 1, 0, 2 ** 24 + 1, 2 ** 31 - 1]],
  ] as const)('%s', async (type, values) => {
    const sink = await collect([`w${type.toLowerCase()}s`])
    const at = next()
    sendArray(type, values, at)
    const kept = await throughTheTwin(sink, values.length)
    expect([...kept].every((value, i) => Object.is(value, arrays[type].of(values[i] ?? 0)[0]))).toBe(true)
    expect(sink.blocks.at(-1)?.samples).toBeInstanceOf(
      type === 'Double' || type === 'Int32' ? Float64Array : Float32Array,
    )
    expect(sink.blocks.at(-1)).toMatchObject({ sourceUs: at.getTime() * 1_000, status: 0, sampleRateHz: 10_000 })
    expect([...sink.problems.keys()]).toEqual([])
  })

  test('half a million Doubles in one message of 4 MB', async () => {
    const sink = await collect(['wdoubles'], { blockSize: 500_000 })
    const values = Array.from({ length: 500_000 }, (_, i) => i / 8)
    sendArray('Double', values, next())
    const kept = await throughTheTwin(sink, values.length)
    expect(kept.every((value, i) => value === i / 8)).toBe(true)
  })

  test('counts are scaled into the unit by the contract', async () => {
    const sink = await collect(['wint16s'], { packing: { scale: 0.001, offset: -1 } })
    sendArray('Int16', [0, 1_000, -2_000, 7], next())
    expect([...(await throughTheTwin(sink, 4))]).toEqual([-1, 0, -3, 7 * 0.001 - 1].map(Math.fround))
  })

  test('a ByteString by the packing of its contract', async () => {
    const sink = await collect(['wbytes'], { packing: { type: 'int16', byteOrder: 'big', headerBytes: 4 } })
    const bytes = Buffer.alloc(4 + 6)
    for (const [i, value] of [-32_768, 5, 32_767].entries()) bytes.writeInt16BE(value, 4 + 2 * i)
    server.set('wbytes', new Variant({ dataType: DataType.ByteString, value: bytes }), next())
    expect([...(await throughTheTwin(sink, 3))]).toEqual([-32_768, 5, 32_767])
  })

  test('a ByteString whose packing nobody says is refused with a sentence, and is a gap', async () => {
    server.set('wbytes', new Variant({ dataType: DataType.ByteString, value: Buffer.alloc(8) }), next())
    const sink = await collect(['wbytes'])
    await until('it is said', () => sink.problems.has('opcua.decode:wbytes'))
    expect(sink.problems.get('opcua.decode:wbytes')?.message).toMatch(/contract does not say how it is packed/)
    expect(sink.blocks).toEqual([])
  })
})

describe('structures with samples, rate and start time inside', () => {
  const samples = Float32Array.from([0.5, -0, Number.NaN, 1e-40])
  test('give their own start and rate; a field of the server of any name may come before', async () => {
    const sink = await collect(['wstructure'], { sampleRateHz: 12_800 })
    const startTime = next()
    server.setStructure({ sensor: 'DE vertical', startTime, sampleRate: 12_800, samples }, next())
    const kept = await throughTheTwin(sink, samples.length)
    expect(bitsOf(kept)).toEqual(bitsOf(samples))
    expect(sink.blocks.at(-1)).toMatchObject({
      sourceUs: startTime.getTime() * 1_000,
      sampleRateHz: 12_800,
      status: 0,
    })
    expect([...sink.problems.keys()]).toEqual([])
  })

  test('a rate that contradicts the contract is said, and the block is uncertain', async () => {
    const sink = await collect(['wstructure'], { sampleRateHz: 25_600 })
    server.setStructure(
      { sensor: 'DE', startTime: next(), sampleRate: 12_800, samples: Float32Array.of(1, 2, 3) },
      next(),
    )
    await until('the block is here', () => sink.blocks.at(-1)?.samples.length === 3)
    expect(sink.blocks.at(-1)).toMatchObject({ sampleRateHz: 12_800, status: 0x4000_0000 })
    expect(sink.problems.get('opcua.rate:wstructure')?.message).toMatch(/12800 Hz; its contract says 25600 Hz/)
  })

  test('the contract names the fields where their names do not tell', async () => {
    const sink = await collect(['wstructure'], { sampleRateHz: 12_800, packing: { samplesField: 'Elsewhere' } })
    server.setStructure({ sensor: 'DE', startTime: next(), sampleRate: 12_800, samples }, next())
    await until('it is said', () => sink.problems.has('opcua.decode:wstructure'))
    expect(sink.problems.get('opcua.decode:wstructure')?.message).toMatch(
      /no field of the structure \(Sensor, StartTime, SampleRate, Samples, Checksum\) holds samples/,
    )
  })
})

describe('scalars', () => {
  test('a Double keeps its 64 bits, Int64 up to 2^53 its digits', async () => {
    const sink = await collect(['temperature', 'big'])
    const values = [0.1 + 0.2, -0, 5e-324, 1.7976931348623157e308]
    for (const value of values) server.set('temperature', value, next())
    server.set(
      'big',
      new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0x1f_ffff, 0xffff_ffff] }),
      next(),
    )
    const seen = (key: number): number[] => (sink.byKey.get(key) ?? []).map(({ value }) => value)
    await until('all are here', () => seen(1).includes(values[3] ?? 0) && seen(2).includes(2 ** 53 - 1))
    const rows = seen(1)
      .slice(-4)
      .map((value, i) => ({ pointKey: 1, sourceUs: startUs + i, value }))
    await twin.commitTick(tick(1, rows))
    const page = await twin.scalars(1, 0, Number.MAX_SAFE_INTEGER, null, 100)
    expect([...page.value.subarray(0, 4)].map((value) => (Object.is(value, -0) ? '-0' : value))).toEqual(
      values.map((value) => (Object.is(value, -0) ? '-0' : value)),
    )
  })
})

describe('deadband from the contract', () => {
  const send = (name: string, values: readonly number[]): void => {
    const begin = Date.now()
    for (const [i, value] of values.entries()) server.set(name, value, new Date(begin + i))
  }
  const got = (sink: RecordingSink): number[] => (sink.byKey.get(1) ?? []).map(({ value }) => value)

  test('absolute: smaller changes stay on the server', async () => {
    server.set('slow', 100)
    const sink = await collect(['slow'], { deadband: { kind: 'absolute', value: 5 } })
    await until('the present value is here', () => got(sink).includes(100))
    send('slow', [101, 104, 106, 107, 110, 200])
    await until('the last is here', () => got(sink).includes(200))
    expect(got(sink)).toEqual([100, 106, 200])
    expect([...sink.problems.keys()]).toEqual([])
  })

  test('percent: of the EURange of the node, -20 to 180', async () => {
    server.set('temperature', 0)
    const sink = await collect(['temperature'], { deadband: { kind: 'percent', value: 10 } })
    await until('the present value is here', () => got(sink).includes(0))
    send('temperature', [10, 19, 21, 30, 45, 180])
    await until('the last is here', () => got(sink).includes(180))
    expect(got(sink)).toEqual([0, 21, 45, 180])
    expect([...sink.problems.keys()]).toEqual([])
  })

  test('percent without a range is refused with a sentence, and every change is taken', async () => {
    server.set('slow', 0)
    const sink = await collect(['slow'], { deadband: { kind: 'percent', value: 10 } })
    await until('the present value is here', () => got(sink).includes(0))
    send('slow', [1, 2, 3])
    await until('the last is here', () => got(sink).includes(3))
    expect(got(sink)).toEqual([0, 1, 2, 3])
    expect(sink.problems.get('opcua.deadband:slow')?.message).toMatch(/no range \(EURange\): the deadband is not used/)
  })
})
