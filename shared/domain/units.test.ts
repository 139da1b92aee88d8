import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantities } from './plant-file.ts'
import { convert, displayUnit, findUnit, fromSi, toSi, unitByAlias, units, unitsOf, type Quantity } from './units.ts'

function known(quantity: Quantity, symbol: string) {
  const unit = findUnit(quantity, symbol)
  if (!unit) throw new Error(`no unit ${symbol} of ${quantity}`)
  return unit
}

// Reference values: NIST SP 811 (2008), appendix B.8, to the digits printed there.
const references: [Quantity, string, string, number, number][] = [
  ['acceleration', 'g', 'm/s2', 1, 9.80665],
  ['acceleration', 'in/s2', 'm/s2', 1, 0.0254],
  ['velocity', 'in/s', 'mm/s', 1, 25.4],
  ['displacement', 'mil', 'um', 1, 25.4],
  ['rotational-speed', 'rpm', 'rad/s', 1, 0.10471975511965977],
  ['rotational-speed', 'Hz', 'rpm', 1, 60],
  ['temperature', 'degC', 'K', 25, 298.15],
  ['temperature', 'degF', 'degC', 212, 100],
  ['temperature', 'degF', 'K', -459.67, 0],
  ['pressure', 'bar', 'kPa', 1, 100],
  ['pressure', 'psi', 'Pa', 1, 6894.757293168],
  ['flow', 'm3/h', 'l/s', 3.6, 1],
  ['flow', 'gal/min', 'm3/s', 1, 6.30901964e-5],
  ['power', 'hp', 'W', 1, 745.69987158],
  ['torque', 'lbf.ft', 'Nm', 1, 1.3558179483],
]

describe('units', () => {
  it.each(references)('%s: %s to %s', (quantity, from, to, value, expected) => {
    const got = convert(value, known(quantity, from), known(quantity, to))
    expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-6 * Math.max(1e-6, Math.abs(expected)))
  })

  it('goes to SI and back within 1e-9', () => {
    fc.assert(
      fc.property(fc.constantFrom(...units), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (unit, value) => {
        expect(Math.abs(fromSi(unit, toSi(unit, value)) - value)).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(value)),
        )
      }),
    )
  })

  it('has at least one unit for each quantity and no symbol twice within one', () => {
    for (const quantity of quantities) {
      const symbols = unitsOf(quantity).map((unit) => unit.symbol)
      expect(symbols.length, quantity).toBeGreaterThan(0)
      if (quantity !== 'other') expect(new Set(symbols).size, quantity).toBe(symbols.length)
    }
  })

  it('refuses to convert between dimensions', () => {
    expect(convert(1, known('level', '%'), known('level', 'm'))).toBeNaN()
  })

  it('is shown as people write it', () => {
    expect(['degC', 'm/s2', 'um', 'g', 'mm/s', '1', 'furlong'].map(displayUnit)).toEqual([
      '°C',
      'm/s²',
      'µm',
      'g',
      'mm/s',
      '',
      'furlong',
    ])
  })

  it('recognises another spelling', () => {
    expect(unitByAlias('acceleration', 'm/s²')?.symbol).toBe('m/s2')
    expect(unitByAlias('velocity', 'MM/S')?.symbol).toBe('mm/s')
    expect(unitByAlias('velocity', 'g')).toBeUndefined()
  })
})
