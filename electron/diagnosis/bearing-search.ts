import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import type { BandEnvelope } from './band.ts'
import { bandEnvelope, filterBank } from './band-search.ts'
import { chanceLevel, decoyOrders, type ChanceLevel } from './chance.ts'
import {
  isNuisance,
  planFamily,
  scoreFamily,
  type FamilyPlan,
  type FamilyScore,
  type LineFamily,
  type Nuisance,
} from './line-family.ts'
import { scoreRollingElement, type RollingElementScore } from './rolling-element.ts'

export interface LineMatch {
  readonly harmonic: number
  readonly hz: number
  readonly ratioDb: number
  readonly matched: boolean
  /** on a shaft or mains harmonic: neither for nor against */
  readonly ignored: boolean
}

export interface FamilyResult {
  readonly score: FamilyScore
  readonly envelope: BandEnvelope
  readonly lines: readonly LineMatch[]
  readonly chance: ChanceLevel
}

export type RaceFamily = 'outer' | 'inner' | 'cage'

export interface BearingSearch {
  readonly families: Readonly<Record<RaceFamily, FamilyResult>>
  readonly rollingElement: RollingElementScore
  readonly rollingChance: ChanceLevel
}

export interface SearchInput {
  readonly transforms: Transforms
  /** spectra of pieces of equal length */
  readonly pieces: readonly RealSpectrum[]
  readonly sampleRateHz: number
  readonly shaftHz: number
  readonly mainsHz: number
  readonly bearing: BearingOrders
}

/** A line 9 dB above the mean of its floor comes by chance in one of 3000 bins. */
const MATCH_RATIO = 8
/** The envelope is needed a little beyond the highest line: four harmonics of the inner race and their sidebands. */
const HIGHEST_LINE = 4.3

/** Smeared lines scatter less than single bins. */
const ROLLING_SCALE_FLOOR = 0.25

interface Best {
  score: FamilyScore
  envelope: BandEnvelope
}

function lineFamilies(shaftHz: number, bearing: BearingOrders): Record<RaceFamily, LineFamily> {
  return {
    outer: { baseHz: bearing.bpfo * shaftHz, harmonics: [1, 2, 3, 4], sidebandHz: null },
    inner: { baseHz: bearing.bpfi * shaftHz, harmonics: [1, 2, 3], sidebandHz: shaftHz },
    cage: { baseHz: bearing.ftf * shaftHz, harmonics: [1, 2, 3, 4], sidebandHz: null },
  }
}

function describeLines(best: Best, family: LineFamily, nuisance: Nuisance): LineMatch[] {
  const { ratio, resolutionHz } = best.envelope
  return family.harmonics.map((harmonic) => {
    const hz = harmonic * best.score.fundamentalHz
    const value = ratio[Math.round(hz / resolutionHz)] ?? 0
    const ignored = isNuisance(hz, resolutionHz, nuisance)
    return {
      harmonic,
      hz,
      ratioDb: 10 * Math.log10(Math.max(value, 1e-6)),
      matched: !ignored && value >= MATCH_RATIO,
      ignored,
    }
  })
}

interface Plans {
  readonly families: Readonly<Record<RaceFamily, FamilyPlan>>
  readonly decoys: Readonly<Record<'outer' | 'inner', readonly FamilyPlan[]>>
}

/** Every envelope of one recording has the same bins, so one plan serves them all. */
function planSearch(input: SearchInput, envelope: BandEnvelope, decoys: readonly number[]): Plans {
  const { shaftHz, mainsHz, bearing } = input
  const families = lineFamilies(shaftHz, bearing)
  const plan = (family: LineFamily): FamilyPlan =>
    planFamily(family, envelope.resolutionHz, envelope.ratio.length, { shaftHz, mainsHz })
  const decoyPlans = (family: LineFamily): FamilyPlan[] =>
    decoys.map((order) => plan({ ...family, baseHz: order * shaftHz }))
  return {
    families: { outer: plan(families.outer), inner: plan(families.inner), cage: plan(families.cage) },
    decoys: { outer: decoyPlans(families.outer), inner: decoyPlans(families.inner) },
  }
}

interface Progress {
  readonly best: Partial<Record<RaceFamily, Best>>
  readonly chance: Readonly<Record<'outer' | 'inner', number[]>>
}

function scoreBand(envelope: BandEnvelope, plans: Plans, progress: Progress): void {
  for (const name of ['outer', 'inner', 'cage'] as const) {
    const score = scoreFamily(envelope, plans.families[name])
    const known = progress.best[name]
    if (known === undefined || score.evidence > known.score.evidence) progress.best[name] = { score, envelope }
  }
  for (const name of ['outer', 'inner'] as const) {
    const levels = progress.chance[name]
    for (const [i, plan] of plans.decoys[name].entries()) {
      levels[i] = Math.max(levels[i] ?? Number.NEGATIVE_INFINITY, scoreFamily(envelope, plan).evidence)
    }
  }
}

/**
 * Squared envelope spectra of every band of a 1/3-binary filter bank, raw and cepstrum-prewhitened; the lines of each fault are
 * scored in each, the best band per fault is kept, and the same search at decoy frequencies says what chance would reach here.
 */
export function searchBearingFaults(input: SearchInput): BearingSearch {
  const { transforms, pieces, sampleRateHz, shaftHz, mainsHz, bearing } = input
  const decoys = decoyOrders([bearing.bpfo, bearing.bpfi, 2 * bearing.bsf, bearing.bsf], [bearing.bpfo, bearing.bpfi])
  const progress: Progress = { best: {}, chance: { outer: [], inner: [] } }
  const highestInnerHz = bearing.bpfi * shaftHz
  const highestHz = HIGHEST_LINE * highestInnerHz
  let plans: Plans | null = null
  for (const prewhitened of [false, true]) {
    for (const band of filterBank(sampleRateHz, highestInnerHz)) {
      const envelope = bandEnvelope(transforms, pieces, sampleRateHz, band, prewhitened, highestHz, shaftHz)
      plans ??= planSearch(input, envelope, decoys)
      scoreBand(envelope, plans, progress)
    }
  }
  const result = (name: RaceFamily): FamilyResult => {
    const found = progress.best[name]
    if (found === undefined || plans === null)
      throw new RangeError('no band of the filter bank is wide enough for this bearing at this speed')
    // The cage's four harmonics are searched like the outer race's: the same chance holds.
    const level = chanceLevel(name === 'inner' ? progress.chance.inner : progress.chance.outer)
    const lines = describeLines(found, plans.families[name].family, { shaftHz, mainsHz })
    return { ...found, lines, chance: level }
  }
  const spinDecoys = decoys.map((order) => order / 2)
  const rollingElement = scoreRollingElement(transforms, pieces, sampleRateHz, shaftHz, bearing, mainsHz, spinDecoys)
  return {
    families: { outer: result('outer'), inner: result('inner'), cage: result('cage') },
    rollingElement,
    rollingChance: chanceLevel(rollingElement.decoys, ROLLING_SCALE_FLOOR),
  }
}

/** The filter bank needs one band that holds three inner-race periods. */
export function canSearch(sampleRateHz: number, shaftHz: number, bearing: BearingOrders): boolean {
  return filterBank(sampleRateHz, bearing.bpfi * shaftHz).length > 0
}
