/** A wheel, an impeller or a pulley on a shaft; `ratio` is its shaft's speed over that of the measured one. */
export interface ToothedPart {
  readonly name: string
  readonly count: number
  readonly ratio: number
}

export interface BeltDrive {
  readonly name: string
  /** of the pulley on the measured shaft */
  readonly pulleyDiameterMm: number
  readonly lengthMm: number
}

/** What is known of a machine beside its bearing. What is absent is not judged, and said so. */
export interface MachineFacts {
  readonly gears: readonly ToothedPart[]
  readonly impellers: readonly ToothedPart[]
  readonly belts: readonly BeltDrive[]
  readonly rotorBars: number | null
  /** of the motor; with the mains frequency they give the slip */
  readonly poles: number | null
}

export const unknownMachine: MachineFacts = { gears: [], impellers: [], belts: [], rotorBars: null, poles: null }
