import fs from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fft } from '../../shared/domain/transforms.ts'
import { createFft, FftSizeError } from './fft.ts'
import { complexForward64, complexInverse64, realForward64 } from './fft64.ts'

const wasm = new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url)
let fft: Fft
beforeAll(async () => {
  fft = await createFft(fs.readFileSync(wasm))
})

/** The definition, term by term: the oracle that shares nothing with what it checks. */
function slowTransform(signal: ArrayLike<number>): { re: number[]; im: number[] } {
  const n = signal.length
  const re: number[] = []
  const im: number[] = []
  for (let k = 0; k < n; k += 1) {
    let a = 0
    let b = 0
    for (let i = 0; i < n; i += 1) {
      a += (signal[i] as number) * Math.cos((2 * Math.PI * ((k * i) % n)) / n)
      b -= (signal[i] as number) * Math.sin((2 * Math.PI * ((k * i) % n)) / n)
    }
    re.push(a)
    im.push(b)
  }
  return { re, im }
}

const finite = fc.double({ min: -1000, max: 1000, noNaN: true })

describe('float64 transform', () => {
  test('any length equals the definition', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 130 }), (values) => {
        const { re, im } = realForward64(Float64Array.from(values))
        const slow = slowTransform(values)
        const scale = 1e-9 * (1 + values.reduce((sum, value) => sum + Math.abs(value), 0))
        expect(re.length).toBe((values.length >> 1) + 1)
        for (let k = 0; k < re.length; k += 1) {
          expect(Math.abs((re[k] as number) - (slow.re[k] as number))).toBeLessThan(scale)
          expect(Math.abs((im[k] as number) - (slow.im[k] as number))).toBeLessThan(scale)
        }
      }),
    )
  })

  test('the inverse undoes the forward transform, and Parseval holds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 300 }), (pairs) => {
        const re = Float64Array.from(pairs, (pair) => pair[0])
        const im = Float64Array.from(pairs, (pair) => pair[1])
        const energy = pairs.reduce((sum, [a, b]) => sum + a * a + b * b, 0)
        complexForward64(re, im)
        const power = re.reduce((sum, value, k) => sum + value * value + (im[k] as number) ** 2, 0)
        expect(Math.abs(power / pairs.length - energy)).toBeLessThanOrEqual(1e-10 * (1 + energy))
        complexInverse64(re, im)
        for (const [k, [a, b]] of pairs.entries()) {
          expect(Math.abs((re[k] as number) - a)).toBeLessThan(1e-8)
          expect(Math.abs((im[k] as number) - b)).toBeLessThan(1e-8)
        }
      }),
    )
  })

  test('a long prime length keeps twelve digits', () => {
    const n = 10_007
    const signal = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * 1234 * i) / n + 0.3))
    const { re, im } = realForward64(signal)
    expect(2 * Math.hypot(re[1234] as number, im[1234] as number)).toBeCloseTo(n, 6)
    expect(Math.atan2(im[1234] as number, re[1234] as number)).toBeCloseTo(0.3, 10)
    expect(Math.hypot(re[1235] as number, im[1235] as number)).toBeLessThan(1e-7)
  })
})

describe('float32 transform', () => {
  test.each([32, 96, 160, 4096, 4608, 6144, 262_144])('real, %i points, equals the float64 one', (size) => {
    const signal = Float64Array.from({ length: size }, (_, i) => Math.fround(Math.sin(i * i * 0.001) + 0.25))
    const transform = fft.real(size)
    transform.input.set(signal)
    transform.forward()
    const { re, im } = realForward64(signal)
    const { output } = transform
    const tolerance = 2e-6 * size
    expect(Math.abs((output[0] as number) - (re[0] as number))).toBeLessThan(tolerance)
    expect(Math.abs((output[1] as number) - (re[size / 2] as number))).toBeLessThan(tolerance)
    for (let k = 1; k < size / 2; k += 1) {
      const error = Math.hypot(
        (output[2 * k] as number) - (re[k] as number),
        (output[2 * k + 1] as number) - (im[k] as number),
      )
      if (error >= tolerance) expect.fail(`bin ${k} is off by ${error}`)
    }
  })

  test('complex, forward and back, gives the input times the size', () => {
    const transform = fft.complex(48)
    const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i * 1.7))
    transform.input.set(values)
    transform.forward()
    transform.input.set(transform.output)
    transform.inverse()
    for (const [i, value] of values.entries()) expect((transform.output[i] as number) / 48).toBeCloseTo(value, 5)
  })

  test('views stay valid when a larger size makes the memory grow', () => {
    const small = fft.real(64)
    small.input.fill(1)
    fft.complex(1_048_576)
    small.input.fill(1)
    small.forward()
    expect(small.input.length).toBe(64)
    expect(small.output[0]).toBeCloseTo(64, 4)
  })

  test('sizes it cannot do are refused in words, and the next that it can is found', () => {
    expect(() => fft.real(4097)).toThrow(FftSizeError)
    expect(() => fft.real(7 * 32)).toThrow(/2\^a 3\^b 5\^c/)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (atLeast) => {
        const size = fft.fastSize(atLeast)
        expect(size).toBeGreaterThanOrEqual(atLeast)
        expect(size).toBeLessThan(2 * atLeast + 32)
        expect(size % 32).toBe(0)
      }),
    )
  })

  test('a module without SIMD is not accepted', async () => {
    const plain = new URL('../../node_modules/@echogarden/pffft-wasm/dist/non-simd/pffft.wasm', import.meta.url)
    await expect(createFft(fs.readFileSync(plain))).rejects.toThrow(/SIMD/)
  })
})
