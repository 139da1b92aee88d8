import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Analysis } from '../../../shared/domain/analysis.ts'
import { runAnalyze } from './analyze.ts'

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-analyze-'))
})
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true })
})

interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(argv: string[], json = true): Promise<Run> {
  const result = { code: -1, out: '', err: '' }
  const io = {
    stdout: (text: string) => void (result.out += text),
    stderr: (text: string) => void (result.err += text),
    cwd: folder,
    json,
  }
  result.code = await runAnalyze(argv, io)
  return result
}

async function analysis(argv: string[]): Promise<Analysis> {
  const result = await run(argv)
  expect(result.err).toBe('')
  expect(result.code).toBe(0)
  return JSON.parse(result.out) as Analysis
}

const RATE = 12_000
const RPM = 1770
const ORDERS = ['--bpfo', '3.5848', '--bpfi', '5.4152', '--bsf', '2.3567', '--ftf', '0.39828']

function makeNoise(seed: number): () => number {
  let state = seed
  return () => {
    let sum = 0
    for (let i = 0; i < 6; i += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      sum += state / 2 ** 32 - 0.5
    }
    return sum
  }
}

/** Impulses at an order, with 0.3 % random slip, each ringing at 3 kHz, over a shaft comb and noise. */
function machine(options: {
  order?: number
  gain?: number
  seconds?: number
  rpm?: number
  modulated?: boolean
}): Float32Array {
  const { order, gain = 2, seconds = 10, rpm = RPM, modulated = false } = options
  const noise = makeNoise(7)
  const shaftHz = rpm / 60
  const samples = Float32Array.from({ length: seconds * RATE }, (_, i) => {
    let comb = 0
    for (let h = 1; h <= 10; h += 1) comb += Math.cos((2 * Math.PI * h * shaftHz * i) / RATE + h) / h
    return 0.05 * comb + 0.1 * noise()
  })
  if (order === undefined) return samples
  for (let t = 0; t < seconds - 0.02; t += (1 + 0.003 * noise()) / (order * shaftHz)) {
    const height = gain * (modulated ? 1 + 0.8 * Math.cos(2 * Math.PI * shaftHz * t) : 1)
    const start = Math.ceil(t * RATE)
    for (let i = start; i < start + 60; i += 1) {
      const dt = i / RATE - t
      samples[i] = (samples[i] ?? 0) + 0.1 * height * Math.exp(-900 * dt) * Math.sin(2 * Math.PI * 3000 * dt)
    }
  }
  return samples
}

function save(name: string, samples: Float32Array): string {
  fs.writeFileSync(path.join(folder, name), new Uint8Array(samples.buffer))
  return name
}

describe('analyze', () => {
  test.each([
    ['outer-race', 3.5848, false],
    ['inner-race', 5.4152, true],
  ] as const)('names an %s fault and says what it rests on', async (verdict, order, modulated) => {
    const file = save(`${verdict}.f32`, machine({ order: order * 1.004, modulated, gain: 8 }))
    const result = await analysis([file, '--rate', '12000', '--rpm', '1785', '--unit', 'g', ...ORDERS])
    expect(result.diagnosis.verdict).toBe(verdict)
    expect(result.state).toBe('running')
    expect(result.speed.estimatedRpm).toBeCloseTo(RPM, 0)
    expect(result.speed.usedRpm).toBe(result.speed.estimatedRpm)
    expect(result.speed.agrees).toBe(true)
    const [winner] = result.diagnosis.candidates
    expect(winner?.fault).toBe(verdict)
    expect(winner?.matched.length).toBeGreaterThanOrEqual(2)
    expect(result.diagnosis.confidence).toBe(1 - (winner?.falseAlarmProbability ?? 1))
    expect(result.diagnosis.evidence.join(' ')).toMatch(/decades/)
    expect(result.spectrum.peaks.length).toBeGreaterThanOrEqual(20)
    expect(result.envelope.lines).toHaveLength(20)
  })

  test('calls a healthy machine normal and refuses severity without a unit', async () => {
    const file = save('healthy.f32', machine({}))
    const result = await analysis([file, '--rate', '12000', '--rpm', '1770', ...ORDERS])
    expect(result.diagnosis.verdict).toBe('normal')
    expect(result.diagnosis.severity.refused?.reason).toMatch(/unit/)
    expect(result.features['velocityRms']).toBeNull()
  })

  test('contradicts a wrong speed and goes by the signal', async () => {
    const file = save('wrong-speed.f32', machine({ order: 3.5848, gain: 8 }))
    const result = await analysis([file, '--rate', '12000', '--rpm', '1720', ...ORDERS])
    expect(result.speed.agrees).toBe(false)
    expect(result.speed.usedRpm).toBeCloseTo(RPM, 0)
    expect(result.diagnosis.verdict).toBe('outer-race')
    expect(result.diagnosis.evidence[0]).toMatch(/contradicts/)
  })

  test('refuses by name what is missing, and gives the features all the same', async () => {
    const file = save('bare.f32', machine({ seconds: 2 }))
    const noSpeed = await analysis([file, '--rate', '12000', '--bearing', '6205-2RS'])
    expect(noSpeed.diagnosis.verdict).toBe('undecided')
    expect(noSpeed.diagnosis.refused?.remedy).toMatch(/--rpm/)
    const noBearing = await analysis([file, '--rate', '12000', '--rpm', '1770'])
    expect(noBearing.diagnosis.refused?.remedy).toMatch(/--bearing/)
    const slow = await analysis([file, '--rate', '500', '--rpm', '1770', ...ORDERS])
    expect(slow.diagnosis.refused?.reason).toMatch(/too low/)
    for (const result of [noSpeed, noBearing, slow]) expect(result.features['rms']).toBeGreaterThan(0)
  })

  test('a clipped recording is refused, a stuck sensor is a sensor fault, a standing machine is not running', async () => {
    const clipped = save(
      'clipped.f32',
      machine({ seconds: 2 }).map((value) => Math.max(-0.1, Math.min(0.1, value))),
    )
    const cut = await analysis([clipped, '--rate', '12000', '--rpm', '1770', ...ORDERS])
    expect(cut.signalQuality.map((fault) => fault.fault)).toContain('clipped')
    expect([cut.diagnosis.verdict, cut.diagnosis.refused?.reason]).toEqual([
      'undecided',
      expect.stringMatching(/clipped/),
    ])

    const stuck = save(
      'stuck.f32',
      machine({ seconds: 2 }).map((value, i) => (i > 12_000 ? 0.25 : value)),
    )
    expect((await analysis([stuck, '--rate', '12000', '--rpm', '1770', ...ORDERS])).diagnosis.verdict).toBe(
      'sensor-fault',
    )

    const noise = makeNoise(3)
    const standing = save(
      'standing.f32',
      Float32Array.from({ length: 24_000 }, () => Math.round(0.5 * noise()) / 400),
    )
    const still = await analysis([standing, '--rate', '12000', '--rpm', '1770', ...ORDERS])
    expect([still.state, still.diagnosis.verdict]).toEqual(['not-running', 'not-running'])
    const written = await analysis([
      save('zero.f32', machine({ seconds: 2 })),
      '--rate',
      '12000',
      '--rpm',
      '0',
      ...ORDERS,
    ])
    expect(written.state).toBe('not-running')
  })

  test('rates severity only where unit and machine class are known', async () => {
    const tone = Float32Array.from({ length: 24_000 }, (_, i) => Math.sin((2 * Math.PI * 100 * i) / RATE))
    const file = save('tone.f32', tone)
    const base = [file, '--rate', '12000', '--rpm', '1770', '--unit', 'g']
    const rated = await analysis([...base, '--iso-group', '2', '--support', 'flexible'])
    // 1 g peak at 100 Hz is 11.04 mm/s RMS: beyond 7.1.
    expect(rated.features['velocityRms']).toBeCloseTo(11.036, 2)
    expect(rated.diagnosis.severity).toMatchObject({
      zone: 'D',
      standard: 'ISO 10816-3',
      edition: '2009',
      refused: null,
    })
    expect((await analysis(base)).diagnosis.severity.refused?.remedy).toMatch(/--iso-group/)
  })

  test('judges the parts that it is told of, and says which it was not', async () => {
    const file = save('parts.f32', machine({ seconds: 4 }))
    const base = [file, '--rate', '12000', '--rpm', '1770', '--unit', 'g', ...ORDERS]
    const told = await analysis([
      ...base,
      '--gear-teeth',
      '31,17@0.4',
      '--blades',
      '7',
      '--bars',
      '28',
      '--poles',
      '4',
      '--belt',
      '200,2400',
    ])
    const of = (result: Analysis, fault: string) => result.diagnosis.findings.filter((one) => one.fault === fault)
    expect(of(told, 'gear').map((one) => one.component)).toEqual(['31 teeth', '17 teeth at 0.4 x speed'])
    for (const fault of ['gear', 'blade-pass', 'belt']) expect(of(told, fault)[0]?.state).toBe('absent')
    const untold = await analysis(base)
    for (const fault of ['gear', 'blade-pass', 'belt', 'rotor-bar'])
      expect(of(untold, fault)[0]?.state).toBe('not-judged')
    const small = await analysis([...base, '--iso-group', '2', '--support', 'rigid', '--power-kw', '11'])
    expect(small.diagnosis.severity.refused?.reason).toMatch(/15 kW/)
  })

  test('pieces are averaged and never joined', async () => {
    const piece = Float32Array.from({ length: 4000 }, (_, i) => Math.sin((2 * Math.PI * 100 * i) / 4000))
    const both = new Float32Array(8100)
    both.set(piece)
    both.set(
      piece.map((value) => -2 * value),
      4000,
    )
    const result = await analysis([save('pieces.f32', both), '--rate', '4000', '--segment', '4000'])
    expect(result.spectrum.resolutionHz).toBe(1)
    expect(result.spectrum.peaks[0]).toEqual({ hz: 100, amplitude: expect.closeTo(Math.sqrt(2.5), 5) })
    expect(result.features['peak']).toBeCloseTo(1.5, 5)
  })

  test('a reader at a terminal gets words', async () => {
    const { out } = await run(
      [save('words.f32', machine({ seconds: 2 })), '--rate', '12000', '--rpm', '1770', ...ORDERS],
      false,
    )
    expect(out).toMatch(/verdict {4}normal/)
    expect(out).toMatch(/17(69|70)\.\d rpm seen/)
  })

  test.each([
    [[], /name a recording/],
    [['none.f32', '--rate', '12000'], /none\.f32 does not exist/],
    [['bare.f32'], /--rate/],
    [['bare.f32', '--rate', 'fast'], /--rate "fast"/],
    [['bare.f32', '--rate', '12000', '--unit', 'furlong'], /mm\/s/],
    [['bare.f32', '--rate', '12000', '--bearing', 'XX 1'], /catalogue/],
    [['bare.f32', '--rate', '12000', '--bpfo', '3'], /--bpfi, --bsf, --ftf missing/],
    [['bare.f32', '--rate', '12000', '--bearing', '6205', '--bpfo', '3'], /exclude each other/],
    [['bare.f32', '--rate', '12000', '--band', '5000,2000'], /lower first/],
    [['bare.f32', '--rate', '12000', '--band', '2000,7000'], /half the sample rate/],
    [['bare.f32', '--rate', '12000', '--segment', '9999999'], /longer than the recording/],
    [['bare.f32', '--rate', '12000', '--colour', 'red'], /--colour/],
    [['bare.f32', '--rate', '12000', '--gear-teeth', '25@'], /25@0\.4/],
    [['bare.f32', '--rate', '12000', '--poles', '3'], /even number of poles/],
    [['bare.f32', '--rate', '12000', '--belt', '2400'], /200,2400/],
    [
      ['bare.f32', '--rate', '12000', '--iso-group', '1', '--support', 'rigid', '--zone-limits', '3,2,1'],
      /1\.4,2\.8,4\.5/,
    ],
    [['bare.f32', '--rate', '12000', '--zone-limits', '1,2,3'], /--iso-group/],
    [['bare.f32', 'other.f32', '--rate', '12000'], /one recording/],
  ])('bad input %j: exit 2 and one sentence', async (argv, sentence) => {
    save('bare.f32', machine({ seconds: 2 }))
    const result = await run(argv)
    expect([result.code, result.out]).toEqual([2, ''])
    expect(result.err).toMatch(sentence)
    expect(result.err.trim().split('\n')).toHaveLength(1)
  })
})

interface ReferenceRecord {
  readonly id: string
  readonly label: string
  readonly time?: Record<'rms' | 'peak' | 'p2p' | 'crest' | 'kurtosis' | 'skewness', number>
  readonly spectrum?: { readonly df: number; readonly top10: readonly [number, number][] }
  readonly envelope?: {
    readonly band: readonly [number, number]
    readonly lines: Record<'BPFO' | 'BPFI' | 'BSF' | 'FTF', readonly { readonly h: number; readonly amp: number }[]>
  }
}
interface IndexRecord {
  readonly id: string
  readonly file: string
  readonly label: string
  readonly dataset: string
  readonly fs_hz: number | null
  readonly fs_hz_estimate?: number
  readonly rpm?: number
  readonly rpm_estimate?: number
  readonly segment_length?: number
  readonly bearing?: Record<'BPFO' | 'BPFI' | 'BSF' | 'FTF', number>
  readonly smith_randall_2015?: { readonly best: string }
}

const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
const absent = !fs.existsSync(path.join(data, 'reference.json'))

function referenceArguments(record: IndexRecord, reference: ReferenceRecord): string[] {
  const rpm = record.rpm ?? record.rpm_estimate
  const argv = [path.join(data, record.file), '--rate', String(record.fs_hz ?? record.fs_hz_estimate)]
  if (rpm !== undefined) argv.push('--rpm', String(rpm))
  if (record.segment_length !== undefined) argv.push('--segment', String(record.segment_length))
  const { bearing } = record
  if (bearing)
    argv.push(
      '--bpfo',
      String(bearing.BPFO),
      '--bpfi',
      String(bearing.BPFI),
      '--bsf',
      String(bearing.BSF),
      '--ftf',
      String(bearing.FTF),
    )
  if (reference.envelope) argv.push('--band', reference.envelope.band.join(','))
  return argv
}

const off = (mine: number | null | undefined, theirs: number, tolerance: number, least = 0): boolean =>
  typeof mine !== 'number' || !(Math.abs(mine - theirs) <= tolerance * Math.max(Math.abs(theirs), least))

/** Every value outside the tolerances that shared/data/README.md states. */
function deviations(mine: Analysis, theirs: ReferenceRecord): string[] {
  const found: string[] = []
  const { time, spectrum, envelope } = theirs
  const pairs = {
    rms: 'rms',
    peak: 'peak',
    peakToPeak: 'p2p',
    crestFactor: 'crest',
    kurtosis: 'kurtosis',
    skewness: 'skewness',
  } as const
  if (time) {
    for (const [name, key] of Object.entries(pairs)) {
      if (off(mine.features[name], time[key], 1e-3, 1e-2))
        found.push(`${theirs.id} ${name} ${mine.features[name]} against ${time[key]}`)
    }
  }
  for (const [i, [hz, amplitude]] of (spectrum?.top10 ?? []).entries()) {
    const peak = mine.spectrum.peaks[i]
    if (!peak || Math.abs(peak.hz - hz) > (spectrum?.df ?? 0) * 1.001 || off(peak.amplitude, amplitude, 5e-3)) {
      found.push(`${theirs.id} peak ${i} ${peak?.hz} Hz ${peak?.amplitude} against ${hz} Hz ${amplitude}`)
    }
  }
  for (const [fault, lines] of Object.entries(envelope?.lines ?? {})) {
    for (const line of lines) {
      const reading = mine.envelope.lines.find((one) => one.fault === fault.toLowerCase() && one.harmonic === line.h)
      if (off(reading?.amplitude, line.amp, 1e-2))
        found.push(`${theirs.id} ${fault} x${line.h} ${reading?.amplitude} against ${line.amp}`)
    }
  }
  return found
}

const truth: Readonly<Record<string, string>> = {
  normal: 'normal',
  inner: 'inner-race',
  outer: 'outer-race',
  ball: 'rolling-element',
}

/** Band-limited interpolation (sinc under a Hann window of 2 x 16 samples): the recording as another clock would have sampled it. */
function resample(samples: Float32Array, factor: number): Float32Array {
  const taps = 16
  const cutoff = Math.min(1, factor)
  return Float32Array.from({ length: Math.floor(samples.length * factor) - 1 }, (_, i) => {
    const t = i / factor
    const from = Math.max(0, Math.ceil(t - taps))
    const to = Math.min(samples.length - 1, Math.floor(t + taps))
    let sum = 0
    for (let n = from; n <= to; n += 1) {
      const x = t - n
      const sinc = x === 0 ? cutoff : Math.sin(Math.PI * cutoff * x) / (Math.PI * x)
      sum += (samples[n] as number) * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / taps))
    }
    return sum
  })
}

interface Disguise {
  readonly gain: number
  readonly factor: number
}

/** The same recording under a name that says nothing, with another gain and, unless it stands, another sample rate. */
function disguised(record: IndexRecord, argv: readonly string[], { gain, factor }: Disguise, name: string): string[] {
  const raw = fs.readFileSync(path.join(data, record.file))
  const samples = new Float32Array(raw.buffer, raw.byteOffset, raw.length / 4)
  const piece = record.segment_length ?? samples.length
  const pieces: Float32Array[] = []
  for (let at = 0; at + piece <= samples.length; at += piece)
    pieces.push(factor === 1 ? samples.slice(at, at + piece) : resample(samples.subarray(at, at + piece), factor))
  const length = pieces[0]?.length ?? 0
  const joined = new Float32Array(length * pieces.length)
  for (const [i, one] of pieces.entries()) joined.set(one, i * length)
  const out = [...argv]
  out[0] = save(
    name,
    joined.map((value) => value * gain),
  )
  const rate = out.indexOf('--rate') + 1
  out[rate] = String(Number(out[rate]) * factor)
  const segment = out.indexOf('--segment')
  if (segment >= 0) out[segment + 1] = String(length)
  return out
}

function randomDisguises(seed: number): () => Disguise & { readonly name: string } {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return () => ({
    gain: 10 ** (4 * next() - 2),
    factor: next() < 0.5 ? 0.98 : 1.02,
    name: `${Math.floor(next() * 1e9).toString(36)}.f32`,
  })
}

describe.skipIf(absent)('against the reference recordings (skipped where ../shared/data is absent)', () => {
  test('features, lines and envelope are within tolerance, verdicts are right, and another name, gain and sample rate change none', async () => {
    const index = JSON.parse(fs.readFileSync(path.join(data, 'index.json'), 'utf8')) as { records: IndexRecord[] }
    const parsed = JSON.parse(fs.readFileSync(path.join(data, 'reference.json'), 'utf8')) as {
      records: ReferenceRecord[]
    }
    const references = new Map(parsed.records.map((record) => [record.id, record]))
    const outside: string[] = []
    const wrong: string[] = []
    const changed: string[] = []
    const disguise = randomDisguises(20_261_122)
    let compared = 0
    for (const record of index.records) {
      const reference = references.get(record.id)
      if (!reference?.time) continue
      compared += 1
      const argv = referenceArguments(record, reference)
      const mine = await analysis(argv)
      outside.push(...deviations(mine, reference))
      const { verdict } = mine.diagnosis
      const grade = record.smith_randall_2015?.best ?? ''
      const diagnosable = record.bearing && (record.dataset !== 'CWRU' || grade.startsWith('Y'))
      const expected = truth[record.label]
      const { gain, factor, name } = disguise()
      const other = record.label === 'stopped' ? { gain, factor: 1 } : { gain, factor }
      // Without a bearing there is nothing that another name or gain could change.
      if (record.bearing) {
        const again = await analysis(disguised(record, argv, other, name))
        if (again.diagnosis.verdict !== verdict)
          changed.push(`${record.id} is ${again.diagnosis.verdict} instead of ${verdict} at ${JSON.stringify(other)}`)
      }
      const accused = !['normal', 'undecided', 'not-running'].includes(verdict)
      if (expected !== undefined && (diagnosable ? verdict !== expected : accused && verdict !== expected)) {
        wrong.push(`${record.id} is ${expected}, not ${verdict}`)
      }
      if (record.label === 'stopped' && verdict !== 'not-running') wrong.push(`${record.id} stands, not ${verdict}`)
    }
    expect(compared).toBeGreaterThan(60)
    expect(outside).toEqual([])
    expect(wrong).toEqual([])
    expect(changed).toEqual([])
  }, 300_000)
})
