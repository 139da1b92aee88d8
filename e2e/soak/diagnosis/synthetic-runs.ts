import type { Analysis, Verdict } from '../../../shared/domain/analysis.ts'
import type { BearingOrders } from '../../../shared/domain/bearings.ts'
import { unknownMachine } from '../../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../../shared/domain/transforms.ts'
import { defaultEnvelopeBand } from '../../../electron/dsp/envelope.ts'
import { analyseRecording } from '../../../electron/engine/recording-analysis.ts'
import {
  Dice,
  randomMachine,
  seedFault,
  syntheticMachine,
  type RandomMachine,
  type SeededFault,
} from '../../../electron/testkit/diagnosis/synthetic.ts'

interface Given {
  readonly samples: Float64Array
  readonly sampleRateHz: number
  readonly rpm: number
  readonly mainsHz: number
  readonly bearing: BearingOrders
}

function analyse(transforms: Transforms, { samples, sampleRateHz, rpm, mainsHz, bearing }: Given): Analysis {
  return analyseRecording(transforms, {
    samples,
    invalid: 0,
    sampleRateHz,
    bandHz: defaultEnvelopeBand(sampleRateHz),
    pieceLength: null,
    unit: 'm/s2',
    rpm,
    bearing: { name: null, source: null, verified: null, orders: bearing },
    mainsHz,
    machine: null,
    facts: { ...unknownMachine, poles: 4 },
    rpmRange: null,
    ownVelocityMmS: null,
  })
}

const quiet = new Set<Verdict>(['normal', 'undecided'])
const stated = [0.1, 0.05, 0.01, 0.001] as const

export interface NormalRuns {
  readonly records: number
  readonly refused: number
  readonly undecided: number
  readonly faults: readonly { readonly seed: number; readonly verdict: Verdict; readonly confidence: number | null }[]
  /** share of records in which some bearing fault's probability is at or below the stated one */
  readonly calibration: readonly { readonly stated: number; readonly found: number }[]
}

/** Healthy machines of every rate, speed, length and colour: how often a fault is named, and how true the stated probabilities are. */
export function runNormals(transforms: Transforms, seed: number, count: number): NormalRuns {
  const faults: NormalRuns['faults'][number][] = []
  const reached = stated.map(() => 0)
  let refused = 0
  let undecided = 0
  for (let n = 0; n < count; n += 1) {
    const dice = new Dice(seed + n)
    const { machine, bearing, shaftHz, mainsHz } = randomMachine(dice)
    const samples = syntheticMachine(machine, dice)
    const rpm = 60 * shaftHz * dice.between(0.99, 1.01)
    const { diagnosis } = analyse(transforms, { samples, sampleRateHz: machine.sampleRateHz, rpm, mainsHz, bearing })
    if (diagnosis.refused !== null) refused += 1
    else if (diagnosis.verdict === 'undecided') undecided += 1
    if (!quiet.has(diagnosis.verdict))
      faults.push({ seed: seed + n, verdict: diagnosis.verdict, confidence: diagnosis.confidence })
    // Four families share each stated probability already.
    const lowest = Math.min(1, ...diagnosis.candidates.slice(0, 4).map((one) => one.falseAlarmProbability))
    for (const [i, limit] of stated.entries()) if (lowest <= limit) reached[i] = (reached[i] ?? 0) + 1
  }
  const judged = Math.max(1, count - refused)
  const calibration = stated.map((limit, i) => ({ stated: limit, found: (reached[i] ?? 0) / judged }))
  return { records: count, refused, undecided, faults, calibration }
}

const seededFaults = ['outer-race', 'inner-race', 'rolling-element', 'cage'] as const
const snrsDb = [6, 0, -3, -6, -9, -12] as const

export interface SeededRuns {
  readonly fault: SeededFault
  readonly snrDb: number
  readonly records: number
  readonly right: number
  readonly undecided: number
  readonly wrong: readonly Verdict[]
}

/** A machine as they come, but recorded long enough for slip to be seen. */
function machineFor(dice: Dice): RandomMachine {
  for (;;) {
    const made = randomMachine(dice)
    if (made.machine.seconds * made.shaftHz >= 100) return made
  }
}

export function runSeeded(transforms: Transforms, seed: number, count: number): SeededRuns[] {
  return seededFaults.flatMap((fault) =>
    snrsDb.map((snrDb) => {
      const wrong: Verdict[] = []
      let right = 0
      let undecided = 0
      for (let n = 0; n < count; n += 1) {
        const dice = new Dice(seed + n)
        const { machine, bearing, shaftHz, mainsHz } = machineFor(dice)
        const { sampleRateHz } = machine
        const resonance = { hz: dice.between(0.2, 0.75) * (sampleRateHz / 2), damping: dice.between(0.02, 0.06) }
        const slip = dice.between(0, 0.011)
        const seeded = { fault, bearing, shaftHz, slip, jitter: dice.between(0.003, 0.012), resonance, snrDb }
        const samples = seedFault(syntheticMachine(machine, dice), sampleRateHz, seeded, dice)
        const rpm = 60 * shaftHz * dice.between(0.995, 1.005)
        const { verdict } = analyse(transforms, { samples, sampleRateHz, rpm, mainsHz, bearing }).diagnosis
        if (verdict === fault) right += 1
        else if (verdict === 'undecided') undecided += 1
        else if (verdict !== 'normal') wrong.push(verdict)
      }
      return { fault, snrDb, records: count, right, undecided, wrong }
    }),
  )
}
