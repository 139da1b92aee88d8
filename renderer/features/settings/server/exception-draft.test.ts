import { describe, expect, it } from 'vitest'
import type { PlantFile } from '../../../../shared/domain/plant-file.ts'
import { checkException, dayLimits, exceptionRows, newException } from './exception-draft.ts'

const nowUs = Date.parse('2026-03-10T15:00:00Z') * 1_000

describe('an exception in the making', () => {
  it('proposes thirty days and the person at the desk, and asks for a reason', () => {
    const draft = newException('anna', nowUs)
    expect(draft).toEqual({ owner: 'anna', until: '2026-04-09', reason: '' })
    expect(checkException(draft, nowUs)).toEqual([{ field: 'reason', key: 'reason' }])
    expect(checkException({ ...draft, reason: 'new drive is ordered' }, nowUs)).toEqual([])
  })

  it('ends between today and half a year from now', () => {
    expect(dayLimits(nowUs)).toEqual({ first: '2026-03-10', last: '2026-09-09' })
    const keys = ['', '2026-03-09', '2026-03-10', '2026-09-09', '2026-09-10', '10.3.2026'].map(
      (until) => checkException({ owner: 'a', until, reason: 'long enough' }, nowUs).length,
    )
    expect(keys).toEqual([1, 1, 0, 0, 1, 1])
  })
})

describe('the list of exceptions', () => {
  const one = (scope: string, until: string) => ({ scope, until, owner: 'otto', reason: 'old drive' })
  const plant = {
    exceptions: [
      one('opcua:plc-1:validity', '2026-06-01'),
      one('pump-101', '2026-03-11'),
      one('opcua:plc-2:host-name', '2026-03-12'),
      one('opcua:plc-1:weak-key', '2026-03-09'),
    ],
  } as unknown as PlantFile

  it('has those of connections, the one that ends first on top', () => {
    expect(exceptionRows(plant, nowUs).map(({ serverId, rule, days, state }) => [serverId, rule, days, state])).toEqual(
      [
        ['plc-1', 'weak-key', -1, 'ended'],
        ['plc-2', 'host-name', 2, 'near'],
        ['plc-1', 'validity', 83, 'holds'],
      ],
    )
    expect(exceptionRows(plant, nowUs, 'plc-2')).toHaveLength(1)
  })
})
