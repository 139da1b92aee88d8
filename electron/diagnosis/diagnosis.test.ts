import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SpeedEstimate } from '../../shared/domain/analysis.ts'
import { bearingOrders, BearingGeometryError } from '../../shared/domain/bearings.ts'
import { median } from '../../shared/lib/median.ts'
import { filterBank } from './band-search.ts'
import { chanceLevel, decoyOrders, falseAlarmProbability } from './chance.ts'
import { runState } from './diagnose.ts'
import { lineDecades, planFamily, scoreFamily, type LineFamily, type Nuisance } from './line-family.ts'
import { noiseFloor } from './noise-floor.ts'
import { rateSeverity } from './severity.ts'
import { checkSignal } from './signal-quality.ts'
import { estimateSpeed } from './speed.ts'

describe('bearing frequencies', () => {
  test('race orders add up to the number of elements, whatever the geometry', () => {
    const geometry = fc.record({
      rollingElements: fc.integer({ min: 3, max: 40 }),
      elementDiameter: fc.double({ min: 1, max: 20, noNaN: true }),
      pitchDiameter: fc.double({ min: 21, max: 300, noNaN: true }),
      contactAngleDeg: fc.double({ min: 0, max: 45, noNaN: true }),
    })
    fc.assert(
      fc.property(geometry, (shape) => {
        const orders = bearingOrders(shape)
        expect(orders.bpfo + orders.bpfi).toBeCloseTo(shape.rollingElements, 9)
        expect(orders.bpfo).toBeCloseTo(shape.rollingElements * orders.ftf, 9)
        expect(orders.ftf).toBeLessThan(0.5)
      }),
    )
    expect(() =>
      bearingOrders({ rollingElements: 9, elementDiameter: 40, pitchDiameter: 39, contactAngleDeg: 0 }),
    ).toThrow(BearingGeometryError)
  })
})

describe('floors and chance', () => {
  test('median equals that of a sorted list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 60 }),
        (values) => {
          const sorted = values.toSorted((a, b) => a - b)
          const middle = sorted.length >> 1
          const expected =
            sorted.length % 2 === 1
              ? (sorted[middle] as number)
              : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
          expect(median(values)).toBe(expected)
        },
      ),
    )
    expect(median([])).toBeNaN()
  })

  test('a floor follows the slope and ignores the lines on it', () => {
    const power = Float64Array.from({ length: 2000 }, (_, k) => 1 + k / 1000)
    for (let k = 50; k < 2000; k += 50) power[k] = 1e6
    const floor = noiseFloor(power, 40)
    for (let k = 100; k < 1900; k += 1) expect(Math.abs((floor[k] as number) / (1 + k / 1000) - 1)).toBeLessThan(0.05)
  })

  test('more evidence is never more likely by chance, and probabilities stay probabilities', () => {
    const level = chanceLevel([-1, 0, 0.5, 1, 2, 2.5, 3])
    const evidence = fc.double({ min: -20, max: 40, noNaN: true })
    fc.assert(
      fc.property(evidence, evidence, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        const atLow = falseAlarmProbability(low, level, 4)
        const atHigh = falseAlarmProbability(high, level, 4)
        expect(atHigh).toBeLessThanOrEqual(atLow)
        expect(atHigh).toBeGreaterThanOrEqual(0)
        expect(atLow).toBeLessThanOrEqual(1)
      }),
    )
    expect(falseAlarmProbability(15, level, 4)).toBeLessThan(0.01)
    expect(falseAlarmProbability(0, level, 4)).toBeGreaterThan(0.9)
  })

  test('decoys keep clear of bearing lines and shaft harmonics', () => {
    const decoys = decoyOrders([3.585, 5.415, 4.714, 2.357], [3.585, 5.415])
    expect(decoys.length).toBeGreaterThan(10)
    for (const order of decoys) {
      expect(Math.abs(order - Math.round(order))).toBeGreaterThanOrEqual(0.06)
      expect(Math.abs(order / 3.585 - 1)).toBeGreaterThan(0.03)
    }
  })
})

describe('line families', () => {
  const family = { baseHz: 100, harmonics: [1, 2, 3], sidebandHz: null }
  const nuisance = { shaftHz: 29.7, mainsHz: 60 }
  const envelope = (lines: Record<number, number>) => {
    const ratio = new Float64Array(4000).fill(1)
    for (const [hz, value] of Object.entries(lines)) ratio[Math.round(Number(hz) / 0.1)] = value
    return {
      band: { lowHz: 0, highHz: 1 },
      prewhitened: false,
      resolutionHz: 0.1,
      ratio,
      decades: lineDecades(ratio),
      power: ratio,
      floor: new Float64Array(ratio.length).fill(1),
      depth: ratio.map((value) => (value > 1 ? 0.25 : 0)),
    }
  }

  const score = (lines: Record<number, number>, one: LineFamily, other: Nuisance) => {
    const found = envelope(lines)
    return scoreFamily(found, planFamily(one, found.resolutionHz, found.ratio.length, other))
  }

  test('locked harmonics add up, each capped at three decades', () => {
    const found = score({ 100.5: 1000, 201: 1e9, 301.5: 100 }, family, nuisance)
    expect(found.score).toBeCloseTo(8, 6)
    expect(found.fundamentalHz).toBeCloseTo(100.5, 1)
    expect(found.depth).toBeCloseTo(Math.sqrt(0.75), 6)
  })

  test('harmonics that do not belong together, or lie beyond 1.2 %, do not add up', () => {
    expect(score({ 100.5: 1000, 199.2: 1000 }, family, nuisance).score).toBeCloseTo(3, 6)
    expect(score({ 102: 1000, 204: 1000 }, family, nuisance).score).toBeCloseTo(0, 6)
  })

  test('a line on a shaft or mains harmonic counts for nothing', () => {
    expect(score({ 100.5: 1000, 201: 1000 }, family, { shaftHz: 100.5, mainsHz: 60 }).score).toBeCloseTo(0, 6)
    expect(score({ 60: 1000 }, { ...family, baseHz: 60 }, nuisance).score).toBeCloseTo(0, 6)
  })

  test('the filter bank tiles the spectrum and keeps bands wide enough', () => {
    const bands = filterBank(12_000, 160)
    expect(bands.length).toBe(1 + 2 + 3 + 4 + 6 + 8 + 12)
    for (const band of bands) expect(band.highHz - band.lowHz).toBeGreaterThanOrEqual(480)
    expect(filterBank(500, 160)).toEqual([])
  })
})

describe('speed', () => {
  /** A comb with falling harmonics on a floor of 1, 0.1 Hz wide bins. */
  const comb = (shaftHz: number, height = 50): Float64Array => {
    const amplitudes = Float64Array.from({ length: 20_000 }, (_, k) => 1 + 0.5 * Math.sin(k * k * 0.37))
    for (let h = 1; h <= 10; h += 1) amplitudes[Math.round((h * shaftHz) / 0.1)] = height / Math.sqrt(h)
    return amplitudes
  }

  test('finds the true speed near a nameplate', () => {
    // A two-pole motor's shaft next to 60 Hz mains cannot be told from it: those speeds are left out.
    fc.assert(
      fc.property(
        fc.double({ min: 31, max: 55, noNaN: true }),
        fc.double({ min: -0.03, max: 0.03, noNaN: true }),
        (shaftHz, error) => {
          const speed = estimateSpeed(comb(shaftHz), 0.1, 60 * shaftHz * (1 + error), 60)
          expect(Math.abs((speed.estimatedRpm ?? 0) / (60 * shaftHz) - 1)).toBeLessThan(0.002)
          if (Math.abs(error) < 0.01) expect(speed.agrees).toBe(true)
          if (Math.abs(error) > 0.017) expect(speed.agrees).toBe(false)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('claims nothing where there is no comb', () => {
    const speed = estimateSpeed(comb(25, 1), 0.1, 1500, 60)
    expect(speed).toMatchObject({ estimatedRpm: null, usedRpm: 1500, agrees: null })
    expect(estimateSpeed(comb(25), 0.1, null, 60)).toMatchObject({ estimatedRpm: null, usedRpm: null, agrees: null })
  })
})

describe('signal quality and state', () => {
  const wave = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i * 0.1) + 0.3 * Math.sin(i * i * 0.01))
  const speed: SpeedEstimate = { givenRpm: 1500, estimatedRpm: null, usedRpm: 1500, agrees: null, method: '' }

  test('a sound signal has no faults', () => {
    expect(checkSignal(wave, 0)).toEqual({ faults: [], sensorFault: false, clipped: false, onlyQuantisation: false })
  })

  test('clipping on one side or both is seen', () => {
    expect(
      checkSignal(
        wave.map((value) => Math.min(value, 1)),
        0,
      ).clipped,
    ).toBe(true)
    expect(
      checkSignal(
        wave.map((value) => Math.max(-1, Math.min(value, 1))),
        0,
      ).faults[0]?.detail,
    ).toMatch(/rails at -1 and 1/)
  })

  test('stuck, dropout and offset are told apart', () => {
    const stuck = checkSignal(
      wave.map((value, i) => (i > 5000 ? 0.7 : value)),
      0,
    )
    expect([stuck.sensorFault, stuck.faults[0]?.fault]).toEqual([true, 'stuck'])
    expect(
      checkSignal(
        wave.map((value, i) => (i > 5000 ? 0 : value)),
        0,
      ).faults[0]?.fault,
    ).toBe('dropout')
    expect(checkSignal(new Float64Array(1000).fill(2), 0).sensorFault).toBe(true)
    expect(checkSignal(wave, 500)).toMatchObject({ sensorFault: true, faults: [{ fault: 'dropout' }] })
    expect(
      checkSignal(
        wave.map((value) => value + 20),
        0,
      ).faults[0]?.fault,
    ).toBe('dc')
  })

  test('a mean that wanders is the bias of the sensor, and the turns of the shaft in a short recording are not', () => {
    const rateHz = 12_000
    const drifting = (length: number): Float64Array =>
      Float64Array.from({ length }, (_, i) => (wave[i % wave.length] ?? 0) + (30 * i) / length)
    expect(checkSignal(drifting(3 * rateHz), 0, rateHz).faults.map(({ fault }) => fault)).toContain('bias')
    const shaft = (length: number): Float64Array =>
      Float64Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * 29 * i) / rateHz) + 0.05 * (wave[i] ?? 0))
    expect(checkSignal(shaft(1024), 0, rateHz).faults).toEqual([])
    expect(checkSignal(shaft(10_000), 0, rateHz).faults).toEqual([])
  })

  test('a signal of the last bit is a standing machine; a running one is not', () => {
    const lastBit = Float64Array.from({ length: 20_000 }, (_, i) => Math.round(2 * Math.sin(i * i * 0.7)) * 0.00244)
    const quality = checkSignal(lastBit, 0)
    expect(quality.onlyQuantisation).toBe(true)
    expect(runState(speed, quality, Number.NaN, 12)).toBe('not-running')
    const sound = checkSignal(wave, 0)
    expect(runState(speed, sound, Number.NaN, 12)).toBe('running')
    expect(runState(speed, sound, 0.01, 12)).toBe('running')
    expect(runState(speed, sound, 0.001, 12)).toBe('not-running')
    expect(runState({ ...speed, usedRpm: null, givenRpm: null }, sound, Number.NaN, 12)).toBe('unknown')
    expect(runState(speed, sound, 0.01, 2)).toBe('not-running')
    expect(runState({ ...speed, givenRpm: 0 }, sound, 10, 12)).toBe('not-running')
  })
})

describe('severity', () => {
  const known = (velocityMmS: number) => ({ velocityMmS, unitKnown: true, lowFrequencyFault: null })

  test('zones of ISO 10816-3:2009', () => {
    const zone = (value: number, group: 1 | 2, support: 'rigid' | 'flexible') =>
      rateSeverity(known(value), { group, support }).zone
    expect([1.4, 1.5, 2.9, 4.6].map((value) => zone(value, 2, 'rigid'))).toEqual(['A', 'B', 'C', 'D'])
    expect([3.5, 7.1, 11, 11.1].map((value) => zone(value, 1, 'flexible'))).toEqual(['A', 'B', 'C', 'D'])
  })

  test('is refused rather than guessed', () => {
    const rigid = { group: 1, support: 'rigid' } as const
    expect(rateSeverity({ ...known(2), unitKnown: false }, null).refused?.reason).toMatch(/unit/)
    expect(rateSeverity(known(Number.NaN), rigid).refused?.remedy).toMatch(/2560 Hz/)
    expect(rateSeverity(known(2), null)).toMatchObject({
      zone: null,
      velocityMmS: 2,
      refused: { remedy: expect.stringMatching(/--support/) },
    })
    expect(rateSeverity({ ...known(2), lowFrequencyFault: 'a slope' }, rigid).refused?.reason).toMatch(/a slope/)
    expect(rateSeverity(known(2), { ...rigid, powerKw: 11 }).refused?.reason).toMatch(/11 kW is below the 15 kW/)
    expect(rateSeverity(known(2), { ...rigid, powerKw: 15 }).zone).toBe('A')
  })

  test('says where its limits come from, and what the newer edition changes', () => {
    const rated = rateSeverity(known(2), { group: 2, support: 'rigid' })
    expect(rated).toMatchObject({ standard: 'ISO 10816-3', edition: '2009', limitsMmS: [1.4, 2.8, 4.5] })
    expect(rated.provenance).toMatch(/table A\.2, group 2, rigid.*20816-3:2022 merges zones A and B/)
    const ownLimits = { limitsMmS: [1, 1.5, 3] as const, provenance: 'maker, 2024' }
    const own = rateSeverity(known(2), { group: 2, support: 'rigid', powerKw: 4, ownLimits })
    expect([own.zone, own.limitsMmS]).toEqual(['C', [1, 1.5, 3]])
    expect(own.provenance).toMatch(/maker, 2024/)
  })
})
