import { z } from 'zod'
import { roles } from './access.ts'
import { outcomes, priorities } from './alert.ts'
import { mappingMethods } from './mapping-methods.ts'
import { capturesSchema, retentionSchema } from './plant-captures.ts'

/**
 * `millwright/plant@1`: the plant's configuration as a person writes it (JSON, comments allowed). This is the single
 * declaration; types and the JSON Schema are derived from it. References between parts are checked in
 * electron/assets, since a schema cannot see them.
 *
 * Unknown keys are faults unless they start with `x-`; strip those with `withoutExtensions` before parsing.
 */
const id = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'letters, digits, dot, dash and underscore, at most 128')
const words = z.string().trim().min(1)
const positive = z.number().positive()

export const families = ['pump', 'motor', 'compressor', 'conveyor', 'fan', 'gearbox', 'thermal', 'other'] as const

const security = z.strictObject({
  mode: z.enum(['None', 'Sign', 'SignAndEncrypt']),
  /** The last two rest on SHA-1 and need an exception with a last day. */
  policy: z.enum([
    'None',
    'Basic256Sha256',
    'Aes128_Sha256_RsaOaep',
    'Aes256_Sha256_RsaPss',
    'Basic128Rsa15',
    'Basic256',
  ]),
  reason: words.optional(),
})

const user = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('anonymous') }),
  z.strictObject({ type: z.literal('userName'), name: words, secretRef: words }),
  z.strictObject({ type: z.literal('x509'), certificateRef: words }),
])

/**
 * Reverse Connect (OPC 10000-6, 7.1.3): the server dials out to this machine, which listens on `listen` and nowhere else.
 * Servers may share an address; they are told apart by their ApplicationUri.
 */
const reverse = z.strictObject({
  listen: z.string().regex(/^opc\.tcp:\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}\/?$/, 'opc.tcp://address:port'),
  /** Its ApplicationUri, which its certificate has to be for. */
  serverUri: words,
})
export type ReverseConnect = z.infer<typeof reverse>
/** The server's own alarms. They are taken where the server offers them, unless `enabled` is false. */
const serverAlarms = z.strictObject({
  enabled: z.boolean().optional(),
  /** Nodes whose events are taken; the Server object, and with it everything, where there is no list. */
  notifiers: z.array(words).min(1).optional(),
  minSeverity: z.int().min(1).max(1000).optional(),
})

export const serverSchema = z.strictObject({
  id,
  name: words.optional(),
  endpointUrl: z.string().regex(/^opc\.tcp:\/\/[^\s/]+/, 'opc.tcp://host:port'),
  security,
  user,
  reverse: reverse.optional(),
  alarms: serverAlarms.optional(),
})

/** Hz: 50 and 60 of the public supply; railways, ships and workshops have others. */
const mains = z.number().min(10).max(500)

const component = z.strictObject({
  id,
  kind: z.enum(['bearing', 'gear', 'impeller', 'belt', 'rotor', 'coupling']),
  name: words.optional(),
  shaftId: id.optional(),
  bearing: words.optional(),
  teeth: z.int().positive().optional(),
  blades: z.int().positive().optional(),
  bars: z.int().positive().optional(),
  /** Of a belt: the pulley on the component's own shaft, and the belt's length. */
  pulleyDiameterMm: positive.optional(),
  lengthMm: positive.optional(),
})

const evidence = z.strictObject({
  pointId: id,
  feature: words.optional(),
  runningAbove: z.number(),
  stoppedBelow: z.number(),
})

export const assetSchema = z.strictObject({
  id,
  lineId: id,
  family: z.enum(families),
  name: words,
  manufacturer: words.optional(),
  model: words.optional(),
  serial: words.optional(),
  commissionedOn: z.iso.date().optional(),
  criticality: z.int().min(1).max(5).optional(),
  failureModes: z.array(words).optional(),
  ratedRpm: positive.optional(),
  /** Of the supply of this machine, where it is another than the plant's. */
  mainsHz: mains.optional(),
  powerKw: positive.optional(),
  support: z.enum(['rigid', 'flexible']).optional(),
  isoGroup: z.union([z.literal(1), z.literal(2)]).optional(),
  operatingContext: words.optional(),
  templateRef: words.optional(),
  /** Which newer version of its template somebody has looked at, and what became of it. */
  templateReview: z
    .strictObject({
      version: z.int().positive(),
      decision: z.enum(['accepted', 'declined']),
      by: words,
      on: z.iso.date(),
      reason: words,
    })
    .optional(),
  /** The numbers its template asked for. */
  templateFacts: z.record(z.string(), z.number()).optional(),
  parentId: id.optional(),
  shafts: z.array(z.strictObject({ id, ratio: positive })).optional(),
  components: z.array(component).optional(),
  runState: z
    .strictObject({
      evidences: z.array(evidence).min(1),
      quorum: z.int().positive(),
      /** Seconds after which evidences that say different things are told; 120 when not said. */
      disagreeAfterS: positive.optional(),
    })
    .optional(),
})

export const quantities = [
  'acceleration',
  'velocity',
  'displacement',
  'rotational-speed',
  'temperature',
  'pressure',
  'flow',
  'current',
  'voltage',
  'power',
  'torque',
  'level',
  'load',
  'humidity',
  'state',
  'count',
  'other',
] as const

const policy = z.strictObject({
  staleAfterMs: positive.optional(),
  missingAfterMs: positive,
  stale: z.enum(['mark']).optional(),
  missing: z.enum(['gap']).optional(),
  late: z.enum(['accept', 'reject', 'mark']),
  lateToleranceMs: z.number().nonnegative(),
  duplicate: z.enum(['drop', 'count']),
  outOfOrder: z.enum(['reorder', 'reject', 'mark']),
})

/**
 * How the samples of a waveform block are packed, where that is not a plain array in the contract's unit: the type of the
 * bytes of a ByteString, counts to be scaled (sample = raw x scale + offset), the fields of a structure when their names
 * do not tell.
 */
const packing = z.strictObject({
  type: z.enum(['int8', 'int16', 'uint16', 'int32', 'float32', 'float64']).optional(),
  byteOrder: z.enum(['little', 'big']).optional(),
  headerBytes: z.int().nonnegative().optional(),
  scale: z.number().optional(),
  offset: z.number().optional(),
  samplesField: words.optional(),
  rateField: words.optional(),
  startField: words.optional(),
})

export const contractSchema = z.strictObject({
  version: z.int().positive(),
  quantity: z.enum(quantities),
  unit: words,
  detector: z.enum(['raw', 'rms', 'peak', 'derived']),
  axis: z.enum(['radial-vertical', 'radial-horizontal', 'radial', 'axial', 'x', 'y', 'z']).optional(),
  placement: words.optional(),
  sampleRateHz: positive,
  blockSize: z.int().min(2).optional(),
  timestampSource: z.enum(['source', 'server', 'receive']),
  expectedRange: z.tuple([z.number(), z.number()]),
  updateCadenceMs: positive,
  /** The source stores and forwards: its values, or blocks, come so many milliseconds' worth at a time. */
  batchMs: positive.optional(),
  policy,
  owner: words.optional(),
  lineage: words.optional(),
  band: z.tuple([z.number(), z.number()]).optional(),
  qualityRule: z.enum(['good-only', 'good-and-uncertain']).optional(),
  deadband: z.strictObject({ kind: z.enum(['absolute', 'percent']), value: z.number().nonnegative() }).optional(),
  packing: packing.optional(),
  author: words.optional(),
  reason: words.optional(),
})

/**
 * Who made sure that a tag is what its name says, when, and how. Without it the mapping is a draft. `of` is what was
 * verified: where the point is something else now, the evidence is out of date (`mappingStateOf`).
 */
export const mappingSchema = z.strictObject({
  verifiedBy: words,
  verifiedOn: z.iso.date(),
  method: z.enum(mappingMethods),
  note: words.optional(),
  of: z
    .strictObject({
      assetId: id,
      componentId: id.optional(),
      serverId: id,
      nodeId: words,
      /** Host of the server's address. */
      host: words.optional(),
    })
    .optional(),
})

/** A bearing that the shipped catalogue does not have, or has with other rolling elements than the site's. */
export const ownBearingSchema = z.strictObject({
  id,
  name: words,
  aliases: z.array(words).optional(),
  /** Diameters in millimetres. */
  geometry: z
    .strictObject({
      rollingElements: z.int().min(3).max(200),
      elementDiameter: positive,
      pitchDiameter: positive,
      contactAngleDeg: z.number().min(0).max(60),
    })
    .optional(),
  /** As the maker prints them, in events a shaft revolution; the outer ring stands. */
  orders: z.strictObject({ bpfo: positive, bpfi: positive, bsf: positive, ftf: positive }).optional(),
  /** Without it the entry is unverified. */
  source: words.optional(),
})

/** Who may write the point and within what, in the unit of its node; both the desk's rules and this have to allow it. */
const writeSchema = z.strictObject({
  roles: z.array(z.enum(roles)).min(1),
  range: z.tuple([z.number(), z.number()]),
  /** Seconds between the two steps; 30 when not said. */
  confirmWithinS: z.int().min(5).max(300).optional(),
})

export const pointSchema = z.strictObject({
  id,
  name: words.optional(),
  assetId: id,
  componentId: id.optional(),
  kind: z.enum(['scalar', 'waveform', 'event']),
  source: z.strictObject({ serverId: id, nodeId: words }),
  sensorId: id.optional(),
  tachoPointId: id.optional(),
  pairPointId: id.optional(),
  mapping: mappingSchema.optional(),
  contract: contractSchema.optional(),
  /** Without it nobody ever writes the point. */
  write: writeSchema.optional(),
})

export const alertContractSchema = z.strictObject({
  meaning: words,
  cause: words,
  consequence: words,
  action: words,
  recipient: words,
  respondWithinMin: positive,
  priority: z.enum(priorities),
})

const limitPair = z.strictObject({ warning: z.number().optional(), alarm: z.number().optional() })

/** Limits of one operating state; without `rpm` of every speed, without any limit nothing is judged in that state. */
const stateLimitsSchema = z.strictObject({
  name: words.optional(),
  /** `running` when not said. */
  runState: z.enum(['running', 'not-running']).optional(),
  /** From the first up to, but not with, the second; of the shaft that the point sits on. */
  rpm: z.tuple([z.number().nonnegative(), positive]).optional(),
  limits: limitPair,
  reason: words.optional(),
})

export const alertSchema = z.strictObject({
  id,
  pointId: id,
  feature: words,
  /** In every operating state that `limitsByState` does not name. */
  limits: limitPair,
  limitsByState: z.array(stateLimitsSchema).min(1).optional(),
  deadband: z.number().nonnegative(),
  onDelayMs: z.number().nonnegative(),
  offDelayMs: z.number().nonnegative(),
  contract: alertContractSchema,
})

export const destinationSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    id,
    kind: z.literal('mqtt'),
    url: z.string().regex(/^mqtts?:\/\//, 'mqtt:// or mqtts://'),
    lane: z.enum(['now', 'later']),
    topic: words.optional(),
    secretRef: words.optional(),
  }),
  z.strictObject({ id, kind: z.literal('folder'), path: words, lane: z.enum(['now', 'later']) }),
  z.strictObject({
    id,
    kind: z.literal('s3'),
    url: words,
    lane: z.enum(['now', 'later']),
    secretRef: words.optional(),
  }),
])

/**
 * An asset or a point that has left service. What it was stands in `entries`, so that it can be brought back; nothing is
 * acquired, judged or sent for it, its id stays taken, and what was recorded stays in the twin.
 */
const retired = z.strictObject({
  id,
  kind: z.enum(['asset', 'point']),
  name: words,
  retiredOn: z.iso.date(),
  by: words,
  reason: words,
  entries: z.strictObject({
    assets: z.array(z.record(z.string(), z.unknown())).optional(),
    points: z.array(z.record(z.string(), z.unknown())).optional(),
    alerts: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
})
export type Retired = z.infer<typeof retired>
/** Baselines and early warning of waveform points; what is left out has the default that docs/early-warning.md gives. */
const earlyWarningSchema = z.strictObject({
  enabled: z.boolean().optional(),
  snapshotMin: z.number().min(0.01).max(1440).optional(),
  learnDays: z.number().min(0).max(366).optional(),
  fewestSnapshots: z.int().min(20).max(10_000).optional(),
  snapshotsPerFalseWarning: z.int().min(100).max(10_000_000).optional(),
  recipient: words.optional(),
  respondWithinMin: positive.optional(),
  priority: z.enum(priorities).optional(),
})
export type EarlyWarning = z.infer<typeof earlyWarningSchema>
/** Which signed bundle machines came from: their contracts are word for word those of the plant that made it. */
const importedBundle = z.strictObject({
  id,
  name: words,
  plantId: id,
  hash: words,
  /** Fingerprint of the key that signed it. */
  signer: words,
  importedOn: z.iso.date(),
  machines: z.array(z.strictObject({ id, from: id })),
})

const opaque = z.record(z.string(), z.unknown())

export const plantFileSchema = z.strictObject({
  schema: z.literal('millwright/plant@1'),
  plant: z.strictObject({ id, name: words, timeZone: words, mainsHz: mains.optional() }),
  lines: z.array(z.strictObject({ id, name: words })),
  servers: z.array(serverSchema),
  assets: z.array(assetSchema),
  points: z.array(pointSchema),
  alerts: z.array(alertSchema),
  sync: z.array(destinationSchema),
  sensors: z.array(opaque).optional(),
  templates: z.array(opaque).optional(),
  bearings: z.array(ownBearingSchema).optional(),
  bundles: z.array(importedBundle).optional(),
  failureModes: z.array(opaque).optional(),
  retired: z.array(retired).optional(),
  exceptions: z.array(z.strictObject({ scope: words, owner: words, until: z.iso.date(), reason: words })).optional(),
  maintenance: z.array(z.strictObject({ scope: words, from: words, to: words })).optional(),
  captures: capturesSchema.optional(),
  retention: retentionSchema.optional(),
  earlyWarning: earlyWarningSchema.optional(),
  routes: z.array(opaque).optional(),
  /** Where backups of the twin go (relative to the data folder; `backups` when not said) and how many daily ones stay. */
  backup: z.strictObject({ path: words.optional(), keep: z.int().min(1).max(366).optional() }).optional(),
})

export type PlantFile = z.infer<typeof plantFileSchema>
export type PlantServer = z.infer<typeof serverSchema>
export type Asset = z.infer<typeof assetSchema>
export type Point = z.infer<typeof pointSchema>
export type Contract = z.infer<typeof contractSchema>
export type AlertDefinition = z.infer<typeof alertSchema>
export type Destination = z.infer<typeof destinationSchema>
export type MappingEvidence = z.infer<typeof mappingSchema>

export const outcomeSchema = z.enum(outcomes)

/** Without keys that start with `x-`, at every depth; itself where it has none, as most of 200,000 keys of 5,000 points. */
export function withoutExtensions(value: unknown): unknown {
  return hasExtensions(value) ? stripped(value) : value
}

function hasExtensions(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  if (Array.isArray(value)) return value.some(hasExtensions)
  return Object.entries(value).some(([key, inner]) => key.startsWith('x-') || hasExtensions(inner))
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('x-'))
      .map(([key, inner]) => [key, stripped(inner)]),
  )
}
