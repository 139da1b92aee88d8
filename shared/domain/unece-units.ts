/**
 * UNECE Recommendation 20 common codes to the unit symbols of contracts. OPC 10000-8, 5.6.4.3: servers name an
 * engineering unit by the number of its code (the characters as bytes, first one highest), whatever the display name.
 */
const symbols: Readonly<Record<string, string>> = {
  K40: 'g',
  MSK: 'm/s2',
  M41: 'mm/s2',
  IV: 'in/s2',
  MTS: 'm/s',
  C16: 'mm/s',
  IU: 'in/s',
  '2X': 'm/min',
  MTR: 'm',
  MMT: 'mm',
  '4H': 'um',
  INH: 'in',
  '77': 'mil',
  RPM: 'rpm',
  HTZ: 'Hz',
  '2A': 'rad/s',
  KEL: 'K',
  CEL: 'degC',
  FAH: 'degF',
  PAL: 'Pa',
  KPA: 'kPa',
  MPA: 'MPa',
  MBR: 'mbar',
  BAR: 'bar',
  PS: 'psi',
  MQS: 'm3/s',
  MQH: 'm3/h',
  G51: 'l/s',
  L2: 'l/min',
  G2: 'gal/min',
  AMP: 'A',
  '4K': 'mA',
  VLT: 'V',
  '2Z': 'mV',
  KVT: 'kV',
  WTT: 'W',
  KWT: 'kW',
  MAW: 'MW',
  NU: 'Nm',
  B48: 'kNm',
  P1: '%',
  NEW: 'N',
  B47: 'kN',
  KGM: 'kg',
  TNE: 't',
  C62: '1',
  SEC: 's',
  C26: 'ms',
  HUR: 'h',
  KWH: 'kWh',
  '2N': 'dB',
}

export function uneceNumber(code: string): number {
  let number = 0
  for (const character of code) number = number * 256 + (character.codePointAt(0) ?? 0)
  return number
}

const byNumber = new Map(Object.entries(symbols).map(([code, symbol]) => [uneceNumber(code), symbol]))

/** The contract's symbol for the unit id of an EUInformation; null for one that no contract may name. */
export function symbolOfUnece(unitId: number): string | null {
  return byNumber.get(unitId) ?? null
}
