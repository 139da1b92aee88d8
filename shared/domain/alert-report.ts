import type { AlertLevel } from './alert.ts'
import type { TimeUs } from './time.ts'

/** One page about one alert: what `electron/report` makes a document of. Texts are plain; numbers say where they are from. */
export interface AlertReport {
  title: string
  plant: { name: string; timeZone: string }
  machine: { name: string; id: string; line: string; plate: string | null }
  point: { name: string; id: string }
  occurrence: { id: string; level: AlertLevel; state: string; raisedUs: TimeUs; isAdvice: boolean }
  /** First of all, in at most sixty words. */
  finding: string
  action: string
  owner: string
  /** `2026-11-30`; null where nobody has said. */
  due: string | null
  respondByUs: TimeUs
  facts: { label: string; value: string }[]
  trend: ReportTrend | null
  spectra: ReportSpectrum[]
  numbers: ReportNumber[]
  /** What this page cannot say, in a sentence each. */
  missing: string[]
  captures: { id: string; cause: string; tUs: TimeUs; seconds: number; pinned: boolean }[]
  similar: string[]
  configHash: string
  software: string
  madeUs: TimeUs
  madeBy: string
}

export interface ReportTrend {
  label: string
  unit: string
  tUs: ArrayLike<number>
  min: ArrayLike<number>
  max: ArrayLike<number>
  mean: ArrayLike<number>
  limits: { warning: number | null; alarm: number | null }
  baseline: number | null
  raisedUs: TimeUs
}

export interface ReportSpectrum {
  kind: 'spectrum' | 'envelope'
  label: string
  captureId: string
  unit: string
  resolutionHz: number
  amplitude: ArrayLike<number>
  marks: { label: string; hz: number }[]
  topHz: number
}

export interface ReportNumber {
  label: string
  value: string
  /** The capture it is from; null: from the twin's features. */
  captureId: string | null
}
