import type { Finding, Verdict } from '../../../shared/domain/analysis.ts'
import type { Level } from './level.ts'
import { chanceOfLines, type Line, type LineReader } from './line-reader.ts'

export interface RuleInput {
  readonly reader: LineReader
  readonly shaftHz: number
  readonly mainsHz: number
  /** RMS velocity of the whole in what the lines' strength is in; null where the unit is unknown */
  readonly total: number | null
  readonly level: Level
}

const ORDERS = 10
const HALF_ORDERS = [0.5, 1.5, 2.5, 3.5] as const

/** Lines that say nothing beside the strongest: a tenth of it. */
const NOTABLE = 0.1

export interface ShaftLines {
  /** 1 x to 10 x, those beyond half the sample rate left out */
  readonly whole: readonly Line[]
  readonly half: readonly Line[]
}

export function readShaftLines({ reader, shaftHz }: RuleInput): ShaftLines {
  const at = (order: number): Line => reader.line(`${order} x speed`, order * shaftHz)
  const within = (order: number): boolean => order * shaftHz < reader.topHz
  return {
    whole: Array.from({ length: ORDERS }, (_, i) => i + 1)
      .filter(within)
      .map(at),
    half: HALF_ORDERS.filter(within).map(at),
  }
}

/** Share of the whole's power that lies in these lines; without a unit, of the shaft lines' own. */
function shareOf(lines: readonly (Line | undefined)[], all: ShaftLines, total: number | null): number {
  const power = (list: readonly (Line | undefined)[]): number =>
    list.reduce((sum, line) => sum + (line?.matched === true ? line.strength ** 2 : 0), 0)
  const whole = total === null ? power([...all.whole, ...all.half]) : total ** 2
  return whole > 0 ? Math.min(1, power(lines) / whole) : 0
}

const strengthOf = (line: Line | undefined): number => (line?.matched === true ? line.strength : 0)

/** A pattern is a fault only where its level matters; where nobody can say whether it does, it is possible. */
export function finding(
  input: RuleInput,
  fault: Verdict,
  fits: boolean,
  lines: readonly Line[],
  why: string,
  component: string | null = null,
): Finding {
  const { matters, isKnown } = input.level
  const state = !fits ? 'absent' : matters ? 'found' : isKnown ? 'absent' : 'possible'
  return {
    fault,
    state,
    falseAlarmProbability: chanceOfLines(lines, input.reader),
    component,
    why: fits ? `${why}; ${input.level.why}` : why,
    lines: lines.map(({ strength: _strength, ...line }) => line),
  }
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

function halfOrders(all: ShaftLines): Line[] {
  const strongest = Math.max(0, ...all.whole.map((line) => strengthOf(line)))
  return all.half.filter((line) => line.matched && line.strength >= NOTABLE * strongest)
}

/** One line at speed that carries half the power, its harmonics a third of it at most, and nothing between. */
export function unbalance(input: RuleInput, all: ShaftLines): Finding {
  const [first, second, third] = all.whole
  const share = shareOf([first], all, input.total)
  const own = strengthOf(first)
  const others = Math.max(strengthOf(second), strengthOf(third))
  const fits = own > 0 && share >= 0.5 && others <= 0.35 * own && halfOrders(all).length === 0
  const why = fits
    ? `1 x speed carries ${percent(share)} of the power, 2 x and 3 x at most ${percent(others / own)} of it; the phase between two directions, which would tell it from a bent shaft, was not measured`
    : `1 x speed carries ${percent(share)} of the power (50 % needed), its harmonics ${own > 0 ? percent(others / own) : 'more than all'} of it (35 % at most)`
  return finding(
    input,
    'unbalance',
    fits,
    [first].flatMap((line) => line ?? []),
    why,
  )
}

/** Two pushes a turn: 2 x beside 1 x or above it, with 3 x, and no long row of harmonics. */
export function misalignment(input: RuleInput, all: ShaftLines): Finding {
  const [first, second, third] = all.whole
  const strongest = Math.max(...all.whole.map((line) => strengthOf(line)))
  const high = all.whole.slice(3).filter((line) => strengthOf(line) >= 0.3 * strongest).length
  const share = shareOf([first, second, third], all, input.total)
  const ratio = strengthOf(first) > 0 ? strengthOf(second) / strengthOf(first) : 0
  const isPair = strengthOf(first) > 0 && ratio >= 0.5 && strengthOf(second) >= strengthOf(third)
  const fits = isPair && share >= 0.5 && high <= 1 && halfOrders(all).length === 0
  const why = `2 x speed is ${percent(ratio)} of 1 x (50 % needed), both with 3 x carry ${percent(share)} of the power, ${high} of the higher harmonics are notable (1 at most)`
  return finding(
    input,
    'misalignment',
    fits,
    [first, second, third].flatMap((line) => line ?? []),
    why,
  )
}

/** A joint that opens cuts the wave: a long row of harmonics, or half orders. */
export function looseness(input: RuleInput, all: ShaftLines): Finding {
  const strongest = Math.max(...all.whole.map((line) => strengthOf(line)))
  const notable = all.whole.filter((line) => strengthOf(line) >= NOTABLE * strongest && strengthOf(line) > 0)
  const halves = halfOrders(all)
  const share = shareOf([...all.whole, ...all.half], all, input.total)
  const fits = share >= 0.3 && (notable.length >= 6 || halves.length >= 2)
  const why = `${notable.length} of ${all.whole.length} harmonics of speed are notable (6 needed) and ${halves.length} half orders (2 would do), together ${percent(share)} of the power (30 % needed)`
  return finding(input, 'looseness', fits, [...all.whole, ...all.half], why)
}

/** How far the floor under a line must stand above both sides, as amplitude: 10 dB. */
const HUMP = 10 ** (10 / 20)

/** One harmonic far above its neighbours, on a hump of the floor: something there rings when it is pushed. */
export function resonance(input: RuleInput, all: ShaftLines): Finding {
  const { reader } = input
  const strongest = all.whole.reduce<Line | null>(
    (best, line) => (strengthOf(line) > strengthOf(best ?? undefined) ? line : best),
    null,
  )
  if (strongest === null) return finding(input, 'resonance', false, all.whole, 'no harmonic of speed stands out')
  const order = all.whole.indexOf(strongest) + 1
  const hz = strongest.foundHz ?? strongest.expectedHz
  const here = reader.floorAround(0.93 * hz, 1.07 * hz)
  const beside = Math.max(reader.floorAround(0.6 * hz, 0.75 * hz), reader.floorAround(1.35 * hz, 1.65 * hz))
  const neighbours = Math.max(strengthOf(all.whole[order - 2]), strengthOf(all.whole[order]))
  const hump = beside > 0 ? 20 * Math.log10(here / beside) : 0
  // 1 x alone above the rest is unbalance as well: there only the hump speaks, and it must be plain.
  const fits = here >= HUMP * beside && strongest.strength >= 4 * neighbours && order > 1
  const why = `${order} x speed is the strongest; the floor under it stands ${hump.toFixed(0)} dB above both sides (10 needed)${fits ? '; a run-up or a bump test would confirm it' : ''}`
  return finding(input, 'resonance', fits, [strongest], why)
}

/** Twice the mains frequency, where no harmonic of speed lies: a magnetic pull that does not turn with the shaft. */
export function electrical(input: RuleInput): Finding {
  const { reader, mainsHz, shaftHz, total } = input
  const hz = 2 * mainsHz
  const line = reader.line('2 x mains', hz)
  const nearest = Math.round(hz / shaftHz) * shaftHz
  const apart = Math.abs(hz - nearest)
  if (apart < 3 * reader.resolutionHz)
    return {
      ...finding(input, 'electrical', false, [line], ''),
      state: 'not-judged',
      why: `2 x mains and ${Math.round(hz / shaftHz)} x speed lie ${apart.toFixed(2)} Hz apart: a recording of ${(4 / Math.max(apart, 0.01)).toFixed(0)} s would tell them apart`,
    }
  const share = total === null || total === 0 ? null : Math.min(1, (strengthOf(line) / total) ** 2)
  const fits = line.matched && (share ?? 0) >= 0.5
  const why = `${line.words} ${share === null ? 'is there, but without a unit its share is unknown' : `carries ${percent(share)} of the power (50 % needed)`}`
  return finding(input, 'electrical', fits, [line], why)
}
