import type { ConditionAnswer, ConditionRequest } from '../../shared/domain/condition.ts'
import type { IntakeSink, LinkState } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { PlantFile, PlantServer, Point } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { SearchResult } from './browse-index.ts'
import type { PkiStore } from './pki.ts'
import type { ReverseCalls } from './reverse-calls.ts'

/** A point of the plant file with the twin's small integer for it. */
export interface MappedPoint {
  key: number
  point: Point
}

/**
 * Switches single remedies off, so that a test can show what they are for. Never set outside tests.
 * The letters are those of docs/adr/0003-opcua-own-publish-loop.md.
 */
export interface TestHooks {
  /** A: take a keep-alive's number for a received one, as node-opcua 2.186.4 does. */
  countKeepAlives?: boolean
  /** B: keep the namespace indexes of the first session. */
  keepNamespaceIndexes?: boolean
  /** C: deliver as it comes, fetch nothing. */
  noLedger?: boolean
  /** D: send five more publish requests after each reconnect on top of those that failed. */
  unboundedPublish?: boolean
}

/** Times that tests shorten; production uses `defaultTimings`. */
export interface Timings {
  /** First wait after a failed first connect, milliseconds; doubles up to `retryMaxMs`. */
  retryMs: number
  retryMaxMs: number
  /** Wait after a refusal that another attempt cannot mend by itself (bad password: accounts get locked). */
  refusedRetryMs: number
  /** A link that is not repaired for so long gets a new client (node-opcua issue 1450). */
  rebuildAfterMs: number
  /** Added to the keep-alive time before silence counts as a lost link. */
  silenceGraceMs: number
  /** Keep-alive time asked for. */
  keepAliveMs: number
  /** As `rebuildAfterMs`, from the moment a server that dials out has called; until then there is nothing to repair. */
  rebuildAfterCallMs: number
  /** A server that dials out and has not called for so long is a problem. */
  callMs: number
  /** Certificates and exceptions of a link that stands are looked at again after this. */
  recheckMs: number
  /** Items the server refused are offered again after this. */
  retryItemsMs: number
  /** How long a server may take to list its present alarms. */
  refreshWaitMs: number
  /** How long the event of an acknowledgement and the like is waited for before the alarms are read again. */
  eventWaitMs: number
  /** Outage that the queues in the server are sized for. */
  bridgeMs: number
}

export const defaultTimings: Timings = {
  retryMs: 500,
  retryMaxMs: 5_000,
  refusedRetryMs: 60_000,
  rebuildAfterMs: 120_000,
  rebuildAfterCallMs: 30_000,
  callMs: 15_000,
  silenceGraceMs: 1_500,
  keepAliveMs: 2_500,
  recheckMs: 3_600_000,
  retryItemsMs: 60_000,
  refreshWaitMs: 20_000,
  eventWaitMs: 1_500,
  bridgeMs: limits.outageToBridgeS * 1_000,
}

export interface OpcuaConnectionOptions {
  server: PlantServer
  points: readonly MappedPoint[]
  /** One per process (node-opcua issues 971, 1417: two managers on one folder race for the certificate). */
  pki: PkiStore
  secrets: (ref: string) => Promise<string | null>
  clock: Clock
  /**
   * Called synchronously and in order. The arrays of `scalars` are reused: they are valid during the call only, so the
   * receiver copies what it keeps. `block.samples` is the receiver's.
   */
  sink: IntakeSink
  /** Has to be the URI in the own certificate, else secure servers refuse the session. */
  applicationUri: string
  /** Where the server dials out: the listeners of this process. Needed when `server.reverse` is set. */
  reverseCalls?: ReverseCalls
  /** What a person has allowed for a time; scopes `opcua:SERVER:RULE` of this server count (`exceptions.ts`). */
  exceptions?: NonNullable<PlantFile['exceptions']>
  timings?: Partial<Timings>
  testHooks?: TestHooks
}

export interface BrowsedReference {
  /** `nsu=URI;...`, or without a prefix in namespace 0. */
  nodeId: string
  browseName: string
  displayName: string
  nodeClass: string
  typeDefinition: string | null
  referenceType: string
}

export interface BrowsePage {
  references: BrowsedReference[]
  /** Hand it back to `browse` for the next page; null when this was the last. */
  continuation: string | null
}

export interface NodeAttributes {
  nodeId: string
  exists: boolean
  nodeClass: string | null
  browseName: string | null
  displayName: string | null
  description: string | null
  dataType: string | null
  valueRank: number | null
  accessLevel: number | null
  minimumSamplingIntervalMs: number | null
  /** Of the EngineeringUnits property: a contract's symbol where the code is known, else the server's own word. */
  unit: string | null
  /** EURange. */
  range: [number, number] | null
  sampleRateHz: number | null
  /** Samples of a block, by property, ArrayDimensions or the present value. */
  arrayLength: number | null
  value: string | null
  status: number
  sourceUs: number | null
  serverUs: number | null
}

/** Counters a test or the doctor reads; nothing in the product decides on them. */
export interface ConnectionCounters {
  messages: number
  values: number
  duplicates: number
  /** Present values a server repeated to a new session, left out. */
  repeats: number
  republished: number
  recreated: number
  transferred: number
  publishOutstanding: number
  watchdogTrips: number
  rebuilds: number
  /** Values read from the server's history after a gap. */
  backfilled: number
}

/** It reads, but for `write` and `callCondition`: one call for one confirmed step of a person (features A15). */
export interface OpcuaConnection {
  /** Returns at once; connects in the background for ever. */
  start(): Promise<void>
  /** Closes the session with its subscriptions; leaves no timer and no socket. */
  stop(): Promise<void>
  /**
   * The points of this server from now on. Session and subscriptions stay: monitored items are deleted, changed and
   * created in place, and points that are the same notice nothing.
   */
  revise(points: readonly MappedPoint[]): void
  state(): LinkState
  counters(): ConnectionCounters
  /** Throws an Error in plain words when the link is not connected. */
  browse(nodeId: string, continuation?: string): Promise<BrowsePage>
  /** `withValues` false leaves the values out, which may be long arrays. */
  readAttributes(nodeIds: readonly string[], withValues?: boolean): Promise<NodeAttributes[]>
  /** Present values, without the attributes around them. */
  readValues(nodeIds: readonly string[]): Promise<ReadValue[]>
  /** By name or NodeId in the whole address space; `again` looks at the server anew. */
  search(text: string, limit: number, again: boolean): Promise<SearchResult>
  /** Acknowledges, confirms, comments or shelves an alarm on the server. Throws an Error in words when the link fails. */
  callCondition(request: ConditionRequest): Promise<ConditionAnswer>
  /** Reads what a node is before it is written. Throws an Error in plain words when it cannot be. */
  prepareWrite(nodeId: string): Promise<WritableNode>
  /** Sends one Write, never again whatever happens, and reads back. Throws what was not sent. */
  write(nodeId: string, typed: string, prepared: WritableNode): Promise<WriteOutcome>
}

export interface WritableNode {
  /** Name of the built-in type. */
  dataType: string
  /** The present value, as text that is the same for the same value. */
  value: string
  status: number
  /** Why the server would refuse it; null: it would not. */
  refusal: string | null
  /** The link it was read on. */
  link: string
}

/** `unknown`: sent, and no answer came. `differs`: accepted, but something else is read back. */
export interface WriteOutcome {
  state: 'done' | 'refused' | 'differs' | 'unknown'
  status: number
  detail: string
  readBack: string | null
}

export interface ReadValue {
  nodeId: string
  /** For people; null when there is none. */
  value: string | null
  /** To be plotted; null when it is no number. */
  number: number | null
  status: number
  sourceUs: number | null
  serverUs: number | null
}
