import { AttributeIds, type ClientSession, NodeId } from 'node-opcua-client'
import { type OperationLimits, readInSteps, readProperties } from './browse-properties.ts'
import type { ItemTable } from './item-table.ts'
import type { ProblemBook } from './problem-book.ts'
import { readLayout } from './structure-layout.ts'
import type { MappedPoint } from './types.ts'

/** A data type of namespace 0 up to here is encoded as itself; beyond are structures, enumerations and the like. */
const lastBuiltIn = 25
const structure = 22

/** How each structured waveform is laid out; what cannot be read is said when its first block comes. */
export async function learnBlockForms(
  session: ClientSession,
  points: readonly (MappedPoint | null)[],
  nodes: readonly (NodeId | null)[],
  items: ItemTable,
  limits: OperationLimits,
): Promise<void> {
  const wanted = points.flatMap((mapped, handle) => {
    const nodeId = nodes[handle]
    if (mapped?.point.kind !== 'waveform' || !nodeId) return []
    return [{ handle, nodeId, packing: mapped.point.contract?.packing }]
  })
  const reads = wanted.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.DataType }))
  const types = await readInSteps(session, reads, limits)
  // Points of one machine share a type: it is asked for once.
  const known = new Map<string, Awaited<ReturnType<typeof readLayout>>>()
  for (const [i, { handle, packing }] of wanted.entries()) {
    const form = items.forms[handle]
    const type: unknown = types[i]?.statusCode.isGood() ? types[i]?.value.value : null
    if (!form || !(type instanceof NodeId) || isPlain(type)) continue
    const key = `${type.toString()} ${JSON.stringify(packing ?? null)}`
    const layout = known.get(key) ?? (await readLayout(session, type, packing))
    known.set(key, layout)
    form.layout = layout
  }
}

function isPlain({ namespace, value }: NodeId): boolean {
  return namespace === 0 && typeof value === 'number' && value <= lastBuiltIn && value !== structure
}

/**
 * Handles whose deadband is in percent of a range their node does not have (OPC 10000-8, 6.2: percent is of EURange). The
 * deadband is refused with a sentence and every change is taken: too many values are better than an unknown selection.
 */
export async function refuseDeadbands(
  session: ClientSession,
  points: readonly (MappedPoint | null)[],
  nodes: readonly (NodeId | null)[],
  problems: ProblemBook,
  limits: OperationLimits,
): Promise<Set<number>> {
  const wanted = points.flatMap((mapped, handle) => {
    const nodeId = nodes[handle]
    const deadband = mapped?.point.contract?.deadband
    if (!mapped || deadband?.kind !== 'percent' || !nodeId) return []
    return [{ handle, nodeId, id: mapped.point.id, value: deadband.value }]
  })
  if (wanted.length === 0) return new Set()
  const properties = await readProperties(
    session,
    wanted.map(({ nodeId }) => nodeId),
    limits,
  )
  const refused = new Set<number>()
  for (const [i, { handle, id, value }] of wanted.entries()) {
    if (properties[i]?.range) {
      problems.clear(`opcua.deadband:${id}`)
      continue
    }
    refused.add(handle)
    problems.raise(
      `opcua.deadband:${id}`,
      'warning',
      `Point ${id} has a deadband of ${value} % of its range, but its node states no range (EURange): the deadband is not used and every change is taken.`,
      'Give the deadband as an absolute value in the contract, or add EURange to the node on the server.',
    )
  }
  return refused
}
