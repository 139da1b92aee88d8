import type { TimeUs } from './time.ts'

/** Rows of one kind that damage has taken, and where they lay. */
export interface LostRows {
  what: 'samples' | 'ticks' | 'features' | 'captures' | 'events' | 'records'
  /** Of `records`: the table. */
  table?: string
  /** null: not of one point. */
  pointId: string | null
  fromUs: TimeUs | null
  toUs: TimeUs | null
  /** null where it is not known. */
  count: number | null
}

/** How the twin came back: stored in it, shown to the operator. */
export interface Recovery {
  schema: 'millwright/recovery@1'
  kind: 'restored' | 'salvaged'
  atUs: TimeUs
  /** One sentence. */
  message: string
  /** The backup, or the folder of the damaged file. */
  source: string
  /** The window in which anything is missing. */
  fromUs: TimeUs | null
  toUs: TimeUs | null
  lost: LostRows[]
  /** Rows that came through, by table. */
  kept: Record<string, number>
}
