import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { erasOf, joinEras, type Held } from './eras.ts'
import { auditPoint } from './point.ts'
import { clip, intersect, lengthUs, subtract, union } from './spans.ts'
import { contract, gap, inputOf, startUs, type Sample } from './testing/synthetic.ts'

const at = (s: number): number => startUs + s * 1e6
const window = { fromUs: at(0), toUs: at(7200) }
const every = (cadenceMs: number, version = 1) => contract({ updateCadenceMs: cadenceMs, version })

/** Judges samples era by era, as the audit of a twin does. */
function audit(samples: readonly Sample[], held: readonly Held[], gaps: Parameters<typeof inputOf>[2] = {}) {
  const eras = erasOf(held, [], window)
  const judged = eras.map((era) => {
    const { fromUs, toUs, contract: by, due } = era
    const mine = samples.map((sample) => ({ ...sample, tUs: sample.tUs - fromUs + startUs }))
    const input = inputOf(mine, (toUs - fromUs) / 1e6, { ...gaps, contract: by })
    // The synthetic tag begins at `startUs`; moved to where its era lies.
    const moved = <T extends { fromUs: number; toUs: number }>(span: T): T => ({
      ...span,
      fromUs: span.fromUs - startUs + fromUs,
      toUs: span.toUs - startUs + fromUs,
    })
    const fine = input.fine.map((part) => ({
      ...moved(part),
      tUs: part.tUs.map((t) => t - startUs + fromUs),
      sourceUs: part.sourceUs.map((t) => t - startUs + fromUs),
      receiveUs: part.receiveUs.map((t) => t - startUs + fromUs),
    }))
    const coarse = { ...input.coarse, tUs: input.coarse.tUs.map((t) => t - startUs + fromUs) }
    return auditPoint({ ...input, window: { fromUs, toUs }, due, fine, coarse })
  })
  return joinEras(judged, eras).audit
}

function lively(fromS: number, toS: number, stepS: number): Sample[] {
  const samples: Sample[] = []
  for (let s = fromS; s < toS; s += stepS)
    samples.push({ tUs: at(s), value: 5 + Math.sin(s * 1.7) + Math.sin(s * 0.31) })
  return samples
}

describe('each stretch by the contract in force then', () => {
  const slower: Held[] = [
    { atUs: at(-1000), contract: every(1000) },
    { atUs: at(3600), contract: every(10_000, 2) },
  ]

  it('a tag that was made slower is whole in both halves, and a gap counts by what was due then', () => {
    const samples = [...lively(0, 3600, 1), ...lively(3600, 7200, 10)]
    const whole = audit(samples, slower)
    expect(whole.completeness).toBeGreaterThan(0.99)
    expect(whole.values.expected).toBe(3600 + 360)
    expect(whole.findings.filter(({ penalty }) => penalty > 0)).toEqual([])
    const holed = audit([...lively(0, 1800, 1), ...lively(3600, 7200, 10)], slower, {
      gaps: [gap('link-lost', 1800, 3600)],
    })
    expect(holed.completeness).toBeCloseTo(0.75, 2)
    expect(holed.seconds.gap).toBeCloseTo(1800, -1)
    expect(holed.findings.find(({ kind }) => kind === 'gap')?.detail).toContain('Judged by version 1 of its contract')
    expect(holed.findings.filter(({ kind }) => kind === 'mapping')).toHaveLength(
      whole.findings.filter(({ kind }) => kind === 'mapping').length,
    )
  })

  it('a limit of today judges nothing of yesterday, and what it takes counts by its share of the time', () => {
    const narrow: Held[] = [
      { atUs: at(0), contract: contract({ expectedRange: [0, 10] }) },
      { atUs: at(3600), contract: contract({ expectedRange: [0, 1], version: 2 }) },
    ]
    const finding = audit(lively(0, 7200, 1), narrow).findings.find(({ kind }) => kind === 'range')
    expect(Date.parse(finding?.from ?? '') * 1000).toBeGreaterThanOrEqual(at(3600))
    expect(finding?.penalty).toBeCloseTo(0.25, 2)
  })

  it('a new owner or reason makes no new era', () => {
    const held = [1, 2, 3].map((version) => ({
      atUs: at(version * 100),
      contract: contract({ version, owner: `${version}` }),
    }))
    expect(erasOf(held, [], window)).toHaveLength(1)
  })

  it('any history: eras follow each other over the window, and values are due where there was a contract and no maintenance', () => {
    const moment = fc.record({
      s: fc.integer({ min: -500, max: 8000 }),
      cadence: fc.constantFrom(null, 1000, 1000, 2000),
    })
    const span = fc.record({ s: fc.integer({ min: -100, max: 7300 }), length: fc.integer({ min: 1, max: 900 }) })
    fc.assert(
      fc.property(
        fc.array(moment, { minLength: 1, maxLength: 6 }),
        fc.array(span, { maxLength: 3 }),
        (moments, spans) => {
          const held = moments
            .toSorted((a, b) => a.s - b.s)
            .filter(({ s }) => s < 7200)
            .map(({ s, cadence }): Held => ({ atUs: at(s), contract: cadence === null ? null : every(cadence) }))
          const maintenance = union(spans.map(({ s, length }) => ({ fromUs: at(s), toUs: at(s + length) })))
          const eras = erasOf(held, maintenance, window)
          if (!held.at(-1)?.contract) {
            expect(eras).toEqual([])
            return
          }
          expect(eras[0]?.fromUs).toBe(window.fromUs)
          expect(eras.at(-1)?.toUs).toBe(window.toUs)
          for (const [i, { fromUs, toUs, due }] of eras.entries()) {
            expect(toUs).toBeGreaterThan(fromUs)
            expect(eras[i + 1]?.fromUs ?? window.toUs).toBe(toUs)
            expect(clip(due, { fromUs, toUs })).toEqual(due)
          }
          const agreed = held.flatMap(({ atUs, contract: by }, i) =>
            by ? [{ fromUs: atUs, toUs: held[i + 1]?.atUs ?? window.toUs }] : [],
          )
          const wanted = subtract(clip(union(agreed), window), maintenance)
          const due = eras.flatMap((era) => era.due)
          expect(lengthUs(due)).toBe(lengthUs(wanted))
          expect(lengthUs(intersect(due, wanted))).toBe(lengthUs(wanted))
          for (const { atUs, contract: by } of held) {
            const era = eras.findLast(({ fromUs }) => fromUs <= atUs)
            if (by && era && atUs >= window.fromUs) expect(era.contract.updateCadenceMs).toBe(by.updateCadenceMs)
          }
        },
      ),
    )
  })
})
