import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import type { Band, BandEnvelope } from './band.ts'
import { bandEnvelope, filterBank, narrowBands } from './band-search.ts'
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
import { withoutLattice } from './own-lines.ts'
import { LatticeSearch, type RaceLattice } from './race-lattice.ts'
import { RollingElementSearch, type RollingElementScore } from './rolling-element.ts'

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
  /** where the kinematics put the first line */
  readonly baseHz: number
  readonly chance: ChanceLevel
}

export type RaceFamily = 'outer' | 'inner' | 'cage'

export interface BearingSearch {
  readonly families: Readonly<Record<RaceFamily, FamilyResult>>
  readonly lattice: RaceLattice
  readonly rollingElement: RollingElementScore
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

/** What the decoys reach once the lines of a race that stands out are taken away: they would be found at decoys as well. */
function chanceBeside(
  envelopes: readonly BandEnvelope[],
  plans: readonly FamilyPlan[],
  raceHz: number,
  shaftHz: number,
): ChanceLevel {
  const levels = plans.map(() => Number.NEGATIVE_INFINITY)
  for (const envelope of envelopes) {
    const rest = withoutLattice(envelope, raceHz, shaftHz)
    for (const [i, plan] of plans.entries()) levels[i] = Math.max(levels[i] as number, scoreFamily(rest, plan).evidence)
  }
  return chanceLevel(levels)
}

/** Above this a race is clear, and its lines are in the way of everything else. */
const DOMINANT = 9

class Search {
  readonly #input: SearchInput
  readonly #envelopes: BandEnvelope[] = []
  readonly #progress: Progress = { best: {}, chance: { outer: [], inner: [] } }
  #plans: Plans | null = null
  #lattice: LatticeSearch | null = null
  readonly #rolling: RollingElementSearch
  readonly #decoys: readonly number[]

  constructor(input: SearchInput) {
    const { bearing, shaftHz, mainsHz } = input
    this.#input = input
    this.#decoys = decoyOrders([bearing.bpfo, bearing.bpfi, 2 * bearing.bsf, bearing.bsf], [bearing.bpfo, bearing.bpfi])
    const spinDecoys = this.#decoys.map((order) => order / 2)
    this.#rolling = new RollingElementSearch(bearing, shaftHz, mainsHz, spinDecoys)
  }

  add(envelope: BandEnvelope): void {
    this.#plans ??= planSearch(this.#input, envelope, this.#decoys)
    scoreBand(envelope, this.#plans, this.#progress)
    this.#envelopes.push(envelope)
    if (!envelope.prewhitened) return
    this.addNarrow(envelope)
    this.#rolling.add(envelope)
  }

  /** A prewhitened band that only the lattices are searched in. */
  addNarrow(envelope: BandEnvelope): void {
    this.#lattice ??= new LatticeSearch(this.#input.bearing, envelope, this.#input)
    this.#lattice.add(envelope)
  }

  result(): BearingSearch {
    const plans = this.#plans
    const { outer, inner, cage } = this.#progress.best
    if (plans === null || this.#lattice === null || !outer || !inner || !cage)
      throw new RangeError('no band of the filter bank is wide enough for this bearing at this speed')
    const levels = {
      outer: chanceLevel(this.#progress.chance.outer),
      inner: chanceLevel(this.#progress.chance.inner),
    }
    const [name, winner] =
      outer.score.evidence >= inner.score.evidence ? (['outer', outer] as const) : (['inner', inner] as const)
    if (winner.score.evidence >= DOMINANT)
      levels[name] = chanceBeside(this.#envelopes, plans.decoys[name], winner.score.fundamentalHz, this.#input.shaftHz)
    const result = (family: RaceFamily, best: Best): FamilyResult => ({
      ...best,
      lines: describeLines(best, plans.families[family].family, this.#input),
      baseHz: plans.families[family].family.baseHz,
      // The cage's four harmonics are searched like the outer race's: the same chance holds.
      chance: levels[family === 'inner' ? 'inner' : 'outer'],
    })
    return {
      families: { outer: result('outer', outer), inner: result('inner', inner), cage: result('cage', cage) },
      lattice: this.#lattice.result(),
      rollingElement: this.#rolling.result(),
    }
  }
}

/**
 * Squared envelope spectra of every band of a 1/3-binary filter bank, raw and cepstrum-prewhitened; the lines of each fault are
 * scored in each, the best band per fault is kept, and the same search at decoy frequencies says what chance would reach here.
 */
export function searchBearingFaults(input: SearchInput): BearingSearch {
  const { transforms, pieces, sampleRateHz, shaftHz, bearing } = input
  const highestInnerHz = bearing.bpfi * shaftHz
  const search = new Search(input)
  const envelopeOf = (band: Band, prewhitened: boolean): BandEnvelope =>
    bandEnvelope(transforms, pieces, sampleRateHz, band, prewhitened, HIGHEST_LINE * highestInnerHz, shaftHz)
  for (const prewhitened of [false, true]) {
    for (const band of filterBank(sampleRateHz, highestInnerHz)) search.add(envelopeOf(band, prewhitened))
  }
  for (const band of narrowBands(sampleRateHz, shaftHz)) search.addNarrow(envelopeOf(band, true))
  return search.result()
}

/** The filter bank needs one band that holds three inner-race periods. */
export function canSearch(sampleRateHz: number, shaftHz: number, bearing: BearingOrders): boolean {
  return filterBank(sampleRateHz, bearing.bpfi * shaftHz).length > 0
}
