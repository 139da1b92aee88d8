import type { OutboxStream } from '../../shared/domain/outbox.ts'

/** A row as it arrived somewhere outside; the first four fields are its identity everywhere. */
export interface DeliveredRow {
  installation: string
  epoch: string
  stream: OutboxStream
  seq: number
  kind: string
  createdUs: number
  /** The JSON text as it arrived. */
  payload: string
}

export function identityOf(row: Pick<DeliveredRow, 'installation' | 'epoch' | 'stream' | 'seq'>): string {
  return `${row.installation} ${row.epoch} ${row.stream} ${row.seq}`
}

export function isStream(text: string): text is OutboxStream {
  return text === 'events' || text === 'features'
}

export interface Comparison {
  /** Rows the twin holds and the destination confirmed. */
  confirmed: number
  /** Confirmed rows that did not arrive. */
  missing: string[]
  /** Rows that arrived and that the twin does not know. */
  unknown: string[]
  /** Rows that arrived with another kind, time or payload than the twin holds. */
  different: string[]
  /** Identities that arrived more than once. */
  repeated: string[]
}

/** What arrived of one stream against what the twin holds of it; `cursor` is the last sequence the destination confirmed. */
export function compare(twin: readonly DeliveredRow[], arrived: readonly DeliveredRow[], cursor: number): Comparison {
  const held = new Map(twin.map((row) => [identityOf(row), row]))
  const seen = new Map<string, number>()
  const unknown: string[] = []
  const different: string[] = []
  for (const row of arrived) {
    const id = identityOf(row)
    seen.set(id, (seen.get(id) ?? 0) + 1)
    const own = held.get(id)
    if (!own) unknown.push(id)
    else if (own.kind !== row.kind || own.createdUs !== row.createdUs || own.payload !== row.payload) different.push(id)
  }
  const confirmed = twin.filter((row) => row.seq <= cursor)
  return {
    confirmed: confirmed.length,
    missing: confirmed.map(identityOf).filter((id) => !seen.has(id)),
    unknown,
    different,
    repeated: [...seen].filter(([, times]) => times > 1).map(([id]) => id),
  }
}

/** Every sequence from 1 to the last one, each once. */
export function isUnbroken(rows: readonly DeliveredRow[]): boolean {
  return rows.every((row, index) => row.seq === index + 1)
}
