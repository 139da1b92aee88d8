import type { BearingOrders } from './bearings.ts'

/** The public shape of one analysed recording, `millwright/analysis@1`. Numbers that could not be computed are null in JSON. */
export const ANALYSIS_SCHEMA = 'millwright/analysis@1'

export const verdicts = [
  'normal',
  'outer-race',
  'inner-race',
  'rolling-element',
  'cage',
  'unbalance',
  'misalignment',
  'looseness',
  'resonance',
  'gear',
  'blade-pass',
  'belt',
  'rotor-bar',
  'electrical',
  'sensor-fault',
  'not-running',
  'unknown-fault',
  'undecided',
] as const
export type Verdict = (typeof verdicts)[number]

export const analysisUnits = ['g', 'm/s2', 'mm/s', 'in/s', 'um', 'unknown'] as const
export type AnalysisUnit = (typeof analysisUnits)[number]

export type RunState = 'running' | 'not-running' | 'unknown'

export interface Refusal {
  readonly reason: string
  readonly remedy: string
}

export interface SpeedEstimate {
  readonly givenRpm: number | null
  readonly estimatedRpm: number | null
  readonly usedRpm: number | null
  /** null where the signal shows no speed of its own to compare with */
  readonly agrees: boolean | null
  readonly method: string
}

export interface SignalFault {
  readonly fault: 'clipped' | 'stuck' | 'dropout' | 'dc' | 'ski-slope' | 'bias' | 'cable'
  readonly detail: string
}

export interface Candidate {
  readonly fault: Verdict
  readonly score: number
  readonly falseAlarmProbability: number
  readonly matched: readonly string[]
  readonly missing: readonly string[]
}

/** One line of a finding, where a cursor can go. */
export interface FindingLine {
  readonly words: string
  readonly in: 'spectrum' | 'envelope'
  readonly expectedHz: number
  /** null where nothing stands out */
  readonly foundHz: number | null
  /** peak amplitude in the signal's unit; null in an envelope */
  readonly amplitude: number | null
  /** in mm/s RMS; null where the unit is unknown, or in an envelope */
  readonly velocityMmS: number | null
  readonly snrDb: number
  readonly matched: boolean
}

export const findingStates = ['found', 'possible', 'absent', 'not-judged'] as const
export type FindingState = (typeof findingStates)[number]

/** One fault that was looked for: what was found of it, and why it is or is not named. */
export interface Finding {
  readonly fault: Verdict
  readonly state: FindingState
  /** that the matched lines come by chance; null where nothing was judged */
  readonly falseAlarmProbability: number | null
  /** bearing, gear or impeller it belongs to; null: the machine as a whole */
  readonly component: string | null
  readonly why: string
  readonly lines: readonly FindingLine[]
}

export interface Severity {
  readonly zone: 'A' | 'B' | 'C' | 'D' | null
  readonly standard: string
  readonly edition: string
  /** what was rated, in mm/s RMS; null where it could not be taken */
  readonly velocityMmS?: number | null
  /** A/B, B/C and C/D; null where the machine's class is unknown */
  readonly limitsMmS?: readonly [number, number, number] | null
  /** where the limits come from, and what a newer edition says */
  readonly provenance?: string
  readonly refused: Refusal | null
}

export interface Diagnosis {
  readonly verdict: Verdict
  readonly confidence: number | null
  readonly candidates: readonly Candidate[]
  /** every fault that was looked for, bearing and machine, the plainest first */
  readonly findings: readonly Finding[]
  readonly severity: Severity
  readonly evidence: readonly string[]
  readonly refused: Refusal | null
}

export interface EnvelopeLine {
  readonly fault: keyof BearingOrders
  readonly harmonic: number
  readonly expectedHz: number
  readonly foundHz: number
  readonly amplitude: number
  readonly snrDb: number
}

export interface Analysis {
  readonly schema: typeof ANALYSIS_SCHEMA
  readonly samples: number
  readonly sampleRateHz: number
  readonly unit: AnalysisUnit
  readonly speed: SpeedEstimate
  /** Whose frequencies were looked for; name, source and mark are null where they were given as numbers. */
  readonly bearing: {
    readonly name: string | null
    readonly source: string | null
    readonly verified: boolean | null
    readonly orders: BearingOrders
  } | null
  readonly state: RunState
  readonly signalQuality: readonly SignalFault[]
  readonly features: Readonly<Record<string, number | null>>
  readonly spectrum: {
    readonly window: 'hann'
    readonly resolutionHz: number
    readonly peaks: readonly { readonly hz: number; readonly amplitude: number }[]
  }
  readonly envelope: {
    readonly method: string
    readonly bandHz: readonly [number, number]
    readonly resolutionHz: number
    readonly lines: readonly EnvelopeLine[]
  }
  readonly diagnosis: Diagnosis
}
