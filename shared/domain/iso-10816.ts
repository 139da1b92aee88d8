/** Machine group and support of ISO 10816-3; without them its limits cannot be chosen. */
export interface MachineClass {
  readonly group: 1 | 2
  readonly support: 'rigid' | 'flexible'
}

export const vibrationStandard = { standard: 'ISO 10816-3', edition: '2009' } as const

/** Zone limits A/B, B/C and C/D in mm/s RMS, 10 Hz to 1000 Hz, of ISO 10816-3:2009, tables A.1 and A.2. */
export const zoneLimitsMmS = {
  '1-rigid': [2.3, 4.5, 7.1],
  '1-flexible': [3.5, 7.1, 11],
  '2-rigid': [1.4, 2.8, 4.5],
  '2-flexible': [2.3, 4.5, 7.1],
} as const satisfies Record<string, readonly [number, number, number]>

export function zoneLimitsOf({ group, support }: MachineClass): readonly [number, number, number] {
  return zoneLimitsMmS[`${group}-${support}`]
}
