import fs from 'node:fs'
import { collectedPath, damagedPath, readOrder, writeOrder } from './order.ts'
import type { Salvaged, SalvageRequest } from './salvage.ts'

/** What is still to be brought back, after damage was found: a job for a thread of its own. null when there is nothing. */
export function pendingSalvage(file: string, key: Uint8Array | null, backups: string): SalvageRequest | null {
  const order = readOrder(file)
  if (order?.phase !== 'collect') return null
  return { damaged: damagedPath(file, order), key, out: collectedPath(file), backups }
}

/** The job is done: its result joins the twin at the next opening. */
export function orderJoin(file: string, salvaged: Salvaged): void {
  const order = readOrder(file)
  if (order?.phase !== 'collect' || !fs.existsSync(collectedPath(file))) return
  writeOrder(file, { ...order, phase: 'merge', report: salvaged })
}
