import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Chunk, chunkChecksum, encodeChunk, headOf, type PointColumns } from './chunk-codec.ts'
import { bytesOf, wordView } from './codec.ts'

const words = fc.integer({ min: 0, max: 0xffffffff })
const special = [Number.NaN, -0, 0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 2 ** 53, 1.7e15 + 0.5, -(2 ** 53)]
function wordsOf(value: number): [number, number] {
  const [low = 0, high = 0] = wordView(Float64Array.of(value))
  return [low, high]
}
const bits64 = fc.oneof(
  fc.tuple(words, words),
  fc.constantFrom(...special).map(wordsOf),
  // A signalling NaN with a payload.
  fc.constant<[number, number]>([0x12345678, 0x7ff4_beef]),
)
function floats(pairs: [number, number][]): Float64Array {
  return new Float64Array(Uint32Array.from(pairs.flat()).buffer)
}

/** Columns of every kind that the codec has a form for, and plain noise. */
function column(count: number): fc.Arbitrary<Float64Array> {
  const many = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: count, maxLength: count })
  const stepped = fc
    .tuple(
      fc.integer({ min: -(2 ** 49), max: 2 ** 51 }),
      fc.constantFrom(1, 10, 1000, 100_000, 7_000_001, 2 ** 33),
      many(fc.oneof(fc.constant(1), fc.integer({ min: -3, max: 90 }))),
    )
    .map(([first, step, jumps]) => {
      let t = first
      return Float64Array.from(jumps, (jump) => (t += jump * step))
    })
  const decimals = fc
    .tuple(many(fc.integer({ min: -(2 ** 31), max: 2 ** 31 })), fc.integer({ min: 0, max: 11 }), fc.boolean())
    .map(([ints, digits, single]) =>
      Float64Array.from(ints, (n) => (single ? Math.fround(n / 10 ** digits) : n / 10 ** digits)),
    )
  const singles = many(fc.float()).map((values) => Float64Array.from(values))
  const constant = bits64.map((pair) => floats(Array.from({ length: count }, () => pair)))
  const mostly = fc.tuple(stepped, fc.nat(Math.max(0, count - 1)), bits64).map(([values, at, pair]) => {
    const out = Float64Array.from(values)
    wordView(out).set(pair, at * 2)
    return out
  })
  return fc.oneof(many(bits64).map(floats), stepped, decimals, singles, constant, mostly)
}

const anyColumns: fc.Arbitrary<PointColumns> = fc.integer({ min: 1, max: 70 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    sourceUs: column(count),
    sourceTick: fc.oneof(
      fc.uint8Array({ minLength: count, maxLength: count }),
      fc.constant(new Uint8Array(count).fill(3)),
    ),
    serverUs: column(count),
    receiveUs: column(count),
    value: column(count),
    status: fc
      .array(fc.constantFrom(0, 0, 0, 0x80050000, 0x480, 0xffffffff), { minLength: count, maxLength: count })
      .map((list) => Uint32Array.from(list)),
  }),
)

const names = ['sourceUs', 'sourceTick', 'serverUs', 'receiveUs', 'value', 'status'] as const

function expectSame(back: PointColumns, given: PointColumns): void {
  expect(back.count).toBe(given.count)
  for (const name of names) {
    expect(Buffer.compare(bytesOf(back[name]), bytesOf(given[name].subarray(0, given.count))), name).toBe(0)
  }
}

function plant(count: number, value: (i: number) => number): PointColumns {
  const sourceUs = Float64Array.from({ length: count }, (_, i) => 1.77e15 + i * 100_000)
  return {
    count,
    sourceUs,
    sourceTick: new Uint8Array(count),
    serverUs: sourceUs.map((t) => t + 3),
    receiveUs: sourceUs.map((t, i) => t + 5000 + (i % 7) * 1000),
    value: Float64Array.from({ length: count }, (_, i) => value(i)),
    status: new Uint32Array(count),
  }
}

describe('a chunk', () => {
  it('comes back bit by bit, whatever the floats and times hold', () => {
    fc.assert(
      fc.property(anyColumns, (given) => {
        expectSame(new Chunk(encodeChunk(given)).columns(), given)
      }),
      { numRuns: 600 },
    )
  })

  it('takes a fraction of a byte for an even cadence and the value’s own noise', () => {
    const temperature = plant(8192, (i) => Math.round(2000 + 100 * Math.sin(i / 500)) / 100)
    expect(encodeChunk(temperature).byteLength / 8192).toBeLessThan(1)
    const counter = plant(8192, (i) => 1000 + Math.floor(i / 3))
    expect(encodeChunk(counter).byteLength / 8192).toBeLessThan(0.5)
    const setpoint = plant(8192, () => 3.7)
    expect(encodeChunk(setpoint).byteLength).toBeLessThan(600)
    // A decimal that a 32-bit float carried: not one as a double, still the same few digits.
    const single = plant(8192, (i) => Math.fround((213 + (i % 5)) / 10))
    expect(encodeChunk(single).byteLength / 8192).toBeLessThan(0.5)
    for (const given of [temperature, counter, setpoint, single]) {
      expectSame(new Chunk(encodeChunk(given)).columns(), given)
    }
  })

  it('only takes the first `count` entries, large ones included', () => {
    const given = plant(20_000, (i) => Math.sin(i))
    const cut = { ...given, count: 17_000 }
    expectSame(new Chunk(encodeChunk(cut)).columns(), cut)
  })

  it('that is cut or of another layout is refused, and its checksum covers head and place', () => {
    const given = plant(50, (i) => i)
    const payload = encodeChunk(given)
    expect(() => new Chunk(payload.subarray(0, 20))).toThrow(RangeError)
    expect(() => new Chunk(Uint8Array.of(9, ...payload.subarray(1)))).toThrow(/layout 9/)
    expect(() => encodeChunk({ ...given, count: 0 })).toThrow(RangeError)
    const head = headOf(given)
    const whole = chunkChecksum([1, 2], head, payload)
    for (const name of Object.keys(head))
      expect(chunkChecksum([1, 2], { ...head, [name]: 99 }, payload)).not.toBe(whole)
    expect(chunkChecksum([1, 3], head, payload)).not.toBe(whole)
    expect(chunkChecksum([1, 2], head, payload.subarray(1))).not.toBe(whole)
  })

  it('has a head that equals recomputation, bad and not finite values counted apart', () => {
    fc.assert(
      fc.property(anyColumns, (given) => {
        const head = headOf(given)
        // A head tells no -0 from 0.
        const usable = [...given.value]
          .filter((v, i) => Number.isFinite(v) && (given.status[i] ?? 0) >>> 31 === 0)
          .map((v) => v + 0)
        expect(head.badCount).toBe(given.count - usable.length)
        expect(head.min).toBe(usable.length > 0 ? usable.reduce((a, b) => (b < a ? b : a)) : Number.NaN)
        expect(head.max).toBe(usable.length > 0 ? usable.reduce((a, b) => (b > a ? b : a)) : Number.NaN)
        expect(head.sum).toBe(usable.length > 0 ? usable.reduce((a, b) => a + b, 0) : Number.NaN)
      }),
    )
  })
})
