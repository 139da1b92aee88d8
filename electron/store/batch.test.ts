import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { batchChecksum, decodeBatch, encodeBatch, openBatch, timeBounds } from './batch.ts'
import { bytesOf, decode32, encode32, sectionsOf, wordView } from './codec.ts'
import { columns } from './twin-fixtures.ts'

const words = fc.integer({ min: 0, max: 0xffffffff })
/** Any 64 bits, and the patterns that floats trip over more often than chance would find them. */
const special = [Number.NaN, -0, 0, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 1.7e15, 1.7e15 + 1]
const bits64 = fc.oneof(
  fc.tuple(words, words),
  fc.constantFrom(...special).map((value): [number, number] => {
    const [low = 0, high = 0] = wordView(Float64Array.of(value))
    return [low, high]
  }),
  // A signalling NaN with a payload.
  fc.constant<[number, number]>([0x12345678, 0x7ff4_beef]),
)
const row = fc.record({
  key: words,
  source: bits64,
  tick: fc.integer({ min: 0, max: 255 }),
  server: bits64,
  receive: bits64,
  value: bits64,
  status: words,
})

function floats(pairs: [number, number][]): Float64Array {
  return new Float64Array(Uint32Array.from(pairs.flat()).buffer)
}

/** Repeats make constant and compressible columns as likely as noise; the tail must not be encoded. */
const anyColumns: fc.Arbitrary<ScalarColumns> = fc
  .tuple(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 5 }))
  .map(([rows, repeat, tail]) => {
    const all = rows.flatMap((one) => Array.from({ length: repeat }, () => one))
    return {
      count: Math.max(0, all.length - tail),
      pointKey: Uint32Array.from(all, (one) => one.key),
      sourceUs: floats(all.map((one) => one.source)),
      sourceTick: Uint8Array.from(all, (one) => one.tick),
      serverUs: floats(all.map((one) => one.server)),
      receiveUs: floats(all.map((one) => one.receive)),
      value: floats(all.map((one) => one.value)),
      status: Uint32Array.from(all, (one) => one.status),
    }
  })

const ofPoint = ['sourceUs', 'sourceTick', 'serverUs', 'receiveUs', 'value', 'status'] as const
const arrays = ['pointKey', ...ofPoint] as const

/** The rows as they are stored: point by point in order of their first, each point's as they came. */
function byPoint({ count, pointKey }: ScalarColumns): number[] {
  const rows = Map.groupBy(Array.from({ length: count }).keys(), (row) => pointKey[row])
  return [...rows.values()].flat()
}

function rowsOf(column: Float64Array | Uint32Array | Uint8Array, rows: readonly number[]): Uint8Array {
  const size = column.BYTES_PER_ELEMENT
  const bytes = bytesOf(column)
  return Buffer.concat(rows.map((row) => bytes.subarray(row * size, (row + 1) * size)))
}

function expectSame(found: ArrayBufferView | undefined, wanted: Uint8Array, name: string): void {
  // Codes of a few bits may come in a wider column.
  const narrow = name === 'sourceTick' ? Uint8Array.from(found as Uint32Array) : found
  expect(narrow && Buffer.compare(bytesOf(narrow), wanted), name).toBe(0)
}

describe('a batch of scalars', () => {
  it('comes back bit by bit, whatever the floats and times hold', () => {
    fc.assert(
      fc.property(anyColumns, (given) => {
        const payload = encodeBatch(given)
        const back = decodeBatch(payload, given.count)
        const rows = byPoint(given)
        for (const name of arrays) expectSame(back[name], rowsOf(given[name], rows), name)
        for (const key of new Set(given.pointKey.subarray(0, given.count))) {
          const one = openBatch(payload, given.count).ofPoint(key)
          const its = rows.filter((row) => given.pointKey[row] === key)
          expect(one?.count).toBe(its.length)
          const found = { ...one, ...one?.others() }
          for (const name of ofPoint) expectSame(found[name], rowsOf(given[name], its), name)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('takes few bytes where columns repeat and is refused when cut', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({ pointKey: i, sourceUs: 1.7e15, value: 21.5 }))
    const payload = encodeBatch(columns(rows))
    expect(payload.byteLength).toBeLessThan(500)
    expect(() => decodeBatch(payload.subarray(0, payload.byteLength - 3), 5000)).toThrow(RangeError)
    expect(() => decodeBatch(Uint8Array.of(9, ...payload.subarray(1)), 5000)).toThrow(/layout 9/)
  })

  it('bounds the time of every sample, server or receive time standing in for a missing source time', () => {
    const none = Number.NaN
    const { minUs, maxUs } = timeBounds(
      columns([
        { pointKey: 1, sourceUs: none, serverUs: 50, value: 1 },
        { pointKey: 1, sourceUs: none, receiveUs: 900.5, value: 1 },
        { pointKey: 1, sourceUs: 100, serverUs: 5, value: 1 },
      ]),
      7,
    )
    expect([minUs, maxUs]).toEqual([50, 901])
    expect(timeBounds(columns([]), 7)).toEqual({ minUs: 7, maxUs: 7 })
  })

  it('has a checksum over its header as well', () => {
    const header = { session: 1, number: 2, atUs: 3, minUs: 4, maxUs: 5, count: 6 }
    const payload = Uint8Array.of(1, 2, 3)
    const checksum = batchChecksum(header, payload)
    for (const name of Object.keys(header)) {
      expect(batchChecksum({ ...header, [name]: 99 }, payload), name).not.toBe(checksum)
    }
    expect(batchChecksum(header, Uint8Array.of(1, 2, 4))).not.toBe(checksum)
  })
})

describe('a column of 32-bit words', () => {
  it('comes back bit by bit', () => {
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 300 }), (given) => {
        const [section] = sectionsOf(Buffer.concat(encode32(Uint32Array.from(given))))
        expect(section && [...decode32(section, given.length)]).toEqual(given)
      }),
    )
  })
})
