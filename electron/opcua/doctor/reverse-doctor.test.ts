import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { DoctorReport } from '../../../shared/domain/doctor.ts'
import { LinkRig } from '../../testkit/opcua/link-rig.ts'
import { plainServer, securedServer, testPoints } from '../../testkit/opcua/plant-parts.ts'
import { systemClock, until } from '../../testkit/opcua/recording-sink.ts'
import { ReverseDialler } from '../../testkit/opcua/reverse-dialler.ts'
import { startTestServer } from '../../testkit/opcua/test-server.ts'
import { ReverseCalls } from '../reverse-calls.ts'
import { type DoctorOptions, runConnectionDoctor } from './run-doctor.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const serverUri = 'urn:millwright:test-server'
const listen = 'opc.tcp://127.0.0.1:0'
const reverse = { listen, serverUri }
let rig: LinkRig
let calls: ReverseCalls

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

async function listening(): Promise<number> {
  calls = new ReverseCalls({ clock: systemClock, problem: () => undefined, problemGone: () => undefined })
  const keeper = await calls.open({ listen, serverUri: 'urn:nobody' })
  rig.keep({ stop: async () => keeper.close() })
  return keeper.port
}

function check(port: number, change: Partial<DoctorOptions> = {}): Promise<DoctorReport> {
  return runConnectionDoctor({
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    security: plainServer(0).security,
    user: { type: 'anonymous' },
    points: testPoints(['c0']).map(({ point }) => point),
    reverse: { ...reverse, calls },
    pki: rig.pki,
    undecided: false,
    secrets: async () => null,
    nowUs: () => Date.now() * 1_000,
    timings: { callMs: 30_000, certificateMs: 60_000, flowAtLeastMs: 1_000 },
    ...change,
  })
}

const resultsOf = (report: DoctorReport): string[] => report.steps.map(({ name, result }) => `${name} ${result}`)

test('a server that dials out is walked to over its own calls, to the last step', async () => {
  const listenPort = await listening()
  const server = rig.keep(await startTestServer({ counters: 1, security: 'Basic256Sha256' }))
  rig.keep(ReverseDialler.start({ listenPort, serverPort: server.port, serverUri }))
  const { security } = securedServer(0)
  const untrusted = await check(server.port, { security })
  expect(untrusted.firstFault).toBe('certificate')
  const { rejected } = await rig.pki.list()
  await rig.pki.trust(rejected[0]?.thumbprint ?? '')
  const report = await check(server.port, { security })
  expect(report.firstFault).toBeNull()
  expect(resultsOf(report).slice(0, 4)).toEqual(['dns skipped', 'tcp pass', 'hello pass', 'channel pass'])
  expect(report.steps.map(({ detail }) => detail).slice(1, 3)).toEqual([
    `Listening on ${listen}.`,
    `The server has called from 127.0.0.1 as "${serverUri}".`,
  ])
  expect(report.steps.at(-1)?.result).toBe('pass')
})

test('one that does not call: listening, not called, and who called in its place', async () => {
  const listenPort = await listening()
  const server = rig.keep(await startTestServer({ counters: 1 }))
  rig.keep(ReverseDialler.start({ listenPort, serverPort: server.port, serverUri: 'urn:misspelt' }))
  await until('it was refused', () => calls.refusals().length > 0)
  const report = await check(server.port, { timings: { callMs: 500 } })
  expect(report.firstFault).toBe('hello')
  expect(resultsOf(report).slice(0, 4)).toEqual(['dns skipped', 'tcp pass', 'hello fail', 'channel skipped'])
  expect(report.steps[2]?.detail).toBe(
    `No call of "${serverUri}" came to ${listen} within 0.5 s. Refused were calls of 127.0.0.1 as "urn:misspelt".`,
  )
})

test('one whose link stands on its only call says so and leaves the link alone', async () => {
  const listenPort = await listening()
  const server = rig.keep(await startTestServer({ counters: 1, tickMs: 20 }))
  rig.keep(ReverseDialler.start({ listenPort, serverPort: server.port, serverUri }))
  const link = await rig.live(0, ['c0'], { server: { ...plainServer(server.port), reverse }, reverseCalls: calls })
  const report = await check(server.port, { timings: { callMs: 500 } })
  expect(report.ok).toBe(true)
  expect(report.steps[2]?.detail).toContain('the link stands on that call')
  expect(report.steps[3]).toMatchObject({ result: 'skipped', detail: expect.stringContaining('is the link itself') })
  const before = link.sink.values(1).length
  await until('the link delivers', () => link.sink.values(1).length > before + 5)
  expect(link.connection.state().reconnects).toBe(0)
})
