import type { Contract } from './plant-file.ts'

export type Quantity = Contract['quantity']

/** SI value = factor x value + offset. `si` is the coherent SI unit the factor leads to. */
export interface Unit {
  symbol: string
  quantity: Quantity
  factor: number
  offset: number
  si: string
  /** Other spellings people type; never written by the product. */
  aliases: readonly string[]
}

/** Standard gravity, exact by the 3rd CGPM (1901). */
export const standardGravityMps2 = 9.80665

/** Exact by the international yard and pound agreement of 1959. */
const inchM = 0.0254
const poundForceN = 0.45359237 * standardGravityMps2

function unit(
  symbol: string,
  quantity: Quantity,
  si: string,
  factor: number,
  aliases: readonly string[] = [],
  offset = 0,
): Unit {
  return { symbol, quantity, factor, offset, si, aliases }
}

/** Every unit a contract may name. Symbols are plain ASCII so that they can be typed on any keyboard. */
export const units: readonly Unit[] = [
  unit('m/s2', 'acceleration', 'm/s2', 1, ['m/s^2', 'm/s²', 'mps2']),
  unit('mm/s2', 'acceleration', 'm/s2', 1e-3, ['mm/s^2', 'mm/s²']),
  unit('g', 'acceleration', 'm/s2', standardGravityMps2, ['G', 'gn']),
  unit('mg', 'acceleration', 'm/s2', standardGravityMps2 * 1e-3),
  unit('in/s2', 'acceleration', 'm/s2', inchM, ['in/s^2', 'in/s²']),

  unit('m/s', 'velocity', 'm/s', 1),
  unit('mm/s', 'velocity', 'm/s', 1e-3),
  unit('um/s', 'velocity', 'm/s', 1e-6, ['µm/s']),
  unit('in/s', 'velocity', 'm/s', inchM, ['ips']),
  unit('m/min', 'velocity', 'm/s', 1 / 60),

  unit('m', 'displacement', 'm', 1),
  unit('mm', 'displacement', 'm', 1e-3),
  unit('um', 'displacement', 'm', 1e-6, ['µm', 'micron']),
  unit('in', 'displacement', 'm', inchM, ['inch']),
  unit('mil', 'displacement', 'm', inchM * 1e-3, ['mils', 'thou']),

  unit('rpm', 'rotational-speed', 'rad/s', (2 * Math.PI) / 60, ['1/min', 'r/min']),
  unit('Hz', 'rotational-speed', 'rad/s', 2 * Math.PI, ['hz', '1/s']),
  unit('rad/s', 'rotational-speed', 'rad/s', 1),

  unit('K', 'temperature', 'K', 1),
  unit('degC', 'temperature', 'K', 1, ['°C', 'C', 'celsius'], 273.15),
  unit('degF', 'temperature', 'K', 5 / 9, ['°F', 'F', 'fahrenheit'], 459.67 * (5 / 9)),

  unit('Pa', 'pressure', 'Pa', 1),
  unit('kPa', 'pressure', 'Pa', 1e3),
  unit('MPa', 'pressure', 'Pa', 1e6),
  unit('mbar', 'pressure', 'Pa', 100),
  unit('bar', 'pressure', 'Pa', 1e5),
  unit('psi', 'pressure', 'Pa', poundForceN / (inchM * inchM)),

  unit('m3/s', 'flow', 'm3/s', 1, ['m^3/s', 'm³/s']),
  unit('m3/h', 'flow', 'm3/s', 1 / 3600, ['m^3/h', 'm³/h']),
  unit('l/s', 'flow', 'm3/s', 1e-3, ['L/s']),
  unit('l/min', 'flow', 'm3/s', 1e-3 / 60, ['L/min']),
  // The US gallon is 231 cubic inches.
  unit('gal/min', 'flow', 'm3/s', (231 * inchM ** 3) / 60, ['gpm']),

  unit('A', 'current', 'A', 1),
  unit('mA', 'current', 'A', 1e-3),
  unit('V', 'voltage', 'V', 1),
  unit('mV', 'voltage', 'V', 1e-3),
  unit('kV', 'voltage', 'V', 1e3),

  unit('W', 'power', 'W', 1),
  unit('kW', 'power', 'W', 1e3),
  unit('MW', 'power', 'W', 1e6),
  // Mechanical horsepower: 550 foot pound-force per second.
  unit('hp', 'power', 'W', 550 * 12 * inchM * poundForceN),

  unit('Nm', 'torque', 'N.m', 1, ['N.m', 'N·m']),
  unit('kNm', 'torque', 'N.m', 1e3),
  unit('lbf.ft', 'torque', 'N.m', 12 * inchM * poundForceN, ['ft-lb', 'lb-ft']),

  unit('%', 'level', '1', 1e-2, ['percent']),
  unit('m', 'level', 'm', 1),
  unit('mm', 'level', 'm', 1e-3),
  unit('%', 'load', '1', 1e-2, ['percent']),
  unit('N', 'load', 'N', 1),
  unit('kN', 'load', 'N', 1e3),
  unit('t', 'load', 'kg', 1e3),
  unit('kg', 'load', 'kg', 1),
  unit('%', 'humidity', '1', 1e-2, ['%RH', 'percent']),
  unit('1', 'state', '1', 1, ['-', 'none']),
  unit('1', 'count', '1', 1, ['-', 'none', 'count']),
]

/** Units a contract of this quantity may carry. `other` takes any unit of the table. */
export function unitsOf(quantity: Quantity): readonly Unit[] {
  return quantity === 'other' ? [...units, ...otherUnits] : units.filter((unit) => unit.quantity === quantity)
}

/** Only for `other`: a quantity the product does not know may still need a unit. */
const otherUnits: readonly Unit[] = [
  unit('1', 'other', '1', 1, ['-', 'none']),
  unit('s', 'other', 's', 1),
  unit('ms', 'other', 's', 1e-3),
  unit('h', 'other', 's', 3600),
  unit('kWh', 'other', 'J', 3.6e6),
  unit('dB', 'other', 'dB', 1),
]

/**
 * For a contract whose unit nobody has found out yet: values are taken and kept, but nothing that rests on a unit (severity,
 * velocity from acceleration) is said about them. Never guessed.
 */
export const unknownUnit = 'unknown'

/** The unit of that exact symbol for that quantity; undefined when a contract may not name it. */
export function findUnit(quantity: Quantity, symbol: string): Unit | undefined {
  return unitsOf(quantity).find((unit) => unit.symbol === symbol)
}

/** As people write it: degC is °C, um is µm, m/s2 is m/s²; a plain number has none. */
export function displayUnit(symbol: string): string {
  if (symbol === '1') return ''
  const aliases = units.find((unit) => unit.symbol === symbol)?.aliases
  return aliases?.find((alias) => /[°µ²³]/.test(alias)) ?? symbol
}

/** The unit somebody probably meant: another spelling or case of one that exists for the quantity. */
export function unitByAlias(quantity: Quantity, text: string): Unit | undefined {
  const wanted = text.trim().toLowerCase()
  return unitsOf(quantity).find(
    (unit) => unit.symbol.toLowerCase() === wanted || unit.aliases.some((alias) => alias.toLowerCase() === wanted),
  )
}

export function toSi(unit: Unit, value: number): number {
  return value * unit.factor + unit.offset
}

export function fromSi(unit: Unit, siValue: number): number {
  return (siValue - unit.offset) / unit.factor
}

/** Between two units of one dimension. NaN when their SI units differ, since no factor would be true. */
export function convert(value: number, from: Unit, to: Unit): number {
  if (from.si !== to.si) return Number.NaN
  return from.symbol === to.symbol ? value : fromSi(to, toSi(from, value))
}
