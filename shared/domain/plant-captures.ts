import { z } from 'zod'

/** The plant file's `captures` and `retention`: when waveforms are kept, and how long everything is. */
const id = z.string().min(1)
const words = z.string().trim().min(1)
const positive = z.number().positive()

/** Waveform points; all of the plant when it is left out. */
const points = z.array(id).min(1).optional()

/** How much of the waveform a capture holds; 8192 samples when it is left out. */
const lengthS = positive.max(15).optional()

export const capturesSchema = z.strictObject({
  schedules: z
    .array(
      z.strictObject({
        points,
        /** Minutes from one to the next. */
        everyMin: z.number().min(1).max(10_080).optional(),
        /** Times of day in the plant's time zone. */
        at: z
          .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM, like "06:30"'))
          .min(1)
          .optional(),
        lengthS,
      }),
    )
    .optional(),
  onAlarm: z
    .strictObject({
      /** Before and after the alarm; never less than 5 and 10. */
      beforeS: z.number().min(5).max(30).optional(),
      afterS: z.number().min(10).max(60).optional(),
      /** Another one when the alarm clears. */
      onClear: z.boolean().optional(),
    })
    .optional(),
  onChange: z
    .array(
      z.strictObject({
        points,
        feature: words,
        /** In the feature's unit, since the last capture of this kind. */
        by: positive,
        minIntervalMin: z.number().nonnegative().optional(),
        lengthS,
      }),
    )
    .optional(),
  onRunState: z
    .array(z.strictObject({ points, entry: z.boolean().optional(), exit: z.boolean().optional(), lengthS }))
    .optional(),
})

const cap = z.strictObject({
  maxAgeDays: positive.max(36_500).optional(),
  /** Gigabytes of 10^9 bytes. */
  maxGb: positive.max(1_000_000).optional(),
})

export const retentionSchema = z.strictObject({
  captures: cap.optional(),
  scalars: cap.optional(),
  features: cap.optional(),
  aggregates: cap.optional(),
  events: cap.optional(),
})

export type CapturePlan = z.infer<typeof capturesSchema>
export type RetentionPlan = z.infer<typeof retentionSchema>

export const retentionTiers = ['captures', 'scalars', 'features', 'aggregates', 'events'] as const
export type RetentionTier = (typeof retentionTiers)[number]

export interface TierCap {
  maxAgeUs: number
  maxBytes: number
}
export type TierCaps = Record<RetentionTier, TierCap>

/**
 * Where the plant file says nothing: 35 days of waveforms, two years of features, three of values, ten of their minimum, mean and
 * maximum and of what happened. Sizes add up to what a disk of 128 GB has room for.
 */
const usualCaps: Record<RetentionTier, { maxAgeDays: number; maxGb: number }> = {
  captures: { maxAgeDays: 35, maxGb: 20 },
  scalars: { maxAgeDays: 1095, maxGb: 40 },
  features: { maxAgeDays: 730, maxGb: 20 },
  aggregates: { maxAgeDays: 3650, maxGb: 10 },
  events: { maxAgeDays: 3650, maxGb: 2 },
}

export const dayUs = 86_400e6

export function tierCaps(plan: RetentionPlan = {}): TierCaps {
  const cap = (tier: RetentionTier): TierCap => {
    const usual = usualCaps[tier]
    return {
      maxAgeUs: (plan[tier]?.maxAgeDays ?? usual.maxAgeDays) * dayUs,
      maxBytes: (plan[tier]?.maxGb ?? usual.maxGb) * 1e9,
    }
  }
  const scalars = cap('scalars')
  const aggregates = cap('aggregates')
  return {
    captures: cap('captures'),
    scalars,
    features: cap('features'),
    // They are made of the values and cannot go before them.
    aggregates: { ...aggregates, maxAgeUs: Math.max(aggregates.maxAgeUs, scalars.maxAgeUs) },
    events: cap('events'),
  }
}

/** Seconds of waveform around an alarm, and whether its end is captured too. */
export function alarmWindow(plan: CapturePlan = {}): { beforeS: number; afterS: number; onClear: boolean } {
  const { beforeS = 5, afterS = 10, onClear = true } = plan.onAlarm ?? {}
  return { beforeS, afterS, onClear }
}
