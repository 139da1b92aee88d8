import { expect, test, describe, beforeAll } from 'vitest'
import type { Analysis, Finding, Verdict } from '../../shared/domain/analysis.ts'
import type { MachineFacts } from '../../shared/domain/machine-facts.ts'
import { unknownMachine } from '../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../shared/domain/transforms.ts'
import { createTransforms, defaultEnvelopeBand } from '../dsp/envelope.ts'
import { createFft } from '../dsp/fft.ts'
import {
  Dice,
  randomMachine,
  seedFault,
  syntheticMachine,
  type SeededBearing,
  type SeededFault,
  type Tone,
} from '../testkit/diagnosis/synthetic.ts'
import { analyseRecording, type RecordingInput } from './recording-analysis.ts'
import { readFftBytes } from './resources.ts'

const RATE = 12_800
const SHAFT = 24.7
const MAINS = 50
const bearing = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.39828 }

let transforms: Transforms
beforeAll(async () => {
  transforms = createTransforms(await createFft(readFftBytes()))
})

function analyse(samples: Float64Array, changed: Partial<RecordingInput> = {}): Analysis {
  const sampleRateHz = changed.sampleRateHz ?? RATE
  return analyseRecording(transforms, {
    samples,
    invalid: 0,
    sampleRateHz,
    bandHz: defaultEnvelopeBand(sampleRateHz),
    pieceLength: null,
    unit: 'm/s2',
    rpm: 60 * SHAFT,
    bearing: { name: null, source: null, verified: null, orders: bearing },
    mainsHz: MAINS,
    machine: { group: 2, support: 'rigid' },
    facts: unknownMachine,
    rpmRange: null,
    ownVelocityMmS: null,
    ...changed,
  })
}

const harmonics = (levels: readonly number[], step = 1): Tone[] =>
  levels.map((mmS, i) => ({ hz: (i + 1) * step * SHAFT, mmS }))

function shaking(tones: readonly Tone[], seed = 1, seconds = 6): Float64Array {
  const resonances = [{ hz: 2900, damping: 0.03 }]
  return syntheticMachine({ sampleRateHz: RATE, seconds, tones, noiseMps2: 0.4, resonances }, new Dice(seed))
}

const findingOf = ({ diagnosis }: Analysis, fault: Verdict): Finding | undefined =>
  diagnosis.findings.find((finding) => finding.fault === fault)

const facts = (known: Partial<MachineFacts>): MachineFacts => ({ ...unknownMachine, ...known })
const gearMesh = (sides: number): Tone[] =>
  [1, 2].flatMap((k) =>
    [-3, -2, -1, 0, 1, 2, 3].map((j) => ({ hz: (k * 31 + j) * SHAFT, mmS: j === 0 ? 2 / k : (sides * 2) / k })),
  )
const slipHz = MAINS / 2 - SHAFT

describe('faults of the machine', () => {
  const quiet = harmonics([0.1, 0.05, 0.04])
  test.each<[Verdict, Tone[], Partial<MachineFacts>, RegExp]>([
    ['unbalance', harmonics([6, 0.5, 0.3]), {}, /1 x speed carries \d+ % of the power/],
    ['misalignment', harmonics([3, 4, 1]), {}, /2 x speed is 1[23]\d % of 1 x/],
    ['looseness', harmonics([3, 2.5, 2, 2, 1.5, 1.2, 1, 0.8]), {}, /8 of 10 harmonics/],
    ['looseness', [...harmonics([4]), ...harmonics([1.5, 0, 1, 0, 0.8], 0.5)], {}, /half orders/],
    ['electrical', [...quiet, { hz: 2 * MAINS, mmS: 5 }], {}, /2 x mains/],
    [
      'blade-pass',
      [...quiet, { hz: 7 * SHAFT, mmS: 5 }],
      { impellers: [{ name: 'impeller', count: 7, ratio: 1 }] },
      /blade pass/,
    ],
    [
      'gear',
      [...harmonics([1]), ...gearMesh(0.6)],
      { gears: [{ name: 'pinion', count: 31, ratio: 1 }] },
      /6 of 6 sidebands/,
    ],
    [
      'belt',
      [...harmonics([1]), { hz: 9.31, mmS: 2 }, { hz: 18.62, mmS: 5 }],
      { belts: [{ name: 'belt', pulleyDiameterMm: 300, lengthMm: 2500 }] },
      /belt lines/,
    ],
    [
      'rotor-bar',
      [...harmonics([6, 3, 2.5, 2]), ...[-1, 1].flatMap((j) => [{ hz: SHAFT + 4 * j * slipHz, mmS: 1 }])],
      { poles: 4, rotorBars: 28 },
      /pole pass/,
    ],
  ])('%s is named where pattern and level fit', (fault, tones, known, words) => {
    const result = analyse(shaking(tones, 3, 12), { facts: facts(known) })
    const found = findingOf(result, fault)
    expect(found?.state).toBe('found')
    expect(found?.why).toMatch(words)
    expect(result.diagnosis.verdict).toBe(fault)
    expect(result.diagnosis.severity.zone).toMatch(/[CD]/)
    expect(result.diagnosis.confidence).toBeGreaterThan(0.99)
    const lines = found?.lines.filter((line) => line.matched) ?? []
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(Math.abs((line.foundHz ?? 0) / line.expectedHz - 1)).toBeLessThan(0.01)
  })

  test('the same patterns at a harmless level, or on a machine used to them, are no fault', () => {
    for (const levels of [
      [6, 0.5, 0.3],
      [3, 4, 1],
      [3, 2.5, 2, 2, 1.5, 1.2, 1],
    ]) {
      const low = shaking(harmonics(levels.map((level) => level / 10)))
      const result = analyse(low)
      expect(result.diagnosis.verdict).toBe('normal')
      expect(result.diagnosis.severity.zone).toBe('A')
      // Ten times the machine's own level matters even in zone A.
      expect(analyse(low, { ownVelocityMmS: 0.05 }).diagnosis.verdict).not.toBe('normal')
    }
  })

  test('a speed that moved while it was recorded is no basis for lines; one that hardly moved is', () => {
    const wave = shaking(harmonics([6, 0.5, 0.3]))
    expect(analyse(wave, { rpmRange: [1470, 1495] }).diagnosis.verdict).toBe('unbalance')
    const { verdict, findings, refused, severity } = analyse(wave, { rpmRange: [1400, 1500] }).diagnosis
    expect({ verdict, findings }).toEqual({ verdict: 'undecided', findings: [] })
    expect(refused?.reason).toMatch(/from 1400 to 1500 rpm/)
    expect(severity.zone).toBe('D')
  })

  test('without a unit or a class a pattern is possible at most, and says why', () => {
    const wave = shaking(harmonics([6, 0.5, 0.3]))
    const blind = analyse(wave, { unit: 'unknown' })
    expect([blind.diagnosis.verdict, findingOf(blind, 'unbalance')?.state]).toEqual(['normal', 'possible'])
    expect(findingOf(blind, 'unbalance')?.why).toMatch(/no level in mm\/s/)
    const classless = analyse(wave, { machine: null })
    expect(findingOf(classless, 'unbalance')).toMatchObject({
      state: 'possible',
      why: expect.stringMatching(/group and support/),
    })
    expect(analyse(shaking(harmonics([9, 0.5])), { machine: null }).diagnosis.verdict).toBe('unbalance')
  })

  test('what is not known is not judged, and says so; a sound gear is no fault', () => {
    const result = analyse(shaking(harmonics([6, 0.5])))
    for (const fault of ['gear', 'blade-pass', 'belt', 'rotor-bar'] as const)
      expect(findingOf(result, fault)).toMatchObject({ state: 'not-judged', why: expect.stringMatching(/not known/) })
    const sound = analyse(shaking([...harmonics([1]), ...gearMesh(0.05)]), {
      facts: facts({ gears: [{ name: 'pinion', count: 31, ratio: 1 }] }),
    })
    expect(findingOf(sound, 'gear')?.state).toBe('absent')
    const short = analyse(shaking(harmonics([6]), 1, 1), { facts: facts({ poles: 4 }) })
    expect(findingOf(short, 'rotor-bar')?.why).toMatch(/record for \d+ s or more/)
  })

  test('machine faults are found where no bearing is known', () => {
    const result = analyse(shaking(harmonics([6, 0.5, 0.3])), { bearing: null })
    expect(result.diagnosis).toMatchObject({ verdict: 'unbalance', refused: null })
    expect(result.diagnosis.evidence.join(' ')).toMatch(/the bearing was not judged/)
  })
})

describe('faults of sensor and cable', () => {
  const sound = (seed = 5): Float64Array => shaking(harmonics([2, 1, 0.5]), seed)
  const faultsOf = (result: Analysis): string[] => result.signalQuality.map(({ fault }) => fault)

  test('a settling sensor leaves a ski slope, and severity is refused', () => {
    const dice = new Dice(2)
    let drift = 0
    const wave = sound().map((value) => {
      drift = 0.9998 * drift + 0.03 * dice.normal()
      return value + drift
    })
    const result = analyse(wave)
    expect(faultsOf(result)).toContain('ski-slope')
    expect(result.diagnosis.severity.refused?.reason).toMatch(/low frequencies/)
    expect(findingOf(result, 'unbalance')).toBeUndefined()
  })

  test('a bias that jumps is a sensor fault', () => {
    const wave = sound().map((value, i) => value + (Math.trunc(i / 9000) % 3) * 20)
    const result = analyse(wave)
    expect(faultsOf(result)).toContain('bias')
    expect(result.diagnosis.verdict).toBe('sensor-fault')
  })

  test('sparks of a loose contact are a cable fault; the impacts of a bearing are not', () => {
    const dice = new Dice(9)
    const wave = sound()
    for (let n = 0; n < 12; n += 1)
      wave[Math.trunc(dice.between(100, wave.length - 100))] = dice.even() < 0.5 ? -60 : 60
    const result = analyse(wave)
    expect([faultsOf(result), result.diagnosis.verdict]).toEqual([['cable'], 'sensor-fault'])
    const resonance = { hz: 4400, damping: 0.04 }
    const struck = seedFault(
      sound(),
      RATE,
      { fault: 'outer-race', bearing, shaftHz: SHAFT, slip: 0.01, jitter: 0.01, resonance, snrDb: 6 },
      dice,
    )
    const impacts = analyse(struck)
    expect([faultsOf(impacts), impacts.diagnosis.verdict]).toEqual([[], 'outer-race'])
  })

  test('mains hum alone is a cable fault', () => {
    const hum = [1, 3, 5].map((k) => ({ hz: k * MAINS, mmS: 8 / k }))
    const result = analyse(shaking(hum))
    expect([faultsOf(result), result.diagnosis.verdict]).toEqual([['cable'], 'sensor-fault'])
  })
})

describe('seeded faults in noise', () => {
  const seeded = (
    fault: SeededFault,
    snrDb: number,
    seed: number,
    changed: Partial<SeededBearing> = {},
  ): { wave: Float64Array; rpm: number } => {
    const dice = new Dice(seed)
    const shaftHz = dice.between(15, 45)
    const tones = [1, 2, 3, 4, 5, 6].map((k) => ({ hz: k * shaftHz, mmS: 0.6 / k }))
    const base = syntheticMachine(
      {
        sampleRateHz: 25_600,
        seconds: 6,
        tones,
        noiseMps2: 2,
        resonances: [{ hz: dice.between(2500, 8000), damping: 0.05 }],
      },
      dice,
    )
    const resonance = { hz: dice.between(3000, 9000), damping: 0.04 }
    const slip = dice.between(0, 0.011)
    const wave = seedFault(
      base,
      25_600,
      { fault, bearing, shaftHz, slip, jitter: 0.006, resonance, snrDb, ...changed },
      dice,
    )
    return { wave, rpm: 60 * shaftHz * dice.between(0.995, 1.005) }
  }

  test.each<[SeededFault, number]>([
    ['outer-race', -6],
    ['inner-race', -6],
    ['rolling-element', 0],
  ])('%s is found at %d dB, and never called another', (fault, snrDb) => {
    for (let seed = 1; seed <= 4; seed += 1) {
      const { wave, rpm } = seeded(fault, snrDb, seed)
      const { diagnosis } = analyse(wave, { sampleRateHz: 25_600, rpm, unit: 'unknown' })
      expect([seed, diagnosis.verdict]).toEqual([seed, fault])
    }
  })

  test('pieces of a standstill beside running ones are left out, and said so', () => {
    const { wave, rpm } = seeded('outer-race', -3, 2)
    const dice = new Dice(9)
    const samples = wave.slice(0, 5 * 25_600)
    for (let i = 25_600; i < 3 * 25_600; i += 1) samples[i] = 0.004 * dice.normal() + (i < 2 * 25_600 ? 0.02 : -0.02)
    const given = { sampleRateHz: 25_600, rpm, unit: 'unknown', pieceLength: 25_600 } as const
    const { diagnosis, signalQuality, features } = analyse(samples, given)
    expect([diagnosis.verdict, signalQuality]).toEqual(['outer-race', []])
    expect(diagnosis.evidence.at(-1)).toMatch(/^2 of 5 pieces were recorded at a standstill/)
    const running = new Float64Array(3 * 25_600)
    running.set(samples.subarray(0, 25_600))
    running.set(samples.subarray(3 * 25_600), 25_600)
    const alone = analyse(running, given)
    expect(diagnosis.evidence.slice(0, -1)).toEqual(alone.diagnosis.evidence)
    expect(features.rms).toBeCloseTo(0.6 * (alone.features.rms ?? Number.NaN) + 0.4 * 0.004, 3)
  })

  test('an outer race outside the load zone is told from an inner race, named or not', () => {
    for (const snrDb of [-6, -10, -16]) {
      const { wave, rpm } = seeded('outer-race', snrDb, 1, { isOutsideLoadZone: true })
      const { diagnosis } = analyse(wave, { sampleRateHz: 25_600, rpm, unit: 'unknown' })
      expect(['outer-race', 'undecided', 'normal']).toContain(diagnosis.verdict)
      const races = diagnosis.candidates.map(({ fault }) => fault).filter((fault) => fault.endsWith('-race'))
      expect(races).toEqual(['outer-race', 'inner-race'])
    }
  })

  test('healthy machines of any kind are called nothing', () => {
    const dice = new Dice(4711)
    for (let n = 0; n < 12; n += 1) {
      const { machine, bearing: orders, shaftHz, mainsHz } = randomMachine(dice)
      const { diagnosis } = analyse(syntheticMachine(machine, dice), {
        sampleRateHz: machine.sampleRateHz,
        rpm: 60 * shaftHz,
        bearing: { name: null, source: null, verified: null, orders },
        mainsHz,
        unit: 'unknown',
      })
      expect(['normal', 'undecided']).toContain(diagnosis.verdict)
    }
  })
})
