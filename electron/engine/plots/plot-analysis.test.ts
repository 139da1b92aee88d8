import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { gaussian } from '../../../shared/testkit/noise.ts'
import { realCepstrum } from '../../dsp/cepstrum.ts'
import { orderSpectrum, resampleToAngle } from '../../dsp/order-tracking.ts'
import { angleFromPulses, tachoPulses } from '../../dsp/tacho.ts'
import { ordersOf } from './orders-of.ts'
import { PlotRig, plantText, rateHz, rpm, settings, startUs } from '../../testkit/plot-rig.ts'

let rig: PlotRig
let call: PlotRig['call']
let store: PlotRig['store']

beforeAll(async () => {
  rig = await PlotRig.start(plantText())
  ;({ call, store } = rig)
}, 60_000)

afterAll(() => rig.stop())

const rampS = 10
const fromHz = 10
const toHz = 60

/** Revolutions of a run-up from 600 to 3,600 rpm. */
const angleAt = (s: number): number => fromHz * s + ((toHz - fromHz) * s * s) / (2 * rampS)
const rpmAt = (s: number): number => 60 * (fromHz + ((toHz - fromHz) * s) / rampS)

/** Once a turn 40, three times a turn 5; and a pulse that covers a twentieth of each turn. */
const samples = { length: rampS * rateHz }
const runUp = Float32Array.from(samples, (_, n) => {
  const angle = 2 * Math.PI * angleAt(n / rateHz)
  return 40 * Math.cos(angle - 0.7) + 5 * Math.cos(3 * angle)
})
const pulses = Float32Array.from(samples, (_, n) => (angleAt(n / rateHz) % 1 < 0.05 ? 8 : 2))

const orderSettings = { window: 'hann', averaging: 'power', revolutions: null } as const

/** Heights of lines up to so many orders, without the place of the mean. */
function strongest(amplitude: Float32Array, from: number, to: number): number {
  let best = from
  for (let k = from; k <= to; k++) if ((amplitude[k] ?? 0) > (amplitude[best] ?? 0)) best = k
  return best
}

describe('order spectrum', () => {
  it('of a run-up with a pulse: each order stays within a twentieth of its place, as electron/dsp has it', async () => {
    const more = { pointId: 'x', unit: 'um', rpm: null }
    const { captureId } = await store(runUp, startUs, more)
    await store(pulses, startUs, { ...more, pointId: 'pulse' })
    const answer = await call('plot.orders', { of: { captureId }, ...orderSettings })
    const { frame, revolutionsPerPiece } = answer
    expect(answer).toMatchObject({ speedFrom: 'pulse', revolutionsPerPiece: 128, window: 'hann', captureId })
    expect(answer.rpmRange[0]).toBeLessThan(660)
    expect(answer.rpmRange[1]).toBeGreaterThan(3500)
    // The line of order n stands at n turns a piece, which the mean speed makes hertz, so that cursors link.
    expect(frame.resolutionHz * revolutionsPerPiece * 60).toBeCloseTo(frame.rpm ?? 0, 6)
    for (const [order, height] of [
      [1, 40],
      [3, 5],
    ] as const) {
      const line = order * revolutionsPerPiece
      const found = strongest(frame.amplitude, line - 60, line + 60)
      expect(Math.abs(found / revolutionsPerPiece - order)).toBeLessThanOrEqual(0.05)
      expect(Math.abs((frame.amplitude[found] ?? 0) / height - 1)).toBeLessThan(0.01)
      // Beyond a twentieth of an order nothing is left of it.
      const beside = Math.ceil(0.05 * revolutionsPerPiece)
      for (const at of [line - beside, line + beside]) expect((frame.amplitude[at] ?? 0) / height).toBeLessThan(0.005)
    }
    const signal = Float64Array.from(runUp)
    const angle = angleFromPulses(tachoPulses(Float64Array.from(pulses), rateHz), 1)
    const direct = orderSpectrum(resampleToAngle(signal, rateHz, angle, 256), { revolutionsPerPiece: 128 })
    expect(frame.amplitude).toEqual(Float32Array.from(direct.amplitudes))
    // The plain spectrum of the same record has no line there.
    const plain = await call('plot.spectrum', { of: { captureId }, kind: 'spectrum', ...settings })
    expect(plain.frame.amplitude.every((height) => height < 8)).toBe(true)
    // So nothing is read out of it, least of all that the machine is well.
    const { diagnosis } = (await call('capture.diagnose', { captureId })).analysis
    expect(diagnosis).toMatchObject({ verdict: 'undecided', findings: [] })
    expect(diagnosis.refused?.reason).toMatch(/the speed ran from 6\d\d to 35\d\d rpm/)
  })

  it('by the readings of a speed tag, by the one speed of an imported waveform, and refused without any', async () => {
    const record = { samples: runUp, sampleRateHz: rateHz, gaps: [] }
    // Readings ten times a second, the first before the record begins and the last before it ends.
    const timesS = Float64Array.from({ length: 99 }, (_, k) => (k - 1) / 10)
    const course = { from: 'tag' as const, timesS, rpm: timesS.map(rpmAt) }
    const { amplitude, revolutionsPerPiece, speedFrom } = ordersOf(record, course, orderSettings)
    const found = strongest(amplitude, 64, 192)
    expect(speedFrom).toBe('tag')
    expect(Math.abs(found / revolutionsPerPiece - 1)).toBeLessThanOrEqual(0.05)
    expect(amplitude[found]).toBeGreaterThan(36)

    const tone = Float32Array.from({ length: 65_536 }, (_, n) => 3 * Math.sin((2 * Math.PI * rpm * n) / rateHz / 60))
    const { captureId } = await store(tone)
    const steady = await call('plot.orders', { of: { captureId }, ...orderSettings, revolutions: 32 })
    expect(steady).toMatchObject({ speedFrom: 'constant', revolutionsPerPiece: 32 })
    expect(steady.frame.rpm).toBeCloseTo(rpm, 6)
    expect(steady.frame.amplitude[32]).toBeCloseTo(3, 2)
    expect(steady.frame.marks.find(({ fault, harmonic }) => fault === 'bpfo' && harmonic === 1)?.hz).toBeCloseTo(
      (rig.orders().bpfo * rpm) / 60,
      6,
    )
    const many = { of: { captureId }, ...orderSettings, revolutions: 1000 }
    await expect(call('plot.orders', many)).rejects.toThrow(/1000 revolutions do not fit into the 75/)
    const unknown = await store(tone, startUs, { pointId: 'rig-accel', rpm: null })
    await expect(call('plot.orders', { of: unknown, ...orderSettings })).rejects.toThrow(
      /give .* a pulse \(tachoPointId\)/,
    )
  })

  it('takes the stored readings of the speed tag of its machine', async () => {
    const atUs = startUs + 7200e6
    const key = rig.engine.model.byId.get('rig-speed')?.key ?? 0
    const count = 120
    const sourceUs = Float64Array.from({ length: count }, (_, i) => Math.round(atUs + (i - 5) * 1e5))
    const scalars = {
      count,
      pointKey: new Uint32Array(count).fill(key),
      sourceUs,
      sourceTick: new Uint8Array(count),
      serverUs: new Float64Array(count).fill(Number.NaN),
      receiveUs: sourceUs,
      value: Float64Array.from(sourceUs, (us) => rpmAt((us - atUs) / 1e6)),
      status: new Uint32Array(count),
    }
    // Far above the numbers that the pipeline of this engine, which gets nothing, will reach.
    await rig.engine.twin.commitTick({ number: 1_000_000, atUs, scalars, gaps: [], features: [] })
    const of = await store(runUp, atUs, { pointId: 'rig-accel', rpm: null })
    const answer = await call('plot.orders', { of, ...orderSettings })
    expect(answer.speedFrom).toBe('tag')
    const found = strongest(answer.frame.amplitude, 64, 192)
    expect(Math.abs(found / answer.revolutionsPerPiece - 1)).toBeLessThanOrEqual(0.05)
  })
})

describe('cepstrum', () => {
  it('has an echo at its delay with half its strength, and equals electron/dsp', async () => {
    const noise = gaussian(5)
    const direct = Float32Array.from({ length: 16_384 }, () => noise())
    const delay = 400
    const echoed = direct.map((value, n) => value + 0.5 * (direct[n - delay] ?? 0))
    const of = await store(echoed)
    const { values, stepS, marks, averages, pieceSamples } = await call('plot.cepstrum', { of })
    expect({ stepS, averages, pieceSamples }).toEqual({ stepS: 1 / rateHz, averages: 1, pieceSamples: 16_384 })
    expect(values).toEqual(Float32Array.from(realCepstrum(Float64Array.from(echoed), rateHz).values))
    expect(strongest(values, 50, values.length - 1)).toBe(delay)
    expect(values[delay]).toBeCloseTo(0.25, 1)
    expect(marks.find(({ fault }) => fault === 'shaft')?.s).toBeCloseTo(60 / rpm, 9)
    expect(marks.find(({ fault }) => fault === 'bpfo')?.s).toBeCloseTo(60 / (rig.orders().bpfo * rpm), 9)
  })

  it('of a long record is the mean over pieces', async () => {
    const of = await store(rig.faulty(200_000, 4))
    const { averages, pieceSamples, values } = await call('plot.cepstrum', { of })
    expect({ averages, pieceSamples }).toEqual({ averages: 5, pieceSamples: 65_536 })
    // Impacts at the outer race's rate: the highest place of the second to seventh millisecond and beyond is their period.
    const period = (60 * rateHz) / (rig.orders().bpfo * rpm)
    const found = strongest(values, Math.round(period * 0.7), Math.round(period * 1.5))
    expect(Math.abs(found - period)).toBeLessThanOrEqual(1.5)
  })
})

describe('a pair of probes', () => {
  it('has its vectors at the seconds of the capture that was asked for', async () => {
    const atUs = startUs + 3600e6
    const more = { unit: 'um', rpm: null }
    const of = await store(runUp, atUs, { ...more, pointId: 'x' })
    // The other two began half a second later.
    const late = Math.round(rateHz / 2)
    await store(runUp.subarray(late), atUs + 5e5, { ...more, pointId: 'y' })
    await store(pulses.subarray(late), atUs + 5e5, { ...more, pointId: 'pulse' })
    const { courseS, rpm: speeds, amplitudeX, phaseX } = await call('plot.shaft', of)
    expect(courseS.length).toBeGreaterThan(60)
    for (const [i, at] of courseS.entries()) {
      expect(Math.abs((speeds[i] ?? 0) / rpmAt(at) - 1)).toBeLessThan(0.01)
      expect(amplitudeX[i]).toBeCloseTo(40, 0)
      // 0.7 radians behind the mark, which rises a little after the turn begins.
      expect(Math.abs((phaseX[i] ?? 0) - (0.7 * 180) / Math.PI)).toBeLessThan(3)
    }
  })
})

describe('baseline breaks', () => {
  it('are on the strip with their reason; where watching began is none', async () => {
    const pointKey = rig.engine.model.byId.get('accel')?.key ?? 0
    const basis = {
      sensorId: null,
      sensorReplacedAt: null,
      quantity: 'acceleration',
      unit: 'm/s2',
      band: null,
      maintenanceUntil: null,
    }
    const epoch = { pointKey, by: 'Ada', basis }
    await rig.engine.twin.commitHealth({
      epochs: [
        { ...epoch, beganUs: startUs, cause: 'first', reason: '' },
        { ...epoch, beganUs: startUs + 60e6, cause: 'maintenance', reason: 'bearing replaced' },
      ],
    })
    const { breaks } = await call('plot.strip', { pointId: 'accel', fromUs: startUs - 1, toUs: startUs + 120e6 })
    expect(breaks).toEqual([{ atUs: startUs + 60e6, kind: 'baseline', words: 'bearing replaced (Ada)' }])
  })
})

const data = process.env['MILLWRIGHT_DATA'] ?? '/work/shared/data'
const index = path.join(data, 'index.json')
const recordSchema = z.object({ id: z.string(), file: z.string(), fs_hz: z.number(), rpm: z.number() })
const hasData = fs.existsSync(index)

/** Public recordings of damaged outer races: three rigs, three sample rates, two bearings. */
const outerRaces = [
  ['cwru_130_DE', 'accel'],
  ['mfpt_outer_vload_1', 'rig-accel'],
  ['hit_mfs_OR2_900', 'accel'],
] as const

describe('envelope spectrum of public recordings', () => {
  const why = hasData ? '' : ` (skipped: there is no ${index}; MILLWRIGHT_DATA names the folder)`
  it.skipIf(!hasData).each(outerRaces)(`%s: the outer race stands at BPFO within a line${why}`, async (id, pointId) => {
    const all = z.object({ records: z.array(z.looseObject({ id: z.string() })) })
    const { records } = all.parse(JSON.parse(fs.readFileSync(index, 'utf8')))
    const record = recordSchema.parse(records.find((one) => one.id === id))
    const bytes = fs.readFileSync(path.join(data, record.file))
    const values = new Float32Array(bytes.length / 4)
    for (const i of values.keys()) values[i] = bytes.readFloatLE(4 * i)
    const more = { pointId, rateHz: record.fs_hz, rpm: record.rpm, unit: 'g' }
    const of = await store(values, startUs, more)
    const ask = { of, kind: 'envelope', ...settings } as const
    const preset: [number, number] = [250, 10_000]
    const fits = preset[1] <= record.fs_hz / 2
    for (const bandHz of fits ? [null, preset] : [null])
      for (const lines of [6400, 12_800]) {
        const { frame } = await call('plot.spectrum', { ...ask, bandHz, lines })
        const bpfo = frame.marks.find(({ fault, harmonic }) => fault === 'bpfo' && harmonic === 1)?.hz ?? 0
        expect(bpfo).toBeGreaterThan(50)
        const line = (hz: number): number => Math.round(hz / frame.resolutionHz)
        const found = strongest(frame.amplitude, line(20), line(1000)) * frame.resolutionHz
        expect(Math.abs(found - bpfo)).toBeLessThanOrEqual(frame.resolutionHz)
      }
    if (!fits) await expect(call('plot.spectrum', { ...ask, bandHz: preset })).rejects.toThrow(/beyond 6000 Hz/)
    // The second preset needs more than 40,000 samples a second.
    const second = call('plot.spectrum', { ...ask, bandHz: [500, 20_000] })
    if (record.fs_hz > 40_000) expect((await second).frame.bandHz).toEqual([500, 20_000])
    else await expect(second).rejects.toThrow(/reaches beyond .* half the sample rate/)
  })
})
