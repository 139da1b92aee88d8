import type { Samples } from '../../shared/domain/intake.ts'

/** One waveform with what a file of it has to say. */
export interface WaveformFile {
  /** Machine and point in words; one line. */
  readonly title: string
  readonly samples: Samples
  readonly sampleRateHz: number
  readonly unit: string
  /** `acceleration`, `velocity`, ... */
  readonly quantity: string
  /** Unix microseconds of the first sample. */
  readonly startUs: number
  readonly rpm: number | null
  /** Samples before which something is missing, and how long. */
  readonly gaps: readonly { readonly atSample: number; readonly startUs: number; readonly endUs: number }[]
}
