import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { longRunSpread } from './baseline.ts'
import { HealthMonitor, type HealthOptions, type HealthStep, type Observation } from './health-monitor.ts'
import { gaussian, uniform } from '../../../shared/testkit/noise.ts'
import { trendToLimit } from './trend-to-limit.ts'
import { watchedFeature } from './watched-features.ts'

interface Machine {
  /** decibels added to the level */
  readonly riseDb?: (i: number) => number
  readonly shock?: (i: number) => boolean
  readonly rpm?: (i: number) => number | null
  readonly quality?: (i: number) => Observation['quality']
  readonly timeS?: (i: number) => number
  readonly seed?: number
  /** of neighbouring snapshots, 0 to 1 */
  readonly correlation?: number
  readonly gain?: number
}

/** RMS, kurtosis and an outer-race line of a machine whose level scatters by 0.3 dB. */
function* snapshots(count: number, machine: Machine = {}): Generator<Observation> {
  const { riseDb = () => 0, shock = () => false, rpm = () => 1480, quality = () => 'good' as const } = machine
  const { timeS = (i: number) => 60 * i, correlation = 0, gain = 1 } = machine
  const noise = gaussian(machine.seed ?? 1)
  const carry = [0, 0, 0]
  const next = (which: number): number => {
    carry[which] = correlation * (carry[which] ?? 0) + Math.sqrt(1 - correlation ** 2) * noise()
    return carry[which] ?? 0
  }
  for (let index = 0; index < count; index += 1) {
    const rms = gain * 0.4 * 10 ** ((riseDb(index) + 0.3 * next(0)) / 20)
    const kurtosis = shock(index) ? 30 : 3 + 0.1 * next(1)
    const features = {
      rms,
      kurtosis,
      bpfo: gain * 0.01 * 10 ** ((riseDb(index) + next(2)) / 20),
    }
    yield { index, timeS: timeS(index), rpm: rpm(index), features, quality: quality(index) }
  }
}

function watch(observations: Iterable<Observation>, options?: HealthOptions): HealthStep[] {
  const monitor = new HealthMonitor(options)
  return Array.from(observations, (observation) => monitor.observe(observation))
}

const firstAt = (steps: readonly HealthStep[], score: number): number => steps.findIndex((step) => step.score >= score)
const notes = (steps: readonly HealthStep[]): string[] =>
  steps.flatMap((step) => step.notes.map((note) => `${note.kind} ${note.index}`))

describe('false warnings', () => {
  test.each([0, 0.8])(
    'a healthy machine gives none in 20,000 snapshots, neighbours correlated by %d',
    (correlation) => {
      const steps = watch(snapshots(20_000, { correlation, seed: 3 }))
      expect(steps.filter((step) => step.judged).length).toBeGreaterThan(19_000)
      expect(firstAt(steps, 1)).toBe(-1)
    },
  )

  test('a single wild snapshot is no warning', () => {
    const steps = watch(snapshots(400, { riseDb: (i) => (i === 250 ? 30 : 0), shock: (i) => i === 251 }))
    expect(firstAt(steps, 1)).toBe(-1)
  })

  test('a lasting rise of less than 25 % is none, however certain it is', () => {
    expect(firstAt(watch(snapshots(4000, { riseDb: (i) => (i < 200 ? 0 : 1.4) })), 1)).toBe(-1)
  })
})

describe('warnings', () => {
  test('a lasting rise is told within a dozen snapshots, with what, how much, since when and against what', () => {
    const steps = watch(snapshots(400, { riseDb: (i) => (i < 300 ? 0 : 4) }))
    const first = firstAt(steps, 1)
    expect(first).toBeGreaterThan(302)
    expect(first).toBeLessThan(312)
    const [finding] = steps[first]?.findings ?? []
    expect(finding).toMatchObject({ feature: 'rms', level: 'warning', since: 300 })
    expect(finding?.changeDb).toBeCloseTo(4, 0)
    expect(finding?.reason).toMatch(
      /rms is [34]\.\d dB .* over its baseline of snapshots 0 to 99 .* since snapshot 300/,
    )
    expect(firstAt(steps, 2)).toBe(-1)
  })

  test('doubling is an alarm, and both return when the cause is gone', () => {
    const steps = watch(snapshots(600, { riseDb: (i) => (i < 300 || i >= 400 ? 0 : 9) }))
    expect(firstAt(steps, 2)).toBeGreaterThan(300)
    expect(firstAt(steps, 2)).toBeLessThan(312)
    expect(steps[399]?.findings[0]).toMatchObject({ level: 'alarm' })
    expect(steps.at(-1)?.score).toBeLessThan(0.5)
  })

  test('shocks that become frequent are told by their number', () => {
    const steps = watch(snapshots(400, { shock: (i) => i >= 300 && i % 8 === 0 }))
    const first = firstAt(steps, 1)
    expect(first).toBeGreaterThan(310)
    expect(first).toBeLessThan(345)
    expect(steps[first]?.findings[0]?.reason).toMatch(/^[4-6] shocks .* since snapshot 304/)
  })

  test('a gain of 0.01 or 100 changes nothing', () => {
    const scores = [0.01, 1, 100].map((gain) =>
      watch(snapshots(400, { gain, riseDb: (i) => i / 60 })).map((step) => step.score.toFixed(6)),
    )
    expect(scores[0]).toEqual(scores[1])
    expect(scores[2]).toEqual(scores[1])
  })

  test('a gross rise is told even while the baseline is being learned', () => {
    const steps = watch(snapshots(90, { riseDb: (i) => (i < 60 ? 0 : 12) }))
    expect(firstAt(steps, 1)).toBe(64)
    expect(steps[64]?.findings[0]?.reason).toMatch(/1[12]\.\d dB .* still being learned/)
  })

  test('a machine that had been standing at the start is learned anew once it runs', () => {
    const steps = watch(snapshots(300, { riseDb: (i) => (i < 60 ? -45 : 0) }))
    expect(notes(steps)).toEqual(['learning 64'])
    expect(steps.find((step) => step.frozen !== null)?.frozen).toMatchObject({ from: 64, until: 163 })
    expect(firstAt(steps, 1)).toBe(-1)
  })
})

describe('baseline', () => {
  test('is only proposed where approval is needed', () => {
    const monitor = new HealthMonitor({ approval: 'needed' })
    const rising = [...snapshots(400, { riseDb: (i) => (i < 200 ? 0 : 6) })]
    for (const observation of rising.slice(0, 200)) expect(monitor.observe(observation).judged).toBe(false)
    const [proposal] = monitor.proposals()
    expect(proposal).toMatchObject({ from: 0, until: 99, snapshots: 100, settled: true })
    expect(proposal === undefined ? false : monitor.approve(proposal)).toBe(true)
    expect(monitor.baselines()).toEqual([proposal])
    const steps = rising.slice(200).map((observation) => monitor.observe(observation))
    expect(firstAt(steps, 1)).toBeGreaterThan(2)
    expect(monitor.beginEpoch()).toEqual([proposal])
    expect(monitor.baselines()).toEqual([])
  })

  test('waits for a machine that still runs in, and for the calendar where that is asked', () => {
    const settling = watch(snapshots(400, { riseDb: (i) => Math.max(0, 6 - i / 25) }))
    const frozen = settling.find((step) => step.frozen !== null)?.frozen
    expect(frozen?.until).toBeGreaterThan(150)
    expect(frozen?.settled).toBe(true)
    const policy = { fewest: 100, most: 250, shortestS: 14_400 }
    expect(watch(snapshots(400), { policy }).findIndex((step) => step.frozen !== null)).toBe(240)
  })

  test('a machine that never settles gets a wide one, and is told so', () => {
    const steps = watch(snapshots(300, { riseDb: (i) => -i / 20 }))
    expect(steps.find((step) => step.frozen !== null)?.frozen).toMatchObject({ snapshots: 250, settled: false })
    expect(notes(steps)).toEqual(['learning 249'])
  })

  test('leaves clipped captures out, and judges them all the same', () => {
    const steps = watch(snapshots(300, { quality: (i) => (i % 2 === 0 ? 'clipped' : 'good') }))
    expect(steps.find((step) => step.frozen !== null)?.frozen).toMatchObject({ until: 199, snapshots: 100 })
    expect(steps[202]?.judged).toBe(true)
  })

  test('a feature that was mostly missing is not watched, in a sentence', () => {
    const sparse = [...snapshots(200)].map((one) => ({
      ...one,
      features: { ...one.features, bpfo: one.index % 4 === 0 ? (one.features['bpfo'] ?? 0) : Number.NaN },
    }))
    const frozen = watch(sparse).find((step) => step.frozen !== null)?.frozen
    expect(frozen?.left).toEqual(['bpfo was there in only 25 of 100 learning snapshots: not watched'])
    expect(frozen?.features.map(({ feature }) => feature.name)).toEqual(['rms', 'kurtosis'])
  })

  test('the spread of a wandering series is larger than that of its neighbours', () => {
    const noise = gaussian(9)
    const white = Array.from({ length: 400 }, () => noise())
    let state = 0
    const wandering = Array.from({ length: 400 }, () => (state = 0.95 * state + Math.sqrt(1 - 0.95 ** 2) * noise()))
    expect(longRunSpread(white)).toBeGreaterThan(0.8)
    expect(longRunSpread(white)).toBeLessThan(1.4)
    expect(longRunSpread(wandering)).toBeGreaterThan(1.7)
  })
})

describe('running, standing, speeds and gaps', () => {
  test('a stop is not judged, a restart is left two snapshots to settle', () => {
    const steps = watch(snapshots(300, { riseDb: (i) => (i >= 150 && i < 160 ? -40 : 0) }))
    expect(steps.map((step) => step.state).indexOf('not-running')).toBe(150)
    expect(steps.filter((step) => step.state === 'not-running')).toHaveLength(10)
    expect(steps.slice(160, 163).map((step) => step.judged)).toEqual([false, false, true])
    expect(notes(steps)).toEqual(['restart 160'])
  })

  test('speed 0, nothing but the last bits, and no usable signal are three different things', () => {
    const quality = (i: number): Observation['quality'] => (i === 120 ? 'standing' : i === 140 ? 'unusable' : 'good')
    const steps = watch(snapshots(200, { quality, rpm: (i) => (i === 130 ? 0 : 1480) }))
    expect([120, 130, 140, 150].map((i) => steps[i]?.state)).toEqual([
      'not-running',
      'not-running',
      'unknown',
      'running',
    ])
  })

  test('each speed band has a baseline of its own', () => {
    const rpm = (i: number): number => (i < 150 || (i >= 300 && i < 350) ? 1480 : 2950)
    const steps = watch(snapshots(400, { rpm, riseDb: (i) => (rpm(i) > 2000 ? 8 : 0) }))
    expect(steps.flatMap((step) => (step.frozen === null ? [] : [[step.frozen.from, step.frozen.until]]))).toEqual([
      [0, 99],
      [150, 249],
    ])
    expect(notes(steps)).toEqual(['speed 150', 'speed 300', 'speed 350'])
    expect(firstAt(steps, 1)).toBe(-1)
    expect(steps[320]?.judged).toBe(true)
  })

  test('gaps, times that do not grow and empty snapshots are named and do no harm', () => {
    const empty = { rms: Number.NaN, kurtosis: Number.NaN, bpfo: Number.NaN }
    const timeS = (i: number): number => 60 * i + (i >= 120 ? 1e6 : 0) - (i === 130 ? 5000 : 0)
    const steps = watch([...snapshots(200, { timeS })].map((o) => (o.index === 140 ? { ...o, features: empty } : o)))
    expect(notes(steps)).toEqual(['gap 120', 'order 130', 'missing 140'])
    expect([130, 140].map((i) => steps[i]?.state)).toEqual(['unknown', 'unknown'])
    expect(firstAt(steps, 1)).toBe(-1)
  })

  test('a historian that kept the kurtosis alone is watched for it', () => {
    const alone = [...snapshots(300, { shock: (i) => i >= 200 && i % 4 === 0, rpm: () => null })].map((one) => ({
      ...one,
      features: { kurtosisExcess: (one.features['kurtosis'] ?? 3) - 3 },
    }))
    const first = firstAt(watch(alone), 1)
    expect(first).toBeGreaterThan(204)
    expect(first).toBeLessThan(225)
  })
})

describe('no look-ahead', () => {
  const history = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    slope: fc.double({ min: 0, max: 0.1, noNaN: true }),
    stopAt: fc.integer({ min: 0, max: 300 }),
    speedAt: fc.integer({ min: 0, max: 300 }),
    gapAt: fc.integer({ min: 0, max: 300 }),
    cut: fc.integer({ min: 1, max: 299 }),
  })

  test('what was said up to a snapshot does not change with what comes after', () => {
    fc.assert(
      fc.property(history, ({ seed, slope, stopAt, speedAt, gapAt, cut }) => {
        const random = uniform(seed)
        const all = [
          ...snapshots(300, {
            seed,
            riseDb: (i) => (i > stopAt && i < stopAt + 9 ? -40 : slope * i),
            rpm: (i) => (i < speedAt ? 1480 : 2950),
            timeS: (i) => 60 * i + (i > gapAt ? 1e5 : 0),
            shock: () => random() < 0.03,
          }),
        ]
        expect(watch(all.slice(0, cut))).toEqual(watch(all).slice(0, cut))
      }),
      { numRuns: 25 },
    )
  })
})

describe('memory', () => {
  test('saved anywhere and taken up again, it says what it would have said', () => {
    const history = fc.record({
      seed: fc.integer({ min: 1, max: 1e6 }),
      slope: fc.double({ min: 0, max: 0.06, noNaN: true }),
      stopAt: fc.integer({ min: 0, max: 300 }),
      speedAt: fc.integer({ min: 0, max: 300 }),
      cut: fc.integer({ min: 1, max: 299 }),
      approval: fc.constantFrom('automatic' as const, 'needed' as const),
    })
    fc.assert(
      fc.property(history, ({ seed, slope, stopAt, speedAt, cut, approval }) => {
        const random = uniform(seed)
        const all = [
          ...snapshots(300, {
            seed,
            riseDb: (i) => (i > stopAt && i < stopAt + 9 ? -40 : slope * i),
            rpm: (i) => (i < speedAt ? 1480 : 2950),
            shock: () => random() < 0.03,
          }),
        ]
        const step = (monitor: HealthMonitor, one: Observation): HealthStep => {
          const said = monitor.observe(one)
          if (said.frozen !== null && approval === 'needed') monitor.approveCondition(said.condition)
          return said
        }
        const whole = new HealthMonitor({ approval })
        const before = new HealthMonitor({ approval })
        const expected = all.map((one) => step(whole, one))
        const first = all.slice(0, cut).map((one) => step(before, one))
        const after = new HealthMonitor({ approval }, structuredClone(before.save()))
        expect([...first, ...all.slice(cut).map((one) => step(after, one))]).toEqual(expected)
        expect(after.conditions()).toEqual(whole.conditions())
        expect(after.save()).toEqual(whole.save())
      }),
      { numRuns: 25 },
    )
  })

  test('approval at the moment of the proposal is what happens without it', () => {
    const machine = { riseDb: (i: number) => (i < 200 ? 0 : (i - 200) / 20), seed: 5 }
    const monitor = new HealthMonitor({ approval: 'needed' })
    const steps = Array.from(snapshots(400, machine), (one) => {
      const step = monitor.observe(one)
      if (step.frozen !== null) monitor.approveCondition(step.condition)
      return step
    })
    expect(steps).toEqual(watch(snapshots(400, machine)))
  })

  test('while approval is awaited a gross rise is named, but is no warning; what is not healthy is learned once more', () => {
    const monitor = new HealthMonitor({ approval: 'needed' })
    const steps = Array.from(snapshots(140, { riseDb: (i) => (i < 120 ? 0 : 12) }), (one) => monitor.observe(one))
    expect(steps.some((step) => step.judged)).toBe(false)
    expect(steps[124]?.findings[0]).toMatchObject({ feature: 'level', since: 120, sinceS: 7200 })
    expect(monitor.conditions()).toMatchObject([{ phase: 'proposed', learned: 100, learnedS: 5940 }])
    expect([monitor.relearn(0), monitor.relearn(0), monitor.relearn(7)]).toEqual([true, false, false])
    expect(monitor.conditions()).toMatchObject([{ phase: 'learning', learned: 0, baseline: null }])
  })
})

describe('trend to the limit', () => {
  const rise = (count: number, slope: number, scatter: number) => {
    const noise = gaussian(4)
    return Array.from({ length: count }, (_, i) => ({ timeS: 60 * i, valueDb: slope * i + scatter * noise() }))
  }

  test('the interval holds the true moment and narrows with what is seen', () => {
    const widths = [60, 90].map((count) => {
      const trend = trendToLimit(rise(count, 0.05, 0.3), 6)
      expect(trend.refused).toBeNull()
      expect(trend.earliestS).toBeLessThan(7200)
      expect(trend.latestS).toBeGreaterThan(7200)
      return (trend.latestS ?? 0) - (trend.earliestS ?? 0)
    })
    expect(widths[1]).toBeLessThan(widths[0] ?? 0)
  })

  test.each([
    ['few points', rise(8, 0.05, 0.1), 6, /only been seen for 8/],
    ['no rise', rise(80, 0, 0.3), 6, /not certain enough/],
    ['far away', rise(80, 0.05, 0.1), 60, /too far/],
    ['reached', rise(80, 0.05, 0.1), 1, /already/],
  ])('none where it would not be honest: %s', (_, points, limit, reason) => {
    expect(trendToLimit(points, limit).refused).toMatch(reason)
  })
})

test('names of historians are understood, and what has no agreed meaning is left alone', () => {
  const kinds = ['rms', 'velocityRms', 'kurtosisExcess', 'envelopeBpfoEnergy', 'bpfi', 'bpfoSnrDb', 'band3', 'order1']
  expect(kinds.map((name) => watchedFeature(name)?.kind)).toEqual([
    'level',
    'level',
    'impulsiveness',
    'line',
    'line',
    'line',
    'band',
    'band',
  ])
  expect(['skewness', 'spectralEntropy', 'bandwidth', 'mean', 'envelopeKurtosis'].map(watchedFeature)).toEqual(
    Array.from({ length: 5 }, () => null),
  )
})
