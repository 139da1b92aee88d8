import { AttributeIds, type ClientSession, type NodeId, VariableIds } from 'node-opcua-client'
import type { Point } from '../../../shared/domain/plant-file.ts'
import { within } from '../deadline.ts'
import { AddressError, resolveAddress } from '../node-address.ts'
import { type Outcome, passed, StepFault } from './outcome.ts'
import { messageOf } from './secure-link.ts'

/** A node the subscription asks for. */
export interface Watched {
  name: string
  nodeId: NodeId
  /** Time between values the contract promises. */
  cadenceMs: number
  missingAfterMs: number
}

/** Points looked at in one run: more would load a small server, and the first ones tell the tale. */
export const watchedPoints = 50

const namespaceOf = (nodeId: string): string | null => {
  const uri = /^nsu=([^;]+);/.exec(nodeId)?.[1]
  return uri === undefined ? null : uri.replaceAll(/%3B/gi, ';').replaceAll('%25', '%')
}

/** The server's namespaces, and whether those of the points are among them. */
export async function readNamespaces(
  session: ClientSession,
  points: readonly Point[],
  ms: number,
): Promise<{ namespaces: string[]; missing: string[] }> {
  try {
    const node = { nodeId: `i=${VariableIds.Server_NamespaceArray}`, attributeId: AttributeIds.Value }
    const answer = await within(ms, 'reading the namespaces', session.read(node))
    const names: unknown = answer.value.value
    if (!Array.isArray(names)) throw new Error(answer.statusCode.name)
    const namespaces = names.map(String)
    const wanted = new Set(points.flatMap(({ source }) => namespaceOf(source.nodeId) ?? []))
    return { namespaces, missing: [...wanted].filter((uri) => !namespaces.includes(uri)) }
  } catch (cause) {
    throw new StepFault(
      `The server does not tell its namespaces (${messageOf(cause)}).`,
      'Give the user the right to read the Server object, or look at the log of the server.',
      { cause },
    )
  }
}

export function judgeNamespaces(namespaces: readonly string[], missing: readonly string[], points: number): Outcome {
  const has = namespaces.map((uri) => `"${uri}"`).join(', ')
  if (missing.length > 0)
    throw new StepFault(
      `The server has no namespace ${missing.map((uri) => `"${uri}"`).join(', ')}; it has ${has}.`,
      'Check that this is the right server and that its program is loaded; else map the points anew under Browse and map.',
    )
  return passed(
    points === 0
      ? `The server has ${has}; no points are mapped to it yet.`
      : `All namespaces of the ${points} mapped points are there.`,
  )
}

/** What the subscription watches: the mapped points that can be addressed, else the clock of the server. */
export function watchedNodes(points: readonly Point[], namespaces: readonly string[]): Watched[] {
  const watched = points.flatMap((point) => {
    if (point.kind === 'event') return []
    try {
      const { contract } = point
      const cadenceMs = contract?.updateCadenceMs ?? 1_000
      const missingAfterMs = contract?.policy.missingAfterMs ?? 5 * cadenceMs
      return [{ name: point.id, nodeId: resolveAddress(point.source.nodeId, namespaces), cadenceMs, missingAfterMs }]
    } catch (error) {
      if (error instanceof AddressError) return []
      throw error
    }
  })
  if (watched.length > 0) return watched.slice(0, watchedPoints)
  const clock = resolveAddress(`i=${VariableIds.Server_ServerStatus_CurrentTime}`, namespaces)
  return [{ name: 'the clock of the server', nodeId: clock, cadenceMs: 1_000, missingAfterMs: 5_000 }]
}

const clockReads = 5
/** A second may be the server's own resolution; two are a wrong clock. */
const clockLimitMs = 2_000

/** Difference of the clocks, from the read with the shortest way there and back. */
export async function measureClock(session: ClientSession, nowUs: () => number, ms: number): Promise<Outcome> {
  const node = { nodeId: `i=${VariableIds.Server_ServerStatus_CurrentTime}`, attributeId: AttributeIds.Value }
  let best = { offsetMs: Number.NaN, wayMs: Number.POSITIVE_INFINITY }
  const untilMs = performance.now() + ms
  for (let i = 0; i < clockReads && performance.now() < untilMs; i += 1) {
    const sentMs = nowUs() / 1_000
    const begunMs = performance.now()
    const answer = await within(ms, 'reading the clock', session.read(node)).catch((cause: unknown) => {
      throw noClock(messageOf(cause), cause)
    })
    const wayMs = performance.now() - begunMs
    const value: unknown = answer.value.value
    if (!(value instanceof Date)) throw noClock(answer.statusCode.name)
    if (wayMs < best.wayMs) best = { offsetMs: value.getTime() - (sentMs + wayMs / 2), wayMs }
  }
  const { offsetMs, wayMs } = best
  if (Number.isNaN(offsetMs)) throw noClock('no answer in time')
  const words = `${spanWords(Math.abs(offsetMs))} ${offsetMs < 0 ? 'behind' : 'ahead of'} the clock of this machine`
  if (Math.abs(offsetMs) - wayMs / 2 > clockLimitMs)
    throw new StepFault(
      `The clock of the server is ${words}.`,
      'Let both machines take their time from the same time server (NTP), and check the time zone of the one that is wrong.',
    )
  return passed(`The clock of the server is ${words}, measured to ${Math.ceil(wayMs / 2)} ms.`)
}

function noClock(why: string, cause?: unknown): StepFault {
  return new StepFault(
    `The server does not tell its time (${why}).`,
    'Give the user the right to read the Server object; the clock can then be compared.',
    { cause },
  )
}

export function spanWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Number((ms / 1_000).toPrecision(3))} s`
  if (ms < 7_200_000) return `${Number((ms / 60_000).toPrecision(3))} min`
  return `${Number((ms / 3_600_000).toPrecision(3))} h`
}
