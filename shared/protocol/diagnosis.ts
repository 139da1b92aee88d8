import { z } from 'zod'
import type { Analysis } from '../domain/analysis.ts'
import type { TimeUs } from '../domain/time.ts'

export const diagnosisParams = {
  /** The same analysis as `millwright analyze`, of a stored waveform, with what the plant file says of its machine. */
  'capture.diagnose': z.strictObject({ captureId: z.string().min(1).max(256) }),
} as const

export interface CaptureDiagnosis {
  captureId: string
  pointId: string
  tUs: TimeUs
  /** samples of the longest piece without a gap, which is what was analysed */
  analysis: Analysis
}

export interface DiagnosisResults {
  'capture.diagnose': CaptureDiagnosis
}
