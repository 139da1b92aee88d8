import type { OutboxRow } from '../../shared/domain/outbox.ts'
import { DeliveryError, type Batch } from './destination.ts'

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/**
 * One line of an object: the row's identity and its payload as JSON, the payload's text unchanged so that numbers
 * arrive as they were written.
 */
function lineOf(batch: Batch, row: OutboxRow): string {
  if (!isJson(row.payload)) {
    const message = `Row ${row.seq} of ${batch.stream} is not JSON and was set aside.`
    throw new DeliveryError(message, { poisonSeq: row.seq })
  }
  // A line break inside JSON can only be layout; as a line of its own it would end the record.
  const payload = /[\r\n]/.test(row.payload) ? JSON.stringify(JSON.parse(row.payload)) : row.payload
  const head = JSON.stringify({
    installation: batch.installation,
    epoch: batch.epoch,
    stream: batch.stream,
    seq: row.seq,
    kind: row.kind,
    createdUs: row.createdUs,
  })
  return `${head.slice(0, -1)},"payload":${payload}}\n`
}

export function linesOf(batch: Batch, upToSeq = batch.toSeq): string {
  let text = ''
  for (const row of batch.rows) if (row.seq <= upToSeq) text += lineOf(batch, row)
  return text
}
