import type { AlarmsState, ConditionNews } from './condition.ts'
import type { TimeUs } from './time.ts'

/**
 * Scalars in arrival order, one array per field so that a batch crosses threads without copying objects.
 * Arrays may be longer than `count`; only the first `count` entries count.
 */
export interface ScalarColumns {
  count: number
  /** The twin's small integer of the point (see `PointRef.key`). */
  pointKey: Uint32Array
  /** Source time, Unix microseconds; NaN when the server sent none. */
  sourceUs: Float64Array
  /** Hundred-nanosecond remainder of the source time, 0 to 9. */
  sourceTick: Uint8Array
  /** Server time, Unix microseconds; NaN when not asked for or not sent. */
  serverUs: Float64Array
  /** When this machine received it, Unix microseconds. */
  receiveUs: Float64Array
  /** In the contract's unit. Boolean 0 and 1. */
  value: Float64Array
  /** Full OPC UA status code, info bits included. */
  status: Uint32Array
}

/**
 * Samples of a waveform in the width they came in: 64 bits for Double, Int32, UInt32 and 64-bit whole numbers, 32 for all that 32
 * bits hold exactly (Float and whole numbers of 8 and 16 bits).
 */
export type Samples = Float32Array | Float64Array

/** One block of a waveform. `samples` belongs to the receiver from the moment it is handed over. */
export interface WaveformBlock {
  pointKey: number
  /** Source time of the first sample, Unix microseconds. */
  sourceUs: TimeUs
  sourceTick: number
  serverUs: TimeUs
  receiveUs: TimeUs
  sampleRateHz: number
  samples: Samples
  status: number
}

export const gapCauses = [
  'link-lost',
  'session-recreated',
  'server-restart',
  'overflow',
  'sequence-lost',
  'missing',
  'late-rejected',
  'order-rejected',
  'decode-failed',
  'clock-step',
  'queue-full',
  'configuration-change',
  'write-failed',
  'engine-stopped',
  'engine-killed',
  'restored',
  'twin-damaged',
  'retention',
  'disk-full',
  /** Waveform blocks that came, but not from a sensor that measures: no features are made of them. */
  'not-measured',
  'cable-fault',
  'sensor-fault',
] as const
export type GapCause = (typeof gapCauses)[number]

/** Every loss is a row: what may be missing, where, why. */
export interface Gap {
  /** null: every point of the server. */
  pointKey: number | null
  serverId: string | null
  cause: GapCause
  startUs: TimeUs
  /** null while the gap is still open. */
  endUs: TimeUs | null
  /** Samples lost where it is known. */
  count: number | null
  /** One plain sentence. */
  detail: string
}

export type LinkPhase = 'connecting' | 'connected' | 'lost' | 'refused' | 'stopped'

/** What a person may decide about a refused link; neither when the cause has to be mended at the server. */
export interface LinkRefusal {
  /** Certificate that waits for somebody to trust it: SHA-1, 40 hex digits. */
  undecided: string | null
  /** The exception that would let the link stand. */
  rule: import('./exceptions.ts').OfferedRule | null
}

/** State of the connection to one server, as operators see it. */
export interface LinkState {
  serverId: string
  endpointUrl: string
  phase: LinkPhase
  sinceUs: TimeUs
  /** In words: what is wrong and what to do; empty when connected. */
  message: string
  security: string
  /** Times the link was re-established since start. */
  reconnects: number
  lastDataUs: TimeUs | null
  itemsGood: number
  itemsBad: number
  /** Of a refused link. */
  refusal?: LinkRefusal | null
  /** What is known of the server's own alarms. */
  alarms?: AlarmsState
}

/** What the OPC UA room hands over, synchronously and in order; the receiver must not block. */
export interface IntakeSink {
  scalars(columns: ScalarColumns): void
  block(block: WaveformBlock): void
  /** Values of the past, read from a server's history: marked (`backfilledBit`), stored, and never judged. */
  backfill?(columns: ScalarColumns): void
  gap(gap: Gap): void
  /** What the server says of its own alarms. */
  conditions?(news: ConditionNews): void
  link(state: LinkState): void
  problem(problem: import('./problem.ts').Problem): void
  problemGone(id: string): void
}
