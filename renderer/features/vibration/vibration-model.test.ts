import { describe, expect, it } from 'vitest'
import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import { nameWithin } from '../../../shared/lib/names.ts'
import { fakeMachines, fakePlant } from '../../testkit/fake-plant.ts'
import { kindRefusal, paneKinds } from './desk-model.ts'
import { findingsOf, shaftLinesOf, strengthOf } from './findings.ts'
import { colourIndexOf, machineGroups, mostLive, shownPoints, toggled } from './point-tree.ts'

const plant = fakePlant(fakeMachines(true, true))

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
  const mark = (fault: string, harmonic: number, snrDb: number | null) => ({
    fault,
    harmonic,
    hz: harmonic * 100,
    foundHz: harmonic * 100,
    amplitude: 0.1,
    snrDb,
  })
  const resolutionHz = 0.5

  /** A quiet floor with peaks at the given lines. */
  const spectrum = (lines: { fault: string; harmonic: number; hz: number; amplitude: number }[]): SpectrumFrame => {
    const amplitude = new Float32Array(2000).fill(0.0005)
    for (const { hz, amplitude: peak } of lines) amplitude[Math.round(hz / resolutionHz)] = peak
    const marks = lines.map((line) => ({ ...line, snrDb: null }))
    return {
      atUs: 0,
      pointId: 'p',
      kind: 'envelope',
      tUs: 0,
      resolutionHz,
      amplitude,
      unit: 'g',
      rpm: 1500,
      bandHz: null,
      marks,
    }
  }

  it('tells how plainly a family stands out', () => {
    expect(strengthOf([mark('bpfo', 1, 10), mark('bpfo', 2, null)])).toBe('none')
    expect(strengthOf([mark('bpfo', 1, 30), mark('bpfo', 2, 3)])).toBe('single')
    expect(strengthOf([mark('bpfo', 1, 16), mark('bpfo', 2, 17)])).toBe('clear')
    expect(strengthOf([mark('bpfo', 1, 26), mark('bpfo', 2, 17)])).toBe('strong')
  })

  it('tells a family as faint beside one ten times larger, the plainest first', () => {
    const found = findingsOf(
      spectrum([
        { fault: 'bpfi', harmonic: 1, hz: 160, amplitude: 0.011 },
        { fault: 'bpfi', harmonic: 2, hz: 320, amplitude: 0.01 },
        { fault: 'bpfo', harmonic: 1, hz: 106, amplitude: 0.7 },
        { fault: 'bpfo', harmonic: 2, hz: 212, amplitude: 0.5 },
      ]),
    )
    expect(found.map((finding) => [finding.fault, finding.strength])).toEqual([
      ['bpfo', 'strong'],
      ['bpfi', 'faint'],
    ])
  })

  it('keeps shaft lines apart from bearing findings', () => {
    const frame = spectrum([
      { fault: 'shaft', harmonic: 1, hz: 25, amplitude: 0.3 },
      { fault: 'ftf', harmonic: 1, hz: 10, amplitude: 0.0005 },
    ])
    expect(findingsOf(frame).map((finding) => [finding.fault, finding.strength])).toEqual([['ftf', 'none']])
    expect(shaftLinesOf(frame)).toMatchObject([{ fault: 'shaft', foundHz: 25 }])
    expect(findingsOf(null)).toEqual([])
  })
})

describe('what a point can be shown as', () => {
  const point = (id: string, more: object = {}) => ({ id, assetId: 'pump', kind: 'waveform' as const, ...more })
  const [first] = plant.points
  const contract = first?.contract
  if (!first || !contract) throw new Error('the fake plant has no point with a contract')
  const of = (points: ReturnType<typeof point>[], ratedRpm?: number) => ({
    points: points.map((one) => ({ ...first, ...one })),
    assets: plant.assets.slice(0, 1).map(({ ratedRpm: _rated, ...asset }) => ({
      ...asset,
      id: 'pump',
      ...(ratedRpm === undefined ? {} : { ratedRpm }),
    })),
  })
  const refusals = (where: ReturnType<typeof of>, id: string): Record<string, string> => {
    const wanted = where.points.find((one) => one.id === id) ?? first
    return Object.fromEntries(
      paneKinds.flatMap((kind) => {
        const why = kindRefusal(where, wanted, kind)
        return why === null ? [] : [[kind, why]]
      }),
    )
  }
  const shaft = (why: string) => ({ orbit: why, 'full-spectrum': why, bode: why, polar: why, centreline: why })

  it('needs a pair, then a pulse, for what two probes tell; whichever of the two names the other', () => {
    expect(refusals(of([point('x')], 1500), 'x')).toEqual(shaft('noPair'))
    const pair = [point('x', { pairPointId: 'y' }), point('y')]
    expect(refusals(of(pair, 1500), 'y')).toEqual(shaft('noPulse'))
    const whole = [point('x', { pairPointId: 'y', tachoPointId: 'pulse' }), point('y'), point('pulse')]
    for (const id of ['x', 'y']) expect(refusals(of(whole), id)).toEqual({})
  })

  it('needs some speed for orders: a rated one, a tag, or a pulse', () => {
    expect(refusals(of([point('x')]), 'x')).toEqual({ ...shaft('noPair'), orders: 'noSpeed' })
    const tag = point('speed', { kind: 'scalar', contract: { ...contract, quantity: 'rotational-speed' } })
    expect(refusals(of([point('x'), tag]), 'x')).toEqual(shaft('noPair'))
  })
})
