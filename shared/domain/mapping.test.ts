import { describe, expect, it } from 'vitest'
import { hostOf, judgeMapping, mappingScore, mappingTarget, type MappingPlant } from './mapping.ts'
import type { PlantServer, Point } from './plant-file.ts'

const server = {
  id: 'opc-1',
  endpointUrl: 'opc.tcp://Press-7.plant:4840/UA',
  security: { mode: 'None' as const, policy: 'None' as const },
  user: { type: 'anonymous' as const },
} satisfies PlantServer
const plant: MappingPlant = { servers: [server], sensors: [{ id: 'acc-1' }] }
const point: Point = {
  id: 'pump.de',
  assetId: 'pump',
  componentId: 'de',
  kind: 'scalar',
  source: { serverId: 'opc-1', nodeId: 'nsu=urn:x;s=a' },
  sensorId: 'acc-1',
}
const verified: Point = {
  ...point,
  mapping: { verifiedBy: 'otto', verifiedOn: '2026-03-01', method: 'bump-test', of: mappingTarget(point, plant) },
}

describe('mapping with evidence', () => {
  it('holds for what it was made on', () => {
    expect(mappingTarget(point, plant)).toEqual({
      assetId: 'pump',
      componentId: 'de',
      serverId: 'opc-1',
      nodeId: 'nsu=urn:x;s=a',
      host: 'press-7.plant',
    })
    expect(judgeMapping(point, plant)).toEqual({ state: 'not-verified', changes: [], tested: false })
    expect(judgeMapping(verified, plant)).toEqual({ state: 'verified', changes: [], tested: true })
    const labelled: Point = { ...point, mapping: { verifiedBy: 'otto', verifiedOn: '2026-03-01', method: 'label' } }
    expect(judgeMapping(labelled, plant)).toEqual({ state: 'verified', changes: [], tested: false })
  })

  it.each<[string, Partial<Point>, MappingPlant]>([
    ['node', { source: { serverId: 'opc-1', nodeId: 'nsu=urn:x;s=b' } }, plant],
    ['asset', { assetId: 'pump-2' }, plant],
    ['component', { componentId: 'nde' }, plant],
    ['host', {}, { ...plant, servers: [{ ...server, endpointUrl: 'opc.tcp://press-8:4840' }] }],
    ['sensor', {}, { ...plant, sensors: [{ id: 'acc-1', replacedAt: '2026-03-02T10:00:00Z' }] }],
  ])('is out of date where the %s has changed since', (what, change, now) => {
    const judged = judgeMapping({ ...verified, ...change }, now)
    expect(judged.state).toBe('out-of-date')
    expect(judged.tested).toBe(false)
    expect(judged.changes.map((each) => each.what)).toEqual([what])
  })

  it('is out of date on another server, told once; another port of the same host is the same server', () => {
    const moved = { ...verified, source: { serverId: 'opc-2', nodeId: 'nsu=urn:x;s=a' } }
    const both = { ...plant, servers: [server, { ...server, id: 'opc-2', endpointUrl: 'opc.tcp://other:4840' }] }
    expect(judgeMapping(moved, both).changes).toEqual([{ what: 'server', was: 'opc-1', is: 'opc-2' }])
    const port = { ...plant, servers: [{ ...server, endpointUrl: 'opc.tcp://press-7.plant:51000' }] }
    expect(judgeMapping(verified, port).state).toBe('verified')
  })

  it('reads hosts of every form', () => {
    expect(hostOf('opc.tcp://[fe80::1]:4840')).toBe('[fe80::1]')
    expect(hostOf('opc.tcp://10.0.0.1')).toBe('10.0.0.1')
    expect(hostOf('http://x')).toBe('')
  })

  it('counts into a score', () => {
    const judged = [judgeMapping(verified, plant), judgeMapping(point, plant), judgeMapping(point, plant)]
    expect(mappingScore(judged)).toEqual({ points: 3, verified: 1, tested: 1, outOfDate: 0, accuracy: 33.3 })
    expect(mappingScore([]).accuracy).toBeNull()
  })
})
