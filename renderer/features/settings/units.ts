import { quantities } from '../../../shared/domain/plant-file.ts'
import { findUnit, unitByAlias, type Quantity } from '../../../shared/domain/units.ts'

/** Display names of UNECE codes and vendor habits that no person would type, so they are not aliases of the unit table. */
const serverNames: Readonly<Record<string, string>> = {
  'metre per second squared': 'm/s2',
  'ms-2': 'm/s2',
  'mm/sec': 'mm/s',
  'millimetre per second': 'mm/s',
  'revolutions per minute': 'rpm',
  'min-1': 'rpm',
  'u/min': 'rpm',
  'degree celsius': 'degC',
  'deg c': 'degC',
  barg: 'bar',
  'bar(g)': 'bar',
  'cubic metre per hour': 'm3/h',
  ampere: 'A',
  volt: 'V',
  watt: 'W',
  kilowatt: 'kW',
  'n m': 'Nm',
}

/** Symbols that several quantities share, or that are as often something else (50 Hz mains): the node's name decides. */
const ambiguous = new Set(['%', 'm', 'mm', 'Hz', '1'])

/**
 * Unit and quantity of a server's engineering unit; null when the spelling is not known. `quantity` is null where the
 * unit alone does not tell.
 */
export function unitOf(serverUnit: string): { unit: string; quantity: Quantity | null } | null {
  const plain = serverUnit.trim()
  const text = serverNames[plain.toLowerCase()] ?? plain
  for (const quantity of quantities) {
    const unit = findUnit(quantity, text) ?? unitByAlias(quantity, text)
    if (unit) return { unit: unit.symbol, quantity: ambiguous.has(unit.symbol) ? null : unit.quantity }
  }
  return null
}

/** Ranges wide enough for plant machinery; used only where the server publishes none, and shown as a guess. */
export const usualRange: Record<Quantity, readonly [number, number] | null> = {
  acceleration: [-50, 50],
  velocity: [0, 50],
  displacement: [0, 500],
  'rotational-speed': [0, 4000],
  temperature: [-20, 150],
  pressure: [0, 16],
  flow: [0, 1000],
  current: [0, 500],
  voltage: [0, 1000],
  power: [0, 500],
  torque: [0, 1000],
  level: [0, 100],
  load: [0, 120],
  humidity: [0, 100],
  state: [0, 1],
  count: [0, 1_000_000_000],
  other: null,
}

export const usualUnit: Record<Quantity, string | null> = {
  acceleration: 'g',
  velocity: 'mm/s',
  displacement: 'um',
  'rotational-speed': 'rpm',
  temperature: 'degC',
  pressure: 'bar',
  flow: 'm3/h',
  current: 'A',
  voltage: 'V',
  power: 'kW',
  torque: 'Nm',
  level: '%',
  load: '%',
  humidity: '%',
  state: '1',
  count: '1',
  other: null,
}

const nameHints: readonly (readonly [RegExp, Quantity])[] = [
  [/accel|vib(?!.*(vel|disp))/, 'acceleration'],
  [/veloc/, 'velocity'],
  [/displ|proxim/, 'displacement'],
  [/speed|rpm|drehzahl|tacho/, 'rotational-speed'],
  [/temp/, 'temperature'],
  [/press|druck/, 'pressure'],
  [/flow|durchfluss/, 'flow'],
  [/current|amps|strom/, 'current'],
  [/volt|spannung/, 'voltage'],
  [/torque|moment/, 'torque'],
  [/power|leistung/, 'power'],
  [/level|fuellstand|füllstand/, 'level'],
  [/humid/, 'humidity'],
  [/load|last$/, 'load'],
  [/state|running|status/, 'state'],
  [/count|counter|total/, 'count'],
]

/** Quantity a node's name suggests; null when it suggests none. */
export function quantityOfName(name: string): Quantity | null {
  const plain = name.toLocaleLowerCase('en')
  return nameHints.find(([pattern]) => pattern.test(plain))?.[1] ?? null
}
