import type { TimeUs } from './time.ts'

/**
 * Streams that leave the plant. `events` are alert transitions, acknowledgements, labels and gaps; `features` are
 * feature rows. Each has its own unbroken sequence per epoch; (installation, epoch, stream, seq) is the identity of a
 * row everywhere.
 */
export const outboxStreams = ['events', 'features'] as const
export type OutboxStream = (typeof outboxStreams)[number]

/** `now` carries events only and must arrive at once; `later` carries everything. */
export type Lane = 'now' | 'later'

export function streamsOf(lane: Lane): OutboxStream[] {
  return lane === 'now' ? ['events'] : ['events', 'features']
}

export interface OutboxRow {
  seq: number
  /** `alert`, `label`, `acknowledge`, `gap`, `features`. */
  kind: string
  createdUs: TimeUs
  /** JSON text, exactly what is delivered. */
  payload: string
}

export interface OutboxPage {
  installation: string
  epoch: string
  stream: OutboxStream
  rows: OutboxRow[]
  /** The last row is the last of its epoch that this twin still has; the far side may have had more of it. */
  endsEpoch?: true
}

export interface DeliveryCursor {
  destinationId: string
  stream: OutboxStream
  /** Highest sequence confirmed by the destination; rows up to it may be forgotten. */
  seq: number
  confirmedUs: TimeUs
}

/** What sync needs of the twin. */
export interface OutboxFace {
  page(stream: OutboxStream, afterSeq: number, limit: number): Promise<OutboxPage>
  /** Highest sequence of a stream, 0 when empty. */
  head(stream: OutboxStream): Promise<number>
  cursor(destinationId: string, stream: OutboxStream): Promise<DeliveryCursor>
  advance(cursor: DeliveryCursor): Promise<void>
}

/** One row a destination on the Sync page; state is by receipts, never by sockets. */
export interface DestinationState {
  id: string
  kind: 'mqtt' | 'folder' | 's3'
  lane: Lane
  state: 'delivering' | 'idle' | 'waiting' | 'paused'
  /** Rows not yet confirmed, over all streams of the lane. */
  depth: number
  oldestUs: TimeUs | null
  rowsPerSecond: number
  secondsToEmpty: number | null
  lastReceiptUs: TimeUs | null
  /** When delivery began to fail; null while it works. */
  failingSinceUs: TimeUs | null
  lastError: string | null
  deliveredRows: number
}
