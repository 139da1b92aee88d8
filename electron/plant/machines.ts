import type { BearingGeometry } from '../../shared/domain/bearings.ts'
import type { Asset, Contract } from '../../shared/domain/plant-file.ts'
import type { Resonance } from './signal/vibration.ts'

/** The simulated plant's machines: what is bolted to the floor, not what is wrong with it (see scenarios.ts). */

/** Warning and alarm. */
export type Limits = readonly [number, number]

export interface WaveformPointSpec {
  id: string
  name: string
  axis: NonNullable<Contract['axis']>
  placement: string
  sampleRateHz: number
  /** Peak g of shaft orders 1, 2, 3 ... of the healthy machine. */
  ordersG: readonly number[]
  noiseG: number
  impactG: number
  /** Warning and alarm limits of the plant file, fitted to the physics by measurement (docs/simulated-plant.md). */
  limits: {
    rmsG: Limits
    velocityMmS: Limits
    bpfoG: Limits
    bpfiG: Limits
    /** Only where the rolling-element lines stand alone (see pump-101). */
    bsfG?: Limits
  }
}

export const scalarKinds = ['speed', 'current', 'load', 'bearing-temperature', 'pressure', 'flow', 'state'] as const
export type ScalarKind = (typeof scalarKinds)[number]

export interface ScalarSpec {
  kind: ScalarKind
  /** Value at rated speed and load. */
  rated: number
}

export interface MachineSpec {
  id: string
  name: string
  lineId: string
  family: Asset['family']
  manufacturer: string
  model: string
  serial: string
  commissionedOn: string
  criticality: number
  failureModes: readonly string[]
  ratedRpm: number
  powerKw: number
  support: 'rigid' | 'flexible'
  isoGroup: 1 | 2
  bearingName: string
  bearing: BearingGeometry
  /** Blades of an impeller or fan, lobes of a screw: the passing order and its healthy peak g. */
  passing: { count: number; g: number } | null
  critical: { hz: number; damping: number } | null
  resonances: readonly Resonance[]
  waveforms: readonly WaveformPointSpec[]
  scalars: readonly ScalarSpec[]
}

export const plantLines = [
  { id: 'line-1', name: 'Feed water' },
  { id: 'line-2', name: 'Compressed air and exhaust' },
  { id: 'line-3', name: 'Conveying and palletising' },
] as const

/**
 * Geometry in millimetres as in resources/bearings.json (a test compares them): the physics must strike at the
 * frequencies where the engine's catalogue makes it look.
 */
const bearings = {
  'SKF 6205-2RS': { rollingElements: 9, elementDiameter: 7.94, pitchDiameter: 39.04, contactAngleDeg: 0 },
  'SKF 6204': { rollingElements: 8, elementDiameter: 7.938, pitchDiameter: 33.5, contactAngleDeg: 0 },
  'SKF 6206': { rollingElements: 9, elementDiameter: 9.525, pitchDiameter: 46, contactAngleDeg: 0 },
  'SKF 6308': { rollingElements: 8, elementDiameter: 15.081, pitchDiameter: 65, contactAngleDeg: 0 },
} as const satisfies Record<string, BearingGeometry>

const bearingModes = ['bearing.outer-race', 'bearing.inner-race', 'bearing.rolling-element']
const rotorModes = ['rotor.unbalance', 'rotor.misalignment', 'structure.looseness']

/** Modes of a housing with a stud-mounted accelerometer: the lower one carries most of the energy of a strike. */
const housing = (hz: number): readonly Resonance[] => [
  { hz, decayS: 0.0011, share: 1 },
  { hz: hz * 2.13, decayS: 0.0005, share: 0.45 },
]

const bearingLimits = {
  rmsG: [0.45, 0.9],
  velocityMmS: [4.5, 7.1],
  bpfoG: [0.15, 0.45],
  bpfiG: [0.15, 0.45],
} as const

export const machines: readonly MachineSpec[] = [
  {
    id: 'pump-101',
    name: 'Feed pump 101',
    lineId: 'line-1',
    family: 'pump',
    manufacturer: 'KSB',
    model: 'Etanorm 065',
    serial: '9971-0101',
    commissionedOn: '2021-03-01',
    criticality: 5,
    failureModes: [...bearingModes, ...rotorModes, 'pump.cavitation'],
    ratedRpm: 1772,
    powerKw: 22,
    support: 'rigid',
    isoGroup: 2,
    bearingName: 'SKF 6205-2RS',
    bearing: bearings['SKF 6205-2RS'],
    passing: { count: 6, g: 0.03 },
    critical: null,
    resonances: housing(3240),
    waveforms: [
      {
        id: 'pump-101.de.accel',
        name: 'Drive end, vertical',
        axis: 'radial-vertical',
        placement: 'drive end',
        sampleRateHz: 25600,
        ordersG: [0.03, 0.014, 0.006, 0.004],
        noiseG: 0.09,
        impactG: 9,
        // 2 x BPFI of a 6205 lies 0.7 % beside 3 x BPFO, and 3 x BSF 1.4 % beside 2 x BPFO: an outer-race fault lifts
        // both readings (measured 0.85 g and 1.2 g). So the inner race has limits above that, the balls none.
        limits: { ...bearingLimits, bpfiG: [1.1, 1.6] },
      },
      {
        id: 'pump-101.de.axial',
        name: 'Drive end, axial',
        axis: 'axial',
        placement: 'drive end',
        sampleRateHz: 25600,
        ordersG: [0.016, 0.012, 0.004],
        noiseG: 0.06,
        impactG: 4.5,
        limits: { ...bearingLimits, rmsG: [0.25, 0.5], bpfiG: [0.6, 0.9] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 1772 },
      { kind: 'current', rated: 41 },
      { kind: 'load', rated: 78 },
      { kind: 'bearing-temperature', rated: 52 },
      { kind: 'pressure', rated: 6.2 },
      { kind: 'flow', rated: 96 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'pump-102',
    name: 'Feed pump 102',
    lineId: 'line-1',
    family: 'pump',
    manufacturer: 'Grundfos',
    model: 'NK 65-160',
    serial: '9971-0102',
    commissionedOn: '2021-03-01',
    criticality: 4,
    failureModes: [...bearingModes, ...rotorModes],
    ratedRpm: 1478,
    powerKw: 18.5,
    support: 'rigid',
    isoGroup: 2,
    bearingName: 'SKF 6206',
    bearing: bearings['SKF 6206'],
    passing: { count: 5, g: 0.025 },
    critical: null,
    resonances: housing(2750),
    waveforms: [
      {
        id: 'pump-102.de.accel',
        name: 'Drive end, vertical',
        axis: 'radial-vertical',
        placement: 'drive end',
        sampleRateHz: 12000,
        ordersG: [0.024, 0.012, 0.005],
        noiseG: 0.07,
        impactG: 7,
        limits: { ...bearingLimits, rmsG: [0.4, 0.8] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 1478 },
      { kind: 'current', rated: 34 },
      { kind: 'bearing-temperature', rated: 49 },
      { kind: 'pressure', rated: 5.4 },
      { kind: 'flow', rated: 71 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'motor-103',
    name: 'Booster motor 103',
    lineId: 'line-1',
    family: 'motor',
    manufacturer: 'Siemens',
    model: '1LE1 180M',
    serial: '9971-0103',
    commissionedOn: '2020-11-16',
    criticality: 4,
    failureModes: [...bearingModes, ...rotorModes, 'motor.rotor-bar'],
    ratedRpm: 2955,
    powerKw: 30,
    support: 'rigid',
    isoGroup: 2,
    bearingName: 'SKF 6308',
    bearing: bearings['SKF 6308'],
    passing: null,
    critical: null,
    resonances: housing(3900),
    waveforms: [
      {
        id: 'motor-103.de.accel',
        name: 'Drive end, horizontal',
        axis: 'radial-horizontal',
        placement: 'drive end',
        sampleRateHz: 25600,
        ordersG: [0.045, 0.02, 0.008],
        noiseG: 0.1,
        impactG: 11,
        limits: { ...bearingLimits, rmsG: [0.5, 1] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 2955 },
      { kind: 'current', rated: 53 },
      { kind: 'load', rated: 71 },
      { kind: 'bearing-temperature', rated: 58 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'comp-201',
    name: 'Screw compressor 201',
    lineId: 'line-2',
    family: 'compressor',
    manufacturer: 'Atlas Copco',
    model: 'GA 75',
    serial: '4410-0201',
    commissionedOn: '2019-06-20',
    criticality: 5,
    failureModes: [...bearingModes, ...rotorModes],
    ratedRpm: 2972,
    powerKw: 75,
    support: 'flexible',
    isoGroup: 2,
    bearingName: 'SKF 6308',
    bearing: bearings['SKF 6308'],
    passing: { count: 5, g: 0.12 },
    critical: null,
    resonances: housing(3050),
    waveforms: [
      {
        id: 'comp-201.de.accel',
        name: 'Drive end, vertical',
        axis: 'radial-vertical',
        placement: 'drive end',
        sampleRateHz: 25600,
        ordersG: [0.05, 0.03, 0.012],
        noiseG: 0.14,
        impactG: 12,
        limits: { ...bearingLimits, rmsG: [0.6, 1], bsfG: [0.2, 0.5] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 2972 },
      { kind: 'current', rated: 131 },
      { kind: 'load', rated: 84 },
      { kind: 'bearing-temperature', rated: 66 },
      { kind: 'pressure', rated: 7.5 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'fan-202',
    name: 'Exhaust fan 202',
    lineId: 'line-2',
    family: 'fan',
    manufacturer: 'Howden',
    model: 'L3N-1000',
    serial: '4410-0202',
    commissionedOn: '2018-09-03',
    criticality: 3,
    failureModes: [...bearingModes, ...rotorModes],
    ratedRpm: 1180,
    powerKw: 37,
    support: 'flexible',
    isoGroup: 2,
    bearingName: 'SKF 6308',
    bearing: bearings['SKF 6308'],
    passing: { count: 11, g: 0.02 },
    critical: null,
    resonances: housing(2480),
    waveforms: [
      {
        id: 'fan-202.de.accel',
        name: 'Drive end, horizontal',
        axis: 'radial-horizontal',
        placement: 'drive end',
        sampleRateHz: 12800,
        ordersG: [0.018, 0.005, 0.002],
        noiseG: 0.04,
        impactG: 6,
        limits: { ...bearingLimits, rmsG: [0.11, 0.18], bpfoG: [0.1, 0.3], bpfiG: [0.1, 0.3] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 1180 },
      { kind: 'current', rated: 62 },
      { kind: 'bearing-temperature', rated: 47 },
      { kind: 'flow', rated: 18400 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'conveyor-301',
    name: 'Infeed conveyor 301',
    lineId: 'line-3',
    family: 'conveyor',
    manufacturer: 'SEW-Eurodrive',
    model: 'KA77 DRN100',
    serial: '2205-0301',
    commissionedOn: '2022-01-11',
    criticality: 3,
    failureModes: [...bearingModes, ...rotorModes],
    ratedRpm: 1455,
    powerKw: 3,
    support: 'rigid',
    isoGroup: 2,
    bearingName: 'SKF 6204',
    bearing: bearings['SKF 6204'],
    passing: { count: 17, g: 0.025 },
    critical: null,
    resonances: housing(2600),
    waveforms: [
      {
        id: 'conveyor-301.de.accel',
        name: 'Drive, vertical',
        axis: 'radial-vertical',
        placement: 'drive end',
        sampleRateHz: 12800,
        ordersG: [0.02, 0.01, 0.004],
        noiseG: 0.05,
        impactG: 5,
        limits: { ...bearingLimits, rmsG: [0.14, 0.21], bpfoG: [0.1, 0.3], bpfiG: [0.1, 0.3] },
      },
    ],
    scalars: [
      { kind: 'speed', rated: 1455 },
      { kind: 'current', rated: 6.1 },
      { kind: 'load', rated: 55 },
      { kind: 'bearing-temperature', rated: 41 },
      { kind: 'state', rated: 2 },
    ],
  },
  {
    id: 'motor-302',
    name: 'Palletiser motor 302',
    lineId: 'line-3',
    family: 'motor',
    manufacturer: 'ABB',
    model: 'M3BP 160',
    serial: '2205-0302',
    commissionedOn: '2022-01-11',
    criticality: 2,
    failureModes: [...bearingModes, ...rotorModes],
    ratedRpm: 1482,
    powerKw: 11,
    support: 'rigid',
    isoGroup: 2,
    bearingName: 'SKF 6308',
    bearing: bearings['SKF 6308'],
    passing: null,
    critical: { hz: 15.2, damping: 0.06 },
    resonances: housing(3400),
    waveforms: [
      {
        id: 'motor-302.de.accel',
        name: 'Drive end, vertical',
        axis: 'radial-vertical',
        placement: 'drive end',
        sampleRateHz: 25600,
        ordersG: [0.022, 0.012, 0.005],
        noiseG: 0.08,
        impactG: 9,
        limits: bearingLimits,
      },
    ],
    scalars: [
      { kind: 'speed', rated: 1482 },
      { kind: 'current', rated: 21 },
      { kind: 'load', rated: 48 },
      { kind: 'bearing-temperature', rated: 44 },
      { kind: 'state', rated: 2 },
    ],
  },
]

export const blockSamples = 4096
