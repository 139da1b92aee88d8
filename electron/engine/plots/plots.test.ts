import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeUff58 } from '../../files/uff58.ts'
import { decodeRecording } from '../../files/recording.ts'
import { encodeWaveform } from '../../files/waveform-file.ts'
import { systemClock } from '../../testkit/opcua/recording-sink.ts'
import type { Engine } from '../engine.ts'
import { asFile, PlotRig, plantText, rateHz, rpm, settings, startUs } from '../../testkit/plot-rig.ts'

let rig: PlotRig
let engine: Engine
let call: PlotRig['call']
let store: PlotRig['store']
let faulty: PlotRig['faulty']
let orders: PlotRig['orders']

beforeAll(async () => {
  rig = await PlotRig.start(plantText())
  ;({ engine, call, store, faulty, orders } = rig)
}, 60_000)

afterAll(() => rig.stop())

describe('files', () => {
  it('an imported file is a capture under the contract of its point, marked, kept and on the trail', async () => {
    const samples = faulty(8192, 1)
    const { captureId } = await store(samples)
    const { capture, samples: read } = await call('capture.read', { captureId })
    expect(capture).toMatchObject({
      cause: 'import',
      pin: 'hand',
      sourceUs: startUs,
      sampleRateHz: rateHz,
      rpm,
      unit: 'm/s2',
      contractVersion: 1,
      reason: 'imported from a.uff by Ada: for a test',
    })
    expect(read).toEqual(samples)
    const { rows } = await call('audit.read', {
      beforeSeq: null,
      limit: 5,
      actor: null,
      action: null,
      subject: captureId,
    })
    expect(rows.map(({ action }) => action)).toEqual(['capture.import'])
  })

  it('exported as CSV and imported again it gives the same spectrum bit for bit', async () => {
    const first = await store(faulty(20_000, 2), startUs + 3600e6)
    const { name, bytes } = await call('capture.file', { captureId: first.captureId, format: 'csv' })
    expect(name).toBe('Pump Drive end 2026-10-01 07-00-00.csv')
    const again = await call('capture.import', { pointId: 'accel', name, bytes, ...asFile, reason: '' })
    for (const kind of ['spectrum', 'envelope'] as const) {
      const [a, b] = await Promise.all(
        [first, again].map(({ captureId }) => call('plot.spectrum', { of: { captureId }, kind, ...settings })),
      )
      expect(b?.frame.amplitude.length).toBeGreaterThan(1000)
      expect(new Uint32Array(b?.frame.amplitude.buffer ?? new ArrayBuffer(0))).toEqual(
        new Uint32Array(a?.frame.amplitude.buffer ?? new ArrayBuffer(4)),
      )
    }
  })

  it('says what a file lacks, and takes it from the person; units of the quantity are converted', async () => {
    const bytes = Buffer.from('acc\n1\n2\n-3\n')
    const asked = { pointId: 'accel', name: 'b.csv', bytes, ...asFile }
    const look = await call('capture.look', asked)
    expect(look).toMatchObject({ samples: 3, sampleRateHz: null })
    expect(look.missing.map((words) => /its (sample rate|unit)|when/.exec(words)?.[0])).toEqual([
      'its sample rate',
      'its unit',
      'when',
    ])
    await expect(call('capture.import', { ...asked, reason: '' })).rejects.toThrow(/does not say its sample rate/)
    const facts = { sampleRateHz: 1000, startUs, rpm: 1500 }
    await expect(call('capture.import', { ...asked, ...facts, unit: 'mm/s', reason: '' })).rejects.toThrow(
      /"mm\/s" is no unit of acceleration/,
    )
    const { captureId } = await call('capture.import', { ...asked, ...facts, unit: 'g', reason: '' })
    const { samples } = await call('capture.read', { captureId })
    expect(Array.from(samples, (v) => Math.round(v * 1000) / 1000)).toEqual([9.807, 19.613, -29.42])
    await expect(call('capture.look', { ...asked, name: 'b.exe' })).rejects.toThrow(/ends in ".exe"/)
  })

  it('spectra on screen leave as dataset 58', async () => {
    const set = { values: Float32Array.of(0, 1, 2), fromHz: 0, stepHz: 0.5, unit: 'g', quantity: 'acceleration' }
    const sets = [{ ...set, title: 'Pump', tUs: startUs, rpm: null }]
    const { bytes } = await call('plot.file', { format: 'uff', sets })
    const expected = { kind: 'spectrum' as const, from: 0, step: 0.5, startUs, title: 'Pump', rpm: null }
    expect(Buffer.from(bytes)).toEqual(
      encodeUff58([{ ...expected, values: set.values, unit: 'g', quantity: 'acceleration' }], false),
    )
    expect(() => decodeRecording('x.uff', Buffer.from(bytes))).toThrow(/holds spectra only/)
  })
})

describe('spectra of captures', () => {
  it('a tone has its amplitude and frequency whatever the number of lines, and is refused where they do not fit', async () => {
    const hz = 1000.3
    const tone = Float64Array.from({ length: 40_960 }, (_, n) => 3 * Math.sin((2 * Math.PI * hz * n) / rateHz))
    const { captureId } = await store(tone)
    for (const [lines, averages] of [
      [400, 79],
      [3200, 9],
      [12_800, 1],
    ] as const) {
      const wanted = { of: { captureId }, kind: 'spectrum' as const, ...settings, window: 'flat-top' as const, lines }
      const { frame, ...said } = await call('plot.spectrum', wanted)
      expect(said).toMatchObject({ averages, sampleRateHz: rateHz, captureId })
      expect(frame.amplitude).toHaveLength(lines + 1)
      expect(frame.resolutionHz).toBeCloseTo(10_000 / lines, 9)
      const peak = frame.amplitude.indexOf(Math.max(...frame.amplitude))
      expect(Math.abs(peak * frame.resolutionHz - hz)).toBeLessThanOrEqual(frame.resolutionHz / 2 + 1e-9)
      expect(frame.amplitude[peak]).toBeGreaterThan(3 * 0.995)
      expect(frame.amplitude[peak]).toBeLessThan(3 * 1.005)
    }
    const many = { of: { captureId }, kind: 'spectrum' as const, ...settings, lines: 25_600 }
    await expect(call('plot.spectrum', many)).rejects.toThrow(/25600 lines need 65536 samples .* 16000 lines or fewer/)
  })

  it('peak-hold keeps what averaging hides', async () => {
    // A burst in one tenth of the record.
    const burst = Float32Array.from({ length: 40_960 }, (_, n) =>
      n < 4096 ? Math.sin((2 * Math.PI * 2000 * n) / rateHz) : 0,
    )
    const { captureId } = await store(burst)
    const ask = { of: { captureId }, kind: 'spectrum' as const, ...settings, lines: 800 }
    const top = async (averaging: 'power' | 'peak-hold'): Promise<number> =>
      Math.max(...(await call('plot.spectrum', { ...ask, averaging })).frame.amplitude)
    expect(await top('peak-hold')).toBeCloseTo(1, 2)
    expect(await top('power')).toBeLessThan(0.5)
  })

  it('the envelope shows the outer race within a line, in a band that is chosen; beyond half the rate is refused', async () => {
    const { captureId } = await store(faulty(65_536, 3))
    const ask = { of: { captureId }, kind: 'envelope' as const, ...settings }
    for (const bandHz of [null, [250, 10_000], [2000, 5000]] as const) {
      const { frame } = await call('plot.spectrum', { ...ask, bandHz: bandHz && [...bandHz] })
      const bpfo = frame.marks.find(({ fault, harmonic }) => fault === 'bpfo' && harmonic === 1)
      expect(bpfo?.hz).toBeCloseTo((orders().bpfo * rpm) / 60, 6)
      const from = Math.round(20 / frame.resolutionHz)
      const low = frame.amplitude.subarray(from)
      const peak = from + low.indexOf(Math.max(...low))
      expect(Math.abs(peak * frame.resolutionHz - (bpfo?.hz ?? 0))).toBeLessThanOrEqual(frame.resolutionHz)
    }
    await expect(call('plot.spectrum', { ...ask, bandHz: [500, 20_000] })).rejects.toThrow(
      /500 to 20000 Hz reaches beyond 12800 Hz, half the sample rate/,
    )
  })

  it('no piece spans a gap', async () => {
    const gaps = [{ atSample: 1000, startUs: startUs + 39_062, endUs: startUs + 1e6 }]
    const head = { id: 'broken', pointKey: engine.model.points[0]?.key ?? 0, cause: 'demand' as const, reason: '' }
    const rest = { occurrenceId: null, sourceUs: startUs, sampleRateHz: rateHz, runState: 'running' as const, rpm }
    const facts = { unit: 'm/s2', contractVersion: 1, configHash: engine.model.configHash }
    await engine.twin.putCapture({ ...head, ...rest, ...facts, gaps, samples: faulty(5000, 4) })
    const ask = { of: { captureId: 'broken' }, kind: 'spectrum' as const, ...settings }
    const { frame } = await call('plot.spectrum', ask)
    // The longer piece has 4000 samples.
    expect(frame.resolutionHz).toBeCloseTo(rateHz / 4000, 9)
    expect((await call('plot.spectrum', { ...ask, lines: 400 })).averages).toBe(6)
    await expect(call('plot.spectrum', { ...ask, of: { captureId: 'none' } })).rejects.toThrow(/no capture "none"/)
  })

  it('a colour map keeps a row for a capture that does not fit, and says why', async () => {
    const fits = await Promise.all([5, 6].map((seed, i) => store(faulty(16_384, seed, i), startUs + i * 1e6)))
    const short = await store(faulty(1000, 7))
    const slow = await store(faulty(16_384, 8), startUs, { rateHz: 12_800 })
    const captureIds = [fits[0], short, fits[1], slow].map((one) => one?.captureId ?? '')
    const map = await call('plot.map', { captureIds, kind: 'spectrum', ...settings, lines: 3200, topHz: 4000 })
    expect(map).toMatchObject({ lines: 1281, unit: 'm/s2' })
    expect(map.rows.map(({ refused }) => refused?.replaceAll(/\d+ /g, '').slice(0, 30) ?? null)).toEqual([
      null,
      'lines need samples without a g',
      null,
      'It was taken at samples a seco',
    ])
    const row = (n: number): Float32Array => map.amplitude.subarray(n * map.lines, (n + 1) * map.lines)
    for (const n of [1, 3]) expect(row(n).every(Number.isNaN)).toBe(true)
    const alone = { of: { captureId: captureIds[2] ?? '' }, kind: 'spectrum' as const, ...settings, lines: 3200 }
    const { frame } = await call('plot.spectrum', alone)
    expect(row(2)).toEqual(frame.amplitude.subarray(0, map.lines))
  })
})

describe('shaft plots', () => {
  const shaft = (samples: Float32Array, pointId: string) => {
    const file = { samples, sampleRateHz: rateHz, unit: 'um', quantity: 'displacement', startUs, rpm: 1500, gaps: [] }
    const bytes = encodeWaveform({ ...file, title: pointId }, 'uffb')
    return call('capture.import', { pointId, name: 'a.uff', bytes, ...asFile, reason: '' })
  }

  it('are refused with the reason where the plant has no pair or no pulse', async () => {
    const { captureId } = await store(faulty(4096, 12))
    const answer = await call('plot.shaft', { captureId })
    expect(answer.refused).toMatch(/no second probe across it: name one as pairPointId/)
    const alone = await shaft(new Float32Array(4096), 'lone-x')
    await shaft(new Float32Array(4096), 'lone-y')
    expect((await call('plot.shaft', alone)).refused).toMatch(/no pulse of the shaft/)
  })

  it('a shaft that goes in a circle has an orbit of its radius and one side of the full spectrum only', async () => {
    const turnHz = 25
    const at = (phase: number) => (_: unknown, n: number) => 40 * Math.cos((2 * Math.PI * turnHz * n) / rateHz - phase)
    const count = { length: 32_768 }
    // The probes stand at 45 and 135 degrees: a shaft that turns counter-clockwise passes X first.
    const { captureId } = await shaft(Float32Array.from(count, at(0)), 'x')
    await shaft(Float32Array.from(count, at(Math.PI / 2)), 'y')
    await shaft(
      Float32Array.from(count, (_, n) => (((n * turnHz) / rateHz) % 1 < 0.05 ? -8 : -2)),
      'pulse',
    )
    const answer = await call('plot.shaft', { captureId })
    expect(answer).toMatchObject({ refused: null, x: 'X', y: 'Y', unit: 'um' })
    for (const orbit of [answer.whole, answer.once])
      for (let i = 0; i < orbit.length; i += 2) expect(Math.hypot(orbit[i] ?? 0, orbit[i + 1] ?? 0)).toBeCloseTo(40, 0)
    expect(answer.marks.length).toBeGreaterThan(5)
    const middle = (answer.full.length - 1) / 2
    const line = Math.round(turnHz / answer.fullResolutionHz)
    const [forward = 0, reverse = 1] = [answer.full[middle + line], answer.full[middle - line]]
    expect(forward).toBeGreaterThan(30)
    expect(20 * Math.log10(forward / reverse)).toBeGreaterThan(40)
    for (const rpm of answer.rpm) expect(rpm).toBeCloseTo(1500, 0)
    for (const amplitude of answer.amplitudeX) expect(amplitude).toBeCloseTo(40, 0)
  })
})

describe('notes', () => {
  it('stay with the capture, pin it, change under their id, are on the trail and in the outbox', async () => {
    const { captureId } = await store(faulty(4096, 9))
    await call('capture.pin', { captureId, pinned: false, reason: null })
    const draft = { kind: 'mark', plot: 'envelope', at: 105.8, value: 0.4, unit: 'm/s2', text: 'BPFO' } as const
    const made = await call('note.put', { captureId, note: { id: null, ...draft } })
    const [note] = made.notes
    expect(note).toMatchObject({ ...draft, captureId, by: 'Ada' })
    expect((await call('capture.read', { captureId })).capture.pin).toBe('hand')
    const id = note?.id ?? ''
    await call('note.put', { captureId, note: { id, ...draft, text: 'outer race' } })
    expect((await call('note.list', { captureId })).notes.map(({ text }) => text)).toEqual(['outer race'])
    expect(await call('note.remove', { captureId, noteId: id, reason: 'wrong' })).toEqual({ notes: [] })
    await expect(call('note.remove', { captureId, noteId: id, reason: null })).rejects.toThrow(/no note/)
    await expect(call('note.put', { captureId: 'none', note: { id: null, ...draft } })).rejects.toThrow(/no capture/)
    const { rows } = await call('audit.read', {
      beforeSeq: null,
      limit: 9,
      actor: null,
      action: 'capture.note',
      subject: captureId,
    })
    expect(rows.map(({ before, after }) => [before !== null, after !== null])).toEqual([
      [true, false],
      [true, true],
      [false, true],
    ])
    const head = await engine.twin.head('events')
    const page = await engine.twin.page('events', head - 3, 10)
    expect(page.rows.map(({ kind, payload }) => [kind, JSON.parse(payload).kind])).toEqual([
      ['note', 'note'],
      ['note', 'note'],
      ['note', 'note-removed'],
    ])
    expect(await engine.twin.verify()).toEqual([])
  })
})

describe('the strip of a trend', () => {
  it('has captures, and a break where the contract changed', async () => {
    const nowUs = systemClock.nowUs()
    fs.writeFileSync(engine.options.plantFile, plantText(2))
    expect(await engine.editor.reread({ name: 'Ada', role: 'unattended' }, 'new version')).toEqual([])
    const strip = await call('plot.strip', { pointId: 'accel', fromUs: startUs - 1, toUs: systemClock.nowUs() + 1e6 })
    expect(strip.captures.length).toBeGreaterThan(5)
    expect(strip.breaks.map(({ kind, words }) => [kind, words])).toEqual([['contract', 'contract version 1 to 2']])
    expect(strip.breaks[0]?.atUs).toBeGreaterThanOrEqual(nowUs)
  })
})
