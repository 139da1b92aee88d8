import { join } from 'node:path'
import { createOpcuaConnection } from '../../opcua/connection.ts'
import { discoverEndpoints } from '../../opcua/discover.ts'
import { PkiStore } from '../../opcua/pki.ts'
import { ReverseCalls } from '../../opcua/reverse-calls.ts'
import { securedServer, testPoints } from './plant-parts.ts'
import { RecordingSink, systemClock, until } from './recording-sink.ts'

/**
 * Run by a test under the engine's real permission flags: makes the PKI in DATA, meets an unknown certificate, trusts
 * it, takes values over SignAndEncrypt, stops, has the server call it, stops, and then has to end by itself since nothing is left open.
 * Arguments: DATA folder, port.
 */
const [data = '', port = '0'] = process.argv.slice(2)
const say = (step: string): void => void process.stdout.write(`${step}\n`)

const applicationUri = 'urn:millwright:permission-test'
const pki = await PkiStore.open(join(data, 'pki'), { applicationUri })
say(`own ${(await pki.own()).applicationUri}`)
const { endpointUrl } = securedServer(Number(port))
say(`offered ${(await discoverEndpoints(endpointUrl, pki))[0]?.mode}`)
const sink = new RecordingSink()
const connection = createOpcuaConnection({
  server: securedServer(Number(port)),
  points: testPoints(['c0']),
  pki,
  secrets: async () => null,
  clock: systemClock,
  sink,
  applicationUri,
})
await connection.start()
await until('refused', () => connection.state().phase === 'refused')
const [rejected] = (await pki.list()).rejected
say(`refused ${rejected?.thumbprint ?? connection.state().message}`)
await pki.trust(rejected?.thumbprint ?? '')
await until('values have come', () => sink.values(1).length > 2)
say(`connected ${connection.state().security}`)
await connection.stop()
const reverseCalls = new ReverseCalls({ clock: systemClock, problem: () => undefined, problemGone: () => undefined })
const reverse = { listen: 'opc.tcp://127.0.0.1:0', serverUri: 'urn:millwright:test-server' }
const held = await reverseCalls.open({ ...reverse, serverUri: 'urn:nobody' })
say(`listening ${held.port}`)
const called = createOpcuaConnection({
  server: { ...securedServer(Number(port)), reverse },
  points: testPoints(['c0']),
  pki,
  secrets: async () => null,
  clock: systemClock,
  sink,
  applicationUri,
  reverseCalls,
})
await called.start()
await until('it has called', () => called.state().phase === 'connected')
say('called')
await called.stop()
held.close()
await pki.close()
say('stopped')
