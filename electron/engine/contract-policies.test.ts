import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditReport, PointAudit } from '../../shared/domain/audit.ts'
import type { IntakeCounters } from '../../shared/protocol/quality.ts'
import { InjectedPlant, type InjectedPoint } from '../testkit/engine/injected-plant.ts'
import type { Injected } from '../testkit/opcua/injector.ts'

/** One point a policy; each is done to from a process of its own, whose log the outcome is held to. */
const points: InjectedPoint[] = [
  { id: 'late.accept', policy: { late: 'accept' } },
  { id: 'late.reject', policy: { late: 'reject' } },
  { id: 'late.mark', policy: { late: 'mark' } },
  { id: 'twice.drop', policy: { duplicate: 'drop' } },
  { id: 'twice.count', policy: { duplicate: 'count' } },
  { id: 'order.reorder', policy: { outOfOrder: 'reorder' } },
  { id: 'order.reject', policy: { outOfOrder: 'reject' } },
  { id: 'order.mark', policy: { outOfOrder: 'mark' } },
  { id: 'silent.stale', policy: { staleAfterMs: 2000, missingAfterMs: 3_600_000 } },
  { id: 'silent.missing', policy: { staleAfterMs: 2000, missingAfterMs: 4000 } },
  { id: 'dead.stamped', contract: { expectedRange: [0, 10] } },
  { id: 'dead.repeated', contract: { expectedRange: [0, 10] }, policy: { duplicate: 'count' } },
]
const uncertain = 0x40000000
const deadFor = 300

let plant: InjectedPlant
let report: AuditReport

beforeAll(async () => {
  plant = await InjectedPlant.start({ points })
  const late = points.map(({ id }) => id).filter((id) => id.startsWith('late.'))
  await plant.inject(...late.map((point) => ({ act: 'fresh' as const, point, count: 10 })))
  // Within the tolerance of 5 s, then beyond it.
  await plant.inject(
    ...late.flatMap((point) => [
      { act: 'late' as const, point, count: 4, behindMs: 3500 },
      { act: 'late' as const, point, count: 3, behindMs: 8500 },
    ]),
  )
  for (const point of ['twice.drop', 'twice.count'])
    await plant.inject({ act: 'fresh', point, count: 3 }, { act: 'repeat', point, count: 5 })
  for (const point of ['order.reorder', 'order.reject', 'order.mark'])
    await plant.inject({ act: 'fresh', point, count: 3 }, { act: 'disorder', point, count: 6 })
  for (let round = 0; round < 3; round++) {
    for (const point of ['silent.stale', 'silent.missing'])
      await plant.inject({ act: 'fresh', point, count: 4 }, { act: 'pause', point })
    await plant.pass(5000)
  }
  for (const point of ['silent.stale', 'silent.missing']) await plant.inject({ act: 'fresh', point, count: 1 })
  // A server's queue holds a minute: no more at once.
  for (let i = 0; i < deadFor; i += 50)
    await plant.inject(
      { act: 'fresh', point: 'dead.stamped', count: 50, value: 4.2 },
      { act: 'heartbeat', point: 'dead.repeated', count: 50 },
    )
  // From when the source was dead.
  const stamps = plant
    .logOf('dead.stamped')
    .filter(({ value }) => value === 4.2)
    .map(({ sourceMs }) => sourceMs)
  const [fromMs, toMs] = [Math.min(...stamps) + 1, Math.max(...stamps)]
  report = await plant.engine.quality.whole({ fromUs: fromMs * 1000, toUs: toMs * 1000 })
}, 120_000)

afterAll(() => plant.stop())

const count = (point: string, ...acts: Injected['act'][]): number =>
  plant.logOf(point).filter(({ act }) => acts.includes(act)).length
const sent = (point: string): number => count(point, 'fresh', 'repeat', 'late', 'disorder', 'heartbeat')
const nothing: IntakeCounters = {
  received: 0,
  accepted: 0,
  rejected: 0,
  dropped: 0,
  duplicates: 0,
  late: 0,
  outOfOrder: 0,
  marked: 0,
  outOfRange: 0,
  stale: 0,
  missing: 0,
}
/** The counters of a point are exactly these: what the injector's own log says, and nothing else. */
function expectCounters(point: string, told: Partial<IntakeCounters>): void {
  const rejected = told.rejected ?? 0
  const dropped = told.dropped ?? 0
  const received = sent(point)
  expect(plant.counters(point)).toEqual({ ...nothing, received, accepted: received - rejected - dropped, ...told })
}
/** The twin has these lines of the log, each with its value and time, and no other. */
async function expectStored(point: string, wanted: (line: Injected) => boolean): Promise<void> {
  const lines = plant.logOf(point).filter((line) => line.act !== 'pause' && wanted(line))
  const stored = await plant.stored(point)
  const pair = ({ sourceMs, value }: { sourceMs: number; value: number }): [number, number] => [sourceMs, value]
  const inOrder = lines.map(pair).sort((a, b) => a[0] - b[0])
  expect(stored.map(pair)).toEqual(inOrder)
}
const markedValues = async (point: string): Promise<number[]> =>
  (await plant.stored(point)).filter(({ status }) => status === uncertain).map(({ value }) => value)
const valuesOf = (point: string, act: Injected['act']): number[] =>
  plant
    .logOf(point)
    .filter((line) => line.act === act)
    .map(({ value }) => value)
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)
const isTooLate = (point: string, line: Injected): boolean => {
  const newest = Math.max(
    ...plant
      .logOf(point)
      .filter(({ act }) => act === 'fresh')
      .map(({ sourceMs }) => sourceMs),
  )
  return line.act === 'late' && newest - line.sourceMs > 5000
}

describe('late values from a separate server', () => {
  it('accept: what is within the tolerance is kept in its place, what is beyond it is refused with a gap', async () => {
    expectCounters('late.accept', { late: 7, rejected: 3 })
    await expectStored('late.accept', (line) => !isTooLate('late.accept', line))
    const gaps = await plant.gaps('late.accept', 'late-rejected')
    expect(gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0)).toBe(3)
    expect(await markedValues('late.accept')).toEqual([])
  })

  it('reject: all of them are refused with a gap', async () => {
    expect(count('late.reject', 'late')).toBe(7)
    expectCounters('late.reject', { late: 7, rejected: 7 })
    await expectStored('late.reject', ({ act }) => act !== 'late')
    const gaps = await plant.gaps('late.reject', 'late-rejected')
    expect(gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0)).toBe(7)
  })

  it('mark: all of them are kept, uncertain', async () => {
    expectCounters('late.mark', { late: 7, marked: 7 })
    await expectStored('late.mark', () => true)
    expect(ascending(await markedValues('late.mark'))).toEqual(ascending(valuesOf('late.mark', 'late')))
  })
})

describe('values delivered twice', () => {
  it('drop: once in the twin, counted', async () => {
    expect(count('twice.drop', 'repeat')).toBe(5)
    expectCounters('twice.drop', { duplicates: 5, dropped: 5 })
    await expectStored('twice.drop', ({ act }) => act !== 'repeat')
  })

  it('count: taken as often as they came, counted; readers are shown one of each', async () => {
    expectCounters('twice.count', { duplicates: 5 })
    await expectStored('twice.count', ({ act }) => act !== 'repeat')
    expect(plant.rowsCommitted('twice.count')).toBe(sent('twice.count'))
  })
})

describe('values out of order', () => {
  it('reorder: in the twin in order of their time', async () => {
    expect(count('order.reorder', 'disorder')).toBe(6)
    expectCounters('order.reorder', { outOfOrder: 6 })
    await expectStored('order.reorder', () => true)
    expect(await markedValues('order.reorder')).toEqual([])
  })

  it('reject: refused with a gap', async () => {
    expectCounters('order.reject', { outOfOrder: 6, rejected: 6 })
    await expectStored('order.reject', ({ act }) => act !== 'disorder')
    const gaps = await plant.gaps('order.reject', 'order-rejected')
    expect(gaps.reduce((sum, gap) => sum + (gap.count ?? 0), 0)).toBe(6)
  })

  it('mark: kept, uncertain', async () => {
    expectCounters('order.mark', { outOfOrder: 6, marked: 6 })
    await expectStored('order.mark', () => true)
    expect(ascending(await markedValues('order.mark'))).toEqual(ascending(valuesOf('order.mark', 'disorder')))
  })
})

describe('silence', () => {
  it('stale: told and counted once for each pause, and no gap as long as the contract allows it', async () => {
    expect(count('silent.stale', 'pause')).toBe(3)
    expectCounters('silent.stale', { stale: 3 })
    await expectStored('silent.stale', () => true)
    expect(await plant.gaps('silent.stale', 'missing')).toEqual([])
  })

  it('missing: each pause is one gap from the value before it to the one after', async () => {
    expectCounters('silent.missing', { stale: 3, missing: 3 })
    const log = plant.logOf('silent.missing')
    const pauses = log.flatMap((line, i) =>
      line.act === 'pause' ? [[log[i - 1]?.sourceMs ?? 0, log[i + 1]?.sourceMs ?? 0]] : [],
    )
    const gaps = await plant.gaps('silent.missing', 'missing')
    expect(gaps.map(({ startUs, endUs }) => [startUs / 1000, (endUs ?? 0) / 1000])).toEqual(pauses)
  })
})

describe('a dead source behind a heartbeat', () => {
  const audit = (id: string): PointAudit => {
    const found = report.points.find((point) => point.id === id)
    if (!found) throw new Error(`no tag ${id}`)
    return found
  }

  it('scores 0 % when its server stamps the same value anew', () => {
    expectCounters('dead.stamped', {})
    expect(audit('dead.stamped')).toMatchObject({ completeness: 0, score: 0, gate: 'fail' })
    const values = plant.logOf('dead.stamped').filter(({ value }) => value === 4.2).length
    expect(values).toBe(deadFor)
  })

  it('scores 0 % when its server sends the same value and time again', () => {
    expect(count('dead.repeated', 'heartbeat')).toBe(deadFor)
    // One of each status says something new; the rest is what has come already.
    expectCounters('dead.repeated', { duplicates: deadFor - 1 })
    expect(audit('dead.repeated')).toMatchObject({ completeness: 0, score: 0, gate: 'fail' })
  })
})
