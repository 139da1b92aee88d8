import type { DeliveryCursor, OutboxFace, OutboxPage, OutboxRow, OutboxStream } from '../../../shared/domain/outbox.ts'

/** The twin's outbox without the twin: what survives a restart of sync. `fail` may throw before and after an advance. */
export class MemoryOutbox implements OutboxFace {
  readonly rows: Record<OutboxStream, OutboxRow[]> = { events: [], features: [] }
  readonly cursors = new Map<string, DeliveryCursor>()
  fail: (when: 'before' | 'after') => void = () => undefined

  add(stream: OutboxStream, count: number, payload = (seq: number): string => JSON.stringify({ seq })): void {
    for (let i = 0; i < count; i++) {
      const seq = this.rows[stream].length + 1
      const kind = stream === 'events' ? 'alert' : 'features'
      this.rows[stream].push({ seq, kind, createdUs: 1_700_000_000_000_000 + seq, payload: payload(seq) })
    }
  }

  page(stream: OutboxStream, afterSeq: number, limit: number): Promise<OutboxPage> {
    const rows = this.rows[stream].slice(afterSeq, afterSeq + limit)
    return Promise.resolve({ installation: 'inst', epoch: 'e1', stream, rows })
  }

  head(stream: OutboxStream): Promise<number> {
    return Promise.resolve(this.rows[stream].length)
  }

  cursor(destinationId: string, stream: OutboxStream): Promise<DeliveryCursor> {
    const known = this.cursors.get(`${destinationId}/${stream}`)
    return Promise.resolve(known ?? { destinationId, stream, seq: 0, confirmedUs: 0 })
  }

  advance(cursor: DeliveryCursor): Promise<void> {
    const key = `${cursor.destinationId}/${cursor.stream}`
    const before = this.cursors.get(key)?.seq ?? 0
    if (cursor.seq <= before) return Promise.reject(new Error(`the cursor went from ${before} back to ${cursor.seq}`))
    try {
      this.fail('before')
      this.cursors.set(key, cursor)
      this.fail('after')
      return Promise.resolve()
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

export const systemClock = {
  nowUs: (): number => Math.round((performance.timeOrigin + performance.now()) * 1000),
  monotonicMs: (): number => performance.now(),
}

/** Waits for an outcome, not for a time; the limit only keeps a failing test from hanging. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 30_000,
): Promise<void> {
  const until = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`It did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
