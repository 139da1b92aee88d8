import { describe, expect, it } from 'vitest'
import type { PlantFile, Point } from '../../../../shared/domain/plant-file.ts'
import { invertChanges } from '../../../../shared/lib/invert-changes.ts'
import {
  chosenTags,
  dayIn,
  mappedAssets,
  mappingRows,
  nextOpen,
  revokeChanges,
  verifyChanges,
  wholeScore,
} from './mapping-model.ts'

const point = (id: string, assetId: string, nodeId = `nsu=urn:x;s=${id}`): Point => ({
  id,
  assetId,
  kind: 'scalar',
  source: { serverId: 'opc-1', nodeId },
})
const evidence = { verifiedBy: 'Otto', verifiedOn: '2026-03-01', method: 'bump-test' } as const
const of = { assetId: 'pump', serverId: 'opc-1', nodeId: 'nsu=urn:x;s=pump.a', host: '10.0.0.1' }

function plant(): PlantFile {
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'Pacific/Auckland' },
    lines: [{ id: 'l', name: 'Line 1' }],
    servers: [
      {
        id: 'opc-1',
        endpointUrl: 'opc.tcp://10.0.0.1:4840',
        security: { mode: 'None', policy: 'None' },
        user: { type: 'anonymous' },
      },
    ],
    assets: [
      { id: 'pump', lineId: 'l', family: 'pump', name: 'Feed pump' },
      { id: 'bare', lineId: 'l', family: 'pump', name: 'Bare pump' },
      { id: 'fan', lineId: 'l', family: 'fan', name: 'Fan' },
    ],
    points: [
      { ...point('pump.a', 'pump'), name: 'Feed pump, drive end', mapping: { ...evidence, of } },
      point('pump.b', 'pump'),
      { ...point('pump.c', 'pump'), mapping: { ...evidence, of: { ...of, nodeId: 'nsu=urn:x;s=old' } } },
      point('fan.a', 'fan', 'nsu=urn:x;s=pump.b'),
    ],
    alerts: [],
    sync: [],
  }
}
const open = { text: '', openOnly: false, folded: new Set<string>() }

describe('the board', () => {
  it('groups tags by machine with how far they are known', () => {
    const assets = mappedAssets(plant())
    expect(assets.map(({ asset, score }) => [asset.id, score.verified, score.points])).toEqual([
      ['pump', 1, 3],
      ['fan', 0, 1],
    ])
    expect(assets[0]?.tags.map(({ name, judged }) => [name, judged.state])).toEqual([
      ['Drive end', 'verified'],
      ['pump.b', 'not-verified'],
      ['pump.c', 'out-of-date'],
    ])
    expect(assets[0]?.tags[1]?.shared).toEqual(['fan.a'])
    expect(wholeScore(assets)).toMatchObject({ points: 4, verified: 1, outOfDate: 1, accuracy: 25 })
  })

  it('filters by words of machine, tag and node, by what is open, and folds', () => {
    const assets = mappedAssets(plant())
    const ids = (filter: Partial<typeof open>) => mappingRows(assets, { ...open, ...filter }).map(({ id }) => id)
    expect(ids({})).toEqual(['asset/pump', 'tag/pump.a', 'tag/pump.b', 'tag/pump.c', 'asset/fan', 'tag/fan.a'])
    expect(ids({ openOnly: true })).toEqual(['asset/pump', 'tag/pump.b', 'tag/pump.c', 'asset/fan', 'tag/fan.a'])
    expect(ids({ text: 'feed DRIVE' })).toEqual(['asset/pump', 'tag/pump.a'])
    expect(ids({ text: 's=pump.b' })).toEqual(['asset/pump', 'tag/pump.b', 'asset/fan', 'tag/fan.a'])
    expect(ids({ folded: new Set(['pump']) })).toEqual(['asset/pump', 'asset/fan', 'tag/fan.a'])
  })

  it('acts on what is marked, else on the row; the next open one is found round the end', () => {
    const assets = mappedAssets(plant())
    const rows = mappingRows(assets, open)
    const names = (marked: readonly string[], index: number) =>
      chosenTags(assets, new Set(marked), rows[index]).map((tag) => tag.point.id)
    expect(names([], 1)).toEqual(['pump.a'])
    expect(names([], 0)).toEqual(['pump.a', 'pump.b', 'pump.c'])
    expect(names(['fan.a', 'pump.b', 'gone'], 1)).toEqual(['pump.b', 'fan.a'])
    expect([1, 3, 5].map((from) => nextOpen(rows, from))).toEqual([2, 5, 2])
  })

  it('writes evidence on what the tag is now, key by key where there was some, and takes it back', () => {
    const before = plant()
    const [pump] = mappedAssets(before)
    const tags = pump?.tags ?? []
    const now = { verifiedBy: 'Anna', verifiedOn: '2026-04-01', method: 'label', note: 'Tag plate read.' } as const
    const changes = verifyChanges(before, tags.slice(1), now)
    expect(changes[0]).toMatchObject({ kind: 'added', id: 'pump.b', field: 'mapping' })
    expect(changes[0]?.after).toEqual({ ...now, of: { ...of, nodeId: 'nsu=urn:x;s=pump.b' } })
    expect(changes.slice(1).map(({ kind, field }) => `${kind} ${field}`)).toEqual([
      'changed mapping.verifiedBy',
      'changed mapping.verifiedOn',
      'changed mapping.method',
      'added mapping.note',
      'changed mapping.of',
    ])
    expect(verifyChanges(before, tags.slice(0, 1), evidence)).toEqual([])
    const revoked = revokeChanges(tags)
    expect(revoked.map(({ id, kind }) => `${kind} ${id}`)).toEqual(['removed pump.a', 'removed pump.c'])
    expect(invertChanges(revoked)[0]).toMatchObject({ kind: 'added', id: 'pump.c' })
  })

  it('dates by the day of the plant', () => {
    expect(dayIn('Pacific/Auckland', Date.parse('2026-03-01T15:00:00Z'))).toBe('2026-03-02')
  })
})
