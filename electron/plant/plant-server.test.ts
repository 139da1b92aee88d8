import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  DataChangeFilter,
  DataChangeTrigger,
  DataType,
  DataValue,
  DeadbandType,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  UserTokenType,
  type ClientSession,
  type UserIdentityInfo,
} from 'node-opcua'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blockCounterOf } from './waves.ts'
import { namespaceUri, testUser } from './plant-server.ts'
import { startSimulatedPlant, type SimulatedPlant } from './simulated-plant.ts'

let dir = ''
let plant: SimulatedPlant

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'plant-'))
  mkdirSync(join(dir, 'cloud'))
  plant = await startSimulatedPlant({
    port: 0,
    seed: 7,
    scenario: 'sensor-fault',
    speedUp: 360_000,
    counters: 600,
    waveforms: 2,
    rateHz: null,
    replay: null,
    pkiDir: join(dir, 'pki'),
    cloudDir: join(dir, 'cloud'),
  })
}, 120_000)

afterAll(async () => {
  await plant.stop()
  rmSync(dir, { recursive: true, force: true })
})

interface Access {
  mode?: MessageSecurityMode
  policy?: SecurityPolicy
  user?: UserIdentityInfo
}

async function withSession<T>(
  access: Access,
  work: (session: ClientSession, ns: number) => Promise<T>,
  of = plant,
): Promise<T> {
  const certificates = new OPCUACertificateManager({
    rootFolder: join(dir, 'client-pki'),
    automaticallyAcceptUnknownCertificate: true,
  })
  await certificates.initialize()
  const client = OPCUAClient.create({
    endpointMustExist: true,
    clientCertificateManager: certificates,
    securityMode: access.mode ?? MessageSecurityMode.None,
    securityPolicy: access.policy ?? SecurityPolicy.None,
    connectionStrategy: { initialDelay: 100, maxDelay: 500, maxRetry: 2 },
  })
  try {
    await client.connect(of.endpointUrl)
    const session = await client.createSession(access.user ?? { type: UserTokenType.Anonymous })
    try {
      const table = await session.read({ nodeId: 'ns=0;i=2255', attributeId: AttributeIds.Value })
      return await work(session, (table.value.value as string[]).indexOf(namespaceUri))
    } finally {
      await session.close()
    }
  } finally {
    await client.disconnect()
  }
}

const everyTimestamp = new DataChangeFilter({
  trigger: DataChangeTrigger.StatusValueTimestamp,
  deadbandType: DeadbandType.None,
  deadbandValue: 0,
})

/** Collects the values of some nodes until every one of them has `count`. */
async function collect(
  session: ClientSession,
  nodeIds: readonly string[],
  count: number,
  samplingInterval: number,
): Promise<DataValue[][]> {
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 100,
    requestedLifetimeCount: 1000,
    requestedMaxKeepAliveCount: 20,
    maxNotificationsPerPublish: 1000,
    publishingEnabled: true,
    priority: 1,
  })
  const received = nodeIds.map((): DataValue[] => [])
  const group = ClientMonitoredItemGroup.create(
    subscription,
    nodeIds.map((nodeId) => ({ nodeId, attributeId: AttributeIds.Value })),
    { samplingInterval, queueSize: 500, discardOldest: true, filter: everyTimestamp },
    TimestampsToReturn.Both,
  )
  await new Promise<void>((done) => {
    group.on('changed', (_item, value, index) => {
      received[index]?.push(value)
      if (received.every((list) => list.length >= count)) done()
    })
  })
  await subscription.terminate()
  return received.map((list) => list.filter((value) => value.statusCode.isGood()))
}

const ticksOf = (value: DataValue): bigint =>
  BigInt(value.sourceTimestamp?.getTime() ?? 0) * 10_000n + BigInt(Math.round(value.sourcePicoseconds / 100_000))

describe('the plant as a real client sees it', () => {
  it('has an endpoint that is literally reachable on 127.0.0.1 and the plant file points there', () => {
    expect(plant.endpointUrl).toMatch(/^opc\.tcp:\/\/127\.0\.0\.1:\d+$/)
    expect(plant.plantFile().servers[0]?.endpointUrl).toBe(plant.endpointUrl)
  })

  it('serves every node of its plant file with its unit and range', () =>
    withSession({}, async (session, ns) => {
      const points = plant.plantFile().points.filter((point) => !point.id.startsWith('load.'))
      const values = await session.read(
        points.map((point) => ({ nodeId: `ns=${ns};s=${point.id}`, attributeId: AttributeIds.NodeClass })),
      )
      expect(values.filter((value) => !value.statusCode.isGood()).length).toBe(0)
      const path = `ns=${ns};s=pump-101.bearing-temperature`
      const found = await session.browse({ nodeId: path, referenceTypeId: 'HasProperty', resultMask: 63 })
      const names = (found.references ?? []).map((reference) => reference.browseName.name)
      expect(names).toEqual(expect.arrayContaining(['EURange', 'EngineeringUnits']))
    }))

  it.each([0, 100, 160])('gives consecutive blocks without a missing one at sampling interval %i', (sampling) =>
    withSession({}, async (session, ns) => {
      const node = (id: string): string => `ns=${ns};s=${id}`
      const [blocks, sequences, wave] = await collect(
        session,
        [node('pump-101.de.accel'), node('pump-101.de.accel.sequence'), node('wave.002')],
        8,
        sampling,
      )
      const starts = (blocks ?? []).map(ticksOf)
      for (let i = 1; i < starts.length; i++) expect((starts[i] ?? 0n) - (starts[i - 1] ?? 0n)).toBe(1_600_000n)
      for (const block of blocks ?? []) {
        expect(block.value.value).toBeInstanceOf(Float32Array)
        expect((block.value.value as Float32Array).length).toBe(4096)
        // The server time is when it was served, a block length after its first sample.
        expect(Number(block.serverTimestamp) - Number(block.sourceTimestamp)).toBeGreaterThanOrEqual(159)
      }
      const numbers = (sequences ?? []).map((value) => value.value.value as number)
      for (let i = 1; i < numbers.length; i++) expect(numbers[i]).toBe((numbers[i - 1] ?? 0) + 1)
      const counters = (wave ?? []).map((value) => blockCounterOf(value.value.value as Float32Array))
      for (let i = 1; i < counters.length; i++) expect(counters[i]).toBe((counters[i - 1] ?? 0) + 1)
    }),
  )

  it('revises a sampling interval at or below the period of a point to every change, and queues to 60 s', () =>
    withSession({}, async (session, ns) => {
      const subscription = await session.createSubscription2({
        requestedPublishingInterval: 1000,
        publishingEnabled: false,
      })
      const revised = async (id: string, samplingInterval: number): Promise<[number, number]> => {
        const item = await subscription.monitor(
          { nodeId: `ns=${ns};s=${id}`, attributeId: AttributeIds.Value },
          { samplingInterval, queueSize: 4000 },
          TimestampsToReturn.Source,
        )
        return [item.result?.revisedSamplingInterval ?? -1, item.result?.revisedQueueSize ?? -1]
      }
      for (const interval of [0, 10, 160]) expect(await revised('pump-101.de.accel', interval)).toEqual([0, 375])
      expect(await revised('pump-101.de.accel', 1000)).toEqual([1000, 375])
      expect(await revised('load.00001', 100)).toEqual([0, 4000])
      expect(await revised('pump-101.state', 2000)).toEqual([2000, 4000])
      await subscription.terminate()
    }))

  it('gives 12 kHz blocks exact to 100 ns, and identical blocks of a stuck sensor are not swallowed', () =>
    withSession({}, async (session, ns) => {
      const [slow, stuck] = await collect(
        session,
        [`ns=${ns};s=pump-102.de.accel`, `ns=${ns};s=comp-201.de.accel`],
        5,
        0,
      )
      const starts = (slow ?? []).map(ticksOf)
      const steps = starts.slice(1).map((start, i) => Number(start - (starts[i] ?? 0n)))
      // 4096 / 12 000 s is 341.3333... ms: steps of 3 413 333 or 3 413 334 ticks and no drift.
      for (const step of steps) expect([3_413_333, 3_413_334]).toContain(step)
      const contents = new Set((stuck ?? []).slice(-3).map((value) => (value.value.value as Float32Array).join()))
      expect(contents.size).toBe(1)
      expect((stuck ?? []).length).toBeGreaterThanOrEqual(5)
    }))

  it('serves scalars at their rate and counters that prove loss by sequence', () =>
    withSession({}, async (session, ns) => {
      const [speed, first, last, state] = await collect(
        session,
        ['pump-101.speed', 'load.00001', 'load.00600', 'pump-101.state'].map((id) => `ns=${ns};s=${id}`),
        3,
        50,
      )
      for (const value of speed ?? []) expect(value.value.value as number).toBeCloseTo(1772, -2)
      const starts = (speed ?? []).map(ticksOf)
      for (let i = 1; i < starts.length; i++) expect((starts[i] ?? 0n) - (starts[i - 1] ?? 0n)).toBe(1_000_000n)
      for (const list of [first, last]) {
        const numbers = (list ?? []).map((value) => value.value.value as number)
        expect(numbers.length).toBeGreaterThan(10)
        for (let i = 1; i < numbers.length; i++) expect(numbers[i]).toBe((numbers[i - 1] ?? 0) + 1)
      }
      expect(state?.[0]?.value.dataType).toBe(DataType.UInt32)
      expect(state?.[0]?.value.value).toBe(2)
    }))

  it('admits the test user with and without encryption and refuses a wrong password', async () => {
    const secure = { mode: MessageSecurityMode.SignAndEncrypt, policy: SecurityPolicy.Basic256Sha256 }
    const named = { type: UserTokenType.UserName, userName: testUser.name, password: testUser.password } as const
    const reads = (session: ClientSession, ns: number): Promise<DataValue> =>
      session.read({ nodeId: `ns=${ns};s=pump-101.speed`, attributeId: AttributeIds.Value })
    for (const access of [secure, { ...secure, user: named }, { user: named }]) {
      const value = await withSession(access, reads)
      expect(value.statusCode.isGood()).toBe(true)
    }
    await expect(withSession({ ...secure, user: { ...named, password: 'wrong' } }, reads)).rejects.toThrow(
      /BadUserAccessDenied|BadIdentityTokenRejected/,
    )
  })

  it('tells scenario and severity, and changes both on request', () => {
    expect(plant.state()).toMatchObject({ scenario: 'sensor-fault', wan: true, skipped: 0 })
    plant.setScenario('unbalance', 3600)
    const state = plant.state()
    expect(state).toMatchObject({ scenario: 'unbalance', speedUp: 3600, severity: 0 })
    expect(state.faults).toEqual([{ machineId: 'fan-202', kind: 'unbalance', severity: 0 }])
    plant.setWan(false)
    expect(plant.state().wan).toBe(false)
    plant.setWan(true)
  })
})

describe('a plant that serves nothing but counters', () => {
  it('answers who asks for its alarms: it has none, and does not complain', async () => {
    const bare = await startSimulatedPlant({
      port: 0,
      seed: 7,
      scenario: null,
      speedUp: 1,
      counters: 2,
      waveforms: 0,
      rateHz: null,
      replay: null,
      pkiDir: join(dir, 'pki'),
      cloudDir: join(dir, 'cloud'),
    })
    try {
      const said = await withSession(
        {},
        async (session) => {
          const subscription = await session.createSubscription2({
            requestedPublishingInterval: 100,
            publishingEnabled: true,
          })
          const inputArguments = [{ dataType: DataType.UInt32, value: subscription.subscriptionId }]
          const { statusCode } = await session.call({ objectId: 'i=2782', methodId: 'i=3875', inputArguments })
          await subscription.terminate()
          return statusCode.name
        },
        bare,
      )
      expect(said).toBe('Good')
    } finally {
      await bare.stop()
    }
  })
})
