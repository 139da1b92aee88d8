import { randomUUID } from 'node:crypto'
import { permissions, roles, type Actor, type Role } from '../../shared/domain/access.ts'
import type { AuditFact } from '../../shared/domain/audit-trail.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Point } from '../../shared/domain/plant-file.ts'
import { statusName } from '../../shared/domain/status-names.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { PreparedWriteView, WriteResultView } from '../../shared/protocol/writes.ts'
import type { Seat } from '../access/index.ts'
import { RequestError } from '../live/window-session.ts'
import {
  checkTyped,
  WriteValueError,
  type OpcuaConnection,
  type WritableNode,
  type WriteOutcome,
} from '../opcua/index.ts'
import type { Recorder } from './audit-desk.ts'

type Rule = NonNullable<Point['write']>

export interface WriteDeskParts {
  /** Of the configuration in force, and the links to its servers. */
  point: (pointId: string) => Point | undefined
  connection: (serverId: string) => Pick<OpcuaConnection, 'prepareWrite' | 'write'> | undefined
  audit: Recorder
  clock: Clock
}

interface Pending {
  token: string
  seat: Seat
  /** Account; another who signs in meanwhile cannot confirm. */
  name: string
  point: Point
  rule: string
  node: WritableNode
  after: string
  untilMs: number
}

/**
 * The two steps by which a person writes one value to the plant. The first reads what is there and checks everything that can be
 * checked; the second, by the same person at the same window and within the time, sends it once. Whatever the outcome, it is in the
 * audit trail, and what is about to be sent is there before it goes out. Nothing is tried again by itself.
 */
export class WriteDesk {
  readonly #parts: WriteDeskParts
  readonly #pending = new Map<Seat, Pending>()

  constructor(parts: WriteDeskParts) {
    this.#parts = parts
  }

  async prepare(seat: Seat, pointId: string, typed: string): Promise<PreparedWriteView> {
    await this.cancel(seat, 'another value was prepared')
    const point = this.#point(pointId)
    const by = await this.#allowed(seat, point)
    const { rule, node, after } = await this.#checked(by, point, typed)
    const confirmWithinS = rule.confirmWithinS ?? limits.writeConfirmS
    const pending: Pending = {
      token: randomUUID(),
      seat,
      name: by.name,
      point,
      rule: JSON.stringify([point.write, point.source]),
      node,
      after,
      untilMs: this.#parts.clock.monotonicMs() + confirmWithinS * 1000,
    }
    const facts = {
      value: after,
      dataType: node.dataType,
      nodeId: point.source.nodeId,
      serverId: point.source.serverId,
    }
    await this.#parts.audit.record(by, { action: 'write.asked', subject: pointId, before: node.value, after: facts })
    this.#pending.set(seat, pending)
    return {
      token: pending.token,
      pointId,
      before: node.value,
      beforeStatus: node.status,
      after,
      dataType: node.dataType,
      unit: point.contract?.unit ?? '',
      range: rule.range,
      nodeId: point.source.nodeId,
      serverId: point.source.serverId,
      confirmWithinS,
    }
  }

  /** `typed`: the value once more, as it was shown. */
  async confirm(seat: Seat, token: string, typed: string): Promise<WriteResultView> {
    const pending = this.#pending.get(seat)
    if (!pending || pending.token !== token)
      throw refuse('write-void', 'There is no such value to confirm; prepare it anew.')
    if (typed.trim() !== pending.after)
      throw refuse(
        'write-differs',
        `"${typed}" is not the value that was prepared (${pending.after}).`,
        'Type it as it is shown, or cancel.',
      )
    // One confirmation, whatever comes of it.
    this.#pending.delete(seat)
    const { point, node, after } = pending
    const by = await this.#stillAllowed(pending)
    const { audit } = this.#parts
    await audit.record(by, { action: 'write.confirmed', subject: point.id, before: node.value, after })
    // The trail may have waited for the disk; nobody confirmed a value of minutes ago.
    const why = this.#void(pending)
    if (why !== null) return await this.#failed(by, pending, why)
    return await this.#send(by, pending)
  }

  /** At the window of whoever prepared it. */
  async cancel(seat: Seat, reason: string): Promise<void> {
    const pending = this.#pending.get(seat)
    if (!pending) return
    this.#pending.delete(seat)
    const by: Actor = { name: pending.name, role: writingRole(seat, pending.point) ?? 'nobody' }
    await this.#parts.audit.record(by, {
      action: 'write.void',
      subject: pending.point.id,
      after: pending.after,
      reason,
    })
  }

  /** Those whose time is over, whose person has gone or whose point is no longer the same. */
  async everySecond(): Promise<void> {
    for (const [seat, pending] of this.#pending) {
      const why = this.#void(pending)
      if (why !== null) await this.cancel(seat, why)
    }
  }

  async #allowed(seat: Seat, point: Point): Promise<Actor> {
    if (!point.write) {
      const message = `Point ${point.id} is not writable: the plant file has no "write" for it.`
      throw await this.#denied(seat.actor, point.id, message)
    }
    const role = writingRole(seat, point)
    if (role !== null) return { name: seat.actor.name, role }
    const message = `Point ${point.id} may be written by ${point.write.roles.join(', ')} only.`
    throw await this.#denied(seat.actor, point.id, message)
  }

  async #denied(by: Actor, subject: string, message: string): Promise<RequestError> {
    await this.#parts.audit.record(by, { action: 'write.failed', subject, reason: message })
    return refuse('denied', message)
  }

  async #checked(by: Actor, point: Point, typed: string): Promise<{ rule: Rule; node: WritableNode; after: string }> {
    const rule = point.write
    if (!rule) throw refuse('denied', `Point ${point.id} is not writable.`)
    try {
      const node = await this.#connection(point.source.serverId).prepareWrite(point.source.nodeId)
      if (node.refusal !== null) throw refuse('write-refused', node.refusal)
      const { text, number } = checkTyped(typed, node.dataType)
      const [low, high] = rule.range
      if (number < low || number > high)
        throw refuse(
          'write-range',
          `${text} lies outside of what the plant file allows for ${point.id}: ${low} to ${high}.`,
        )
      if (text === node.value) throw refuse('write-same', `${point.id} is ${text} already; there is nothing to write.`)
      return { rule, node, after: text }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      await this.#parts.audit.record(by, { action: 'write.failed', subject: point.id, after: typed, reason })
      if (error instanceof RequestError) throw error
      throw refuse(error instanceof WriteValueError ? 'write-value' : 'write-node', reason)
    }
  }

  async #stillAllowed(pending: Pending): Promise<Actor> {
    const { seat, point, name } = pending
    const why = this.#void(pending)
    const role = writingRole(seat, point)
    if (why === null && role !== null) return { name, role }
    const reason = why ?? 'the role was taken'
    await this.#parts.audit.record(
      { name, role: role ?? 'nobody' },
      { action: 'write.void', subject: point.id, after: pending.after, reason },
    )
    throw refuse('write-void', `This is void: ${reason}. Nothing was written.`, 'Prepare the value anew.')
  }

  /** Why it can no longer be confirmed; null while it can. The link is looked at where it is used. */
  #void({ untilMs, seat, name, point, rule }: Pending): string | null {
    if (this.#parts.clock.monotonicMs() >= untilMs) return 'it was not confirmed in time'
    if (seat.person?.name !== name) return 'whoever prepared it has signed out'
    const now = this.#parts.point(point.id)
    return now && JSON.stringify([now.write, now.source]) === rule ? null : 'the plant file was changed'
  }

  #point(pointId: string): Point {
    const point = this.#parts.point(pointId)
    if (!point) throw refuse('not-found', `The plant file has no point "${pointId}".`)
    return point
  }

  #connection(serverId: string): Pick<OpcuaConnection, 'prepareWrite' | 'write'> {
    const connection = this.#parts.connection(serverId)
    if (!connection) throw refuse('not-found', `The plant file has no server "${serverId}".`)
    return connection
  }

  async #send(by: Actor, pending: Pending): Promise<WriteResultView> {
    const { point, node, after } = pending
    const { serverId, nodeId } = point.source
    let outcome: WriteOutcome
    try {
      const connection = this.#connection(serverId)
      const now = await connection.prepareWrite(nodeId)
      if (now.link !== node.link) return await this.#failed(by, pending, 'the link to the server was made anew')
      if (now.value !== node.value)
        return await this.#failed(by, pending, `the value changed meanwhile, to ${now.value}`)
      outcome = await connection.write(nodeId, after, node)
    } catch (error) {
      return await this.#failed(by, pending, error instanceof Error ? error.message : String(error))
    }
    const { state, status, detail, readBack } = outcome
    const facts: AuditFact = { value: after, result: statusName(status), state, readBack }
    const action = state === 'done' ? 'write.done' : 'write.failed'
    await this.#parts.audit.record(by, {
      action,
      subject: point.id,
      before: node.value,
      after: facts,
      reason: detail || null,
    })
    return { state, before: node.value, after, readBack, status, message: sentence(point.id, after, outcome) }
  }

  async #failed(by: Actor, { point, node, after }: Pending, reason: string): Promise<never> {
    await this.#parts.audit.record(by, { action: 'write.failed', subject: point.id, before: node.value, after, reason })
    throw refuse(
      'write-failed',
      `Nothing was written: ${reason}.`,
      'Look at the point, and prepare the value anew if it is still right.',
    )
  }
}

/** The role that both the desk's rules and the point's allow; null when there is none. */
function writingRole(seat: Seat, { write }: Point): Role | null {
  const held = seat.person?.roles ?? []
  const allowed: readonly Role[] = permissions['point.write']
  return (
    roles.find((role) => held.includes(role) && allowed.includes(role) && write?.roles.includes(role) === true) ?? null
  )
}

function sentence(pointId: string, after: string, { state, detail }: WriteOutcome): string {
  switch (state) {
    case 'done':
      return `${pointId} is ${after}: written and read back.`
    case 'refused':
      return `The server refused it (${detail}); ${pointId} is as it was.`
    case 'differs':
      return `The server took it, but ${detail}. It may need a cycle, or something else writes there too.`
    case 'unknown':
      return `It is not known whether the server took it: ${detail}. Look at ${pointId} before anything else; it is not sent again.`
  }
}

function refuse(code: string, message: string, remedy?: string): RequestError {
  return new RequestError({ code, message, retryable: false, ...(remedy === undefined ? {} : { remedy }) })
}
