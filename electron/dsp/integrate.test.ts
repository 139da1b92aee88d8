import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import { integrateLines, integrateSignal } from './integrate.ts'
import { hannAmplitudes, realSpectrum } from './spectrum.ts'

const RATE = 5120
const wave = (count: number, hz: number, phase = 0): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * hz * i) / RATE + phase))
const highPass = 4

describe('integration', () => {
  test('a sine of any frequency and phase becomes what calculus says, away from the ends', () => {
    const draw = fc.record({
      hz: fc.double({ min: 25, max: 1500, noNaN: true }),
      phase: fc.double({ min: 0, max: 6.28, noNaN: true }),
      offset: fc.double({ min: -50, max: 50, noNaN: true }),
      count: fc.constantFrom(16_384, 15_999),
    })
    fc.assert(
      fc.property(draw, ({ hz, phase, offset, count }) => {
        const omega = 2 * Math.PI * hz
        const acceleration = wave(count, hz, phase).map((value) => value + offset)
        const options = { from: 'acceleration', highPassHz: highPass } as const
        const velocity = integrateSignal(acceleration, RATE, { ...options, to: 'velocity' }).values
        const displacement = integrateSignal(acceleration, RATE, { ...options, to: 'displacement' }).values
        expect(velocity.length).toBe(count)
        let worst = 0
        for (let i = 6000; i < count - 6000; i += 1) {
          const angle = (omega * i) / RATE + phase
          worst = Math.max(worst, Math.abs(omega * (velocity[i] as number) + Math.cos(angle)))
          worst = Math.max(worst, Math.abs(omega ** 2 * (displacement[i] as number) + Math.sin(angle)))
        }
        // What the ends leave 1.2 s inside is 1e-5 of what the same acceleration would be at the high-pass (4 Hz).
        expect(worst).toBeLessThan(1e-4 + 1e-5 * (hz / highPass) ** 2)
      }),
      { numRuns: 15 },
    )
  })

  test('there is no ramp: offset, drift and low-frequency noise do not run away', () => {
    const noise = gaussian(11)
    const count = 51_200
    const acceleration = wave(count, 50).map((value, i) => value + 3 + 1e-5 * i + 0.01 * noise())
    const { values, derivation } = integrateSignal(acceleration, RATE, {
      from: 'acceleration',
      to: 'displacement',
      highPassHz: 10,
    })
    const amplitude = 1 / (2 * Math.PI * 50) ** 2
    // Plain summation would end some 10^6 amplitudes away.
    const third = Math.floor(count / 3)
    for (const start of [0, third, 2 * third]) {
      const part = values.slice(start + 600, start + third - 600)
      expect(Math.abs(part.reduce((sum, value) => sum + value, 0) / part.length)).toBeLessThan(0.02 * amplitude)
      expect(Math.max(...part.map(Math.abs)) / amplitude).toBeLessThan(1.1)
    }
    expect(derivation).toMatchObject({ method: 'integration', bandHz: [10, RATE / 2] })
  })

  test('differentiation is the way back, odd and even lengths', () => {
    for (const count of [8192, 8191]) {
      const velocity = wave(count, 120, 0.4)
      const there = integrateSignal(velocity, RATE, { from: 'velocity', to: 'displacement', highPassHz: 10 }).values
      const back = integrateSignal(there, RATE, { from: 'displacement', to: 'velocity', highPassHz: 10 }).values
      for (let i = 3000; i < 5000; i += 1)
        expect(Math.abs((back[i] as number) - (velocity[i] as number))).toBeLessThan(2e-3)
    }
  })

  test('the high-pass halves the power at its frequency', () => {
    const { values } = integrateSignal(wave(51_200, 10), RATE, {
      from: 'velocity',
      to: 'velocity',
      highPassHz: 10,
    })
    const middle = values.slice(20_480, 30_720)
    const rms = Math.sqrt(middle.reduce((sum, value) => sum + value * value, 0) / middle.length)
    expect(rms).toBeCloseTo(0.5, 3)
  })

  test('lines are divided by (2 pi f)^n and are gone below the high-pass', () => {
    const amplitudes = hannAmplitudes(realSpectrum(wave(5120, 160)))
    const velocity = integrateLines(amplitudes, 1, { from: 'acceleration', to: 'velocity', highPassHz: 10 })
    expect(velocity[160]).toBeCloseTo(1 / (2 * Math.PI * 160), 9)
    expect(velocity.subarray(0, 10).every((value) => value === 0)).toBe(true)
    const again = integrateLines(velocity, 1, { from: 'velocity', to: 'acceleration', highPassHz: 10 })
    expect(again[160]).toBeCloseTo(amplitudes[160] as number, 12)
  })

  test('an impossible high-pass is refused', () => {
    const options = { from: 'acceleration', to: 'velocity' } as const
    for (const highPassHz of [0, -1, 2560, Number.NaN])
      expect(() => integrateSignal(new Float64Array(100), RATE, { ...options, highPassHz })).toThrow(
        /choose one above 0/,
      )
  })
})
