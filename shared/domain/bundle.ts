import { z } from 'zod'
import { assetSchema, ownBearingSchema, serverSchema } from './plant-file.ts'
import { siteIdentity } from './template.ts'
import { sensorSchema } from './sensor.ts'

/**
 * `millwright/bundle@1`: machines of one plant with their contracts, alerts, templates, failure modes and bearings, signed,
 * for another plant. What differs from site to site is not in it. In bodies `{asset}` and `{name}` stand for the machine's
 * id and name, `{asset:ID}` for another machine of the bundle; contracts are word for word, so that their hashes stay.
 */
const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, dot, dash and underscore, at most 128')
const words = z.string().trim().min(1)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'base64')
const body = z.record(z.string(), z.unknown())

const machine = z.strictObject({
  /** What the site names it by in `from`. */
  id,
  asset: body,
  points: z.array(
    z.strictObject({
      /** Within the machine. */
      id,
      point: body,
      /** SHA-256 over the contract's canonical JSON; null where the point has none. */
      contractHash: sha256.nullable(),
      /** What kind of sensor it takes: nothing that one piece of it has alone. */
      sensor: body.optional(),
    }),
  ),
  alerts: z.array(z.strictObject({ id, point: id, alert: body })),
})

export const bundleSchema = z.strictObject({
  schema: z.literal('millwright/bundle@1'),
  name: words,
  from: z.strictObject({ plantId: id, plantName: words, configHash: sha256 }),
  madeAt: z.iso.datetime(),
  content: z.strictObject({
    machines: z.array(machine).min(1),
    templates: z.array(body),
    failureModes: z.array(body),
    bearings: z.array(ownBearingSchema),
  }),
  /** SHA-256 over the canonical JSON of `content`. */
  hash: sha256,
  /** Over the canonical JSON of everything else. */
  signature: z
    .strictObject({
      algorithm: z.literal('Ed25519'),
      /** SubjectPublicKeyInfo, DER. Its SHA-256 is the signer's fingerprint. */
      publicKey: base64,
      value: base64,
    })
    .optional(),
})
export type Bundle = z.infer<typeof bundleSchema>
export type BundleMachine = z.infer<typeof machine>

const siteMachine = z.strictObject({
  from: id,
  id,
  name: words,
  lineId: id,
  /** Where it is not that of the whole site. */
  serverId: id.optional(),
  identity: assetSchema.pick(siteIdentity).partial().optional(),
  /** A NodeId with `{asset}` and `{point}`, for points that have none of their own in `nodes`. */
  nodePattern: words.optional(),
  nodes: z.record(z.string(), words).optional(),
  /** Points that the site does not have; alerts on them are left out too. */
  without: z.array(id).optional(),
  /** By point: the piece that hangs there. */
  sensors: z
    .record(
      z.string(),
      sensorSchema.pick({ id: true, serial: true, calibratedOn: true, calibrationDue: true }).strict(),
    )
    .optional(),
  /** By point of a machine that does not come along: what takes its place here. */
  references: z.record(z.string(), id).optional(),
})

/** `millwright/bundle-site@1`: what a bundle asks of the site that takes it. */
export const bundleSiteSchema = z.strictObject({
  schema: z.literal('millwright/bundle-site@1'),
  /** One that the plant file has, or the one in `server`. */
  serverId: id,
  server: serverSchema.optional(),
  lines: z.array(z.strictObject({ id, name: words })).optional(),
  machines: z.array(siteMachine).min(1),
})
export type BundleSite = z.infer<typeof bundleSiteSchema>
export type SiteMachine = z.infer<typeof siteMachine>
