import { z } from 'zod'
import type { TimeUs } from './time.ts'

/** In which plot of a capture a note stands; its place is in that plot's own units. */
export const notePlots = ['waveform', 'spectrum', 'envelope'] as const
export type NotePlot = (typeof notePlots)[number]

/** What a person says of a capture. `mark` is a peak with its reading, `note` words at a place, or of the whole (`at` null). */
export const captureNoteSchema = z.strictObject({
  /** Null makes a new one. */
  id: z.string().min(1).max(64).nullable(),
  kind: z.enum(['note', 'mark']),
  plot: z.enum(notePlots),
  /** Seconds from the first sample, or hertz. */
  at: z.number().nullable(),
  value: z.number().nullable(),
  unit: z.string().max(32),
  text: z.string().trim().max(500),
})
export type CaptureNoteDraft = z.infer<typeof captureNoteSchema>

export interface CaptureNote extends Omit<CaptureNoteDraft, 'id'> {
  id: string
  captureId: string
  by: string
  atUs: TimeUs
}
