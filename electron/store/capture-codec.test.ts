import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Samples } from '../../shared/domain/twin.ts'
import { encode32, wordView } from './codec.ts'
import { decodeCapture, encodeCapture } from './capture-codec.ts'
import { decodeSamples } from './tables/captures.ts'
import { random } from './twin-fixtures.ts'

function bitsOf(samples: Samples): Uint32Array {
  return Uint32Array.from(wordView(samples))
}

function back(samples: Samples): Samples {
  const { payload } = encodeCapture(samples)
  // As SQLite hands it over: at any place of a larger buffer.
  const moved = new Uint8Array(payload.byteLength + 3)
  moved.set(payload, 3)
  return decodeCapture(moved.subarray(3), samples.length)
}

function expectSame(samples: Samples): void {
  const decoded = back(samples)
  expect(decoded.constructor).toBe(samples.constructor)
  expect(bitsOf(decoded)).toEqual(bitsOf(samples))
}

const words = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  // NaNs with payload, infinities, both zeros, the smallest and the largest.
  fc.constantFrom(0x7fc12345, 0xffc00001, 0x7f800001, 0x7f800000, 0xff800000, 0, 0x8000_0000, 1, 0x7f7f_ffff),
)
const multiples = fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 1, maxLength: 400 })
const sizes = fc.oneof(
  fc.constantFrom(1, 0.001, 1 / 3276.8, 10 / 32_768, 0.1, 1e-30, 5e20, 1e-40),
  fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
)

describe('the codec of captures', () => {
  it('gives back any 32 bits of any sample', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 300 }), (list) => {
        expectSame(new Float32Array(Uint32Array.from(list).buffer))
      }),
    )
  })

  it('gives back any 64 bits of any sample', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 300 }), (list) => {
        expectSame(new Float64Array(Uint32Array.from(list.length % 2 === 0 ? list : [...list, 0]).buffer))
      }),
    )
  })

  it('gives back multiples of any step, mixed with anything', () => {
    const odd = fc.constantFrom<number | null>(null, null, Number.NaN, Infinity, -0, 1e-45, 0.3)
    fc.assert(
      fc.property(multiples, sizes, odd, fc.boolean(), fc.boolean(), (list, size, stray, wide, divides) => {
        const values = list.map((k) => (divides ? k / size : k * size))
        if (stray !== null) values[list.length >> 1] = stray
        expectSame(wide ? Float64Array.from(values) : Float32Array.from(values))
      }),
      { numRuns: 300 },
    )
  })

  it('takes int16 for what a converter delivered, whatever its step, sign and offset', () => {
    const next = random(11)
    for (const offset of [0, 12, 2048, -30_000, 40_000]) {
      for (const size of [1, 0.001, 1 / 3276.8, 10 / 32_768, 0.000_305_2, 9.806_65 / 1000]) {
        const counts = Array.from(
          { length: 8192 },
          // Rounding may give -0, which no converter does.
          (_, i) => Math.round(offset + 4000 * Math.sin(i / 9) + 200 * (next() - 0.5)) + 0,
        )
        for (const samples of [
          Float32Array.from(counts, (k) => k * size),
          Float32Array.from(counts, (k) => Math.fround(k) * Math.fround(size)),
          Float64Array.from(counts, (k) => k * size),
        ]) {
          const { coding, payload } = encodeCapture(samples)
          expect(coding, `${offset} ${size} ${samples.constructor.name}`).toBe('int16')
          expect(payload.byteLength).toBeLessThan(samples.length * 2)
          expectSame(samples)
        }
      }
    }
  })

  it('takes the narrowest float that holds every bit of what is no multiple', () => {
    const next = random(12)
    const noise = Float32Array.from({ length: 4096 }, () => next() - 0.5)
    expect(encodeCapture(noise).coding).toBe('float32')
    expect(encodeCapture(Float64Array.from(noise)).coding).toBe('float32')
    expect(encodeCapture(Float64Array.from(noise, (x) => x + 1e-12)).coding).toBe('float64')
    const withStray = (stray: number): Float32Array => {
      const samples = Float32Array.from({ length: 4096 }, (_, i) => i % 100)
      samples[4000] = stray
      return samples
    }
    expect(encodeCapture(withStray(5)).coding).toBe('int16')
    for (const stray of [Number.NaN, Infinity, -0, 0.739_085_1, 1e9]) {
      expect(encodeCapture(withStray(stray)).coding, String(stray)).toBe('float32')
      expectSame(withStray(stray))
    }
  })

  it('knows what is cut or of another layout', () => {
    const { payload } = encodeCapture(Float32Array.of(1, 2, 3))
    expect(() => decodeCapture(payload, 4)).toThrow(RangeError)
    expect(() => decodeCapture(payload.subarray(0, 5), 3)).toThrow(RangeError)
    expect(() => decodeCapture(Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0), 0)).toThrow(RangeError)
  })

  it('reads the first layout', () => {
    const samples = new Float32Array(Uint32Array.of(0x7fc12345, 0x80000000, 0x3f800000).buffer)
    const payload = Buffer.concat(encode32(wordView(samples)))
    expect(bitsOf(decodeSamples(payload, 3))).toEqual(bitsOf(samples))
    expect(decodeSamples(Buffer.concat(encode32(new Uint32Array(0))), 0)).toHaveLength(0)
  })
})
