import { z } from 'zod'
import { bundleSiteSchema } from '../domain/bundle.ts'
import type { Fault } from '../domain/fault.ts'
import type { PlantChange } from '../domain/plant-change.ts'
import type { ConfigPreview } from './config.ts'

/** Five hundred machines with their contracts make some 5 MB. */
const text = z.string().min(2).max(16_000_000)
// What a person types without meaning to is no reason to fail: a server comes with its own page.
const site = bundleSiteSchema.omit({ server: true })

export const bundleParams = {
  /** Whose it is and what is in it; refused when it was altered or is not signed. */
  'bundle.open': z.strictObject({ text }),
  /** What it would change here with what the site says by now; nothing is written. */
  'bundle.preview': z.strictObject({ text, site }),
  /** `signer`: the fingerprint that somebody has compared. */
  'bundle.import': z.strictObject({
    text,
    site,
    signer: z.string().min(1).max(200),
    replace: z.boolean(),
    reason: z.string().trim().min(1).max(500),
  }),
} as const

export interface BundleFacts {
  name: string
  plantName: string
  madeAt: string
  hash: string
  signer: string
  /** In groups, as it is read out. */
  spoken: string
  machines: {
    id: string
    family: string
    model: string | null
    alerts: number
    points: { id: string; name: string }[]
  }[]
  templates: number
  failureModes: number
  bearings: number
}

export interface BundlePreview {
  needs: { path: string; message: string }[]
  changes: PlantChange[]
  overwrites: number
  contracts: { count: number; equal: number }
  faults: Fault[]
}

export interface BundleResults {
  'bundle.open': BundleFacts
  'bundle.preview': BundlePreview
  'bundle.import': ConfigPreview
}
