import {
  AttributeIds,
  type LocalizedText,
  NodeId,
  ObjectTypeIds,
  QualifiedName,
  SimpleAttributeOperand,
  StatusCode,
  type Variant,
} from 'node-opcua-client'
import type { Condition, Shelving } from '../../../shared/domain/condition.ts'
import { addressOf } from '../node-address.ts'

const {
  BaseEventType,
  ConditionType,
  AcknowledgeableConditionType,
  AlarmConditionType,
  RefreshStartEventType,
  RefreshEndEventType,
  RefreshRequiredEventType,
  EventQueueOverflowEventType,
} = ObjectTypeIds

/** What is asked of every event, in this order. An event that lacks a field has Null there (OPC 10000-4, 7.4.4.5). */
const fields = {
  eventId: [BaseEventType, 'EventId'],
  eventType: [BaseEventType, 'EventType'],
  sourceName: [BaseEventType, 'SourceName'],
  time: [BaseEventType, 'Time'],
  message: [BaseEventType, 'Message'],
  severity: [BaseEventType, 'Severity'],
  // The condition's own NodeId has no path (OPC 10000-9, 5.5.2.13).
  conditionId: [ConditionType, ''],
  branchId: [ConditionType, 'BranchId'],
  conditionName: [ConditionType, 'ConditionName'],
  retain: [ConditionType, 'Retain'],
  enabled: [ConditionType, 'EnabledState/Id'],
  quality: [ConditionType, 'Quality'],
  comment: [ConditionType, 'Comment'],
  clientUserId: [ConditionType, 'ClientUserId'],
  acked: [AcknowledgeableConditionType, 'AckedState/Id'],
  confirmed: [AcknowledgeableConditionType, 'ConfirmedState/Id'],
  active: [AlarmConditionType, 'ActiveState/Id'],
  suppressedOrShelved: [AlarmConditionType, 'SuppressedOrShelved'],
  shelvingId: [AlarmConditionType, 'ShelvingState/CurrentState/Id'],
  shelvingState: [AlarmConditionType, 'ShelvingState/CurrentState'],
  unshelveTime: [AlarmConditionType, 'ShelvingState/UnshelveTime'],
} as const
type FieldName = keyof typeof fields
const fieldNames = Object.keys(fields) as FieldName[]

export function selectClauses(): SimpleAttributeOperand[] {
  return Object.values(fields).map(
    ([type, path]) =>
      new SimpleAttributeOperand({
        typeDefinitionId: new NodeId(NodeId.NodeIdType.NUMERIC, type, 0),
        browsePath: path === '' ? [] : path.split('/').map((name) => new QualifiedName({ namespaceIndex: 0, name })),
        attributeId: path === '' ? AttributeIds.NodeId : AttributeIds.Value,
      }),
  )
}

export type ReadEvent =
  | { kind: 'condition'; condition: Condition }
  | { kind: 'refresh-start' | 'refresh-end' | 'refresh-required' | 'overflow' | 'other' }

// States of the ShelvedStateMachineType, OPC 10000-6 NodeIds.csv.
const shelvings: Record<number, Shelving> = { 2930: 'unshelved', 2932: 'timed', 2933: 'one-shot' }

/** The fields of one event by name; a value of another type than the field's own counts as missing. */
class Fields {
  readonly #values: ReadonlyMap<FieldName, Variant>

  constructor(values: readonly Variant[]) {
    this.#values = new Map(
      fieldNames.flatMap((name, i): [FieldName, Variant][] => (values[i] ? [[name, values[i]]] : [])),
    )
  }

  raw(name: FieldName): unknown {
    return this.#values.get(name)?.value
  }

  text(name: FieldName): string {
    const value = this.raw(name)
    if (typeof value === 'string') return value
    const text: unknown = isLocalized(value) ? value.text : ''
    return typeof text === 'string' ? text : ''
  }

  flag(name: FieldName): boolean | null {
    const value = this.raw(name)
    return typeof value === 'boolean' ? value : null
  }

  number(name: FieldName): number | null {
    const value = this.raw(name)
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  }

  node(name: FieldName): NodeId | null {
    const value = this.raw(name)
    return value instanceof NodeId && !value.isEmpty() ? value : null
  }
}

function isLocalized(value: unknown): value is LocalizedText {
  return typeof value === 'object' && value !== null && 'text' in value
}

/** One event as its select clauses gave it. `heardUs`: now, here. */
export function readEvent(
  serverId: string,
  values: readonly Variant[],
  namespaces: readonly string[],
  heardUs: number,
): ReadEvent {
  const found = new Fields(values)
  const type = found.node('eventType')
  switch (type?.namespace === 0 ? type.value : 0) {
    case RefreshStartEventType:
      return { kind: 'refresh-start' }
    case RefreshEndEventType:
      return { kind: 'refresh-end' }
    case RefreshRequiredEventType:
      return { kind: 'refresh-required' }
    case EventQueueOverflowEventType:
      return { kind: 'overflow' }
    default:
  }
  const conditionId = found.node('conditionId')
  const eventId = found.raw('eventId')
  if (conditionId === null || !Buffer.isBuffer(eventId)) return { kind: 'other' }
  const branchId = found.node('branchId')
  const time = found.raw('time')
  const timeUs = time instanceof Date && time.getTime() > 0 ? time.getTime() * 1_000 : heardUs
  const quality = found.raw('quality')
  const condition: Condition = {
    serverId,
    conditionId: addressOf(conditionId, namespaces),
    branchId: branchId === null ? '' : addressOf(branchId, namespaces),
    eventId: eventId.toString('hex'),
    eventType: type === null ? '' : addressOf(type, namespaces),
    sourceName: found.text('sourceName'),
    conditionName: found.text('conditionName'),
    message: found.text('message'),
    severity: found.number('severity') ?? 1,
    timeUs,
    heardUs,
    // A server that leaves Retain out would otherwise never be shown.
    retain: found.flag('retain') ?? true,
    enabled: found.flag('enabled') ?? true,
    active: found.flag('active'),
    acked: found.flag('acked'),
    confirmed: found.flag('confirmed'),
    suppressedOrShelved: found.flag('suppressedOrShelved') ?? false,
    quality: quality instanceof StatusCode ? quality.value : 0,
    comment: found.text('comment'),
    clientUserId: found.text('clientUserId'),
    ...shelvingOf(found, heardUs),
  }
  return { kind: 'condition', condition }
}

/** Longer than any server shelves: "until somebody unshelves it" is written as a time far away. */
const foreverMs = 10 * 365 * 86_400_000

function shelvingOf(found: Fields, heardUs: number): Pick<Condition, 'shelving' | 'unshelveUs'> {
  const id = found.node('shelvingId')
  const name = found.text('shelvingState')
  const byName = /one ?shot/i.test(name)
    ? 'one-shot'
    : /timed/i.test(name)
      ? 'timed'
      : /unshelved/i.test(name)
        ? 'unshelved'
        : null
  const shelving = (id?.namespace === 0 && typeof id.value === 'number' ? shelvings[id.value] : undefined) ?? byName
  const leftMs = found.number('unshelveTime')
  const isTimed =
    (shelving === 'timed' || shelving === 'one-shot') && leftMs !== null && leftMs > 0 && leftMs < foreverMs
  return { shelving, unshelveUs: isTimed ? heardUs + Math.round(leftMs * 1_000) : null }
}
