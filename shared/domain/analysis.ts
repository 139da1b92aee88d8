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
  readonly fault: 'clipped' | 'stuck' | 'dropout' | 'dc'
  readonly detail: string
}

export interface Candidate {
  readonly fault: Verdict
  readonly score: number
  readonly falseAlarmProbability: number
  readonly matched: readonly string[]
  readonly missing: readonly string[]
}

export interface Severity {
  readonly zone: 'A' | 'B' | 'C' | 'D' | null
  readonly standard: string
  readonly edition: string
  readonly refused: Refusal | null
}

export interface Diagnosis {
  readonly verdict: Verdict
  readonly confidence: number | null
  readonly candidates: readonly Candidate[]
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
