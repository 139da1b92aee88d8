import { deserialize, serialize } from 'node:v8'
import { HealthMonitor, type HealthMemory } from '../diagnosis/warning/health-monitor.ts'
import { leftOutReasons, type LeftOut } from '../../shared/domain/health.ts'
import type { FromHealthWorker, LoggedEntry, MonitorOptions, Said, ToHealthWorker } from './health-messages.ts'

interface Page {
  options: MonitorOptions
  monitor: HealthMonitor
  /** Of the last entry that was taken in; earlier ones are known already. */
  seq: number
  /** Snapshots since the epoch began. */
  index: number
  /** Since the epoch began. */
  left: LeftOut
}

/** `node:v8` keeps NaN, infinities and typed arrays as they are, and reads what older versions of Node wrote. */
interface StoredPage {
  version: 1
  seq: number
  index: number
  monitor: HealthMemory
  /** Not in what was stored before blocks were counted. */
  left?: LeftOut
}

/** The monitors of all points. Its answers follow from the messages alone: the same ones in the same order, the same answers. */
export class HealthBook {
  readonly #pages = new Map<number, Page>()

  take(message: ToHealthWorker): FromHealthWorker | null {
    const { pointKey } = message
    try {
      return this.#take(message)
    } catch (error) {
      this.#pages.delete(pointKey)
      return { t: 'failed', pointKey, message: error instanceof Error ? error.message : String(error) }
    }
  }

  #take(message: ToHealthWorker): FromHealthWorker | null {
    const { pointKey } = message
    switch (message.t) {
      case 'open': {
        const page = opened(message.options, message.memory)
        this.#pages.set(pointKey, page)
        return this.#apply(pointKey, page, message.entries)
      }
      case 'entries': {
        const page = this.#pages.get(pointKey)
        return page ? this.#apply(pointKey, page, message.entries) : null
      }
      case 'save': {
        const page = this.#pages.get(pointKey)
        if (!page) return null
        const stored: StoredPage = {
          version: 1,
          seq: page.seq,
          index: page.index,
          left: page.left,
          monitor: page.monitor.save(),
        }
        return { t: 'memory', pointKey, seq: page.seq, body: Uint8Array.from(serialize(stored)) }
      }
      case 'close':
        this.#pages.delete(pointKey)
        return null
    }
  }

  #apply(pointKey: number, page: Page, entries: readonly LoggedEntry[]): FromHealthWorker {
    const said: Said[] = []
    for (const { seq, tUs, entry } of entries) {
      if (seq <= page.seq) continue
      page.seq = seq
      switch (entry.kind) {
        case 'observe': {
          const { rpm, features } = entry.observation
          const step = page.monitor.observe({ ...entry.observation, index: page.index++ })
          said.push({ seq, tUs, rpm, features, step })
          break
        }
        case 'left':
          for (const reason of leftOutReasons) {
            const count = entry.left[reason]
            if (count !== undefined) page.left[reason] = (page.left[reason] ?? 0) + count
          }
          break
        case 'approve':
          page.monitor.approveCondition(entry.condition)
          break
        case 'relearn':
          page.monitor.relearn(entry.condition)
          break
        case 'clock':
          page.monitor.restartTime()
          break
        case 'epoch':
          page.monitor = monitorOf(page.options, null)
          page.index = 0
          page.left = {}
      }
    }
    return { t: 'said', pointKey, said, conditions: page.monitor.conditions(), left: page.left }
  }
}

function monitorOf(options: MonitorOptions, memory: HealthMemory | null): HealthMonitor {
  return new HealthMonitor({ ...options, approval: 'needed' }, memory)
}

function opened(options: MonitorOptions, memory: Uint8Array | null): Page {
  if (memory === null) return { options, monitor: monitorOf(options, null), seq: -1, index: 0, left: {} }
  // Written by `save` above, with the checksum of the twin's page.
  const stored = deserialize(memory) as StoredPage
  const { seq, index, left = {} } = stored
  return { options, monitor: monitorOf(options, stored.monitor), seq, index, left }
}
