import { z } from 'zod'
import type { PlantFile } from './plant-file.ts'

/**
 * How a machine can fail, in the manner of ISO 14224: what is observed (failure mode, annex B.2.6), the process that leads
 * there (mechanism, table B.2) and what began it (cause, table B.3) stand apart. A plant may call one as it likes; the
 * common code is what other plants understand by it.
 */
export interface Term {
  readonly code: string
  readonly name: string
}

const terms = (list: Readonly<Record<string, string>>): readonly Term[] =>
  Object.entries(list).map(([code, name]) => ({ code, name }))

/** Modes of rotating and static equipment. */
export const observedModes = terms({
  VIB: 'Vibration',
  NOI: 'Noise',
  OHE: 'Overheating',
  BRD: 'Breakdown',
  STD: 'Structural deficiency',
  ELP: 'External leakage, process medium',
  ELU: 'External leakage, utility medium',
  INL: 'Internal leakage',
  LOO: 'Low output',
  HIO: 'High output',
  ERO: 'Erratic output',
  PLU: 'Plugged or choked',
  PDE: 'Parameter deviation',
  AIR: 'Abnormal instrument reading',
  FTS: 'Fails to start on demand',
  STP: 'Fails to stop on demand',
  UST: 'Spurious stop',
  SER: 'Minor in-service problem',
  OTH: 'Other',
  UNK: 'Unknown',
})

export const mechanisms = terms({
  '1.1': 'Leakage',
  '1.2': 'Vibration',
  '1.3': 'Clearance or alignment failure',
  '1.4': 'Deformation',
  '1.5': 'Looseness',
  '1.6': 'Sticking',
  '2.1': 'Cavitation',
  '2.2': 'Corrosion',
  '2.3': 'Erosion',
  '2.4': 'Wear',
  '2.5': 'Breakage',
  '2.6': 'Fatigue',
  '2.7': 'Overheating',
  '2.8': 'Burst',
  '3.1': 'Control failure',
  '3.2': 'No signal, indication or alarm',
  '3.3': 'Faulty signal, indication or alarm',
  '3.4': 'Out of adjustment',
  '3.5': 'Software failure',
  '4.1': 'Short circuit',
  '4.2': 'Open circuit',
  '4.3': 'No power or voltage',
  '4.4': 'Faulty power or voltage',
  '4.5': 'Earth or isolation fault',
  '5.1': 'Blockage',
  '5.2': 'Contamination',
  '5.3': 'Other external influence',
  '6.4': 'Unknown',
})

export const causes = terms({
  '1.1': 'Improper capacity',
  '1.2': 'Improper material',
  '2.1': 'Fabrication failure',
  '2.2': 'Installation failure',
  '3.1': 'Off-design service',
  '3.2': 'Operating error',
  '3.3': 'Maintenance error',
  '3.4': 'Expected wear and tear',
  '4.1': 'Documentation error',
  '4.2': 'Management error',
  '5.1': 'No cause found',
  '5.4': 'Other or unknown',
})

type Family = PlantFile['assets'][number]['family']

export interface CommonMode {
  readonly code: string
  readonly name: string
  readonly mode: string
  readonly mechanism: string
  readonly cause: string
  /** Classes of equipment it is offered for first; none: all. */
  readonly families: readonly Family[]
}

const common = (
  code: string,
  name: string,
  [mode, mechanism, cause]: readonly [string, string, string],
  ...families: Family[]
): CommonMode => ({ code, name, mode, mechanism, cause, families })

/** The codes that mean the same in every plant. Mechanism and cause are the usual ones; a plant's own entry may say others. */
export const commonModes: readonly CommonMode[] = [
  common('bearing.outer-race', 'Outer race damage', ['VIB', '2.6', '3.4']),
  common('bearing.inner-race', 'Inner race damage', ['VIB', '2.6', '3.4']),
  common('bearing.rolling-element', 'Rolling element damage', ['VIB', '2.6', '3.4']),
  common('bearing.cage', 'Cage damage', ['VIB', '2.5', '3.4']),
  common('bearing.lubrication', 'Poor lubrication', ['OHE', '2.4', '3.3']),
  common('rotor.unbalance', 'Unbalance', ['VIB', '1.2', '3.4']),
  common('rotor.misalignment', 'Misalignment', ['VIB', '1.3', '2.2']),
  common('rotor.bent-shaft', 'Bent shaft', ['VIB', '1.4', '3.1']),
  common('rotor.resonance', 'Resonance', ['VIB', '1.2', '1.1']),
  common('rotor.rub', 'Rotor rub', ['VIB', '1.3', '2.2']),
  common('rotor.build-up', 'Build-up on the rotor', ['VIB', '5.2', '3.1'], 'fan', 'pump', 'compressor'),
  common('structure.looseness', 'Looseness', ['VIB', '1.5', '3.3']),
  common('coupling.wear', 'Coupling wear', ['VIB', '2.4', '3.4']),
  common('seal.leakage', 'Seal leakage', ['ELP', '1.1', '3.4'], 'pump', 'compressor'),
  common('pump.cavitation', 'Cavitation', ['NOI', '2.1', '3.1'], 'pump'),
  common('pump.vane-pass', 'Excessive vane-pass vibration', ['VIB', '1.3', '3.1'], 'pump'),
  common('pump.impeller-wear', 'Impeller wear', ['LOO', '2.3', '3.4'], 'pump'),
  common('fan.blade-pass', 'Excessive blade-pass vibration', ['VIB', '1.3', '3.1'], 'fan'),
  common('gear.tooth', 'Tooth damage', ['VIB', '2.6', '3.4'], 'gearbox', 'conveyor'),
  common('gear.mesh', 'Gear mesh wear', ['NOI', '2.4', '3.4'], 'gearbox', 'conveyor'),
  common('gear.misalignment', 'Gear misalignment', ['VIB', '1.3', '2.2'], 'gearbox', 'conveyor'),
  common('belt.slip', 'Belt slip', ['LOO', '2.4', '3.3'], 'conveyor', 'fan'),
  common('belt.wear', 'Belt wear', ['VIB', '2.4', '3.4'], 'conveyor', 'fan'),
  common('motor.rotor-bar', 'Broken rotor bar', ['VIB', '2.5', '3.4'], 'motor'),
  common('electrical.rotor-bar', 'Broken rotor bar', ['VIB', '2.5', '3.4'], 'motor'),
  common('electrical.stator', 'Stator winding fault', ['OHE', '4.1', '3.4'], 'motor'),
  common('electrical.supply', 'Uneven or faulty supply', ['PDE', '4.4', '3.1'], 'motor'),
  common('compressor.valve', 'Valve leakage', ['LOO', '1.1', '3.4'], 'compressor'),
  common('thermal.fouling', 'Fouling', ['LOO', '5.2', '3.1'], 'thermal'),
  common('thermal.overheating', 'Overheating', ['OHE', '2.7', '3.1'], 'thermal'),
  common('thermal.leak', 'Leakage', ['ELP', '1.1', '3.4'], 'thermal'),
  common('instrument.sensor', 'Sensor fault', ['AIR', '3.3', '3.4']),
  common('instrument.cable', 'Cable or connection fault', ['AIR', '3.2', '3.3']),
  /** What is no machine: a channel of test signals, a bench. */
  common('none', 'Cannot fail', ['OTH', '6.4', '5.4']),
]

const byCode = new Map(commonModes.map((each) => [each.code, each]))

export function commonMode(code: string): CommonMode | undefined {
  return byCode.get(code)
}

const codes = (list: readonly Term[], what: string) =>
  z.string().refine((code) => list.some((term) => term.code === code), `no code of ISO 14224 for a ${what}`)

/** A failure mode of the plant's own, in the top-level list `failureModes`. */
export const failureModeSchema = z.looseObject({
  id: z.string().min(1),
  name: z.string().trim().min(1).optional(),
  /** What other plants understand by it. */
  common: z.string().optional(),
  mode: codes(observedModes, 'failure mode').optional(),
  mechanism: codes(mechanisms, 'failure mechanism').optional(),
  cause: codes(causes, 'failure cause').optional(),
})
export type FailureMode = z.infer<typeof failureModeSchema>

export interface ResolvedMode {
  /** As the asset calls it. */
  code: string
  name: string
  /** null: nothing ties it to the common codes. */
  common: CommonMode | null
  mode: string | null
  mechanism: string | null
  cause: string | null
}

/** What an asset's failure mode stands for; the plant's own entry wins over the common one. */
export function resolveMode(code: string, own: readonly FailureMode[]): ResolvedMode {
  const local = own.find(({ id }) => id === code)
  const shared = commonMode(local?.common ?? code) ?? null
  return {
    code,
    name: local?.name ?? shared?.name ?? code,
    common: shared,
    mode: local?.mode ?? shared?.mode ?? null,
    mechanism: local?.mechanism ?? shared?.mechanism ?? null,
    cause: local?.cause ?? shared?.cause ?? null,
  }
}

/** The plant's own failure modes; entries that are none are left to the check of the plant file. */
export function failureModesOf(plant: Pick<PlantFile, 'failureModes'>): FailureMode[] {
  return (plant.failureModes ?? []).flatMap((entry) => failureModeSchema.safeParse(entry).data ?? [])
}
