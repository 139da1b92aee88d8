import type {
  Candidate,
  Diagnosis,
  Finding,
  Refusal,
  RunState,
  Severity,
  SpeedEstimate,
  Verdict,
} from '../../shared/domain/analysis.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { MachineClass } from '../../shared/domain/iso-10816.ts'
import type { MachineFacts } from '../../shared/domain/machine-facts.ts'
import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import { canSearch, searchBearingFaults } from './bearing-search.ts'
import { judgeMachine } from './machine/judge-machine.ts'
import type { LineSpectrum } from './machine/line-reader.ts'
import { rateSeverity } from './severity.ts'
import type { SignalQuality } from './signal-quality.ts'
import type { SpectrumCheck } from './spectrum-shape.ts'
import { judgeBearing, type BearingVerdict } from './verdict.ts'

export interface DiagnosisInput {
  readonly transforms: Transforms
  /** spectra of the pieces, all of one length */
  readonly pieces: readonly RealSpectrum[]
  readonly sampleRateHz: number
  readonly speed: SpeedEstimate
  /** lowest and highest measured speed of the recording; null where nobody measured it */
  readonly rpmRange: readonly [number, number] | null
  readonly bearing: BearingOrders | null
  readonly quality: SignalQuality
  /** RMS of the recording in m/s2, NaN where the unit is unknown or no acceleration */
  readonly rmsMps2: number
  /** NaN where it cannot be computed */
  readonly velocityRmsMmS: number
  readonly unitKnown: boolean
  readonly machine: MachineClass | null
  readonly facts: MachineFacts
  /** the machine's own usual RMS velocity; null where none was learned */
  readonly ownVelocityMmS: number | null
  readonly spectrum: LineSpectrum
  readonly spectrumCheck: SpectrumCheck
  readonly mainsHz: number
  /** difference between the highest and the lowest floor of the spectrum (`spectrumColourDb`) */
  readonly colourDb: number
}

export interface DiagnosedRecording {
  readonly diagnosis: Diagnosis
  /** as it came, or as the fault lines themselves show it */
  readonly speed: SpeedEstimate
}

/** A running machine of any size shakes its bearing housing more than 5 milli-g; sensor noise is below 1. */
const RUNNING_MPS2 = 0.05
/** Below 0.2 milli-g there is nothing but the sensor's own noise. */
const SENSOR_NOISE_MPS2 = 0.002
/**
 * Vibration comes through a structure whose resonances colour it: the floors of 60 running recordings differ by 6 to 37 dB
 * between frequencies, those of standing machines by 2.6 at most. A level alone is the gain's word against the speed's.
 */
const COLOUR_DB = 4
/** Fewer revolutions than this leave the cage line and the sidebands within one another. */
const FEWEST_REVOLUTIONS = 20

/** Written speed 0, a signal of the converter's last bit, or next to no acceleration without any colour: the machine stands. */
export function runState(speed: SpeedEstimate, quality: SignalQuality, rmsMps2: number, colourDb: number): RunState {
  if (speed.givenRpm === 0 || quality.onlyQuantisation) return 'not-running'
  if (speed.estimatedRpm !== null) return 'running'
  if (rmsMps2 < SENSOR_NOISE_MPS2 || (rmsMps2 < RUNNING_MPS2 && colourDb < COLOUR_DB)) return 'not-running'
  return speed.usedRpm === null ? 'unknown' : 'running'
}

/** Of the mean. Slip moves fault lines by 1.5 %; a speed that moves by more than this smears every harmonic over its neighbours. */
const STEADY = 0.05

function unsteady({ rpmRange }: DiagnosisInput): Refusal | null {
  if (rpmRange === null) return null
  const [lowest, highest] = rpmRange
  if (highest - lowest <= (STEADY * (highest + lowest)) / 2) return null
  return {
    reason: `the speed ran from ${lowest.toFixed(0)} to ${highest.toFixed(0)} rpm while it was recorded, and its lines are smeared`,
    remedy: 'record at a steady speed, or look at the order spectrum',
  }
}

function missing(input: DiagnosisInput): Refusal | null {
  const { speed, bearing, sampleRateHz, quality, pieces } = input
  if (quality.clipped) {
    return {
      reason: 'the signal is clipped: cut peaks make lines of their own',
      remedy: 'lower the gain or use a sensor with a larger range, and record again',
    }
  }
  const ramp = unsteady(input)
  if (ramp !== null) return ramp
  if (speed.usedRpm === null)
    return { reason: 'the shaft speed is unknown', remedy: 'say it with --rpm (a nameplate speed will do)' }
  if (bearing === null) {
    return {
      reason: 'the bearing is unknown',
      remedy: 'name it with --bearing, or give its orders with --bpfo, --bpfi, --bsf and --ftf',
    }
  }
  const shaftHz = speed.usedRpm / 60
  if (!canSearch(sampleRateHz, shaftHz, bearing)) {
    const needed = Math.ceil(6 * bearing.bpfi * shaftHz)
    return {
      reason: `half the sample rate (${sampleRateHz / 2} Hz) is too low for this bearing at ${speed.usedRpm.toFixed(0)} rpm`,
      remedy: `record at ${needed} Hz or more`,
    }
  }
  const revolutions = ((pieces[0]?.length ?? 0) / sampleRateHz) * shaftHz
  if (revolutions < FEWEST_REVOLUTIONS) {
    const needed = Math.ceil((FEWEST_REVOLUTIONS / shaftHz) * sampleRateHz)
    return {
      reason: `a piece holds only ${revolutions.toFixed(1)} shaft revolutions`,
      remedy: `use pieces of at least ${needed} samples`,
    }
  }
  return null
}

interface SpeedJudgement {
  readonly speed: SpeedEstimate
  readonly judged: BearingVerdict
}

const isRace = (verdict: Verdict): boolean => verdict === 'outer-race' || verdict === 'inner-race'

/**
 * Where no comb of shaft harmonics confirms the written speed, it may be wrong by more than the 1.2 % that fault lines are
 * searched over. A race whose lines stand out clearly at a speed 2.4 % lower or higher says so; the three searches overlap.
 */
const OTHER_SPEEDS = [0.976, 1.024] as const
/** A family at a speed nobody wrote must be plainer than one where it is expected, which reaches 9 when it is clear. */
const OTHER_SPEED_EVIDENCE = 10
/** Clear is enough where the lattice says the same, or clear cage lines do: BPFO is a whole number of cage turns. */
const CLEAR_EVIDENCE = 9
const CAGE_AGREEMENT = 0.004

function isConfirmedByCage(atWritten: BearingVerdict, other: BearingVerdict, bearing: BearingOrders): boolean {
  if (atWritten.cageHz === null || other.verdict !== 'outer-race') return false
  const turns = Math.round(bearing.bpfo / bearing.ftf)
  return Math.abs(other.fundamentalHz / (turns * atWritten.cageHz) - 1) <= CAGE_AGREEMENT
}

function judgeAt(input: DiagnosisInput, bearing: BearingOrders, shaftHz: number): BearingVerdict {
  const { transforms, pieces, sampleRateHz, mainsHz } = input
  return judgeBearing(searchBearingFaults({ transforms, pieces, sampleRateHz, shaftHz, mainsHz, bearing }))
}

/** A race that is clear at a speed nobody wrote, and no more than clear: a healthy verdict would be too much said. */
function doubted(judged: BearingVerdict, other: BearingVerdict, rpm: number): BearingVerdict {
  if (judged.verdict !== 'normal') return judged
  const why = `lines of the ${other.verdict === 'outer-race' ? 'outer' : 'inner'} race stand out at ${other.fundamentalHz.toFixed(1)} Hz, where they would be at some ${rpm.toFixed(0)} rpm: check the speed`
  return { ...judged, verdict: 'undecided', confidence: 0, evidence: [why, ...judged.evidence.slice(1)] }
}

function judge(input: DiagnosisInput, bearing: BearingOrders, usedRpm: number): SpeedJudgement {
  const { speed } = input
  let judged = judgeAt(input, bearing, usedRpm / 60)
  if (speed.estimatedRpm !== null || speed.givenRpm === null || isRace(judged.verdict)) return { speed, judged }
  for (const factor of OTHER_SPEEDS) {
    const other = judgeAt(input, bearing, (usedRpm * factor) / 60)
    const [winner] = other.candidates
    if (winner === undefined || !isRace(other.verdict) || winner.score < CLEAR_EVIDENCE) continue
    const order = other.verdict === 'outer-race' ? bearing.bpfo : bearing.bpfi
    const estimatedRpm = (60 * other.fundamentalHz) / order
    const isConfirmed = other.isToldTwice || isConfirmedByCage(judged, other, bearing)
    if (!isConfirmed && winner.score < OTHER_SPEED_EVIDENCE) {
      judged = doubted(judged, other, estimatedRpm)
      continue
    }
    const method = `lines of ${other.verdict === 'outer-race' ? 'BPFO' : 'BPFI'} at ${other.fundamentalHz.toFixed(1)} Hz, ${winner.score.toFixed(1)} decades above the floor, where the written speed has none`
    const fromLines = { givenRpm: speed.givenRpm, estimatedRpm, usedRpm: estimatedRpm, agrees: false, method }
    return { speed: fromLines, judged: other }
  }
  return { speed, judged }
}

type Outcome = Omit<Diagnosis, 'severity'>

const without = (
  verdict: Verdict,
  evidence: string[],
  confidence: number | null,
  refused: Refusal | null,
): Outcome => ({
  verdict,
  confidence,
  candidates: [],
  findings: [],
  evidence,
  refused,
})

/** A line of a machine finding in words, with its number. */
function wordsOf({ words, velocityMmS, snrDb }: Finding['lines'][number]): string {
  const level = velocityMmS === null ? '' : `, ${velocityMmS.toPrecision(3)} mm/s RMS`
  return `${words}${level}, ${snrDb.toFixed(0)} dB over the floor`
}

function candidateOf({ fault, falseAlarmProbability, lines }: Finding): Candidate {
  const matched = lines.filter((line) => line.matched)
  return {
    fault,
    score: matched.length,
    falseAlarmProbability: falseAlarmProbability ?? 1,
    matched: matched.map((line) => wordsOf(line)),
    missing: lines.filter((line) => !line.matched).map((line) => wordsOf(line)),
  }
}

/** What the machine around the bearing shows; without a speed, or with a sensor that is not to be believed, nothing. */
function machineFindings(input: DiagnosisInput, usedRpm: number, severity: Severity): Finding[] {
  if (input.spectrumCheck.lowFrequencyFault !== null) return []
  const { spectrum, mainsHz, facts, velocityRmsMmS: velocityMmS, ownVelocityMmS } = input
  return judgeMachine({ spectrum, shaftHz: usedRpm / 60, mainsHz, facts, velocityMmS, severity, ownVelocityMmS })
}

const rank = { found: 0, possible: 1, absent: 2, 'not-judged': 3 } as const

/**
 * A bearing fault goes first: its lines prove it. A machine fault needs pattern and level, and speaks where the bearing is sound,
 * undecided, or could not be judged.
 */
function together(bearing: Outcome, machine: readonly Finding[]): Outcome {
  const shown = machine.filter((finding) => finding.state === 'found' || finding.state === 'possible')
  const findings = [...bearing.findings, ...machine].toSorted((a, b) => rank[a.state] - rank[b.state])
  const words = shown.map(({ fault, state, why }) => `${fault} ${state}: ${why}`)
  const candidates = shown.map((finding) => candidateOf(finding))
  const first = machine.find((finding) => finding.state === 'found')
  const isQuiet = bearing.verdict === 'normal' || bearing.verdict === 'undecided'
  if (first === undefined || !isQuiet)
    return {
      ...bearing,
      findings,
      candidates: [...bearing.candidates, ...candidates],
      evidence: [...bearing.evidence, ...words],
    }
  const beside = bearing.refused === null ? [] : [`the bearing was not judged: ${bearing.refused.reason}`]
  return {
    verdict: first.fault,
    confidence: 1 - (first.falseAlarmProbability ?? 1),
    candidates: [...candidates, ...bearing.candidates],
    findings,
    evidence: [...words, ...beside, ...bearing.evidence],
    refused: null,
  }
}

interface Judged {
  readonly outcome: Outcome
  readonly speed: SpeedEstimate
}

function judgeRunning(input: DiagnosisInput, severity: Severity, words: readonly string[]): Judged {
  const { speed, bearing } = input
  const refused = missing(input)
  if (refused !== null || speed.usedRpm === null || bearing === null) {
    const evidence = [...words, ...(refused === null ? [] : [refused.reason])]
    const outcome = without('undecided', evidence, 0, refused)
    const hasLines = !input.quality.clipped && unsteady(input) === null
    if (speed.usedRpm === null || !(speed.usedRpm > 0) || !hasLines) return { outcome, speed }
    return { outcome: together(outcome, machineFindings(input, speed.usedRpm, severity)), speed }
  }
  const found = judge(input, bearing, speed.usedRpm)
  const { estimatedRpm, agrees, givenRpm, usedRpm } = found.speed
  const contradiction =
    agrees === false && estimatedRpm !== null
      ? [`the written speed ${givenRpm} rpm contradicts the signal, which shows ${estimatedRpm.toFixed(1)} rpm`]
      : []
  const { fundamentalHz: _line, cageHz: _cage, isToldTwice: _told, ...judged } = found.judged
  const outcome = { ...judged, evidence: [...contradiction, ...words, ...judged.evidence], refused: null }
  return {
    outcome: together(outcome, machineFindings(input, usedRpm ?? speed.usedRpm, severity)),
    speed: found.speed,
  }
}

/** Verdict of one recording from physics alone: geometry, speed and the recording itself, no training and no history. */
export function diagnose(input: DiagnosisInput): DiagnosedRecording {
  const { speed, quality, spectrumCheck } = input
  const severity = rateSeverity(
    {
      velocityMmS: input.velocityRmsMmS,
      unitKnown: input.unitKnown,
      lowFrequencyFault: spectrumCheck.lowFrequencyFault,
    },
    input.machine,
  )
  const words = [...quality.faults, ...spectrumCheck.faults].map((fault) => `${fault.fault}: ${fault.detail}`)
  const stands = runState(speed, quality, input.rmsMps2, input.colourDb) === 'not-running'
  if (quality.sensorFault || (spectrumCheck.sensorFault && !stands)) {
    const evidence = [...words, 'what the sensor delivers cannot come from a machine']
    return { diagnosis: { ...without('sensor-fault', evidence, 1, null), severity }, speed }
  }
  if (stands) {
    const evidence = [...words, 'the machine stands: there is nothing to diagnose']
    return { diagnosis: { ...without('not-running', evidence, null, null), severity }, speed }
  }
  const judged = judgeRunning(input, severity, words)
  return { diagnosis: { ...judged.outcome, severity }, speed: judged.speed }
}
