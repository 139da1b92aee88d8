import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bearingOrders } from '../../../shared/domain/bearings.ts'
import { machines } from '../machines.ts'
import { faultsOf, scenarioNames, scenarioPlans, severityAt, speedOf, vibrationModel } from '../scenarios.ts'
import { hash32, normalAt } from './random.ts'
import { rampSpeed, steadySpeed } from './speed.ts'
import { vibrationBlock, type VibrationFault, type VibrationModel } from './vibration.ts'

const pump = machines.find((machine) => machine.id === 'pump-101')
const radial = pump?.waveforms.find((point) => point.axis !== 'axial')
const axial = pump?.waveforms.find((point) => point.axis === 'axial')
if (!pump || !radial || !axial) throw new Error('pump-101 is part of the plant')

const steady = steadySpeed(pump.ratedRpm, 5, 0)
const model = (overrides: Partial<VibrationModel> = {}): VibrationModel => ({
  ...vibrationModel(pump, radial, steady, 5),
  ...overrides,
})

function record(of: VibrationModel, faults: readonly VibrationFault[], blocks: number, from = 0): Float32Array {
  const out = new Float32Array(blocks * of.blockSize)
  for (let k = 0; k < blocks; k++) out.set(vibrationBlock(of, from + k, faults), k * of.blockSize)
  return out
}

/** Peak amplitude at one frequency under a Hann window, by the sum that defines the DFT. */
function amplitudeAt(signal: ArrayLike<number>, hz: number, sampleRateHz: number): number {
  let re = 0
  let im = 0
  const n = signal.length
  for (let i = 0; i < n; i++) {
    const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n)
    const x = (signal[i] ?? 0) * w
    re += x * Math.cos((2 * Math.PI * hz * i) / sampleRateHz)
    im -= x * Math.sin((2 * Math.PI * hz * i) / sampleRateHz)
  }
  return (4 / n) * Math.hypot(re, im)
}

/** Strongest amplitude within 1.5 % of a frequency: bearings slip. */
function lineNear(signal: ArrayLike<number>, hz: number, sampleRateHz: number): number {
  let best = 0
  for (let f = hz * 0.985; f <= hz * 1.015; f += 0.25) best = Math.max(best, amplitudeAt(signal, f, sampleRateHz))
  return best
}

/** Envelope by squaring after a difference filter and a moving mean: enough to see impact rates. Decimated by 16. */
function envelope(signal: Float32Array): Float32Array {
  const out = new Float32Array(Math.floor(signal.length / 16) - 1)
  for (let i = 0; i < out.length; i++) {
    let sum = 0
    for (let j = 0; j < 16; j++) sum += ((signal[16 * i + j + 1] ?? 0) - (signal[16 * i + j] ?? 0)) ** 2
    out[i] = Math.sqrt(sum)
  }
  const mean = out.reduce((a, b) => a + b, 0) / out.length
  return out.map((x) => x - mean)
}

function rms(signal: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < signal.length; i++) sum += (signal[i] ?? 0) ** 2
  return Math.sqrt(sum / signal.length)
}

function kurtosis(signal: Float32Array): number {
  const square = rms(signal) ** 2
  let fourth = 0
  for (const x of signal) fourth += x ** 4
  return fourth / signal.length / square ** 2
}

const shaftHz = pump.ratedRpm / 60

describe('vibration physics', () => {
  it('is the same block for the same seed, in any order of asking, and another for another seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (k, severity) => {
        const faults: VibrationFault[] = [{ kind: 'outer-race', severity }]
        const first = vibrationBlock(model(), k, faults)
        vibrationBlock(model(), k + 1, faults)
        expect(vibrationBlock(model(), k, faults)).toEqual(first)
        expect(vibrationBlock(model({ seed: 6 }), k, faults)).not.toEqual(first)
      }),
      { numRuns: 10 },
    )
  })

  it('joins blocks without a seam: the rings and shaft orders go on where the block before ended', () => {
    const quiet = model({ noiseG: 0 })
    const faults: VibrationFault[] = [{ kind: 'outer-race', severity: 1 }]
    const long = vibrationBlock({ ...quiet, blockSize: 8192 }, 0, faults)
    const joined = record(quiet, faults, 2)
    let worst = 0
    for (let i = 0; i < 8192; i++) worst = Math.max(worst, Math.abs((long[i] ?? 0) - (joined[i] ?? 0)))
    // The rest of a ring that is no longer drawn (0.1 % of its start) is the largest step allowed.
    expect(worst).toBeLessThan(0.02)
  })

  it('shows the shaft orders of the healthy machine with their amplitudes', () => {
    const signal = record(model(), [], 16)
    for (const [i, g] of [0.03, 0.014].entries())
      expect(amplitudeAt(signal, (i + 1) * shaftHz, 25_600)).toBeCloseTo(g, 2)
    expect(kurtosis(signal)).toBeGreaterThan(2.7)
    expect(kurtosis(signal)).toBeLessThan(3.3)
  })

  it.each([
    // kind, order, strikes per turn of it, and an order between its own sidebands (a ball has them every FTF)
    ['outer-race', 'bpfo', 1, 5.03, 2],
    ['inner-race', 'bpfi', 1, 5.03, 2],
    ['rolling-element', 'bsf', 2, 4.5, 1.3],
  ] as const)('puts the envelope lines of a %s fault at %s', (kind, order, multiple, between, clear) => {
    const orders = bearingOrders(pump.bearing)
    const signal = envelope(record(model(), [{ kind, severity: 1 }], 16))
    const at = (hz: number): number => lineNear(signal, hz, 1600)
    const line = at(orders[order] * multiple * shaftHz)
    for (const other of ['bpfo', 'bpfi'] as const) {
      if (other !== order) expect(line).toBeGreaterThan(clear * at(orders[other] * shaftHz))
    }
    expect(line).toBeGreaterThan(3 * at(between * shaftHz))
    expect(at(orders[order] * multiple * 2 * shaftHz)).toBeGreaterThan(2 * at(7.77 * shaftHz))
  })

  it('gives an inner-race fault its sidebands at shaft speed and an outer-race fault hardly any', () => {
    const orders = bearingOrders(pump.bearing)
    const ratio = (kind: 'outer-race' | 'inner-race', order: number): number => {
      const signal = envelope(record(model(), [{ kind, severity: 1 }], 16))
      return lineNear(signal, (order + 1) * shaftHz, 1600) / lineNear(signal, order * shaftHz, 1600)
    }
    expect(ratio('inner-race', orders.bpfi)).toBeGreaterThan(0.3)
    expect(ratio('outer-race', orders.bpfo)).toBeLessThan(0.25)
  })

  it('is impulsive at a bearing fault', () => {
    expect(kurtosis(record(model(), [{ kind: 'outer-race', severity: 0.5 }], 8))).toBeGreaterThan(8)
  })

  it('raises 1x for unbalance, axial 2x for misalignment, half orders for looseness', () => {
    const of = (point: typeof radial, kind: 'unbalance' | 'misalignment' | 'looseness'): Float32Array =>
      record({ ...vibrationModel(pump, point, steady, 5) }, [{ kind, severity: 1 }], 16)
    const at = (signal: Float32Array, order: number): number => amplitudeAt(signal, order * shaftHz, 25_600)
    const unbalance = of(radial, 'unbalance')
    expect(at(unbalance, 1)).toBeGreaterThan(8 * at(unbalance, 2))
    const misaligned = of(axial, 'misalignment')
    expect(at(misaligned, 2)).toBeGreaterThan(2 * at(misaligned, 1))
    const loose = of(radial, 'looseness')
    const healthy = record(model(), [], 16)
    for (const half of [0.5, 1.5, 2.5]) expect(at(loose, half)).toBeGreaterThan(10 * at(healthy, half))
    for (const order of [3, 5, 7]) expect(at(loose, order)).toBeGreaterThan(3 * at(healthy, order))
  })

  it('grows with severity, every fault of every scenario, and severity never falls', () => {
    for (const name of scenarioNames) {
      for (const plan of scenarioPlans(name)) {
        const hours = Array.from({ length: 60 }, (_, i) => plan.fromH + ((plan.fullH - plan.fromH) * i) / 50 - 5)
        const severities = hours.map((h) => severityAt(plan, h))
        expect(severities).toEqual([...severities].sort((a, b) => a - b))
        expect(severityAt(plan, plan.fromH)).toBe(0)
        expect(severityAt(plan, plan.fullH + 1e6)).toBe(1)
      }
    }
    for (const kind of ['outer-race', 'inner-race', 'rolling-element', 'unbalance', 'misalignment'] as const) {
      const levels = [0, 0.25, 0.5, 0.75, 1].map((severity) => rms(record(model(), [{ kind, severity }], 8)))
      expect(levels).toEqual([...levels].sort((a, b) => a - b))
    }
  })

  it('passes through the critical speed of a run-up with a maximum of 1x', () => {
    const speed = rampSpeed({ ratedRpm: 1482, standS: 8, runUpS: 14, runS: 20, coastDownS: 22 })
    const machine = machines.find((m) => m.id === 'motor-302')
    const point = machine?.waveforms[0]
    if (!machine || !point) throw new Error('motor-302 is part of the plant')
    const ramp = vibrationModel(machine, point, speed, 3)
    const levelAt = (tS: number): number =>
      rms(vibrationBlock(ramp, Math.round((tS * 25_600) / 4096), [{ kind: 'unbalance', severity: 1 }]))
    // 15.2 Hz is passed 8.6 s into the 14 s ramp to 24.7 Hz.
    expect(levelAt(16.6)).toBeGreaterThan(1.5 * levelAt(12))
    expect(levelAt(16.6)).toBeGreaterThan(1.2 * levelAt(30))
    expect(levelAt(3)).toBeLessThan(0.004)
  })

  it('keeps the shaft angle the exact integral of the speed', () => {
    const speeds = [
      steadySpeed(1772, 9),
      rampSpeed({ ratedRpm: 1482, standS: 8, runUpS: 14, runS: 20, coastDownS: 22 }),
    ]
    fc.assert(
      fc.property(fc.double({ min: 0, max: 500, noNaN: true }), fc.constantFrom(...speeds), (tS, speed) => {
        const stepS = 1e-3
        let turns = 0
        for (let i = 0; i < 50; i++) turns += (speed.rpm(tS + (i + 0.5) * stepS) / 60) * stepS
        expect(speed.revolutions(tS + 50 * stepS) - speed.revolutions(tS)).toBeCloseTo(turns, 3)
      }),
    )
  })
})

describe('sensor faults', () => {
  it('stuck repeats one code, clipped flattens both sides, a loose cable drops out', () => {
    const healthy = rms(vibrationBlock(model(), 40, []))
    expect(new Set(vibrationBlock(model(), 40, [{ kind: 'stuck', severity: 1 }])).size).toBe(1)
    const clipped = vibrationBlock(model(), 40, [{ kind: 'clipped', severity: 1 }])
    const top = Math.max(...clipped)
    expect(clipped.filter((x) => x === top).length).toBeGreaterThan(100)
    expect(Math.min(...clipped)).toBe(-top)
    const loose = record(model(), [{ kind: 'cable-loose', severity: 1 }], 20)
    expect(rms(loose)).toBeGreaterThan(5 * healthy)
    expect(amplitudeAt(loose, 50, 25_600)).toBeGreaterThan(0.02)
  })
})

describe('randomness', () => {
  it('is standard normal and independent of order', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => normalAt(3, i))
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(rms(draws)).toBeCloseTo(1, 1)
    expect(new Set(Array.from({ length: 5000 }, (_, i) => hash32(1, i))).size).toBeGreaterThan(4990)
  })
})

it('keeps every healthy machine below every warning limit', () => {
  for (const machine of machines) {
    for (const point of machine.waveforms) {
      const healthy = vibrationModel(machine, point, speedOf('healthy', machine, 1), 1)
      for (let k = 0; k < 40; k++)
        expect(rms(vibrationBlock(healthy, k * 7, []))).toBeLessThan(0.7 * point.limits.rmsG[0])
    }
  }
})

it.each(scenarioNames.filter((name) => name !== 'sensor-fault' && name !== 'run-up-coast-down' && name !== 'healthy'))(
  '%s passes warning, then alarm, on a point of each faulted machine',
  (name) => {
    for (const plan of scenarioPlans(name)) {
      if (plan.kind === 'stuck' || plan.kind === 'clipped' || plan.kind === 'cable-loose') continue
      const machine = machines.find((m) => m.id === plan.machineId)
      if (!machine) throw new Error(`${plan.machineId} is part of the plant`)
      const levels = (hours: number): number[] =>
        machine.waveforms.map((point) => {
          const of = vibrationModel(machine, point, speedOf(name, machine, 1), 1)
          return rms(record(of, faultsOf(name, machine.id, hours), 4, 1000)) / point.limits.rmsG[1]
        })
      const atFull = Math.max(...levels(plan.fullH))
      const half = Math.max(...levels(plan.fromH + 0.6 * (plan.fullH - plan.fromH)))
      expect(atFull).toBeGreaterThan(1.05)
      expect(half).toBeLessThan(1)
    }
  },
)
