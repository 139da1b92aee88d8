import type { Finding, Verdict } from '../../../shared/domain/analysis.ts'
import type { BeltDrive, MachineFacts, ToothedPart } from '../../../shared/domain/machine-facts.ts'
import type { Line } from './line-reader.ts'
import { finding, type RuleInput } from './rotor-rules.ts'

const percent = (share: number): string => `${Math.round(100 * share)} %`

function notJudged(fault: Verdict, why: string, component: string | null = null): Finding {
  return { fault, state: 'not-judged', falseAlarmProbability: null, component, why, lines: [] }
}

const strengthOf = (line: Line): number => (line.matched ? line.strength : 0)

const shareOf = (lines: readonly Line[], total: number): number =>
  total > 0 ? Math.min(1, lines.reduce((sum, line) => sum + strengthOf(line) ** 2, 0) / total ** 2) : 0

const SIDEBANDS = [-3, -2, -1, 1, 2, 3] as const
/** Sum of the sidebands' amplitudes over the mesh line's: near 0.3 on a sound wheel, above 2 a tooth is struck alone. */
const SIDEBAND_RATIO = 2
const SIDEBANDS_NEEDED = 4
const MESH_HARMONICS = 3

/** A damaged tooth meshes once a turn of its wheel: the mesh lines carry rows of sidebands at the wheel's speed. */
function gear(input: RuleInput, { name, count, ratio }: ToothedPart): Finding {
  const { reader, shaftHz } = input
  const wheelHz = ratio * shaftHz
  const meshHz = count * wheelHz
  if (meshHz + 3 * wheelHz > reader.topHz) {
    const why = `the mesh of ${name} at ${meshHz.toFixed(0)} Hz lies beyond ${reader.topHz.toFixed(0)} Hz: record faster`
    return notJudged('gear', why, name)
  }
  if (wheelHz < 3 * reader.resolutionHz) {
    const why = `sidebands ${wheelHz.toFixed(2)} Hz apart cannot be told at ${reader.resolutionHz.toFixed(2)} Hz: record for ${(3 / wheelHz).toFixed(0)} s or more`
    return notJudged('gear', why, name)
  }
  const lines: Line[] = []
  const rows: string[] = []
  let struck = 0
  for (let k = 1; k <= MESH_HARMONICS && (k * count + 3) * wheelHz < reader.topHz; k += 1) {
    const mesh = reader.line(`${k} x mesh`, k * meshHz)
    const sides = SIDEBANDS.map((j) =>
      reader.line(`${k} x mesh ${j < 0 ? '-' : '+'} ${Math.abs(j)} x wheel`, k * meshHz + j * wheelHz),
    )
    lines.push(mesh, ...sides)
    const present = sides.filter((line) => line.matched)
    // Amplitudes as they are measured: over so few lines the integration to velocity changes nothing.
    const sum = present.reduce((total, line) => total + (line.amplitude ?? 0), 0)
    const sidebandRatio = mesh.matched ? sum / (mesh.amplitude ?? 1) : 0
    rows.push(`${present.length} of 6 sidebands, ${sidebandRatio.toFixed(1)} times the line, around ${k} x mesh`)
    if (mesh.matched && present.length >= SIDEBANDS_NEEDED && sidebandRatio >= SIDEBAND_RATIO) struck += 1
  }
  const why = `${rows.join('; ')} (${SIDEBANDS_NEEDED} and ${SIDEBAND_RATIO} needed around two of the mesh lines)`
  return finding(input, 'gear', struck >= 2, lines, why, name)
}

const BLADE_SHARE = 0.4

function bladePass(input: RuleInput, { name, count, ratio }: ToothedPart): Finding {
  const hz = count * ratio * input.shaftHz
  const lines = [1, 2, 3]
    .filter((k) => k * hz < input.reader.topHz)
    .map((k) => input.reader.line(`${k} x blade pass`, k * hz))
  if (lines.length === 0)
    return notJudged('blade-pass', `blade pass of ${name} at ${hz.toFixed(0)} Hz lies beyond the spectrum`, name)
  if (input.total === null)
    return notJudged('blade-pass', `without a unit the share of blade pass at ${hz.toFixed(1)} Hz cannot be said`, name)
  const share = shareOf(lines, input.total)
  const fits = lines[0]?.matched === true && share >= BLADE_SHARE
  const why = `blade pass and its harmonics carry ${percent(share)} of the power (${percent(BLADE_SHARE)} needed)`
  return finding(input, 'blade-pass', fits, lines, why, name)
}

const BELT_SHARE = 0.3

function belt(input: RuleInput, { name, pulleyDiameterMm, lengthMm }: BeltDrive): Finding {
  const { reader, shaftHz, total } = input
  const hz = (Math.PI * pulleyDiameterMm * shaftHz) / lengthMm
  if (hz < 4 * reader.resolutionHz) {
    const why = `the belt of ${name} runs at ${hz.toFixed(2)} Hz: record for ${(4 / hz).toFixed(0)} s or more`
    return notJudged('belt', why, name)
  }
  if (total === null) return notJudged('belt', 'without a unit the share of the belt lines cannot be said', name)
  const lines = [1, 2, 3, 4].map((k) => reader.line(`${k} x belt`, k * hz))
  const own = lines.filter(
    (line) => Math.abs(line.expectedHz - Math.round(line.expectedHz / shaftHz) * shaftHz) > 3 * reader.resolutionHz,
  )
  const share = shareOf(own, total)
  const present = own.filter((line) => line.matched).length
  const fits = present >= 2 && share >= BELT_SHARE
  const why = `${present} of ${own.length} belt lines that are no harmonic of speed (2 needed) carry ${percent(share)} of the power (${percent(BELT_SHARE)} needed)`
  return finding(input, 'belt', fits, lines, why, name)
}

/** Sidebands below a twentieth of 1 x (26 dB) are those of any cage rotor. */
const ROTOR_BAR_RATIO = 0.05

/** Broken bars let the current swing with the slip: lines a pole-pass frequency beside 1 x and 2 x. */
function rotorBar(input: RuleInput, { poles, rotorBars }: MachineFacts): Finding {
  const { reader, shaftHz, mainsHz } = input
  if (poles === null) return notJudged('rotor-bar', 'the number of poles is not known, and with it the slip')
  const slipHz = (2 * mainsHz) / poles - shaftHz
  const passHz = poles * slipHz
  if (slipHz <= 0 || slipHz > 0.12 * shaftHz) {
    const why = `${(60 * shaftHz).toFixed(0)} rpm is no speed of a ${poles}-pole motor at ${mainsHz} Hz: it may be fed by a converter`
    return notJudged('rotor-bar', why)
  }
  if (passHz < 3 * reader.resolutionHz) {
    const why = `sidebands ${passHz.toFixed(2)} Hz apart cannot be told at ${reader.resolutionHz.toFixed(2)} Hz: record for ${(4 / passHz).toFixed(0)} s or more, under load`
    return notJudged('rotor-bar', why)
  }
  const lines = [1, 2].flatMap((k) => [
    reader.line(`${k} x speed`, k * shaftHz),
    reader.line(`${k} x speed - pole pass`, k * shaftHz - passHz),
    reader.line(`${k} x speed + pole pass`, k * shaftHz + passHz),
  ])
  const bars = rotorBars === null ? null : reader.line('bar pass', rotorBars * shaftHz)
  const [first, below, above] = lines
  const weaker = below && above ? Math.min(strengthOf(below), strengthOf(above)) : 0
  const ratio = first && strengthOf(first) > 0 ? weaker / strengthOf(first) : 0
  const fits = ratio >= ROTOR_BAR_RATIO
  const why = `both sidebands ${passHz.toFixed(2)} Hz (pole pass) beside 1 x are ${percent(ratio)} of it (${percent(ROTOR_BAR_RATIO)} needed)${bars === null ? '; the number of bars is not known, bar pass was not looked at' : `, bar pass at ${bars.expectedHz.toFixed(0)} Hz is ${bars.matched ? 'there' : 'missing'}`}`
  return finding(input, 'rotor-bar', fits, bars === null ? lines : [...lines, bars], why)
}

const orNotKnown = (findings: Finding[], fault: Verdict, what: string): Finding[] =>
  findings.length > 0 ? findings : [notJudged(fault, `not judged: ${what} is not known`)]

/** Rules of parts whose numbers must be known; what is not known is not judged, and said so. */
export function judgeParts(input: RuleInput, facts: MachineFacts): Finding[] {
  return [
    ...orNotKnown(
      facts.gears.map((part) => gear(input, part)),
      'gear',
      'the number of teeth',
    ),
    ...orNotKnown(
      facts.impellers.map((part) => bladePass(input, part)),
      'blade-pass',
      'the number of blades or vanes',
    ),
    ...orNotKnown(
      facts.belts.map((part) => belt(input, part)),
      'belt',
      'the belt with its pulley',
    ),
    rotorBar(input, facts),
  ]
}
