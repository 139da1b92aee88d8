import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import { bandEnvelope, filterBank, type BandEnvelope } from './band-search.ts'
import { chanceLevel, decoyOrders, type ChanceLevel } from './chance.ts'
import { isNuisance, scoreFamily, type FamilyScore, type LineFamily, type Nuisance } from './line-family.ts'
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

/**
 * Squared envelope spectra of every band of a 1/3-binary filter bank, raw and cepstrum-prewhitened; the lines of each fault are
 * scored in each, the best band per fault is kept, and the same search at decoy frequencies says what chance would reach here.
 */
export function searchBearingFaults(input: SearchInput): BearingSearch {
  const { transforms, pieces, sampleRateHz, shaftHz, mainsHz, bearing } = input
  const nuisance: Nuisance = { shaftHz, mainsHz }
  const families = lineFamilies(shaftHz, bearing)
  const decoys = decoyOrders([bearing.bpfo, bearing.bpfi, 2 * bearing.bsf, bearing.bsf], [bearing.bpfo, bearing.bpfi])
  const best: Partial<Record<RaceFamily, Best>> = {}
  const chance = { outer: decoys.map(() => -9), inner: decoys.map(() => -9), cage: [] as number[] }
  const highestInnerHz = bearing.bpfi * shaftHz
  for (const prewhitened of [false, true]) {
    for (const band of filterBank(sampleRateHz, highestInnerHz)) {
      const envelope = bandEnvelope(
        transforms,
        pieces,
        sampleRateHz,
        band,
        prewhitened,
        HIGHEST_LINE * highestInnerHz,
        shaftHz,
      )
      for (const name of ['outer', 'inner', 'cage'] as const) {
        const score = scoreFamily(envelope, families[name], nuisance)
        const known = best[name]
        if (known === undefined || score.evidence > known.score.evidence) best[name] = { score, envelope }
      }
      for (const name of ['outer', 'inner'] as const) {
        const levels = chance[name]
        for (const [i, order] of decoys.entries()) {
          const { evidence } = scoreFamily(envelope, { ...families[name], baseHz: order * shaftHz }, nuisance)
          levels[i] = Math.max(levels[i] as number, evidence)
        }
      }
    }
  }
  const result = (name: RaceFamily): FamilyResult => {
    const found = best[name]
    if (found === undefined)
      throw new RangeError('no band of the filter bank is wide enough for this bearing at this speed')
    // The cage's four harmonics are searched like the outer race's: the same chance holds.
    const level = chanceLevel(name === 'inner' ? chance.inner : chance.outer)
    return { ...found, lines: describeLines(found, families[name], nuisance), chance: level }
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
