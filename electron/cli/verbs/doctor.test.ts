import fs from 'node:fs'
import net from 'node:net'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { connectionSteps, type DoctorReport } from '../../../shared/domain/doctor.ts'
import { PkiStore } from '../../opcua/index.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../../testkit/opcua/test-server.ts'
import { UsageError } from '../io.ts'
import { runDoctor } from './doctor.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-doctor-verb-'))
const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

async function serverWith(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options)
  closing.push(() => server.stop())
  return server
}

async function run(argv: string[], json = true): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = { stdout: (t: string) => void (out += t), stderr: (t: string) => void (err += t), cwd: dir, json }
  try {
    return { code: await runDoctor(argv, io), out, err }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { code: 2, out, err: error.message }
  }
}

const reportOf = (out: string): DoctorReport => JSON.parse(out) as DoctorReport

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

describe('millwright doctor', () => {
  it('looks at one connection without an engine: one document, exit 0', async () => {
    const server = await serverWith()
    const { code, out, err } = await run(['--endpoint', server.endpointUrl])
    const report = reportOf(out)
    expect({ code, err, fault: report.firstFault }).toEqual({ code: 0, err: '', fault: null })
    expect(report).toMatchObject({ schema: 'millwright/doctor@1', subject: 'connection', ok: true })
    expect(report.steps.map(({ name }) => name)).toEqual([...connectionSteps])
  })

  it('names the first fault and exits 1; without --json in words, each step as it is done', async () => {
    const endpoint = `opc.tcp://127.0.0.1:${await closedPort()}`
    const { code, out } = await run(['--endpoint', endpoint])
    expect({ code, fault: reportOf(out).firstFault }).toEqual({ code: 1, fault: 'tcp' })
    const words = await run(['--endpoint', endpoint], false)
    expect(words.out).toMatch(
      /^ok +dns: .*\nFAILED +tcp: .*\n +The machine cannot.*\n +remedy: Start the server.*\nskipped hello/,
    )
    expect(words.out).toMatch(/The first fault: tcp\.\n$/)
  })

  it('uses the trust list and the plant file of a data folder', async () => {
    const data = path.join(dir, 'data')
    fs.mkdirSync(data)
    const server = await serverWith({ security: 'Basic256Sha256' })
    const argv = ['--endpoint', server.endpointUrl, '--data', 'data']
    expect((await run(argv)).err).toMatch(/holds no certificate yet/)
    const pki = await PkiStore.open(path.join(data, 'pki'), { applicationUri: 'urn:millwright:test' })
    closing.push(() => pki.close())
    fs.writeFileSync(path.join(data, 'plant.json'), plantFile(server.endpointUrl))
    const untrusted = reportOf((await run(argv)).out)
    expect(untrusted.firstFault).toBe('certificate')
    await pki.trust((await pki.list()).rejected[0]?.thumbprint ?? '')
    // The plant file maps a namespace that this server does not have.
    const { code, out } = await run(argv)
    expect({ code, fault: reportOf(out).firstFault }).toEqual({ code: 1, fault: 'namespace' })
    expect(out).toContain('urn:elsewhere')
    expect((await pki.own()).applicationUri).toBe('urn:millwright:test')
  })

  it('refuses a password it cannot open, with one sentence', async () => {
    fs.writeFileSync(
      path.join(dir, 'with-user.json'),
      plantFile('opc.tcp://127.0.0.1:4840', { type: 'userName', name: 'otto', secretRef: 'opc-1' }),
    )
    const { code, err } = await run(['--endpoint', 'opc.tcp://127.0.0.1:4840', '--plant', 'with-user.json'])
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/"otto".*--key-file F/) })
  })

  it.each([
    [['--endpoint', 'localhost:4840'], /not an address/],
    [['--endpoint', 'opc.tcp://a:1', '--security', 'Sign'], /no security/],
    [['--data', 'nowhere'], /is no folder/],
    [['opc.tcp://a:1'], /behind --endpoint/],
    [['--endpoint', 'opc.tcp://a:1', '--plant', 'nowhere.json'], /cannot be read/],
  ])('wrong usage %j: exit 2', async (argv, words) => {
    const { code, out, err } = await run(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(words)
  })

  it('looks at the machine when no connection is named', async () => {
    const { code, out } = await run(['--data', '.'])
    const report = reportOf(out)
    expect(report).toMatchObject({ schema: 'millwright/doctor@1', subject: 'machine', endpointUrl: null })
    expect(report.steps.map(({ name }) => name)).toEqual([
      'runtime',
      'database',
      'memory',
      'clock',
      'host-name',
      'data-folder',
      'disk',
      'own-certificate',
    ])
    expect(report.steps.find(({ name }) => name === 'database')?.detail).toMatch(/^SQLite 3\.\d+/)
    expect(code).toBe(report.ok ? 0 : 1)
  })
})

function plantFile(endpointUrl: string, user: object = { type: 'anonymous' }): string {
  return JSON.stringify({
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [{ id: 'l', name: 'L' }],
    servers: [{ id: 'opc-1', endpointUrl, security: { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' }, user }],
    assets: [{ id: 'a', lineId: 'l', family: 'pump', name: 'A' }],
    points: [
      { id: 'a.p', assetId: 'a', kind: 'scalar', source: { serverId: 'opc-1', nodeId: 'nsu=urn:elsewhere;s=p' } },
    ],
    alerts: [],
    sync: [],
  })
}
