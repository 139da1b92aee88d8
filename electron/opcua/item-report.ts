import { statusWithoutInfo } from '../../shared/domain/status-code.ts'
import type { ItemTable } from './item-table.ts'
import type { CreatedItem } from './monitored-items.ts'
import type { ProblemBook } from './problem-book.ts'
import type { MappedPoint } from './types.ts'

interface ItemReportParts {
  serverId: string
  items: ItemTable
  problems: ProblemBook
  /** The outage the server's queues are to cover. */
  bridgeMs: number
}

/** What the server has made of each item that was asked of it, and what of that people should know. */
export class ItemReport {
  /** Status of each item the server refused, by handle. */
  readonly bad = new Map<number, string>()
  /** The server's id of each item, by handle. */
  readonly itemIds = new Map<number, number>()
  /** Points for which the server keeps one value only, whatever was asked for. */
  readonly shallow = new Set<number>()
  /** Seconds the server keeps of each point where that is less than was asked for. */
  readonly #keptS = new Map<number, number>()
  readonly #parts: ItemReportParts

  constructor(parts: ItemReportParts) {
    this.#parts = parts
  }

  /** Items that were created or modified. */
  answered(created: readonly CreatedItem[]): void {
    for (const item of created) {
      const mapped = this.#parts.items.points[item.handle]
      if (!mapped) continue
      if (item.status >>> 30 === 0) this.#accepted(item, mapped)
      else this.#refused(item, mapped)
    }
    this.#tellQueues()
  }

  unresolved(handle: number, { point }: MappedPoint, why: string): void {
    this.bad.set(handle, why)
    this.#parts.problems.raise(
      `opcua.item:${point.id}`,
      'error',
      `Point ${point.id} cannot be found: ${why}`,
      'Correct its NodeId in the plant file; browse the server to find it.',
    )
  }

  /** The point of this handle is gone. */
  forget(handle: number): void {
    this.bad.delete(handle)
    this.shallow.delete(handle)
    this.itemIds.delete(handle)
    this.#keptS.delete(handle)
  }

  #refused(item: CreatedItem, { point }: MappedPoint): void {
    this.bad.set(item.handle, item.statusName)
    this.itemIds.delete(item.handle)
    this.#keptS.delete(item.handle)
    this.#parts.problems.raise(
      `opcua.item:${point.id}`,
      'error',
      `Server ${this.#parts.serverId} does not deliver point ${point.id} (${point.source.nodeId}): ${wordsOf(item)}.`,
      'Correct its NodeId in the plant file, or the rights of the user on the server.',
    )
  }

  #accepted(item: CreatedItem, { point }: MappedPoint): void {
    const { problems, serverId, bridgeMs } = this.#parts
    this.bad.delete(item.handle)
    this.itemIds.set(item.handle, item.itemId)
    if (item.queueSize > 1) this.shallow.delete(item.handle)
    else this.shallow.add(item.handle)
    problems.clear(`opcua.item:${point.id}`)
    const keptS = (item.queueSize * (point.contract?.updateCadenceMs ?? 1_000)) / 1_000
    if (keptS < (bridgeMs / 1_000) * 0.9) this.#keptS.set(item.handle, keptS)
    else this.#keptS.delete(item.handle)
    if (item.deadbandRefused !== '')
      problems.raise(
        `opcua.deadband:${point.id}`,
        'warning',
        `Server ${serverId} does not do the deadband of point ${point.id} (${item.deadbandRefused}): every change is taken.`,
        'Take the deadband out of the contract, or change it to one the server does.',
      )
    const cadenceMs = point.contract?.updateCadenceMs
    if (cadenceMs === undefined || !(item.samplingIntervalMs > cadenceMs)) {
      problems.clear(`opcua.sampling:${point.id}`)
      return
    }
    problems.raise(
      `opcua.sampling:${point.id}`,
      'warning',
      `The server looks at point ${point.id} every ${item.samplingIntervalMs} ms only; its contract expects a value every ${cadenceMs} ms.`,
      "Lower the server's shortest sampling interval, or set the contract's cadence to what the server can do.",
    )
  }

  #tellQueues(): void {
    const { problems, serverId, bridgeMs, items } = this.#parts
    const id = `opcua.queues:${serverId}`
    let shortest: [handle: number, keptS: number] | null = null
    for (const entry of this.#keptS) if (!shortest || entry[1] < shortest[1]) shortest = entry
    if (!shortest) {
      problems.clear(id)
      return
    }
    const [handle, keptS] = shortest
    problems.raise(
      id,
      'info',
      `Server ${serverId} keeps values for ${Math.floor(keptS)} s while the link is down, not for ${bridgeMs / 1_000} s (${this.#keptS.size} of ${items.acquired} points, least of ${items.points[handle]?.point.id ?? 'one'}).`,
      "Raise the server's queue size per monitored item; a longer outage leaves a gap.",
    )
  }
}

function wordsOf({ status, statusName }: CreatedItem): string {
  const name = statusName === '' ? `0x${statusWithoutInfo(status).toString(16)}` : statusName
  if (/BadNodeIdUnknown|BadNodeIdInvalid/.test(name)) return 'it has no such node'
  if (/BadUserAccessDenied|BadNotReadable/.test(name)) return 'the user may not read it'
  if (/BadTooManyMonitoredItems/.test(name)) return 'it accepts no more monitored items'
  return name
}
