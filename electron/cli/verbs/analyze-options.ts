import { parseArgs } from 'node:util'
import { analysisUnits, type AnalysisUnit } from '../../../shared/domain/analysis.ts'
import {
  findBearing,
  ordersOfBearing,
  type BearingCatalogue,
  type BearingEntry,
  type BearingOrders,
} from '../../../shared/domain/bearings.ts'
import { meant } from '../../assets/index.ts'
import type { MachineClass, ZoneLimits } from '../../../shared/domain/iso-10816.ts'
import type { BeltDrive, MachineFacts, ToothedPart } from '../../../shared/domain/machine-facts.ts'
import { UsageError } from '../io.ts'

export interface AnalyzeOptions {
  readonly file: string
  /** null: take the rate from the file's header */
  readonly rateHz: number | null
  readonly rpm: number | null
  readonly bearing: BearingOrders | null
  /** null where the orders were given as numbers, or none */
  readonly bearingEntry: BearingEntry | null
  readonly bandHz: readonly [number, number] | null
  readonly segment: number | null
  readonly unit: AnalysisUnit
  readonly column: string | undefined
  readonly mainsHz: number
  readonly machine: MachineClass | null
  readonly facts: MachineFacts
  readonly ownVelocityMmS: number | null
}

export const analyzeUsage =
  'analyze FILE --rate HZ [--rpm N] [--bearing NAME [--plant FILE] | --bpfo X --bpfi X --bsf X --ftf X] [--band LO,HI] [--segment N] [--unit U] [--column C] [--mains 50|60] [--iso-group 1|2 --support rigid|flexible] [--power-kw P] [--zone-limits A,B,C] [--own-level MM_S] [--gear-teeth N[@RATIO],...] [--blades N[@RATIO],...] [--bars N] [--poles N] [--belt PULLEY_MM,LENGTH_MM]'

const names = [
  'rate',
  'rpm',
  'bearing',
  'plant',
  'bpfo',
  'bpfi',
  'bsf',
  'ftf',
  'band',
  'segment',
  'unit',
  'column',
  'mains',
  'iso-group',
  'support',
  'power-kw',
  'zone-limits',
  'own-level',
  'gear-teeth',
  'blades',
  'bars',
  'poles',
  'belt',
] as const
type Name = (typeof names)[number]
type Values = Partial<Record<Name, string>>

function parse(argv: readonly string[]): { values: Values; files: string[] } {
  try {
    const options: Record<string, { type: 'string' | 'boolean' }> = { json: { type: 'boolean' } }
    for (const name of names) options[name] = { type: 'string' }
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
    const given = new Map(Object.entries(parsed.values))
    const values: Values = {}
    for (const name of names) {
      const value = given.get(name)
      if (typeof value === 'string') values[name] = value
    }
    return { values, files: parsed.positionals }
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}. usage: ${analyzeUsage}`, { cause })
  }
}

function numberOf(values: Values, name: Name, rule: string, holds: (value: number) => boolean): number | null {
  const text = values[name]
  if (text === undefined) return null
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || !holds(value))
    throw new UsageError(`--${name} "${text}" is no ${rule}.`)
  return value
}

const positive = (value: number): boolean => value > 0

function bandOf(text: string | undefined): readonly [number, number] | null {
  if (text === undefined) return null
  const [low, high, ...rest] = text.split(',').map((side) => (side.trim() === '' ? Number.NaN : Number(side)))
  if (low === undefined || high === undefined || rest.length > 0 || !(low >= 0 && high > low)) {
    throw new UsageError(
      `--band "${text}" is no band: write two frequencies in Hz, the lower first, such as 2000,5400.`,
    )
  }
  return [low, high]
}

interface Bearing {
  readonly bearing: BearingOrders | null
  readonly bearingEntry: BearingEntry | null
}

function bearingOf(values: Values, catalogue: BearingSource): Bearing {
  const keys = ['bpfo', 'bpfi', 'bsf', 'ftf'] as const
  const [bpfo, bpfi, bsf, ftf] = keys.map((key) =>
    numberOf(values, key, 'positive number of events a shaft revolution', positive),
  )
  const absent = keys.filter((key) => values[key] === undefined)
  if (values.bearing !== undefined) {
    if (absent.length < keys.length)
      throw new UsageError('--bearing and single orders (--bpfo ...) exclude each other: give one or the other.')
    const known = catalogue(values.plant)
    const entry = findBearing(known, values.bearing)
    if (entry === null) {
      const names = known.bearings.flatMap(({ name, aliases }) => [name, ...aliases])
      throw new UsageError(
        `--bearing "${values.bearing}" is not in the catalogue: give --bpfo, --bpfi, --bsf and --ftf, or name it as the catalogue does. ${meant(values.bearing, names, '')}`,
      )
    }
    return { bearing: ordersOfBearing(entry), bearingEntry: entry }
  }
  if (values.plant !== undefined)
    throw new UsageError('--plant is where --bearing looks first: give --bearing as well.')
  if (absent.length === keys.length) return { bearing: null, bearingEntry: null }
  if (bpfo == null || bpfi == null || bsf == null || ftf == null) {
    throw new UsageError(`the bearing's orders are incomplete: ${absent.map((key) => `--${key}`).join(', ')} missing.`)
  }
  return { bearing: { bpfo, bpfi, bsf, ftf }, bearingEntry: null }
}

function unitOf(text: string | undefined): AnalysisUnit {
  const unit = analysisUnits.find((known) => known === (text ?? 'unknown'))
  if (unit === undefined) throw new UsageError(`--unit "${text ?? ''}" is not known: use ${analysisUnits.join(', ')}.`)
  return unit
}

function machineOf(values: Values): MachineClass | null {
  const group = values['iso-group']
  const { support } = values
  const powerKw = numberOf(values, 'power-kw', 'rated power in kW above 0', positive)
  const limits = values['zone-limits']
  if (group === undefined && support === undefined && limits === undefined) return null
  if ((group !== '1' && group !== '2') || (support !== 'rigid' && support !== 'flexible')) {
    throw new UsageError('--iso-group 1 or 2 and --support rigid or flexible belong together: give both.')
  }
  return {
    group: group === '1' ? 1 : 2,
    support,
    powerKw,
    ownLimits: limits === undefined ? null : { limitsMmS: limitsOf(limits), provenance: 'given with --zone-limits' },
  }
}

function limitsOf(text: string): ZoneLimits {
  const [ab, bc, cd, ...rest] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (ab === undefined || bc === undefined || cd === undefined || rest.length > 0 || !(ab > 0 && bc > ab && cd > bc)) {
    throw new UsageError(
      `--zone-limits "${text}" are no limits: write A/B, B/C and C/D in mm/s RMS, rising, such as 1.4,2.8,4.5.`,
    )
  }
  return [ab, bc, cd]
}

/** `25` on the measured shaft, `25@0.4` on one that turns at 0.4 of its speed; several by commas. */
function partsOf(values: Values, name: 'gear-teeth' | 'blades', what: string): ToothedPart[] {
  const text = values[name]
  if (text === undefined) return []
  return text.split(',').map((part) => {
    const match = /^\s*(\d+)(?:@(\d+(?:\.\d+)?))?\s*$/.exec(part)
    const count = Number(match?.[1])
    const ratio = match?.[2] === undefined ? 1 : Number(match[2])
    if (!(count > 0) || !(ratio > 0))
      throw new UsageError(
        `--${name} "${part}" is no number of ${what}: write 25, or 25@0.4 for a shaft at 0.4 of the speed.`,
      )
    return { name: ratio === 1 ? `${count} ${what}` : `${count} ${what} at ${ratio} x speed`, count, ratio }
  })
}

function beltsOf(text: string | undefined): BeltDrive[] {
  if (text === undefined) return []
  const [pulleyDiameterMm, lengthMm, ...rest] = text.split(',').map(Number)
  if (
    pulleyDiameterMm === undefined ||
    lengthMm === undefined ||
    rest.length > 0 ||
    !(pulleyDiameterMm > 0 && lengthMm > 2 * pulleyDiameterMm)
  ) {
    throw new UsageError(
      `--belt "${text}" is no belt: write the diameter of the pulley on the measured shaft and the belt's length in mm, such as 200,2400.`,
    )
  }
  return [{ name: `belt of ${lengthMm} mm`, pulleyDiameterMm, lengthMm }]
}

const count = (value: number): boolean => Number.isInteger(value) && value > 0

function factsOf(values: Values): MachineFacts {
  return {
    gears: partsOf(values, 'gear-teeth', 'teeth'),
    impellers: partsOf(values, 'blades', 'blades'),
    belts: beltsOf(values.belt),
    rotorBars: numberOf(values, 'bars', 'whole number of rotor bars', count),
    poles: numberOf(values, 'poles', 'even number of poles', (value) => count(value) && value % 2 === 0),
  }
}

/** The shipped catalogue, with the bearings of a plant file before it where one is named. */
export type BearingSource = (plantFile: string | undefined) => BearingCatalogue

/** Reads the arguments of `analyze`; throws `UsageError` with one sentence for the first fault. */
export function readAnalyzeOptions(argv: readonly string[], catalogue: BearingSource): AnalyzeOptions {
  const { values, files } = parse(argv)
  const [file, ...others] = files
  if (file === undefined) throw new UsageError(`name a recording. usage: ${analyzeUsage}`)
  if (others.length > 0) throw new UsageError(`analyze takes one recording, not also "${others.join('", "')}".`)
  const mains = numberOf(values, 'mains', 'mains frequency: use 50 or 60', (value) => value === 50 || value === 60)
  return {
    file,
    rateHz: numberOf(values, 'rate', 'positive sample rate in Hz', positive),
    rpm: numberOf(values, 'rpm', 'speed in revolutions a minute, 0 or more', (value) => value >= 0),
    ...bearingOf(values, catalogue),
    bandHz: bandOf(values.band),
    segment: numberOf(
      values,
      'segment',
      'piece length: a whole number of samples, 64 or more',
      (value) => Number.isInteger(value) && value >= 64,
    ),
    unit: unitOf(values.unit),
    column: values.column,
    mainsHz: mains ?? 60,
    machine: machineOf(values),
    facts: factsOf(values),
    ownVelocityMmS: numberOf(values, 'own-level', 'usual RMS velocity in mm/s above 0', positive),
  }
}
