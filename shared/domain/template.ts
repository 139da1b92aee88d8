import { z } from 'zod'
import type { PlantChange } from './plant-change.ts'
import { assetSchema, families, type AlertDefinition, type Asset, type Point } from './plant-file.ts'

/**
 * `millwright/template@1`: a machine of a family with the points, run state and alerts it is monitored by; what differs from
 * site to site is asked for. Bodies are the plant file's own objects. In them `{asset}` and `{name}` stand for the machine's
 * id and name, and an object with `$of` or `$zone` for a number (see `TemplateNumber`); the plant file's check judges what
 * comes out.
 */
const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dot, dash and underscore, at most 64')
const words = z.string().trim().min(1)
const body = z.record(z.string(), z.unknown())

/** A fact times a factor, to `digits` significant digits (3 when not said), or a zone limit of ISO 10816-3 in mm/s. */
export const templateNumberSchema = z.union([
  z.strictObject({ $of: id, $times: z.number().default(1), $digits: z.int().min(1).max(9).default(3) }),
  z.strictObject({ $zone: z.enum(['A/B', 'B/C', 'C/D']) }),
])

export const componentAsks = ['bearing', 'teeth', 'blades', 'bars'] as const

export const templateSchema = z.strictObject({
  schema: z.literal('millwright/template@1'),
  id,
  version: z.int().positive(),
  family: z.enum(families),
  name: words,
  description: words,
  /** Numbers only the site knows, as on the nameplate. `usual` is offered, never taken without being looked at. */
  facts: z.array(
    z.strictObject({
      id,
      name: words,
      unit: words,
      range: z.tuple([z.number(), z.number()]),
      usual: z.number().optional(),
    }),
  ),
  asset: body,
  components: z.array(
    z.strictObject({
      id,
      kind: z.enum(['bearing', 'gear', 'impeller', 'belt', 'rotor', 'coupling']),
      name: words,
      shaftId: id.optional(),
      asks: z.enum(componentAsks).nullable(),
      optional: z.boolean(),
    }),
  ),
  points: z.array(z.strictObject({ id, name: words, optional: z.boolean(), why: words, point: body })),
  alerts: z.array(z.strictObject({ id, point: id, alert: body })),
})

export type Template = z.infer<typeof templateSchema>
export type TemplateNumber = z.infer<typeof templateNumberSchema>

/** What only the site knows of a machine, wherever its contracts come from. */
export const siteIdentity = {
  manufacturer: true,
  model: true,
  serial: true,
  commissionedOn: true,
  criticality: true,
  operatingContext: true,
  parentId: true,
} as const

/** What a site says of one machine. An optional component or point that is not named is left out. */
export const templateSiteSchema = z.strictObject({
  assetId: id,
  name: words,
  lineId: words,
  serverId: words,
  /** The machine's own entries; they win over the template's. */
  identity: assetSchema.pick({ ...siteIdentity, support: true, isoGroup: true }).partial(),
  facts: z.record(z.string(), z.number()),
  components: z.record(
    z.string(),
    z.strictObject({
      bearing: words.optional(),
      teeth: z.int().positive().optional(),
      blades: z.int().positive().optional(),
      bars: z.int().positive().optional(),
    }),
  ),
  /** NodeId by the point's id in the template. */
  nodes: z.record(z.string(), words),
})
export type TemplateSite = z.infer<typeof templateSiteSchema>

export interface TemplateResult {
  readonly asset: Asset
  readonly points: readonly Point[]
  readonly alerts: readonly AlertDefinition[]
}

/** What a template still needs from the site before it gives a machine. */
export interface TemplateNeed {
  readonly kind: 'fact' | 'component' | 'node' | 'zone'
  readonly id: string
  readonly message: string
}

/** What a newer template would change on one of its machines. */
export interface TemplateProposal {
  readonly assetId: string
  /** Of the version in the plant file, and of the new one. */
  readonly from: number
  readonly to: number
  /** The machine is here as the old version made it: taking the change over is safe. */
  readonly applies: readonly PlantChange[]
  /** The site has its own here; `before` is the site's. A person decides. */
  readonly conflicts: readonly PlantChange[]
  /** What the new version asks for that the old one did not know. */
  readonly needs: readonly TemplateNeed[]
}

/** What somebody decides about a newer template for one of its machines. */
export const templateDecisionSchema = z.strictObject({
  assetId: z.string().min(1).max(256),
  decision: z.enum(['accepted', 'declined']),
  /** Places (`section/id/field`) where the site has its own and takes the template's all the same. */
  takeOver: z.array(z.string().max(1000)).max(2000).optional(),
  /** Numbers the new version asks for and the old one did not know. */
  facts: z.record(z.string(), z.number()).optional(),
})
export type TemplateDecision = z.infer<typeof templateDecisionSchema>
