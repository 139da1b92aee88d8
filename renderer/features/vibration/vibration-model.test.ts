import { describe, expect, it } from 'vitest'
import { nameWithin } from '../../ui/names.ts'
import { fakeMachines, fakePlant } from '../../testkit/fake-plant.ts'
import { findingsOf, shaftLinesOf, strengthOf } from './findings.ts'
import { colourIndexOf, machineGroups, mostLive, shownPoints, toggled } from './point-tree.ts'

const plant = fakePlant(fakeMachines(true, true))
const mark = (fault: string, harmonic: number, snrDb: number | null) => ({
  fault,
  harmonic,
  hz: harmonic * 100,
  amplitude: 0.1,
  snrDb,
})

describe('points', () => {
  it('groups waveform points by machine and leaves scalars out', () => {
    const groups = machineGroups(plant)
    expect(groups).toHaveLength(60)
    expect(groups.every((group) => group.points.every((point) => point.kind === 'waveform'))).toBe(true)
  })

  it('shows the first point when the address names none or only unknown ones', () => {
    const [first] = shownPoints(plant, undefined)
    expect(first?.kind).toBe('waveform')
    expect(shownPoints(plant, ['nobody'])).toEqual([first])
    expect(shownPoints(fakePlant([]), undefined)).toEqual([])
  })

  it('keeps one point checked and no more than eight', () => {
    expect(toggled(['a'], 'a')).toEqual(['a'])
    expect(toggled(['a', 'b'], 'a')).toEqual(['b'])
    const eight = Array.from({ length: mostLive }, (_, n) => `p${n}`)
    expect(toggled(eight, 'more')).toEqual(eight)
    expect(
      shownPoints(
        plant,
        plant.points.map((point) => point.id),
      ),
    ).toHaveLength(mostLive)
  })

  it('gives a point the same colour wherever it is asked for', () => {
    expect(colourIndexOf(plant, 'pump-101.de.accel')).toBe(0)
    expect(colourIndexOf(plant, 'pump-102.de.accel')).toBe(2)
  })
})

describe('names', () => {
  it('does not repeat the machine beside its point', () => {
    expect(nameWithin('Feed pump 101', 'Feed pump 101, drive end, vertical')).toBe('Drive end, vertical')
    expect(nameWithin('Feed pump 101', 'Drive end')).toBe('Drive end')
    expect(nameWithin('Feed pump 101', 'Feed pump 101')).toBe('Feed pump 101')
  })
})

describe('findings', () => {
  it('tells how plainly a family stands out', () => {
    expect(strengthOf([mark('bpfo', 1, 10), mark('bpfo', 2, null)])).toBe('none')
    expect(strengthOf([mark('bpfo', 1, 30), mark('bpfo', 2, 3)])).toBe('single')
    expect(strengthOf([mark('bpfo', 1, 16), mark('bpfo', 2, 17)])).toBe('clear')
    expect(strengthOf([mark('bpfo', 1, 26), mark('bpfo', 2, 17)])).toBe('strong')
  })

  it('tells a family as faint beside one ten times larger', () => {
    const line = (fault: string, harmonic: number, amplitude: number) => ({
      fault,
      harmonic,
      hz: 1,
      amplitude,
      snrDb: 30,
    })
    const marks = [line('bpfi', 1, 0.011), line('bpfi', 2, 0.01), line('bpfo', 1, 0.7), line('bpfo', 2, 0.5)]
    const found = findingsOf({
      atUs: 0,
      pointId: 'p',
      kind: 'envelope',
      tUs: 0,
      resolutionHz: 1,
      amplitude: new Float32Array(4),
      unit: 'g',
      rpm: 1500,
      bandHz: null,
      marks,
    })
    expect(found.map((finding) => [finding.fault, finding.strength])).toEqual([
      ['bpfo', 'strong'],
      ['bpfi', 'faint'],
    ])
  })

  it('puts the plainest family first and keeps shaft lines apart', () => {
    const frame = {
      atUs: 0,
      pointId: 'p',
      kind: 'envelope',
      tUs: 0,
      resolutionHz: 1,
      amplitude: new Float32Array(4),
      unit: 'g',
      rpm: 1500,
      bandHz: null,
    } as const
    const marks = [mark('shaft', 1, 40), mark('ftf', 1, 2), mark('bpfi', 1, 20), mark('bpfi', 2, 22)]
    expect(findingsOf({ ...frame, marks }).map((finding) => finding.fault)).toEqual(['bpfi', 'ftf'])
    expect(shaftLinesOf({ ...frame, marks })).toEqual([marks[0]])
    expect(findingsOf(null)).toEqual([])
  })
})
