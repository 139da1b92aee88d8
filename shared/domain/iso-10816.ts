/** Machine group and support of ISO 10816-3; without them its limits cannot be chosen. */
export interface MachineClass {
  readonly group: 1 | 2
  readonly support: 'rigid' | 'flexible'
  /** rated power; absent: not known, and taken to be in the standard's scope */
  readonly powerKw?: number | null
  /** limits agreed for this machine, in the place of the standard's, with where they come from */
  readonly ownLimits?: { readonly limitsMmS: ZoneLimits; readonly provenance: string } | null
}

/** A/B, B/C and C/D in mm/s RMS, rising. */
export type ZoneLimits = readonly [number, number, number]

export const vibrationStandard = { standard: 'ISO 10816-3', edition: '2009' } as const

/** The standard is about machines above this power. */
export const LEAST_POWER_KW = 15

/** Zone limits A/B, B/C and C/D in mm/s RMS, 10 Hz to 1000 Hz, of ISO 10816-3:2009, tables A.1 and A.2. */
export const zoneLimitsMmS = {
  '1-rigid': [2.3, 4.5, 7.1],
  '1-flexible': [3.5, 7.1, 11],
  '2-rigid': [1.4, 2.8, 4.5],
  '2-flexible': [2.3, 4.5, 7.1],
} as const satisfies Record<string, ZoneLimits>

export function zoneLimitsOf({ group, support, ownLimits }: MachineClass): ZoneLimits {
  return ownLimits?.limitsMmS ?? zoneLimitsMmS[`${group}-${support}`]
}

/** Where the limits come from, in words that go with the zone. */
export function zoneProvenance({ group, support, ownLimits }: MachineClass): string {
  const newer = 'ISO 20816-3:2022 merges zones A and B'
  if (ownLimits) return `limits of this machine: ${ownLimits.provenance}; not those of the standard`
  return `ISO 10816-3:2009, table A.${group}, group ${group}, ${support} support, RMS velocity 10 Hz to 1000 Hz; ${newer}`
}
