import { DataType, LocalizedText, StatusCodes, type AddressSpace, type Namespace } from 'node-opcua'
import type { ScenarioName } from './scenarios.ts'
import type { StoryState } from './story.ts'

/** An alarm of the plant's own server, as a protection relay or a guard switch would raise it. */
export interface ServerAlarmSpec {
  id: string
  machineId: string
  name: string
  message: string
  severity: number
  /** It is on while this scenario plays and has reached so much of its fault, 0 to 1. */
  scenario: ScenarioName
  fromSeverity: number
}

/** Only in two scenarios: the plant is calm by default, and the story of `mixed` is about our own alerts. */
export const serverAlarms: readonly ServerAlarmSpec[] = [
  {
    id: 'fan-202.alarm.vibration-switch',
    machineId: 'fan-202',
    name: 'Vibration switch',
    message: 'The vibration switch of the fan has operated',
    severity: 700,
    scenario: 'unbalance',
    fromSeverity: 0.2,
  },
  {
    id: 'fan-202.alarm.motor-protection',
    machineId: 'fan-202',
    name: 'Motor protection',
    message: 'Motor protection: thermal overload',
    severity: 850,
    scenario: 'unbalance',
    fromSeverity: 0.9,
  },
  {
    id: 'conveyor-301.alarm.guard-contact',
    machineId: 'conveyor-301',
    name: 'Guard contact',
    message: 'The guard of the drive is not closed',
    severity: 400,
    scenario: 'looseness',
    fromSeverity: 0.3,
  },
]

/** Puts the alarms into the address space; the function it returns makes them follow the story. */
export function createServerAlarms(
  addressSpace: AddressSpace,
  namespace: Namespace,
  machineName: (id: string) => string,
): (state: StoryState) => void {
  const normalState = namespace.addVariable({
    browseName: 'alarm.normal',
    nodeId: 's=alarm.normal',
    dataType: 'Double',
    value: { dataType: DataType.Double, value: 0 },
  })
  const switches = serverAlarms.map((spec) => {
    const source = namespace.addObject({
      browseName: `${spec.name} of ${machineName(spec.machineId)}`,
      nodeId: `s=${spec.id}.source`,
      organizedBy: addressSpace.rootFolder.objects,
      eventSourceOf: addressSpace.rootFolder.objects.server,
    })
    const input = namespace.addVariable({
      browseName: `${spec.id}.input`,
      nodeId: `s=${spec.id}.input`,
      componentOf: source,
      dataType: 'Double',
      value: { dataType: DataType.Double, value: 0 },
    })
    const alarm = namespace.instantiateOffNormalAlarm({
      browseName: spec.name,
      nodeId: `s=${spec.id}`,
      componentOf: source,
      conditionSource: source,
      conditionName: spec.name,
      inputNode: input,
      normalState,
      optionals: ['ShelvingState', 'MaxTimeShelved', 'ConfirmedState', 'Confirm'],
      maxTimeShelved: 7 * 86_400_000,
    })
    // node-opcua names the source by its browse name with the namespace's number.
    alarm.setSourceName(machineName(spec.machineId))
    // It leaves the first state of shelving empty, and takes that for shelved.
    alarm.shelvingState?.setState('Unshelved')
    alarm.calculateConditionInfo = (_name, isActive) => ({
      message: new LocalizedText({ text: isActive ? spec.message : `${spec.name} is normal` }),
      severity: spec.severity,
      quality: StatusCodes.Good,
      retain: isActive,
      isDifferentFrom: () => true,
    })
    return { spec, input }
  })
  const isOn = new Map<string, boolean>()
  return ({ scenario, severity }) => {
    for (const { spec, input } of switches) {
      const on = scenario === spec.scenario && severity >= spec.fromSeverity
      if (isOn.get(spec.id) === on) continue
      isOn.set(spec.id, on)
      input.setValueFromSource({ dataType: DataType.Double, value: on ? 1 : 0 })
    }
  }
}
