import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pointSchema, serverSchema } from '../../../shared/domain/plant-file.ts'
import { findUnit } from '../../../shared/domain/units.ts'
import type { BrowseEntry, EndpointView } from '../../../shared/protocol/methods.ts'
import { fieldOfPath, pointFromDraft } from './draft-point.ts'
import { checkServer, orderEndpoints, preselected, serverFromDraft, type ServerDraft } from './endpoint-choice.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import { cadenceOf, proposePoint } from './propose-point.ts'
import { treeKey } from '../../ui/Tree.tsx'
import { childPath, visibleRows, type TreeState } from './tree-model.ts'
import { unitOf, usualUnit } from './units.ts'

function entry(over: Partial<BrowseEntry> = {}): BrowseEntry {
  return {
    nodeId: 'nsu=urn:x;s=a',
    browseName: '2:BearingTemp',
    displayName: 'Bearing temperature',
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

describe('contract proposal', () => {
  it('takes the words of the server first', () => {
    const { draft, basis } = proposePoint(
      entry({ unit: '°C', range: [0, 120], minimumSamplingIntervalMs: 250 }),
      'pump-101',
      new Set(),
    )
    expect(draft).toMatchObject({
      id: 'pump-101.bearingtemp',
      kind: 'scalar',
      quantity: 'temperature',
      unit: 'degC',
      rangeLow: '0',
      rangeHigh: '120',
      cadenceMs: '250',
      sampleRateHz: '4',
      staleAfterMs: '500',
    })
    expect(basis).toMatchObject({ quantity: 'server', unit: 'server', rangeLow: 'server', cadenceMs: 'server' })
  })

  it('then the name, then what is usual, and says which', () => {
    const { draft, basis } = proposePoint(entry(), 'pump-101', new Set())
    expect(draft).toMatchObject({ quantity: 'temperature', unit: 'degC', cadenceMs: '1000' })
    expect(basis).toMatchObject({ quantity: 'name', unit: 'usual', rangeLow: 'usual', cadenceMs: 'usual' })
  })

  it('an array is a waveform whose rate and block size only a person knows', () => {
    const { draft, basis } = proposePoint(
      entry({ browseName: 'Accel', dataType: 'Float', valueRank: 1, unit: 'g' }),
      'pump-101',
      new Set(),
    )
    expect(draft).toMatchObject({ kind: 'waveform', sampleRateHz: '', blockSize: '' })
    expect(basis).toMatchObject({ sampleRateHz: 'missing', blockSize: 'missing' })
    const refused = pointFromDraft(draft, 'opc-1', 'nsu=urn:x;s=a')
    expect(refused).toMatchObject({ ok: false })
    expect(cadenceOf(25_600, 4096)).toBe(160)
    const filled = {
      ...draft,
      sampleRateHz: '25600',
      blockSize: '4096',
      cadenceMs: '160',
      staleAfterMs: '320',
      missingAfterMs: '1000',
    }
    expect(pointFromDraft(filled, 'opc-1', 'nsu=urn:x;s=a')).toMatchObject({
      ok: true,
      point: { contract: { blockSize: 4096, sampleRateHz: 25_600 } },
    })
  })

  it('never proposes an id that is taken', () => {
    expect(proposePoint(entry(), 'p', new Set(['p.bearingtemp', 'p.bearingtemp-2'])).draft.id).toBe('p.bearingtemp-3')
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(idFrom(text)).toMatch(/^([a-z0-9][a-z0-9._-]*)?$/)
      }),
    )
  })

  it('a complete scalar proposal is a valid point of the plant file, unit included', () => {
    const names = fc.constantFrom(
      'Temp',
      'Pressure',
      'MotorCurrent',
      'Flow',
      'Speed',
      'Level',
      'Running',
      'DischargeCount',
    )
    fc.assert(
      fc.property(
        names,
        fc.constantFrom(null, '°C', 'bar', 'A', 'm³/h', 'min-1', '%'),
        fc.option(fc.integer({ min: 1, max: 60_000 }), { nil: null }),
        (browseName, unit, interval) => {
          const { draft } = proposePoint(
            entry({ browseName, unit, minimumSamplingIntervalMs: interval }),
            'pump-101',
            new Set(),
          )
          const result = pointFromDraft(draft, 'opc-1', 'nsu=urn:x;s=a')
          expect(result.ok).toBe(true)
          if (!result.ok) return
          expect(pointSchema.safeParse(result.point).success).toBe(true)
          if (unit === null) expect(findUnit(draft.quantity, draft.unit)).toBeDefined()
        },
      ),
    )
  })

  it('knows the spellings of servers, and where a unit does not tell the quantity', () => {
    expect(unitOf('m/s²')).toEqual({ unit: 'm/s2', quantity: 'acceleration' })
    expect(unitOf('revolutions per minute')).toEqual({ unit: 'rpm', quantity: 'rotational-speed' })
    expect(unitOf('Hz')).toEqual({ unit: 'Hz', quantity: null })
    expect(unitOf('%')?.quantity).toBeNull()
    expect(unitOf('furlong')).toBeNull()
    for (const [quantity, unit] of Object.entries(usualUnit)) {
      if (unit !== null) expect(unitOf(unit)?.unit, quantity).toBe(unit)
    }
  })
})

describe('draft of a point', () => {
  const draft = proposePoint(entry({ unit: '°C' }), 'pump-101', new Set()).draft

  it('names every fault at its field', () => {
    const result = pointFromDraft(
      { ...draft, id: '-bad id', rangeLow: '9', rangeHigh: '1', cadenceMs: 'x', missingAfterMs: '1', unit: '' },
      's',
      'n',
    )
    expect(result.ok ? [] : result.faults).toEqual([
      { field: 'unit', key: 'required' },
      { field: 'id', key: 'id' },
      { field: 'cadenceMs', key: 'number' },
      { field: 'rangeHigh', key: 'range' },
      { field: 'missingAfterMs', key: 'staleBeforeMissing' },
    ])
  })

  it('takes a decimal comma', () => {
    const result = pointFromDraft({ ...draft, rangeHigh: '99,5' }, 's', 'n')
    expect(result.ok && result.point.contract?.expectedRange[1]).toBe(99.5)
  })

  it("finds the field an engine's fault speaks of", () => {
    expect(fieldOfPath('points[12].contract.unit')).toBe('unit')
    expect(fieldOfPath('points[12].contract.expectedRange[1]')).toBe('rangeHigh')
    expect(fieldOfPath('points[12].assetId')).toBe('assetId')
    expect(fieldOfPath('points[12].id')).toBe('id')
    expect(fieldOfPath('points[12].source.nodeId')).toBeNull()
  })
})

const endpoint = (over: Partial<EndpointView> = {}): EndpointView => ({
  endpointUrl: 'opc.tcp://127.0.0.1:4840',
  mode: 'SignAndEncrypt',
  policy: 'Basic256Sha256',
  tokens: ['anonymous', 'userName'],
  strength: 80,
  supported: true,
  remark: null,
  ...over,
})
const serverDraft: ServerDraft = {
  id: 'opc-1',
  name: '',
  userType: 'anonymous',
  userName: '',
  userPem: '',
  password: '',
  insecureReason: '',
  exception: { owner: 'anna', until: '2026-04-09', reason: '' },
}
const nowUs = Date.parse('2026-03-10T15:00:00Z') * 1_000

describe('choice of an endpoint', () => {
  it('preselects the strongest usable one and never an insecure one', () => {
    const list = orderEndpoints([
      endpoint({ mode: 'None', policy: 'None', strength: 0 }),
      endpoint({ strength: 100, supported: false }),
      endpoint({ mode: 'Sign', strength: 60 }),
      endpoint(),
    ])
    expect(list.map((e) => e.strength)).toEqual([80, 60, 0, 100])
    expect(preselected(list)).toBe(0)
    expect(preselected([endpoint({ mode: 'None', policy: 'None' })])).toBeNull()
  })

  it('asks a reason for None and refuses a password on it', () => {
    const none = endpoint({ mode: 'None', policy: 'http://opcfoundation.org/UA/SecurityPolicy#None' })
    expect(checkServer(serverDraft, none, new Set(), nowUs)).toEqual([{ field: 'insecureReason', key: 'reason' }])
    const withPassword = {
      ...serverDraft,
      userType: 'userName' as const,
      userName: 'op',
      password: 'x',
      insecureReason: 'laboratory bench',
    }
    expect(checkServer(withPassword, none, new Set(), nowUs)).toEqual([{ field: 'password', key: 'passwordInClear' }])
    expect(checkServer(serverDraft, null, new Set(['opc-1']), nowUs).map((fault) => fault.key)).toEqual([
      'required',
      'taken',
    ])
  })

  it('takes a policy that is not used any more with an exception only, and never before others', () => {
    const old = endpoint({ policy: 'Basic256', strength: 100, supported: false, needsException: true })
    const dead = endpoint({ policy: 'Basic192', strength: 110, supported: false })
    expect(orderEndpoints([dead, old, endpoint()]).map(({ strength }) => strength)).toEqual([80, 100, 110])
    expect(preselected([old])).toBeNull()
    expect(checkServer(serverDraft, old, new Set(), nowUs)).toEqual([{ field: 'reason', key: 'reason' }])
    const exception = { ...serverDraft.exception, reason: 'update is ordered' }
    expect(checkServer({ ...serverDraft, exception }, old, new Set(), nowUs)).toEqual([])
    const late = { ...exception, until: '2027-01-01' }
    expect(checkServer({ ...serverDraft, exception: late }, old, new Set(), nowUs)).toEqual([
      { field: 'until', key: 'day' },
    ])
  })

  it('writes a valid server entry that holds no password', () => {
    const server = serverFromDraft(
      { ...serverDraft, userType: 'userName', userName: 'op', password: 'hunter2' },
      endpoint(),
    )
    expect(serverSchema.safeParse(server).success).toBe(true)
    expect(JSON.stringify(server)).not.toContain('hunter2')
  })
})

describe('address space tree', () => {
  const folder = (nodeId: string): BrowseEntry =>
    entry({ nodeId, browseName: nodeId, nodeClass: 'object', hasChildren: true })
  const tree = (open: string[]): TreeState => ({
    branches: new Map([
      ['root', { state: 'loaded' as const, entries: [folder('a'), entry({ nodeId: 'v' })] }],
      [childPath('root', 'a'), { state: 'loaded' as const, entries: [folder('b'), folder('root')] }],
    ]),
    open: new Set(open),
  })
  const a = childPath('root', 'a')

  it('lists rows depth first with level and place among siblings', () => {
    const rows = visibleRows(tree([a]), 'root')
    expect(rows.map((row) => [row.entry.nodeId, row.level, row.position, row.siblings])).toEqual([
      ['a', 1, 1, 2],
      ['b', 2, 1, 2],
      ['root', 2, 2, 2],
      ['v', 1, 2, 2],
    ])
    expect(rows[2]?.entry.hasChildren, 'a loop is not opened again').toBe(false)
  })

  it('follows the tree view keys', () => {
    const shut = visibleRows(tree([]), 'root')
    const opened = visibleRows(tree([a]), 'root')
    expect(shut.map(({ key, isOpen, text }) => [key, isOpen, text])).toEqual([
      [a, false, shut[0]?.entry.displayName],
      [childPath('root', 'v'), null, shut[1]?.entry.displayName],
    ])
    expect(treeKey(shut, 0, 'ArrowRight', 9)).toEqual({ kind: 'open', index: 0 })
    expect(treeKey(opened, 0, 'ArrowRight', 9)).toEqual({ kind: 'focus', index: 1 })
    expect(treeKey(opened, 0, 'ArrowLeft', 9)).toEqual({ kind: 'close', index: 0 })
    expect(treeKey(opened, 1, 'ArrowLeft', 9)).toEqual({ kind: 'focus', index: 0 })
    expect(treeKey(shut, 1, 'Enter', 9)).toEqual({ kind: 'choose', index: 1 })
    expect(treeKey(shut, 0, 'q', 9)).toBeNull()
  })
})
