import type { LinkPhase } from './intake.ts'
import type { Contract } from './plant-file.ts'
import { limitOf, qualityOf, statusWithoutInfo } from './status-code.ts'
import type { TimeUs } from './time.ts'
import type { RunState } from './twin.ts'

/**
 * What a point is beyond its alarms. In order of precedence: the first that holds is the point's state, since it leaves nothing
 * certain to say about those after it. Without a link nobody knows whether the sensor is well; with a broken sensor nobody knows
 * whether the value is in range.
 */
export const pointStates = [
  /** Grey: nothing says what the tag promises, so it never alarms and never syncs. */
  'no-contract',
  'comms-lost',
  'not-measured',
  'cable-fault',
  'sensor-fault',
  'stale',
  'stopped',
  'transient',
  'out-of-range',
  'normal',
] as const
export type PointState = (typeof pointStates)[number]

/** Why a point is in its state; each has a sentence in the language file. */
export const pointStateReasons = [
  'no-contract',
  /** The connection to the server does not stand. */
  'link-down',
  /** The server has lost its own device. */
  'source-cut',
  'never',
  /** The link stands, and the point has been silent for longer than its contract's missingAfterMs. */
  'silent',
  'out-of-service',
  'configuration',
  /** Ours: blocks are longer or shorter than the contract says. */
  'block-length',
  /** Forced, substituted or simulated: a number, but nobody measured it. */
  'by-hand',
  'bad-quality',
  /** A failed sensor whose value stands at one end: an open or shorted loop (NAMUR NE 43 drives it there). */
  'at-rail',
  /** A block of one value, zero or beyond the range: the input is open or shorted. */
  'open-input',
  'dropouts',
  'sensor-says',
  'stuck',
  'drifting',
  'old',
  'last-usable',
  'machine-stopped',
  'speed-changing',
  'contract-range',
  'sensor-limit',
  'clipped',
  'none',
] as const
export type PointStateReason = (typeof pointStateReasons)[number]

/** What is wrong with a waveform block as the sensor delivered it. */
export const blockFaultKinds = ['open-input', 'at-rail', 'dropouts', 'stuck', 'drifting', 'clipped'] as const
export type BlockFaultKind = (typeof blockFaultKinds)[number]
export interface BlockFault {
  kind: BlockFaultKind
  /** One sentence with the numbers. */
  detail: string
  /** Of a clipped block: how many samples are. */
  samples?: number
}

const blockFaultStates: Record<BlockFaultKind, PointState> = {
  'open-input': 'cable-fault',
  'at-rail': 'cable-fault',
  dropouts: 'cable-fault',
  stuck: 'sensor-fault',
  drifting: 'sensor-fault',
  // A machine that shakes beyond the sensor's range is when an alert matters most: it is judged.
  clipped: 'out-of-range',
}

export interface PointCondition {
  state: PointState
  reason: PointStateReason
}

/** A condition with when it began; null where nobody has watched it. */
export interface PointStateView extends PointCondition {
  sinceUs: TimeUs | null
}

/** What of a point decides which facts concern it. */
export interface PointNature {
  kind: 'scalar' | 'waveform' | 'event'
  contract?: Pick<Contract, 'quantity'> | undefined
}

export interface PointFacts {
  point: PointNature
  link: LinkPhase
  /** Age of the newest value against its contract. */
  freshness: 'never' | 'live' | 'stale' | 'missing'
  /** Of the newest value or block; 0 when there is none. */
  status: number
  /** Of the newest waveform block; null for scalars and where nothing is wrong. */
  block: BlockFaultKind | null
  runState: RunState
}

const condition = (state: PointState, reason: PointStateReason): PointCondition => ({ state, reason })
const isNormal = condition('normal', 'none')

/**
 * What OPC UA status codes say of a point (OPC 10000-8, 6.3 and annex A; OPC 10000-4, 7.39.2). Two codes tell more by their limit
 * bits: `sensorFailure` and `sensorNotAccurate` below.
 */
const byStatus = new Map<number, PointCondition>([
  [0x80050000, condition('comms-lost', 'source-cut')], // BadCommunicationError
  [0x800a0000, condition('comms-lost', 'source-cut')], // BadTimeout
  [0x800c0000, condition('comms-lost', 'source-cut')], // BadShutdown
  [0x800d0000, condition('comms-lost', 'source-cut')], // BadServerNotConnected
  [0x800e0000, condition('comms-lost', 'source-cut')], // BadServerHalted
  [0x80310000, condition('comms-lost', 'source-cut')], // BadNoCommunication
  [0x80850000, condition('comms-lost', 'source-cut')], // BadRequestTimeout
  [0x80ae0000, condition('comms-lost', 'source-cut')], // BadConnectionClosed
  [0x408f0000, condition('comms-lost', 'source-cut')], // UncertainNoCommunicationLastUsableValue
  [0x808d0000, condition('not-measured', 'out-of-service')], // BadOutOfService
  [0x80890000, condition('not-measured', 'configuration')], // BadConfigurationError
  [0x420f0000, condition('not-measured', 'configuration')], // UncertainConfigurationError
  [0x808a0000, condition('not-measured', 'configuration')], // BadNotConnected: never configured to receive a value
  [0x80740000, condition('not-measured', 'block-length')], // BadTypeMismatch, ours for a block of another length
  [0x80320000, condition('not-measured', 'never')], // BadWaitingForInitialData
  [0x809b0000, condition('not-measured', 'never')], // BadNoData
  [0x40920000, condition('not-measured', 'never')], // UncertainInitialValue
  [0x00960000, condition('not-measured', 'by-hand')], // GoodLocalOverride: the input is disconnected, the value forced
  [0x40910000, condition('not-measured', 'by-hand')], // UncertainSubstituteValue
  [0x42080000, condition('not-measured', 'by-hand')], // UncertainTransducerInManual
  [0x42090000, condition('not-measured', 'by-hand')], // UncertainSimulatedValue
  [0x808b0000, condition('sensor-fault', 'sensor-says')], // BadDeviceFailure
  [0x420a0000, condition('sensor-fault', 'sensor-says')], // UncertainSensorCalibration
  [0x40900000, condition('stale', 'last-usable')], // UncertainLastUsableValue
  [0x40940000, condition('out-of-range', 'contract-range')], // UncertainEngineeringUnitsExceeded, ours too
  [0x40f20000, condition('out-of-range', 'sensor-limit')], // UncertainOverRange
  [0x40f30000, condition('out-of-range', 'sensor-limit')], // UncertainUnderRange
  [0x803c0000, condition('out-of-range', 'sensor-limit')], // BadOutOfRange
])
const sensorFailure = 0x808c0000
const sensorNotAccurate = 0x40930000

/** Of one status alone; `normal` where it says nothing against the value. */
export function conditionOfStatus(status: number): PointCondition {
  if (status === 0) return isNormal
  const code = statusWithoutInfo(status)
  const limit = limitOf(status)
  if (code === sensorFailure)
    return limit === 'low' || limit === 'high'
      ? condition('cable-fault', 'at-rail')
      : condition('sensor-fault', 'sensor-says')
  // Either the value stands at a limit of the sensor, or (no limit bit) the sensor has lost accuracy.
  if (code === sensorNotAccurate)
    return limit === 'low' || limit === 'high'
      ? condition('out-of-range', 'sensor-limit')
      : condition('sensor-fault', 'sensor-says')
  const known = byStatus.get(code)
  if (known) return known
  return qualityOf(status) === 'bad' ? condition('not-measured', 'bad-quality') : isNormal
}

const ofVibration: ReadonlySet<string> = new Set(['acceleration', 'velocity', 'displacement'])

/** Vibration of a standing machine, or on a ramp, says nothing of its health; its bearing's temperature still does. */
export function dependsOnRunning({ kind, contract }: PointNature): boolean {
  return kind === 'waveform' || (contract !== undefined && ofVibration.has(contract.quantity))
}

function conditionOfRun(runState: RunState, point: PointNature): PointCondition {
  if (!dependsOnRunning(point)) return isNormal
  if (runState === 'not-running') return condition('stopped', 'machine-stopped')
  return runState === 'transient' ? condition('transient', 'speed-changing') : isNormal
}

function conditionOfFreshness(freshness: PointFacts['freshness']): PointCondition {
  if (freshness === 'live') return isNormal
  if (freshness === 'stale') return condition('stale', 'old')
  return condition('not-measured', freshness === 'never' ? 'never' : 'silent')
}

const rank = new Map(pointStates.map((state, index) => [state, index]))

/** Of two states the one that is told where there is room for one. */
export function isBefore(a: PointState, b: PointState): boolean {
  return (rank.get(a) ?? 0) < (rank.get(b) ?? 0)
}

/** The first of `pointStates` that one of the conditions is in. */
function first(conditions: readonly PointCondition[]): PointCondition {
  let found = isNormal
  for (const each of conditions) if (isBefore(each.state, found.state)) found = each
  return found
}

/** State of a point as it is now, from everything that is known of it. Pure: the same facts give the same state. */
export function pointCondition({ point, link, freshness, status, block, runState }: PointFacts): PointCondition {
  if (!point.contract) return condition('no-contract', 'no-contract')
  if (link !== 'connected') return condition('comms-lost', 'link-down')
  return first([
    conditionOfFreshness(freshness),
    conditionOfStatus(status),
    block === null ? isNormal : condition(blockFaultStates[block], block),
    conditionOfRun(runState, point),
  ])
}

/** The same of one value at the moment it was measured: it came, so the link stood and it was not old. */
export function sampleCondition(point: PointNature, status: number, runState: RunState): PointCondition {
  if (status === 0) return conditionOfRun(runState, point)
  return pointCondition({ point, link: 'connected', freshness: 'live', status, block: null, runState })
}

/**
 * Whether rules judge a value in this state. Out of range is judged: that is when an alert matters most. In every other state
 * but `normal` a rule neither raises nor clears.
 */
export function isJudged(state: PointState): boolean {
  return state === 'normal' || state === 'out-of-range'
}

/** The sensor or its cable spoiled the block: what is computed from it says nothing of the machine. */
export function spoils(kind: BlockFaultKind): boolean {
  return !isJudged(blockFaultStates[kind])
}

export function stateOfBlockFault(kind: BlockFaultKind): PointState {
  return blockFaultStates[kind]
}

export function countPointStates(states: Iterable<PointState>): Record<PointState, number> {
  const counts = {
    'no-contract': 0,
    'comms-lost': 0,
    'not-measured': 0,
    'cable-fault': 0,
    'sensor-fault': 0,
    stale: 0,
    stopped: 0,
    transient: 0,
    'out-of-range': 0,
    normal: 0,
  }
  for (const state of states) counts[state] += 1
  return counts
}
