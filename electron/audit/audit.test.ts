import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gap } from '../../shared/domain/intake.ts'
import type { FindingKind, PointAudit } from '../../shared/domain/audit.ts'
import type { Point } from '../../shared/domain/plant-file.ts'
import { gaussian, uniform } from '../../shared/testkit/noise.ts'
import { auditPoint, settleDrifts, type JudgedPoint } from './point.ts'
import { auditReport } from './report.ts'
import { settleRunStates, type EvidenceRecord } from './run-evidence.ts'
import { intersect, lengthUs, paint, subtract, union } from './spans.ts'
import { gap, inputOf, startUs, type Sample } from './testing/synthetic.ts'

const day = 86_400
const week = 7 * day

/** One value a second around 5 bar. */
function lively(seconds: number, seed: number, value: (i: number) => number = () => 0): Sample[] {
  const noise = gaussian(seed)
  return Array.from({ length: seconds }, (_, i) => ({ tUs: startUs + i * 1e6, value: 5 + value(i) + 0.05 * noise() }))
}

const kinds = ({ findings }: PointAudit): FindingKind[] => [...new Set(findings.map(({ kind }) => kind))]
const found = ({ findings }: PointAudit, kind: FindingKind) => findings.filter((each) => each.kind === kind)

describe.each([
  { name: 'an hour, read value by value', seconds: 3600 },
  { name: 'two days, from columns', seconds: 2 * day },
])('completeness over $name', ({ seconds }) => {
  it('is whole for a tag that delivers all and finds nothing', () => {
    const { audit } = auditPoint(inputOf(lively(seconds, 1), seconds))
    expect(audit.completeness).toBeGreaterThan(0.999)
    expect(audit.findings).toEqual([])
    expect(audit.score).toBeGreaterThan(99.8)
    expect(audit.values.expected).toBe(seconds)
  })

  it('is 0 for a dead source whose server repeats the same value under new times', () => {
    const dead = Array.from({ length: seconds }, (_, i) => ({ tUs: startUs + i * 1e6, value: 4.2 }))
    const { audit } = auditPoint(inputOf(dead, seconds))
    expect(audit.completeness).toBe(0)
    expect(audit.score).toBe(0)
    expect(kinds(audit)).toEqual(['flatline'])
    expect(audit.seconds.accepted).toBe(0)
  })

  it('does not punish a constant value with a deadband, sent at its cadence or once', () => {
    const deadband = { deadband: { kind: 'absolute' as const, value: 0.1 } }
    const constant = Array.from({ length: seconds }, (_, i) => ({ tUs: startUs + i * 1e6, value: 4.2 }))
    expect(auditPoint(inputOf(constant, seconds, { contract: deadband })).audit.completeness).toBe(1)
    const once = auditPoint(
      inputOf(constant.slice(0, 1), seconds, {
        contract: deadband,
        gaps: [gap('missing', 5, seconds, 'Nothing came.'), gap('link-lost', 100, 100 + seconds / 10)],
      }),
    ).audit
    expect(once.completeness).toBeCloseTo(0.9, 3)
    expect(found(once, 'gap').map(({ cause }) => cause)).toEqual(['link-lost'])
    expect(auditPoint(inputOf([], seconds, { contract: deadband })).audit.completeness).toBe(0)
  })

  it('counts nothing of the part in which the source was dead, and all of the rest', () => {
    const half = seconds / 2
    const noise = gaussian(3)
    const samples = Array.from({ length: seconds }, (_, i) => ({
      tUs: startUs + i * 1e6,
      value: i < half ? 5 + 0.05 * noise() : 4.2,
    }))
    const { audit } = auditPoint(inputOf(samples, seconds))
    expect(audit.completeness).toBeGreaterThan(0.48)
    expect(audit.completeness).toBeLessThan(0.52)
    const [flat] = found(audit, 'flatline')
    expect(Math.abs(Date.parse(flat?.from ?? '') * 1000 - (startUs + half * 1e6))).toBeLessThanOrEqual(601e6)
  })

  it('leaves out what gaps and bad quality took, by cause', () => {
    const samples = lively(seconds, 4).filter((_, i) => i < seconds / 4 || i >= seconds / 2)
    for (const sample of samples.slice(-seconds / 10)) sample.status = 0x80000000
    const { audit } = auditPoint(inputOf(samples, seconds, { gaps: [gap('link-lost', seconds / 4, seconds / 2)] }))
    expect(audit.completeness).toBeCloseTo(0.65, 2)
    expect(found(audit, 'gap')).toMatchObject([{ cause: 'link-lost' }])
    expect(found(audit, 'bad-quality')).toMatchObject([{ count: seconds / 10 }])
    expect(audit.seconds.gap).toBeCloseTo(seconds / 4, -2)
    expect(kinds(audit)).toEqual(['gap', 'bad-quality'])
  })

  it('names a hole that no gap row explains', () => {
    const samples = lively(seconds, 5).filter((_, i) => i < seconds / 4 || i >= seconds / 2)
    const { audit } = auditPoint(inputOf(samples, seconds))
    const [hole] = found(audit, 'missing')
    expect(Date.parse(hole?.from ?? '') * 1000 - startUs).toBeCloseTo((seconds / 4) * 1e6, -7)
    expect(audit.seconds.unexplained).toBeGreaterThan(0.24 * seconds)
    expect(audit.completeness).toBeCloseTo(0.75, 2)
  })

  it('expects nothing while nothing was due', () => {
    const samples = lively(seconds, 6).filter((_, i) => i >= seconds / 2)
    const window = { fromUs: startUs, toUs: startUs + seconds * 1e6 }
    const due = [{ fromUs: startUs + (seconds / 2) * 1e6, toUs: window.toUs }]
    const { audit } = auditPoint(inputOf(samples, seconds, { due }))
    expect(audit.completeness).toBeGreaterThan(0.998)
    expect(audit.seconds['not-due']).toBe(seconds / 2)
    expect(audit.findings).toEqual([])
  })
})

describe('what proves that a source is alive', () => {
  it('not a source time that stands still, although the server gives new ones', () => {
    const dead = Array.from({ length: 3600 }, (_, i) => ({
      tUs: startUs + 1e6,
      value: 4.2,
      receiveUs: startUs + i * 1e6,
    }))
    for (const more of [{}, { contract: { deadband: { kind: 'absolute' as const, value: 0.1 } } }]) {
      const { audit } = auditPoint(inputOf(dead, 3600, more))
      expect(audit.completeness).toBeLessThan(0.002)
      expect(found(audit, 'heartbeat')).toMatchObject([{ count: 3599 }])
    }
  })

  it('not a value that the server itself calls the last usable one, deadband or not', () => {
    const samples: Sample[] = lively(3600, 7)
    for (const sample of samples.slice(1800)) Object.assign(sample, { status: 0x40900000, value: 4.2 })
    for (const more of [{}, { contract: { deadband: { kind: 'absolute' as const, value: 0.1 } } }]) {
      const { audit } = auditPoint(inputOf(samples, 3600, more))
      expect(audit.completeness).toBeCloseTo(0.5, 2)
      expect(found(audit, 'heartbeat')).toMatchObject([{ count: 1800 }])
    }
  })

  it('a coarse sensor that stands still for minutes as a habit is not punished', () => {
    for (const every of [45, 240, 900, 5400]) {
      const random = uniform(every)
      let value = 20
      const samples = Array.from({ length: 3 * day }, (_, i) => {
        if (random() < 1 / every) value += random() < 0.5 ? -0.1 : 0.1
        return { tUs: startUs + i * 1e6, value }
      })
      const contract = { quantity: 'temperature' as const, unit: 'degC', expectedRange: [-20, 150] as [number, number] }
      const { audit } = auditPoint(inputOf(samples, 3 * day, { contract }))
      expect({ every, completeness: audit.completeness, kinds: kinds(audit) }).toMatchObject({ every, kinds: [] })
      expect(audit.completeness).toBeGreaterThan(0.999)
    }
  })

  it('a value that stands still while its machine does is not punished', () => {
    const noise = gaussian(8)
    const samples = Array.from({ length: 3600 }, (_, i) => ({
      tUs: startUs + i * 1e6,
      value: i < 1800 ? 5 + 0.1 * noise() : 0,
    }))
    const at = (s: number): number => startUs + s * 1e6
    const runStates = [
      { assetId: 'pump-1', atUs: at(-60), state: 'running' as const, rpm: 1500 },
      { assetId: 'pump-1', atUs: at(1790), state: 'not-running' as const, rpm: 0 },
    ]
    expect(auditPoint(inputOf(samples, 3600, { runStates })).audit.completeness).toBeGreaterThan(0.99)
    expect(auditPoint(inputOf(samples, 3600)).audit.completeness).toBeLessThan(0.51)
  })
})

describe('findings with known counts', () => {
  it.each([
    { seconds: 7200, seed: 11 },
    { seconds: week, seed: 12 },
  ])('spikes: finds each of nine in $seconds s and no other', ({ seconds, seed }) => {
    const samples = lively(seconds, seed, (i) => 0.5 * Math.sin(i / 3000))
    const random = uniform(seed)
    const at = Array.from({ length: 9 }, (_, k) => Math.floor(((k + random()) / 9) * seconds))
    for (const i of at) (samples[i] as Sample).value += random() < 0.5 ? 3 : -3
    const { audit } = auditPoint(inputOf(samples, seconds))
    expect(found(audit, 'spikes')).toMatchObject([{ count: 9 }])
    expect(kinds(audit)).toEqual(['spikes'])
  })

  it('spikes: not the start of a machine, a step or a state', () => {
    const start = lively(7200, 13, (i) => (i < 3000 ? -4 : i < 3030 ? (i - 3030) / 7.5 : 0))
    expect(kinds(auditPoint(inputOf(start, 7200)).audit)).toEqual([])
    const state = Array.from({ length: 7200 }, (_, i) => ({ tUs: startUs + i * 1e6, value: i % 997 === 0 ? 1 : 0 }))
    const contract = { quantity: 'state' as const, expectedRange: [0, 1] as [number, number] }
    expect(kinds(auditPoint(inputOf(state, 7200, { contract })).audit)).toEqual([])
  })

  it('range: counts the values outside, with the worst and when', () => {
    const samples = lively(3600, 14, (i) => (i >= 600 && i < 700 ? 7 : 0))
    const { audit } = auditPoint(inputOf(samples, 3600))
    const [breach] = found(audit, 'range')
    expect(breach).toMatchObject({ count: 100, from: '2026-03-02T00:10:00Z' })
    expect(breach?.detail).toMatch(/^100 values outside 0 to 10 bar, 12\.\d/)
  })

  it('clock: median and scatter; a clock two minutes ahead blocks comparison', () => {
    const late = lively(3600, 15).map((s) => ({ ...s, receiveUs: s.tUs + 3.2e6 }))
    const { audit } = auditPoint(inputOf(late, 3600))
    expect(audit.clockSkewS).toMatchObject({ median: 3.2, spread: 0 })
    expect(found(audit, 'clock-skew')).toMatchObject([{ penalty: 0.1 }])
    const ahead = lively(3600, 16).map((s) => ({ ...s, receiveUs: s.tUs - 120e6 }))
    const [finding] = found(auditPoint(inputOf(ahead, 3600)).audit, 'clock-skew')
    expect(finding).toMatchObject({ penalty: 0.3 })
    expect(finding?.detail).toContain('ahead')
  })

  it('calibration and mapping: overdue, soon, unknown; a draft, and one older than its sensor', () => {
    const samples = lively(3600, 17)
    const details = (sensor: { id: string; calibrationDue?: string; replacedOn?: string }) =>
      auditPoint(inputOf(samples, 3600, { sensor })).audit.findings.map(({ detail, penalty }) => ({ detail, penalty }))
    expect(details({ id: 's1', calibrationDue: '2026-02-01' })).toMatchObject([{ penalty: 0.1 }])
    expect(details({ id: 's1', calibrationDue: '2026-03-20' })).toMatchObject([{ penalty: 0 }])
    expect(details({ id: 's1', calibrationDue: '2027-03-20' })).toEqual([])
    expect(details({ id: 's1' })[0]?.detail).toContain('does not say when')
    expect(details({ id: 's1', calibrationDue: '2027-03-20', replacedOn: '2026-02-02' })[0]?.detail).toContain(
      'verify it again',
    )
    const { mapping: _none, ...draft } = inputOf(samples, 3600).point
    expect(found(auditPoint(inputOf(samples, 3600, { point: draft })).audit, 'mapping')[0]?.detail).toContain('draft')
  })

  it('a mapping whose node has changed since counts as not verified, and the group says so', () => {
    const samples = lively(3600, 17)
    const { point } = inputOf(samples, 3600)
    const of = { assetId: 'pump-1', serverId: 'opc-1', nodeId: point.source.nodeId }
    const evidence = { verifiedBy: 'a.weber', verifiedOn: '2026-01-05', method: 'bump-test' as const }
    const auditOf = (id: string, mapping: Point['mapping']) =>
      auditPoint(inputOf(samples, 3600, { point: { ...point, id, mapping } })).audit
    const points = [
      auditOf('tested', { ...evidence, of }),
      auditOf('labelled', { ...evidence, method: 'label', of }),
      auditOf('moved', { ...evidence, of: { ...of, nodeId: 'ns=1;s=y' } }),
      auditOf('draft', undefined),
    ]
    expect(points.map(({ mapping }) => mapping?.state ?? null)).toEqual(['verified', 'verified', 'out-of-date', null])
    expect(found(points[2] as PointAudit, 'mapping')[0]?.detail).toContain('when it came from node ns=1;s=y')
    const plant = {
      plant: { id: 'p', name: 'P', timeZone: 'UTC' },
      lines: [{ id: 'line-1', name: 'L' }],
      assets: [{ id: 'pump-1', lineId: 'line-1', family: 'pump' as const, name: 'Pump' }],
      points: points.map(({ id }) => ({ ...point, id })),
    }
    const basis = { points: 4, values: 0, read: 0, seconds: 0 }
    const report = auditReport(plant, inputOf(samples, 3600).window, points, basis)
    const mapping = { points: 4, verified: 2, tested: 1, outOfDate: 1, accuracy: 50 }
    for (const group of [report.plant, ...report.lines, ...report.assets]) {
      expect(group.mapping).toEqual(mapping)
      expect(group.mappingVerified).toBe(0.5)
    }
  })
})

describe('drift', () => {
  const contract = { quantity: 'temperature' as const, unit: 'degC', expectedRange: [0, 100] as [number, number] }
  const tag = (id: string, seed: number, perDay: number): JudgedPoint => {
    const noise = gaussian(seed)
    const samples = Array.from({ length: week / 10 }, (_, i) => ({
      tUs: startUs + i * 10e6,
      value: 40 + Math.sin((i * 20 * Math.PI) / day) + (perDay * i * 10) / day + 0.2 * noise(),
    }))
    const input = inputOf(samples, week, { contract: { ...contract, updateCadenceMs: 10_000 } })
    return auditPoint({ ...input, point: { ...input.point, id } })
  }
  const verdicts = (tags: JudgedPoint[]) => {
    settleDrifts(tags, () => 'degC')
    return tags.map(({ audit }) => found(audit, 'drift').map(({ attribution }) => attribution))
  }

  it('is not found in a cycle of days and noise', () => {
    expect(verdicts([tag('a', 21, 0)])).toEqual([[]])
  })

  it('of one tag among three is its sensor’s, of all three the process’s, of a lone one undecided', () => {
    expect(verdicts([tag('a', 22, 1), tag('b', 23, 0), tag('c', 24, 0)])).toEqual([['sensor'], [], []])
    expect(verdicts([tag('a', 25, 1), tag('b', 26, 1.2), tag('c', 27, 0.9)])).toEqual([
      ['process'],
      ['process'],
      ['process'],
    ])
    expect(verdicts([tag('a', 28, -1)])).toEqual([['undecided']])
  })
})

describe('time', () => {
  const spans = fc.array(
    fc.tuple(fc.integer({ min: -20, max: 120 }), fc.integer({ min: 0, max: 30 })).map(([at, length]) => ({
      fromUs: at,
      toUs: at + length,
    })),
    { maxLength: 12 },
  )

  it('painted in any layers covers the span once, each moment by the first layer that has it', () => {
    fc.assert(
      fc.property(spans, spans, (a, b) => {
        const whole = { fromUs: 0, toUs: 100 }
        const pieces = paint(
          whole,
          [
            { state: 'a', spans: a },
            { state: 'b', spans: b },
          ],
          'rest',
        )
        let at = 0
        for (const piece of pieces) {
          expect(piece.fromUs).toBe(at)
          expect(piece.toUs).toBeGreaterThan(at)
          at = piece.toUs
        }
        expect(at).toBe(100)
        const has = (list: typeof a, t: number): boolean => list.some(({ fromUs, toUs }) => fromUs <= t && t < toUs)
        for (let t = 0; t < 100; t++) {
          const state = pieces.find(({ fromUs, toUs }) => fromUs <= t && t < toUs)?.state
          expect(state).toBe(has(a, t) ? 'a' : has(b, t) ? 'b' : 'rest')
        }
      }),
    )
  })

  it('union, intersection and difference agree with counting moments', () => {
    fc.assert(
      fc.property(spans, spans, (left, right) => {
        const [a, b] = [union(left), union(right)]
        expect(lengthUs(intersect(a, b)) + lengthUs(subtract(a, b))).toBe(lengthUs(a))
        expect(lengthUs(union([...a, ...b]))).toBe(lengthUs(a) + lengthUs(subtract(b, a)))
      }),
    )
  })

  it('accepted, rejected, lost and unexplained cover what was due, for any stream', () => {
    const causes: Gap['cause'][] = ['link-lost', 'missing', 'overflow', 'engine-killed']
    const sample = fc.record({
      at: fc.integer({ min: -50, max: 450 }),
      value: fc.constantFrom(1, 1, 1, 2, 3, 99, Number.NaN),
      status: fc.constantFrom(0, 0, 0, 0x40900000, 0x80000000),
    })
    const gaps = fc.array(
      fc.record({
        at: fc.integer({ min: -50, max: 400 }),
        length: fc.integer({ min: 1, max: 80 }),
        cause: fc.integer({ min: 0, max: 3 }),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 400 }), gaps, fc.boolean(), (stream, holes, byException) => {
        const samples = stream.map(({ at, value, status }) => ({ tUs: startUs + at * 1e6, value, status }))
        const lost = holes.map(({ at, length, cause }) => gap(causes[cause] ?? 'missing', at, at + length))
        const input = inputOf(samples, 400, {
          gaps: lost,
          due: [{ fromUs: startUs, toUs: startUs + 300e6 }],
          contract: byException ? { deadband: { kind: 'absolute', value: 1 } } : {},
        })
        const { audit } = auditPoint(input)
        let at = input.window.fromUs
        for (const { fromUs, toUs } of audit.segments) {
          expect(fromUs).toBe(at)
          expect(toUs).toBeGreaterThan(fromUs)
          at = toUs
        }
        expect(at).toBe(input.window.toUs)
        expect(Object.values(audit.seconds).reduce((sum, s) => sum + s, 0)).toBeCloseTo(400, 6)
        expect(audit.seconds['not-due']).toBeCloseTo(100, 6)
        expect(audit.completeness).toBeGreaterThanOrEqual(0)
        expect(audit.completeness).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('evidences of a run state', () => {
  const minute = 60
  const hours = 4
  /** A value a second, by what it is in each quarter of an hour. */
  const record = (pointId: string, quarters: readonly number[]): EvidenceRecord => {
    const samples = quarters.flatMap((value, q) =>
      Array.from({ length: 15 * minute }, (_, i) => ({ tUs: startUs + (q * 15 * minute + i) * 1e6, value })),
    )
    const { coarse: columns, window } = inputOf(samples, hours * 3600)
    return { pointId, name: pointId, runningAbove: 10, stoppedBelow: 5, columns, window }
  }
  const steady = (value: number): number[] => Array.from({ length: 16 }, () => value)
  const judged = (records: readonly EvidenceRecord[]) => {
    const points = records.map(({ pointId }) => {
      const point = { ...inputOf([], 10).point, id: pointId }
      return auditPoint(inputOf([{ tUs: startUs, value: 1 }], 3600, { point }))
    })
    settleRunStates(points, records, 120e6)
    return points.map(({ audit }) => found(audit, 'run-state'))
  }

  it('that agree say nothing, also where one is between its limits', () => {
    expect(
      judged([record('a', steady(20)), record('b', steady(20)), record('c', [20, ...steady(7).slice(1)])]),
    ).toEqual([[], [], []])
  })

  it('name the one against the others, with when', () => {
    const apart = [...steady(20).slice(0, 4), 0, 0, 0, 0, ...steady(20).slice(8)]
    const [a, b, c] = judged([record('a', steady(20)), record('b', steady(20)), record('c', apart)])
    expect([a, b]).toEqual([[], []])
    expect(c).toHaveLength(1)
    expect(c?.[0]?.detail).toContain('its machine stands, while by "a", "b" it ran')
    expect(Date.parse(c?.[0]?.from ?? '') * 1000).toBe(startUs + 3600e6)
    expect(Date.parse(c?.[0]?.to ?? '') * 1000).toBe(startUs + 7200e6)
    expect(c?.[0]?.penalty).toBeCloseTo(0.25, 2)
  })

  it('name both where there are two, and neither is called wrong', () => {
    const [a, b] = judged([record('a', steady(20)), record('b', steady(0))])
    expect([a?.length, b?.length]).toEqual([1, 1])
    expect(a?.[0]?.detail).toContain('Nothing tells which is right')
  })

  it('of one alone, or a silent other, say nothing', () => {
    expect(judged([record('a', steady(20))])).toEqual([[]])
    expect(judged([record('a', steady(20)), record('b', steady(Number.NaN))])).toEqual([[], []])
  })
})
