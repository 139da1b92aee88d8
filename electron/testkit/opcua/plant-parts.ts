import type { Contract, PlantServer, Point } from '../../../shared/domain/plant-file.ts'
import type { MappedPoint } from '../../opcua/types.ts'
import { plantUri } from './test-server.ts'

export function testContract(change: Partial<Contract> = {}): Contract {
  return {
    version: 1,
    quantity: 'other',
    unit: '1',
    detector: 'raw',
    sampleRateHz: 10_000,
    timestampSource: 'source',
    expectedRange: [0, 1e9],
    updateCadenceMs: 100,
    blockSize: 1_024,
    policy: { missingAfterMs: 1_000, late: 'accept', lateToleranceMs: 5_000, duplicate: 'drop', outOfOrder: 'reorder' },
    ...change,
  }
}

/** Points by the names of the test server, with keys 1, 2, ... in their order. Names that start with `w` are waveforms. */
export function testPoints(names: readonly string[], change: Partial<Contract> = {}): MappedPoint[] {
  return names.map((name, i) => {
    const kind: Point['kind'] = name.startsWith('w') ? 'waveform' : 'scalar'
    const source = { serverId: 'opc-1', nodeId: name.includes('=') ? name : `nsu=${plantUri};s=${name}` }
    return { key: i + 1, point: { id: name, assetId: 'asset-1', kind, source, contract: testContract(change) } }
  })
}

export function plainServer(port: number): PlantServer {
  return {
    id: 'opc-1',
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    security: { mode: 'None', policy: 'None', reason: 'test' },
    user: { type: 'anonymous' },
  }
}

export function securedServer(port: number, user: PlantServer['user'] = { type: 'anonymous' }): PlantServer {
  return {
    id: 'opc-1',
    endpointUrl: `opc.tcp://127.0.0.1:${port}`,
    security: { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' },
    user,
  }
}
