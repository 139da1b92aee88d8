import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointSchema } from '../../../shared/domain/plant-file.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { emptyTemplate, mappable, planFolder } from './folder-plan.ts'
import { proposePoint } from './propose-point.ts'
import { childPath, visibleRows, withDescriptions, type TreeState } from './tree-model.ts'
import { rowWindow, scrollFor } from '../../ui/virtual-rows.ts'
import { addSample, emptyTrace, scaled, type Trace } from './watch-trace.ts'

function variable(name: string, over: Partial<BrowseEntry> = {}): BrowseEntry {
  return {
    nodeId: `nsu=urn:x;s=${name}`,
    browseName: name,
    displayName: name,
    nodeClass: 'variable',
    hasChildren: false,
    dataType: 'Double',
    valueRank: -1,
    unit: null,
    range: null,
    minimumSamplingIntervalMs: null,
    ...over,
  }
}

describe('ten thousand rows', () => {
  it('draws the rows in view and keeps the height of all', () => {
    fc.assert(
      fc.property(fc.nat(300_000), fc.integer({ min: 1, max: 2_000 }), fc.nat(10_000), (top, height, count) => {
        const { first, end, beforePx, afterPx } = rowWindow(top, height, 26, count)
        expect(beforePx + (end - first) * 26 + afterPx).toBe(count * 26)
        expect(end - first).toBeLessThanOrEqual(Math.ceil(height / 26) + 22)
        const seen = Math.floor(top / 26)
        if (seen < count) expect(first <= seen && seen < end).toBe(true)
      }),
    )
  })

  it('scrolls no further than needed', () => {
    expect(scrollFor(3, 0, 260, 26)).toBe(0)
    expect(scrollFor(10, 0, 260, 26)).toBe(26)
    expect(scrollFor(2, 260, 260, 26)).toBe(52)
  })

  it('fills in types and units where the rows stand', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => variable(`t${i}`, { dataType: null, described: false }))
    const tree: TreeState = { branches: new Map([['root', { state: 'loaded', entries }]]), open: new Set() }
    const found = new Map([['nsu=urn:x;s=t7', variable('t7', { unit: 'g', displayName: 'other', described: true })]])
    const rows = visibleRows(withDescriptions(tree, new Set(['root']), found), 'root')
    expect(rows).toHaveLength(10_000)
    expect(rows[7]).toMatchObject({
      key: childPath('root', 'nsu=urn:x;s=t7'),
      entry: { unit: 'g', displayName: 't7' },
    })
    expect(rows[8]?.entry.described).toBe(false)
  })
})

describe('a waveform that says what it is', () => {
  it('needs nothing from a person: rate and length give the cadence', () => {
    const { draft, basis } = proposePoint(
      variable('accel', { valueRank: 1, dataType: 'Float', unit: 'g', arrayLength: 4_096, sampleRateHz: 25_600 }),
      'pump',
      new Set(),
    )
    expect(draft).toMatchObject({ kind: 'waveform', sampleRateHz: '25600', blockSize: '4096', cadenceMs: '160' })
    expect(basis).toMatchObject({ sampleRateHz: 'server', blockSize: 'server', cadenceMs: 'server' })
  })
})

describe('a whole folder', () => {
  const entries = [
    variable('Temp 1', { unit: 'degC', range: [0, 120] }),
    variable('Temp 2'),
    variable('vib', { valueRank: 1, dataType: 'Float', unit: 'g', arrayLength: 4_096 }),
    variable('odd'),
  ]
  const template = { ...emptyTemplate, assetId: 'pump-101', cadenceMs: '500', sampleRateHz: '25600' }
  const plan = (change = {}, taken = new Set<string>()) =>
    planFolder(entries, { ...template, ...change }, 'Drive End', 'opc-1', taken)

  it('takes from the template what the server does not say', () => {
    const [first, second, wave, odd] = plan()
    expect(first?.point).toMatchObject({
      id: 'pump-101.temp-1',
      assetId: 'pump-101',
      source: { serverId: 'opc-1', nodeId: 'nsu=urn:x;s=Temp 1' },
      contract: { unit: 'degC', expectedRange: [0, 120], updateCadenceMs: 500, sampleRateHz: 2 },
    })
    expect(second?.point?.contract).toMatchObject({ quantity: 'temperature', unit: 'degC' })
    expect(wave?.point).toMatchObject({
      kind: 'waveform',
      contract: { blockSize: 4_096, sampleRateHz: 25_600, updateCadenceMs: 160 },
    })
    // Neither server nor template know its unit and range: it is not made up.
    expect(odd?.point).toBeNull()
    expect(odd?.faults.map(({ field }) => field)).toEqual(expect.arrayContaining(['unit', 'rangeLow']))
    const filled = plan({ unit: '1', rangeLow: '0', rangeHigh: '10' })[3]
    expect(filled?.point?.contract).toMatchObject({ unit: '1', expectedRange: [0, 10] })
    // The server's word counts more.
    expect(plan({ unit: 'K', rangeLow: '-5', rangeHigh: '5' })[0]?.point?.contract?.expectedRange).toEqual([0, 120])
    for (const { point } of plan()) if (point) expect(pointSchema.safeParse(point).success).toBe(true)
  })

  it('gives each point an id of its own, by the pattern', () => {
    const ids = plan({ pattern: '{asset}.{folder}' }, new Set(['pump-101.drive-end'])).map(({ draft }) => draft.id)
    expect(ids).toEqual(['-2', '-3', '-4', '-5'].map((tail) => `pump-101.drive-end${tail}`))
  })

  it('leaves out texts, folders and what is mapped', () => {
    const all = [...entries, variable('name', { dataType: 'String' }), variable('sub', { nodeClass: 'object' })]
    const names = mappable(all, new Map([['nsu=urn:x;s=odd', 'pump-101.odd']])).map(({ browseName }) => browseName)
    expect(names).toEqual(['Temp 1', 'Temp 2', 'vib'])
  })
})

describe('the trace of a watched value', () => {
  it('keeps two minutes, shows bad values as gaps, and a constant in the middle', () => {
    const add = (trace: Trace, number: number | null, status = 0): Trace => addSample(trace, { number, status })
    expect([...scaled(add(add(emptyTrace, 5), 5)).values]).toEqual([0.5, 0.5])
    const { values, low, high } = scaled(add(add(add(emptyTrace, 1), 9, 0x8000_0000), 3))
    expect({ low, high, gap: Number.isNaN(values[1]) }).toEqual({ low: 1, high: 3, gap: true })
    let long = emptyTrace
    for (let i = 0; i < 500; i += 1) long = add(long, i)
    expect(long.values).toHaveLength(120)
    expect(scaled(add(emptyTrace, null))).toMatchObject({ low: null, high: null })
  })
})
