import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import { orderMap, orderSpectrum, resampleToAngle, synchronousAverage } from './order-tracking.ts'
import { compensateRunout, orderVectors } from './order-vectors.ts'
import { decimate, interpolateAt } from './resample.ts'
import { angleFromPulses, angleFromSpeed, tachoPulses, type ShaftAngle } from './tacho.ts'

const RATE = 25_600

/** A linear ramp: angle in revolutions and speed at a time. */
interface Ramp {
  readonly seconds: number
  readonly revolutionsAt: (tS: number) => number
  readonly rpmAt: (tS: number) => number
}

function ramp(fromRpm: number, toRpm: number, seconds: number): Ramp {
  const slope = (toRpm - fromRpm) / 60 / seconds
  return {
    seconds,
    revolutionsAt: (t) => (fromRpm / 60) * t + (slope * t * t) / 2,
    rpmAt: (t) => fromRpm + 60 * slope * t,
  }
}

function record({ seconds, revolutionsAt }: Ramp, wave: (angle: number, i: number) => number): Float64Array {
  return Float64Array.from({ length: Math.round(seconds * RATE) }, (_, i) =>
    wave(2 * Math.PI * revolutionsAt(i / RATE), i),
  )
}

/** A keyphasor's notch: rises at each whole revolution, within a tenth of a millisecond. */
function keyphasor(course: Ramp, noiseLevel = 0): Float64Array {
  const noise = gaussian(77)
  return record(course, (angle, i) => {
    const turn = angle / (2 * Math.PI)
    const sinceS = ((turn - Math.round(turn)) * 60) / course.rpmAt(i / RATE)
    const rising = Math.max(0, Math.min(1, 0.5 + sinceS / 1e-4))
    const falling = Math.max(0, Math.min(1, 0.5 + (sinceS - 0.002) / 1e-4))
    return 5 * (rising - falling) + noiseLevel * noise()
  })
}

const speedAngle = (course: Ramp, everyS: number): ShaftAngle => {
  const times = Float64Array.from({ length: Math.round(course.seconds / everyS) + 1 }, (_, k) => k * everyS)
  return angleFromSpeed(times, times.map(course.rpmAt))
}

describe('tacho', () => {
  // 175 revolutions, of which the last ends with the record.
  test('pulses are found between samples, on the chosen edge, through noise', () => {
    const course = ramp(600, 3600, 5)
    for (const [noise, limitS] of [
      [0, 2e-6],
      [0.2, 1e-5],
    ] as const) {
      const times = tachoPulses(keyphasor(course, noise), RATE)
      expect(times.length).toBe(174)
      for (const [k, time] of times.entries()) {
        const missed = (course.revolutionsAt(time) - (k + 1)) / (course.rpmAt(time) / 60)
        expect(Math.abs(missed)).toBeLessThan(limitS)
      }
    }
    const falling = tachoPulses(keyphasor(course), RATE, { edge: 'falling', threshold: 2.5 })
    const rising = tachoPulses(keyphasor(course), RATE)
    expect((falling[1] as number) - (rising[0] as number)).toBeCloseTo(0.002, 5)
  })

  test('angle and speed from pulses follow a ramp, with one mark or sixty', () => {
    const course = ramp(600, 3600, 5)
    for (const marks of [1, 6, 60]) {
      const times: number[] = []
      for (let t = 0; t < 5; t += 1e-5)
        if (Math.floor(course.revolutionsAt(t) * marks) < Math.floor(course.revolutionsAt(t + 1e-5) * marks)) {
          // Newton's step from the grid to the exact passage.
          const target = Math.floor(course.revolutionsAt(t + 1e-5) * marks) / marks
          times.push(t + (target - course.revolutionsAt(t)) / (course.rpmAt(t) / 60))
        }
      const angle = angleFromPulses(Float64Array.from(times), marks)
      for (let revolution = 1; revolution < angle.toRevolution - 1; revolution += 0.37) {
        const t = angle.timeAt(revolution)
        expect(Math.abs(course.revolutionsAt(t) - 1 / marks - revolution)).toBeLessThan(1e-3)
        expect(Math.abs(angle.rpmAt(revolution) / course.rpmAt(t) - 1)).toBeLessThan(2e-3)
      }
    }
  })

  test('angle from a speed tag is exact where speed is linear between readings', () => {
    const course = ramp(3600, 600, 8)
    const angle = speedAngle(course, 0.5)
    for (let revolution = 0; revolution < angle.toRevolution; revolution += 1.7) {
      const t = angle.timeAt(revolution)
      expect(course.revolutionsAt(t)).toBeCloseTo(revolution, 9)
      expect(angle.rpmAt(revolution)).toBeCloseTo(course.rpmAt(t), 6)
    }
    expect(angle.timeAt(10)).toBeLessThan(angle.timeAt(11))
  })

  test('what gives no course of speed is refused in words', () => {
    expect(() => tachoPulses(new Float64Array(100).fill(2), RATE)).toThrow(/check probe, gap and cable/)
    expect(() => angleFromPulses(Float64Array.of(0, 1), 1)).toThrow(/only 2 tacho pulses/)
    expect(() => angleFromPulses(Float64Array.of(0, 1, 0.5), 1)).toThrow(/order of time/)
    expect(() => angleFromPulses(Float64Array.of(0, 1, 2), 0)).toThrow(/marks pass the probe/)
    expect(() => angleFromSpeed(Float64Array.of(0, 1), Float64Array.of(600, 0))).toThrow(/not positive/)
    expect(() => angleFromSpeed(Float64Array.of(0), Float64Array.of(600))).toThrow(/two pairs/)
  })
})

describe('resampling', () => {
  test('values between samples are right to 1e-4 up to 0.4 of the rate', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.4, noNaN: true }),
        fc.double({ min: 0, max: 6, noNaN: true }),
        (f, p) => {
          const signal = Float64Array.from({ length: 400 }, (_, i) => Math.sin(2 * Math.PI * f * i + p))
          const positions = Float64Array.from({ length: 500 }, (_, i) => 50 + 0.5937 * i)
          const values = interpolateAt(signal, positions)
          let worst = 0
          for (const [i, at] of positions.entries())
            worst = Math.max(worst, Math.abs((values[i] as number) - Math.sin(2 * Math.PI * f * at + p)))
          expect(worst).toBeLessThan(1e-4)
        },
      ),
    )
  })

  test('thinning keeps what lies below 1 / 2.56 of the lower rate and removes what would fold there', () => {
    const factor = 5
    for (const [cycles, expected] of [
      [0.01, 1],
      [0.38, 1],
      [0.62, 0],
      [1.0, 0],
      [2.3, 0],
    ] as const) {
      const signal = Float64Array.from({ length: 5000 }, (_, i) => Math.cos((2 * Math.PI * cycles * i) / factor + 0.4))
      const thin = decimate(signal, factor)
      expect(thin.length).toBe(1000)
      const middle = thin.slice(100, 900)
      expect(Math.abs(Math.max(...middle.map(Math.abs)) - expected)).toBeLessThan(expected === 1 ? 0.02 : 5e-4)
    }
  })
})

describe('order tracking on a run-up from 600 to 3600 rpm', () => {
  const course = ramp(600, 3600, 10)
  const noise = gaussian(13)
  const signal = record(
    course,
    (angle) =>
      Math.cos(angle - 0.7) +
      0.5 * Math.cos(2 * angle + 0.3) +
      0.25 * Math.cos(3.58 * angle) +
      0.2 * Math.sin(30 * angle) +
      0.2 * noise(),
  )
  const sources: readonly (readonly [string, () => ShaftAngle])[] = [
    ['tacho pulses', () => angleFromPulses(tachoPulses(keyphasor(course, 0.2), RATE), 1)],
    ['a speed tag every second', () => speedAngle(course, 1)],
  ]

  test.each(sources)('by %s: 1x stays within 0.05 order, and every line keeps its height', (_, angle) => {
    const angular = resampleToAngle(signal, RATE, angle(), 128)
    expect(angular.highestOrder).toBe(50)
    const { amplitudes, orderStep } = orderSpectrum(angular, { revolutionsPerPiece: 100 })
    expect(orderStep).toBe(0.01)
    let peak = 80
    for (let k = 80; k <= 120; k += 1) if ((amplitudes[k] as number) > (amplitudes[peak] as number)) peak = k
    expect(Math.abs(peak * orderStep - 1)).toBeLessThanOrEqual(orderStep)
    let inside = 0
    let around = 0
    for (let k = 60; k <= 140; k += 1) {
      const power = (amplitudes[k] as number) ** 2
      around += power
      if (Math.abs(k * orderStep - 1) <= 0.05) inside += power
    }
    expect(inside / around).toBeGreaterThan(0.999)
    for (const [order, amplitude] of [
      [1, 1],
      [2, 0.5],
      [3.58, 0.25],
      [30, 0.2],
    ] as const)
      expect(Math.abs((amplitudes[Math.round(order / orderStep)] as number) / amplitude - 1)).toBeLessThan(0.02)
  })

  test('a spectrum over hertz smears the same line over five octaves of bins', () => {
    const angular = resampleToAngle(signal, RATE, speedAngle(course, 1), 64)
    const rows = orderMap(angular, 10)
    expect(rows.rows.length).toBe(rows.rpm.length)
    expect(rows.rpm[0]).toBeLessThan(900)
    expect(rows.rpm.at(-1)).toBeGreaterThan(3300)
    for (const row of rows.rows) {
      let best = 1
      for (let k = 1; k < row.length; k += 1) if ((row[k] as number) > (row[best] as number)) best = k
      expect(best * rows.orderStep).toBeCloseTo(1, 9)
      expect(Math.abs((row[best] as number) - 1)).toBeLessThan(0.05)
    }
  })

  test('what does not turn with the shaft folds nowhere: a tone at 12 kHz leaves orders below 0.1 % of it', () => {
    const tone = record(course, (_, i) => Math.sin((2 * Math.PI * 12_000 * i) / RATE))
    const angular = resampleToAngle(tone, RATE, speedAngle(course, 1), 64)
    // At 600 rpm 12 kHz is order 1200, far above 25.
    const inner = angular.values.slice(64, -64)
    expect(Math.max(...inner.map(Math.abs))).toBeLessThan(0.001)
  })

  test('too few common revolutions and impossible pieces are refused', () => {
    const angle = speedAngle(course, 1)
    expect(() => resampleToAngle(signal.subarray(0, 3000), RATE, angle, 64)).toThrow(/only 1 whole revolutions/)
    expect(() => resampleToAngle(signal, RATE, angle, 4)).toThrow(/from 8 on/)
    const angular = resampleToAngle(signal, RATE, angle, 64)
    expect(() => orderSpectrum(angular, { revolutionsPerPiece: 1000 })).toThrow(/record of 349/)
    expect(() => orderMap(angular, 0)).toThrow(/whole number/)
  })
})

describe('time-synchronous average', () => {
  test('the shaft wave stays, noise falls by the root of the revolutions, another shaft is gone', () => {
    const course = ramp(1780, 1810, 20)
    const noise = gaussian(4)
    const wave = (angle: number): number => Math.cos(angle) + 0.3 * Math.cos(17 * angle + 1)
    const signal = record(course, (angle) => wave(angle) + 0.7 * Math.cos(1.618 * angle) + noise())
    const angular = resampleToAngle(signal, RATE, speedAngle(course, 1), 256)
    const average = synchronousAverage(angular)
    expect(average.revolutions).toBe(598)
    const errors = average.values.map((value, i) => value - wave((2 * Math.PI * i) / 256))
    const rms = (values: Float64Array): number =>
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
    // Noise within orders up to 128 of 25.6 kHz at 30 Hz: about 0.55 of its RMS is left before averaging.
    expect(rms(errors)).toBeLessThan(1.3 / Math.sqrt(598))
    expect(rms(errors)).toBeGreaterThan(0.2 / Math.sqrt(598))
    const residualSpectrum = orderSpectrum(
      { ...angular, values: average.residual },
      { revolutionsPerPiece: 500 },
    ).amplitudes
    expect(residualSpectrum[500]).toBeLessThan(0.01)
    expect(residualSpectrum[809]).toBeCloseTo(0.7, 1)
  })
})

describe('order vectors with a keyphasor', () => {
  test('a rotor through its resonance: Bode amplitudes and phases are those of the formula', () => {
    const course = ramp(600, 3600, 30)
    const criticalRpm = 1800
    const damping = 0.08
    /** Unbalance response of a Jeffcott rotor: r^2 / (1 - r^2 + 2 j z r). */
    const response = (rpm: number): { amplitude: number; lagDeg: number } => {
      const r = rpm / criticalRpm
      const re = 1 - r * r
      const im = 2 * damping * r
      return { amplitude: (r * r) / Math.hypot(re, im), lagDeg: (Math.atan2(im, re) * 180) / Math.PI }
    }
    const signal = record(course, (angle, i) => {
      const { amplitude, lagDeg } = response(course.rpmAt(i / RATE))
      return -40 + amplitude * Math.cos(angle - (lagDeg * Math.PI) / 180) + 0.1 * Math.cos(2 * angle - 1)
    })
    const angle = angleFromPulses(tachoPulses(keyphasor(course), RATE), 1)
    const { points, derivation } = orderVectors(resampleToAngle(signal, RATE, angle, 32), [1, 2, 3], 4)
    expect(points.length).toBeGreaterThan(200)
    for (const point of points) {
      const expected = response(point.rpm)
      const [one, two, three] = point.vectors
      expect(Math.abs((one?.amplitude ?? 0) / expected.amplitude - 1)).toBeLessThan(0.02)
      const apart = Math.abs((one?.phaseLagDeg ?? 0) - expected.lagDeg)
      expect(Math.min(apart, 360 - apart)).toBeLessThan(2)
      expect(two?.amplitude).toBeCloseTo(0.1, 1)
      expect(three?.amplitude).toBeLessThan(0.02)
      expect(point.mean).toBeCloseTo(-40, 1)
    }
    expect(derivation).toMatchObject({ method: 'order-vectors', version: 1 })
  })

  test('a steady shaft reads within 0.1 % and 0.1 degrees; the slow-roll vector is taken off as a vector', () => {
    const course = ramp(3000, 3000, 2)
    const signal = record(course, (angle) => 2 * Math.cos(angle - 1) + 0.5 * Math.cos(2 * angle - 5))
    const angle = angleFromPulses(tachoPulses(keyphasor(course), RATE), 1)
    const [point] = orderVectors(resampleToAngle(signal, RATE, angle, 64), [1, 2], 50).points
    const [one, two] = point?.vectors ?? []
    expect(Math.abs((one?.amplitude ?? 0) / 2 - 1)).toBeLessThan(1e-3)
    expect(Math.abs((one?.phaseLagDeg ?? 0) - 57.2958)).toBeLessThan(0.1)
    expect(Math.abs((two?.amplitude ?? 0) / 0.5 - 1)).toBeLessThan(1e-3)
    expect(Math.abs((two?.phaseLagDeg ?? 0) - 286.479)).toBeLessThan(0.1)
    expect(point?.rpm).toBeCloseTo(3000, 1)
    const rest = compensateRunout(
      { order: 1, amplitude: 2, phaseLagDeg: 30 },
      { order: 1, amplitude: 1, phaseLagDeg: 90 },
    )
    // 2 at 30 degrees less 1 at 90 degrees is sqrt(3) at 0.
    expect(rest.amplitude).toBeCloseTo(Math.sqrt(3), 9)
    expect(Math.min(rest.phaseLagDeg, 360 - rest.phaseLagDeg)).toBeLessThan(1e-6)
  })

  test('orders that do not exist are refused', () => {
    const course = ramp(3000, 3000, 1)
    const angular = resampleToAngle(record(course, Math.cos), RATE, speedAngle(course, 0.5), 16)
    expect(() => orderVectors(angular, [7])).toThrow(/1 to 6/)
    expect(() => orderVectors(angular, [1.5])).toThrow(/whole orders/)
    expect(() => orderVectors(angular, [1], 0)).toThrow(/whole number/)
  })
})
