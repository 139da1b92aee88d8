import type { OutboxRow, OutboxStream } from '../../shared/domain/outbox.ts'

/** Rows of one stream without a hole. (installation, epoch, stream, fromSeq, toSeq) is its key wherever it arrives. */
export interface Batch {
  installation: string
  epoch: string
  stream: OutboxStream
  fromSeq: number
  toSeq: number
  rows: OutboxRow[]
  /** An earlier attempt of which no receipt is known may have arrived: after a start, a failure, a lost cursor. */
  mayExist: boolean
  /** The epoch ends with `toSeq` (see OutboxPage). */
  endsEpoch?: true
}

/** Proof that everything up to `confirmedSeq` is where it belongs. */
export interface Receipt {
  confirmedSeq: number
}

export interface Destination {
  /** Throws `DeliveryError`. Delivering the same rows again must have the effect of once. */
  deliver(batch: Batch): Promise<Receipt>
  close(): Promise<void>
}

export interface DeliveryErrorOptions {
  /** Rows up to here arrived all the same. */
  confirmedSeq?: number
  /** The destination will never take this row (or, without `poisonSeq`, some row of the batch). */
  poison?: boolean
  poisonSeq?: number
  cause?: unknown
}

/** What went wrong, in words for the Sync page: what, where, what to do. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly confirmedSeq: number
  readonly poison: boolean
  readonly poisonSeq: number | null

  constructor(message: string, options: DeliveryErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.confirmedSeq = options.confirmedSeq ?? 0
    this.poison = options.poison ?? options.poisonSeq !== undefined
    this.poisonSeq = options.poisonSeq ?? null
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
