import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { families, type Asset } from '../../../shared/domain/plant-file.ts'
import { calloutsPerRow, drawing, layTrain, spreadCallouts, type TrainPoint } from './train-model.ts'

const pump: Asset = {
  id: 'pump-101',
  lineId: 'line-1',
  family: 'pump',
  name: 'Feed pump',
  components: [
    { id: 'motor-de-bearing', kind: 'bearing' },
    { id: 'de-bearing', kind: 'bearing', bearing: 'SKF 6205-2RS' },
    { id: 'nde-bearing', kind: 'bearing' },
    { id: 'coupling', kind: 'coupling' },
    { id: 'impeller', kind: 'impeller', blades: 5 },
  ],
}

function point(id: string, over: Partial<TrainPoint> = {}): TrainPoint {
  return { id, componentId: null, quantity: 'acceleration', axis: 'radial-vertical', placement: null, ...over }
}

describe('layTrain', () => {
  it('draws motor, coupling and pump, with each bearing on its side of the coupling', () => {
    const { bodies, bearings } = layTrain(pump, [])
    expect(bodies.map((body) => body.kind)).toEqual(['motor', 'coupling', 'pump'])
    expect(bodies.every((body) => body.isModelled)).toBe(true)
    const xOf = (id: string): number => bearings.find((mark) => mark.componentId === id)?.x ?? Number.NaN
    const coupling = bodies[1]
    expect(xOf('motor-de-bearing')).toBeLessThan(coupling?.x ?? 0)
    expect(xOf('de-bearing')).toBeGreaterThan((coupling?.x ?? 0) + (coupling?.width ?? 0))
    expect(xOf('nde-bearing')).toBeGreaterThan(xOf('de-bearing'))
    expect(bodies[2]?.componentIds).toContain('impeller')
  })

  it('marks a driver that the plant file does not describe', () => {
    const { bodies } = layTrain({ ...pump, components: [{ id: 'de-bearing', kind: 'bearing' }] }, [])
    expect(bodies.map((body) => [body.kind, body.isModelled])).toEqual([
      ['motor', false],
      ['coupling', false],
      ['pump', true],
    ])
  })

  it('puts a gearbox between driver and machine, and belts in place of a coupling', () => {
    const conveyor: Asset = {
      ...pump,
      family: 'conveyor',
      components: [
        { id: 'g', kind: 'gear', teeth: 31 },
        { id: 'rotor', kind: 'rotor' },
      ],
    }
    expect(layTrain(conveyor, []).bodies.map((body) => body.kind)).toEqual([
      'motor',
      'coupling',
      'gearbox',
      'coupling',
      'conveyor',
    ])
    const fan: Asset = { ...pump, family: 'fan', components: [{ id: 'b', kind: 'belt' }] }
    expect(layTrain(fan, []).bodies.map((body) => body.kind)).toEqual(['motor', 'belt', 'fan'])
  })

  it('mounts sensors at their bearing, by placement and by axis', () => {
    const train = layTrain(pump, [
      point('v', { componentId: 'de-bearing' }),
      point('h', { componentId: 'de-bearing', axis: 'radial-horizontal' }),
      point('placed', { placement: 'motor non-drive end' }),
      point('speed', { quantity: 'rotational-speed', axis: null }),
    ])
    const at = (id: string) => train.sensors.find((sensor) => sensor.pointId === id)
    const bearing = train.bearings.find((mark) => mark.componentId === 'de-bearing')
    expect(at('v')).toMatchObject({ x: bearing?.x, y: drawing.shaftY - 32, side: 'above' })
    expect(at('h')).toMatchObject({ x: bearing?.x, side: 'below' })
    expect(at('placed')?.x).toBeLessThan((train.bodies[0]?.x ?? 0) + (train.bodies[0]?.width ?? 0) / 2)
    expect(at('speed')?.y).toBe(drawing.shaftY)
  })

  it('keeps everything inside the drawing and every point on it, for any family and placement', () => {
    const texts = fc.constantFrom(null, 'drive end', 'motor DE', 'non-drive end', 'gearbox output', 'somewhere')
    const points = fc.uniqueArray(
      fc.record({ id: fc.uuid(), placement: texts, axis: fc.constantFrom(null, 'axial', 'x', 'radial') }),
      { maxLength: 12, selector: (p) => p.id },
    )
    fc.assert(
      fc.property(fc.constantFrom(...families), points, (family, list) => {
        const train = layTrain(
          { ...pump, family },
          list.map((p) => point(p.id, p)),
        )
        expect(train.sensors.length).toBe(list.length)
        const first = train.bodies[0]
        const last = train.bodies.at(-1)
        expect(first?.x).toBeGreaterThanOrEqual(0)
        expect((last?.x ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(drawing.width)
      }),
    )
  })
})

describe('spreadCallouts', () => {
  it('never overlaps, never leaves the drawing, keeps the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 900, noNaN: true }), { maxLength: calloutsPerRow(140, 8, 900) }),
        (centres) => {
          const left = spreadCallouts(
            centres.toSorted((a, b) => a - b),
            140,
            8,
            900,
          )
          left.forEach((x, i) => {
            expect(x).toBeGreaterThanOrEqual(-1e-9)
            expect(x + 140).toBeLessThanOrEqual(900 + 1e-9)
            if (i > 0) expect(x - (left[i - 1] ?? 0)).toBeGreaterThanOrEqual(148 - 1e-9)
          })
        },
      ),
    )
  })

  it('leaves a lone callout centred on its sensor', () => {
    expect(spreadCallouts([450], 140, 8, 900)).toEqual([380])
  })
})
