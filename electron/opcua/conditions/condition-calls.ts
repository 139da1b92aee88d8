import { type ClientSession, DataType, LocalizedText, NodeId, StatusCodes, Variant } from 'node-opcua-client'
import type { ConditionAnswer, ConditionRequest } from '../../../shared/domain/condition.ts'
import { within } from '../deadline.ts'

const wait = 8_000

// Methods by their type, which every server has to take (OPC 10000-9, 5.5.6 and 5.8.17); OPC 10000-6 NodeIds.csv.
const conditionType = 'i=2782'
const conditionRefresh = 'i=3875'
const methods = {
  acknowledge: 9111,
  confirm: 9113,
  comment: 9029,
  unshelve: 2947,
  'shelve-once': 2948,
  shelve: 2949,
} as const

/** The status of ConditionRefresh for one subscription, by name. */
export async function askRefresh(session: ClientSession, subscriptionId: number): Promise<string> {
  const result = await within(
    wait,
    'asking for the present alarms',
    session.call({
      objectId: conditionType,
      methodId: conditionRefresh,
      inputArguments: [{ dataType: DataType.UInt32, value: subscriptionId }],
    }),
  )
  return result.statusCode.name
}

/**
 * Whether the server has conditions at all, found without creating anything: one that has refuses the subscription 0, one
 * that has not does not know the method.
 */
export async function offersConditions(session: ClientSession): Promise<boolean> {
  const status = await askRefresh(session, 0)
  return !/Method|NodeId|NotImplemented|NotSupported|NotExecutable|ServiceUnsupported|Internal/.test(status)
}

/** Asks the server to do it. Throws when the link fails; a refusal is an answer. */
export async function callCondition(
  session: ClientSession,
  conditionId: NodeId,
  { action, eventId, comment, durationMs }: ConditionRequest,
): Promise<ConditionAnswer> {
  const isShelving = action === 'shelve' || action === 'shelve-once' || action === 'unshelve'
  const inputArguments: Variant[] =
    action === 'shelve'
      ? [new Variant({ dataType: DataType.Double, value: durationMs })]
      : isShelving
        ? []
        : [
            new Variant({ dataType: DataType.ByteString, value: Buffer.from(eventId, 'hex') }),
            new Variant({ dataType: DataType.LocalizedText, value: new LocalizedText({ text: comment }) }),
          ]
  const methodId = new NodeId(NodeId.NodeIdType.NUMERIC, methods[action], 0)
  const call = async (objectId: NodeId): Promise<string> => {
    const result = await within(wait, 'waiting for the answer', session.call({ objectId, methodId, inputArguments }))
    return result.statusCode.isGood() ? '' : result.statusCode.name
  }
  const objects = isShelving ? await shelvingObjects(session, conditionId) : [conditionId]
  let status = 'BadNodeIdUnknown'
  for (const objectId of objects) {
    status = await call(objectId)
    if (!/Method|NodeId|Internal/.test(status)) break
  }
  return status === '' ? { ok: true } : { ok: false, status, message: wordsOfRefusal(status) }
}

/**
 * Shelving is called on its own object where the condition has nodes, else on the condition (OPC 10000-9, 5.8.17): servers
 * exist that take only the one or only the other.
 */
async function shelvingObjects(session: ClientSession, conditionId: NodeId): Promise<NodeId[]> {
  const result = await within(
    wait,
    'looking for the shelving of the alarm',
    session.translateBrowsePath({
      startingNode: conditionId,
      relativePath: {
        elements: [
          {
            referenceTypeId: 'i=33',
            isInverse: false,
            includeSubtypes: true,
            targetName: { namespaceIndex: 0, name: 'ShelvingState' },
          },
        ],
      },
    }),
  )
  const found = result.statusCode.isGood() ? (result.targets ?? []).map(({ targetId }) => targetId) : []
  const own = found.map(({ identifierType, value, namespace }) => new NodeId(identifierType, value, namespace))
  return [...own, conditionId]
}

const refusals: Record<string, string> = {
  [StatusCodes.BadConditionAlreadyShelved.name]: 'The server says that the alarm is shelved already.',
  [StatusCodes.BadConditionNotShelved.name]: 'The server says that the alarm is not shelved.',
  [StatusCodes.BadShelvingTimeOutOfRange.name]: 'The server does not shelve for so long; choose a shorter time.',
  [StatusCodes.BadConditionBranchAlreadyAcked.name]: 'The server says that the alarm was acknowledged already.',
  [StatusCodes.BadConditionBranchAlreadyConfirmed.name]: 'The server says that the alarm was confirmed already.',
  [StatusCodes.BadConditionDisabled.name]: 'The alarm is switched off on the server.',
  [StatusCodes.BadEventIdUnknown.name]:
    'The alarm has changed on the server meanwhile, so it does not know this state of it any more; look at it again.',
  [StatusCodes.BadNodeIdUnknown.name]: 'The server has no such alarm any more, or its alarm has no such function.',
  [StatusCodes.BadNodeIdInvalid.name]: 'The server has no such alarm any more, or its alarm has no such function.',
  [StatusCodes.BadMethodInvalid.name]: 'The alarm has no such function on this server.',
  [StatusCodes.BadNotImplemented.name]: 'The alarm has no such function on this server.',
  [StatusCodes.BadNotSupported.name]: 'The alarm has no such function on this server.',
  [StatusCodes.BadUserAccessDenied.name]:
    'The user of this connection may not do that on the server; give it the right there, or connect as another user.',
  [StatusCodes.BadNotExecutable.name]: 'The server does not allow that now.',
  [StatusCodes.BadTimeout.name]: 'The server did not answer in time; whether it was done shows in the alarm.',
}

function wordsOfRefusal(status: string): string {
  return refusals[status] ?? `The server refused it: ${status}.`
}
