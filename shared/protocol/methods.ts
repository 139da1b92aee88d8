import { z } from 'zod'
import type { AlertOccurrence, AlertTransition } from '../domain/alert.ts'
import type { ConditionEntry } from '../domain/condition.ts'
import type { DoctorStep } from '../domain/doctor.ts'
import { exceptionRules, offeredRules, type OfferedRule } from '../domain/exceptions.ts'
import type { Fault } from '../domain/fault.ts'
import { outcomeSchema, pointSchema, serverSchema, type PlantFile } from '../domain/plant-file.ts'
import type { Recovery } from '../domain/recovery.ts'
import type { CaptureHead } from '../domain/twin.ts'
import { accessParams, type AccessResults } from './access.ts'
import { bundleParams } from './bundle.ts'
import { catalogueParams } from './catalogue.ts'
import { configParams, type ConfigResults } from './config.ts'
import { mappingParams, type MappingResults } from './mapping.ts'
import type { QualityPointView, QualityView } from './quality.ts'
import type { MomentFrame } from './moment.ts'
import { healthParams, type HealthResults } from './health.ts'
import { diagnosisParams, type DiagnosisResults } from './diagnosis.ts'
import { plotParams, type PlotResults } from './plots.ts'
import type { StorageView } from './storage.ts'
import type { AlertView, TrendFrame } from './views.ts'
import { writeParams, type WriteResults } from './writes.ts'

const id = z.string().min(1).max(256)

const nodeId = z.string().min(1).max(1024)

/** Who answers for an exception, to which day, and why. */
const exceptionWords = z.strictObject({
  owner: z.string().trim().min(1).max(100),
  until: z.iso.date(),
  reason: z.string().trim().min(8).max(500),
})

/** Which alarm, and which state of it the person has seen: a server refuses when it has gone on since. */
const serverAlarm = {
  serverId: id,
  conditionId: nodeId,
  branchId: z.string().max(1024),
  eventId: z.string().max(1024),
}

/** Request and response: parameters are parsed by the engine before the handler runs. */
export const methodParams = {
  'plant.get': z.strictObject({}),
  'alert.acknowledge': z.strictObject({ occurrenceId: id, comment: z.string().trim().max(500).nullable() }),
  'alert.label': z.strictObject({
    occurrenceId: id,
    outcome: outcomeSchema,
    note: z.string().trim().max(2000).nullable(),
  }),
  'alert.journal': z.strictObject({
    beforeUs: z.number().nullable(),
    limit: z.int().min(1).max(500),
    assetId: id.nullable(),
  }),
  'alert.history': z.strictObject({ occurrenceId: id }),
  /** Asked of the server that has the alarm; what became of it is shown by the event that comes back. */
  'serverAlarm.answer': z.strictObject({
    ...serverAlarm,
    action: z.enum(['acknowledge', 'confirm', 'comment']),
    comment: z.string().trim().max(500),
  }),
  'serverAlarm.shelve': z.strictObject({
    ...serverAlarm,
    action: z.enum(['shelve', 'shelve-once', 'unshelve']),
    /** Of `shelve`: a week at most. */
    minutes: z.number().min(1).max(10_080),
    comment: z.string().trim().max(500),
  }),
  'serverAlarm.journal': z.strictObject({
    beforeId: z.int().nullable(),
    limit: z.int().min(1).max(500),
    of: z.strictObject({ serverId: id, conditionId: nodeId }).nullable(),
  }),
  'trend.read': z.strictObject({
    pointId: id,
    feature: z.string().min(1).max(64),
    fromUs: z.number(),
    toUs: z.number(),
    columns: z.int().min(20).max(4000),
  }),
  /** One machine as it was at a past moment. */
  'moment.asset': z.strictObject({ assetId: id, atUs: z.number() }),
  'capture.list': z.strictObject({ pointId: id, limit: z.int().min(1).max(500) }),
  'capture.read': z.strictObject({ captureId: id }),
  'capture.demand': z.strictObject({ pointId: id }),
  'storage.read': z.strictObject({}),
  /** By hand; what an alarm or a label pins stays pinned. */
  'capture.pin': z.strictObject({
    captureId: id,
    pinned: z.boolean(),
    reason: z.string().trim().max(500).nullable(),
  }),
  'server.discover': z.strictObject({
    endpointUrl: z
      .string()
      .regex(/^opc\.tcp:\/\//)
      .max(512),
  }),
  /** Children of a node. The first are described (type, unit, range); the others when they come into view. */
  'server.browse': z.strictObject({ serverId: id, nodeId }),
  'server.describe': z.strictObject({ serverId: id, nodeIds: z.array(nodeId).min(1).max(200) }),
  /** Everything the server says of one node. */
  'server.node': z.strictObject({ serverId: id, nodeId }),
  /** Present values, read now: a watch list. */
  'server.read': z.strictObject({ serverId: id, nodeIds: z.array(nodeId).min(1).max(100) }),
  'server.search': z.strictObject({
    serverId: id,
    text: z.string().trim().min(1).max(200),
    limit: z.int().min(1).max(1000),
    again: z.boolean(),
  }),
  'server.certificates': z.strictObject({}),
  /** Asks the server for its certificate and names all that speaks against the connection. */
  'server.review': z.strictObject({ serverId: id }),
  /** Checks a connection step by step beside the link; `doctor.read` waits for more steps than `known`. */
  'doctor.start': z.union([
    z.strictObject({ serverId: id }),
    z.strictObject({
      endpointUrl: z
        .string()
        .regex(/^opc\.tcp:\/\//)
        .max(512),
    }),
  ]),
  'doctor.read': z.strictObject({ runId: id, known: z.int().min(0) }),
  'doctor.stop': z.strictObject({ runId: id }),
  /** A new certificate of this application, on the same key. */
  'server.renewOwn': z.strictObject({}),
  /** Certificates and revocation lists of an issuer, PEM; nothing is trusted by them alone. */
  'server.addAuthority': z.strictObject({ pem: z.string().min(1).max(500_000) }),
  'server.trust': z.strictObject({ thumbprint: z.string().min(1).max(128), trusted: z.boolean() }),
  /** Writes the plant file (comments survive), stores a config revision and connects. */
  'config.addServer': z.strictObject({
    server: serverSchema,
    /** The password, or for a user by certificate its certificate and key in PEM; kept encrypted, never in the file. */
    password: z.string().max(20_000).nullable(),
    reason: z.string().max(500),
    /** For a policy that is not used any more. */
    exception: exceptionWords.nullable().optional(),
  }),
  /** For one server and one finding, in the place of an earlier one. */
  'config.makeException': exceptionWords.extend({ serverId: id, rule: z.enum(offeredRules) }),
  'config.endException': z.strictObject({ serverId: id, rule: z.enum(exceptionRules) }),
  'config.addPoint': z.strictObject({ point: pointSchema, reason: z.string().max(500) }),
  /** All or none, as one revision. */
  'config.addPoints': z.strictObject({ points: z.array(pointSchema).min(1).max(1000), reason: z.string().max(500) }),
  'backup.list': z.strictObject({}),
  /** Begins; `backup.list` says how far it is and how it ended. */
  'backup.make': z.strictObject({}),
  'backup.cancel': z.strictObject({}),
  /** Begins to prepare; when that is done the engine starts again with the backup's twin. */
  'backup.restore': z.strictObject({ name: id, discardNewer: z.boolean(), replaceOther: z.boolean() }),
  'recovery.list': z.strictObject({}),
  /** Begins; `quality.read` says how far it is and has the report. Without times: the last seven days. */
  'quality.start': z.strictObject({ fromUs: z.number().nullable(), toUs: z.number().nullable() }),
  'quality.read': z.strictObject({}),
  'quality.cancel': z.strictObject({}),
  'quality.point': z.strictObject({ pointId: id }),
  /** For damage found while the twin is in use: the engine starts again and salvages. */
  'twin.repair': z.strictObject({}),
  ...accessParams,
  ...bundleParams,
  ...catalogueParams,
  ...configParams,
  ...healthParams,
  ...diagnosisParams,
  ...plotParams,
  ...mappingParams,
  ...writeParams,
} as const

export type MethodName = keyof typeof methodParams
export type MethodParams<M extends MethodName> = z.infer<(typeof methodParams)[M]>

export interface EndpointView {
  endpointUrl: string
  mode: 'None' | 'Sign' | 'SignAndEncrypt'
  policy: string
  tokens: string[]
  /** Strongest first is preselected; insecure ones are shown as such. */
  strength: number
  supported: boolean
  /** Usable only with an exception that has a last day. */
  needsException?: boolean
  remark: string | null
}

export interface BrowseEntry {
  /** `nsu=URI;s=...`: the form a plant file takes. */
  nodeId: string
  browseName: string
  displayName: string
  nodeClass: 'object' | 'variable' | 'method' | 'other'
  hasChildren: boolean
  dataType: string | null
  /** -1 scalar, 1 array. */
  valueRank: number | null
  unit: string | null
  range: [number, number] | null
  minimumSamplingIntervalMs: number | null
  /** Samples of a block and their rate, where the server says them. */
  arrayLength?: number | null
  sampleRateHz?: number | null
  /** False: type, unit and range have not been asked for yet. */
  described?: boolean
}

export interface NodeView extends BrowseEntry {
  description: string | null
  accessLevel: number | null
  value: string | null
  status: number
  sourceUs: number | null
  serverUs: number | null
}

export interface ReadView {
  nodeId: string
  value: string | null
  number: number | null
  status: number
  sourceUs: number | null
  serverUs: number | null
}

export interface FoundView {
  nodeId: string
  displayName: string
  nodeClass: BrowseEntry['nodeClass']
  path: string[]
}

export interface CertificateView {
  thumbprint: string
  subject: string
  /** Null: it signed itself. */
  issuer: string | null
  applicationUri: string | null
  hostNames: string[]
  /** Bits of an RSA key, null for another kind. */
  keyBits: number | null
  store: 'own' | 'trusted' | 'rejected'
  validFromUs: number
  validToUs: number
  /** How urgent its end is: `info` 60 days before, `warning` 30, `error` 7; null earlier. */
  expiry: 'info' | 'warning' | 'error' | null
  /** In words: what is wrong with it, empty when nothing is. */
  remarks: string[]
}

export interface ServerReviewView {
  serverId: string
  /** What the server shows now; null without security. */
  certificate: CertificateView | null
  findings: {
    kind: string
    message: string
    remedy: string
    /** The exception that can be made for it; null when only the server's side can mend it. */
    rule: OfferedRule | null
    /** The exception that allows it now, in words. */
    accepted: string | null
  }[]
}

export interface BackupView {
  name: string
  bytes: number
  /** null: a file that is no whole backup. */
  facts: {
    kind: 'daily' | 'asked'
    madeUs: number
    lastTickUs: number | null
    /** False: another twin's. */
    ours: boolean
    plantId: string | null
  } | null
}

export interface BackupsView {
  folder: string
  keep: number
  running: { what: 'backup' | 'restore' | 'salvage'; step: 'copying' | 'verifying' | 'preparing'; done: number } | null
  /** Why the last one failed, in one sentence; null when it did not. */
  failure: string | null
  lastUs: number | null
  nextUs: number
  backups: BackupView[]
}

export interface MethodResults
  extends HealthResults, AccessResults, DiagnosisResults, ConfigResults, MappingResults, PlotResults, WriteResults {
  'plant.get': { plant: PlantFile; configHash: string; file: string; drafts: { assetId: string; missing: string[] }[] }
  'alert.acknowledge': AlertOccurrence
  'alert.label': AlertOccurrence
  'alert.journal': { rows: AlertView[]; more: boolean }
  'alert.history': { transitions: AlertTransition[] }
  'serverAlarm.answer': Record<string, never>
  'serverAlarm.shelve': Record<string, never>
  /** Newest first. */
  'serverAlarm.journal': { rows: (ConditionEntry & { id: number })[]; more: boolean }
  'trend.read': TrendFrame
  'moment.asset': MomentFrame
  'capture.list': { captures: CaptureHead[] }
  'capture.read': { capture: CaptureHead; samples: Float32Array }
  'capture.demand': { captureId: string }
  'capture.pin': { pinned: boolean }
  'storage.read': StorageView
  'server.discover': { endpoints: EndpointView[] }
  /** `more`: the node has more children than were read. */
  'server.browse': { entries: BrowseEntry[]; more?: boolean }
  'server.describe': { entries: BrowseEntry[] }
  'server.node': { node: NodeView }
  'server.read': { values: ReadView[] }
  'server.search': { nodes: FoundView[]; matches: number; searched: number; complete: boolean }
  'doctor.start': { runId: string }
  'doctor.read': { steps: DoctorStep[]; done: boolean }
  'doctor.stop': Record<string, never>
  'server.certificates': { certificates: CertificateView[] }
  'server.renewOwn': { certificates: CertificateView[] }
  'server.trust': { certificates: CertificateView[] }
  'server.review': ServerReviewView
  'server.addAuthority': { authorities: string[]; revocationLists: number }
  'config.makeException': { faults: Fault[] }
  'config.endException': { faults: Fault[] }
  'config.addServer': { faults: Fault[] }
  'config.addPoint': { faults: Fault[] }
  'config.addPoints': { faults: Fault[] }
  'backup.list': BackupsView
  'backup.make': BackupsView
  'backup.cancel': BackupsView
  'backup.restore': BackupsView
  'recovery.list': { recoveries: Recovery[] }
  'quality.start': QualityView
  'quality.read': QualityView
  'quality.cancel': QualityView
  'quality.point': QualityPointView
  'twin.repair': BackupsView
}
export type MethodResult<M extends MethodName> = MethodResults[M]

export function isMethodName(name: string): name is MethodName {
  return Object.hasOwn(methodParams, name)
}
