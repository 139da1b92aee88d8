import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AddressSpace,
  DataType,
  MessageSecurityMode,
  type Namespace,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  StatusCodes,
  type UAObject,
  type UAVariable,
} from 'node-opcua'
import { silenceLibrary } from '../../opcua/quiet-log.ts'

type OffNormalAlarm = ReturnType<Namespace['instantiateOffNormalAlarm']>

export interface AlarmServerOptions {
  port?: number
  /** Alarms `a0`, `a1`, ...; each is active while its input is not 0. */
  alarms?: number
  /** Those that are active from the start. */
  active?: readonly number[]
  /** Alarms need a confirmation after the acknowledgement. */
  confirm?: boolean
  /** False: alarms that cannot be shelved, which are a third of the work to make. */
  shelving?: boolean
  /** False: a server without alarms and conditions. */
  service?: boolean
  /** node-opcua tells shelving by no event; a server that follows OPC 10000-9 does. */
  tellsShelving?: boolean
  severity?: number
}

/** What the server itself holds of an alarm: what a test compares with. */
export interface ServerAlarm {
  active: boolean
  acked: boolean
  confirmed: boolean | null
  shelving: string
  comment: string
  retain: boolean
  eventId: string
  branches: number
}

/** Says what is wrong when a part the server was asked to make is missing. */
function required<T>(part: T | null | undefined, name: string): T {
  if (part === null || part === undefined) throw new Error(`the alarm server has no ${name}`)
  return part
}

/** A real OPC UA server on 127.0.0.1 with alarms whose causes a test sets. */
export class AlarmServer {
  static readonly uri = 'urn:millwright:test-alarms'
  readonly port: number
  /** Events the server has raised of its conditions, by EventId in the order they were raised. */
  readonly raised: string[] = []
  readonly #server: OPCUAServer
  readonly #folder: string
  readonly #manager: OPCUACertificateManager
  readonly #alarms: readonly OffNormalAlarm[]
  readonly #inputs: readonly UAVariable[]

  private constructor(
    server: OPCUAServer,
    port: number,
    folder: string,
    manager: OPCUACertificateManager,
    parts: { alarms: readonly OffNormalAlarm[]; inputs: readonly UAVariable[] },
  ) {
    this.#server = server
    this.port = port
    this.#folder = folder
    this.#manager = manager
    this.#alarms = parts.alarms
    this.#inputs = parts.inputs
    for (const alarm of parts.alarms)
      alarm.on('event', (event: object) => {
        const field: unknown = Reflect.get(event, 'eventId')
        const value: unknown = typeof field === 'object' && field !== null ? Reflect.get(field, 'value') : null
        const id = Buffer.isBuffer(value) ? value.toString('hex') : ''
        // A refresh raises the same event once more.
        if (!this.raised.includes(id)) this.raised.push(id)
      })
  }

  static async start(options: AlarmServerOptions = {}): Promise<AlarmServer> {
    silenceLibrary()
    const folder = await mkdtemp(join(tmpdir(), 'millwright-alarms-pki-'))
    const manager = new OPCUACertificateManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    })
    await manager.initialize()
    const server = new OPCUAServer({
      port: options.port ?? 0,
      hostname: '127.0.0.1',
      host: '127.0.0.1',
      serverInfo: { applicationUri: 'urn:millwright:alarm-server' },
      serverCertificateManager: manager,
      userCertificateManager: manager,
      nodeset_filename: [nodesets.standard],
      securityModes: [MessageSecurityMode.None],
      securityPolicies: [SecurityPolicy.None],
      maxConnectionsPerEndpoint: 20,
    })
    await server.initialize()
    const addressSpace = required(server.engine.addressSpace, 'address space')
    const parts =
      options.service === false ? { alarms: [], inputs: [] } : addAlarms(addressSpace, { alarms: 3, ...options })
    await server.start()
    const { port } = new URL(server.getEndpointUrl().replace('opc.tcp', 'http'))
    const started = new AlarmServer(server, Number(port), folder, manager, parts)
    for (const index of options.active ?? []) started.set(index, 1)
    return started
  }

  static conditionId(index: number): string {
    return `nsu=${AlarmServer.uri};s=a${index}`
  }

  /** The cause of an alarm: not 0 makes it active. */
  set(index: number, value: number): void {
    required(this.#inputs[index], `input ${index}`).setValueFromSource({ dataType: DataType.Double, value })
  }

  state(index: number): ServerAlarm {
    const alarm = required(this.#alarms[index], `alarm ${index}`)
    const branch = alarm.currentBranch()
    return {
      active: branch.getActiveState(),
      acked: branch.getAckedState(),
      confirmed: alarm.confirmedState ? branch.getConfirmedState() : null,
      shelving: required(alarm.shelvingState, 'shelving').currentState.readValue().value.value?.text ?? '',
      comment: branch.getComment().text ?? '',
      retain: branch.getRetain(),
      eventId: branch.getEventId().toString('hex'),
      branches: alarm.getBranchCount(),
    }
  }

  /** Another state of the alarm that still waits for someone. */
  branch(index: number): void {
    const alarm = required(this.#alarms[index], `alarm ${index}`)
    const branch = alarm.createBranch()
    branch.setRetain(true)
    alarm.raiseNewBranchState(branch)
  }

  disable(index: number): void {
    required(this.#alarms[index], `alarm ${index}`)
      .disable.execute(null, [], {} as never)
      .catch(() => undefined)
  }

  requireRefresh(): void {
    const { rootFolder } = required(this.#server.engine.addressSpace, 'address space')
    rootFolder.objects.server.raiseEvent('RefreshRequiredEventType', {})
  }

  async stop(): Promise<void> {
    await this.#server.shutdown(0)
    this.#manager.referenceCounter = 0
    // The library's shutdown may be at it already, without waiting for it.
    await this.#manager.dispose().catch((error: unknown) => {
      if (!(error instanceof Error && error.message === 'Already disposing')) throw error
    })
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function addAlarms(addressSpace: AddressSpace, options: AlarmServerOptions & { alarms: number }) {
  addressSpace.installAlarmsAndConditionsService()
  const namespace = addressSpace.registerNamespace(AlarmServer.uri)
  const source = namespace.addObject({
    organizedBy: addressSpace.rootFolder.objects,
    browseName: 'Boiler',
    eventSourceOf: addressSpace.rootFolder.objects.server,
  })
  const normal = namespace.addVariable({
    browseName: 'normal',
    dataType: 'Double',
    componentOf: source,
    value: { dataType: DataType.Double, value: 0 },
  })
  const inputs: UAVariable[] = []
  const alarms: OffNormalAlarm[] = []
  for (let index = 0; index < options.alarms; index += 1) {
    const input = namespace.addVariable({
      browseName: `input${index}`,
      dataType: 'Double',
      componentOf: source,
      value: { dataType: DataType.Double, value: 0 },
    })
    inputs.push(input)
    alarms.push(addAlarm(namespace, source, input, normal, index, options))
  }
  return { inputs, alarms }
}

function addAlarm(
  namespace: Namespace,
  source: UAObject,
  inputNode: UAVariable,
  normalState: UAVariable,
  index: number,
  { confirm, severity, shelving, tellsShelving }: AlarmServerOptions,
): OffNormalAlarm {
  const alarm = namespace.instantiateOffNormalAlarm({
    browseName: `a${index}`,
    nodeId: `s=a${index}`,
    componentOf: source,
    conditionSource: source,
    conditionName: `Alarm ${index}`,
    inputNode,
    normalState,
    optionals: [
      ...(shelving === false ? [] : ['ShelvingState', 'MaxTimeShelved']),
      ...(confirm === true ? ['ConfirmedState', 'Confirm'] : []),
    ],
    maxTimeShelved: 3_600_000,
  })
  alarm.calculateConditionInfo = (_name, isActive) =>
    ({
      message: isActive ? `Alarm ${index} is on` : `Alarm ${index} is off`,
      severity: severity ?? 700,
      quality: StatusCodes.Good,
      retain: isActive,
    }) as never
  // node-opcua leaves the first state empty, and takes that for shelved.
  alarm.shelvingState?.setState('Unshelved')
  // After all that belongs to the state has been set: the change of its name comes first.
  const tell = (): void => alarm.raiseConditionEvent(alarm.currentBranch(), true)
  if (tellsShelving === true) alarm.shelvingState?.currentState.on('value_changed', () => setImmediate(tell))
  return alarm
}
