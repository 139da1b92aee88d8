import { describe, expect, it } from 'vitest'
import type { AlarmState, AlertLevel, AlertTransition } from '../../../shared/domain/alert.ts'
import type { Gap } from '../../../shared/domain/intake.ts'
import { runStates, type FeatureRow, type RunState } from '../../../shared/domain/twin.ts'
import { openTwinForReading } from '../api.ts'
import { packScalars } from '../scalars-message.ts'
import {
  feature,
  gap,
  occurrence,
  random,
  startUs,
  testTwin,
  tick,
  transition,
  type ScalarRow,
} from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'
import { gapsAt, readMoment } from './moment.ts'
import { occurrenceClass } from './occurrences-at.ts'

const { made } = testTwins()

const assets = ['fan', 'pump']
const scalarKeys = [1, 2, 3]
const waveKey = 4

interface Alert {
  id: string
  assetId: string
  transitions: AlertTransition[]
}

/** The same history in arrays: every question is answered by looking at all of it. */
interface Naive {
  samples: (ScalarRow & { tUs: number; arrival: number })[]
  features: FeatureRow[]
  runStates: { assetId: string; atUs: number; state: RunState }[]
  alerts: Alert[]
  gaps: Gap[]
  configs: { hash: string; atUs: number }[]
  sessions: { startedUs: number; software: string }[]
}

class History {
  readonly where = testTwin()
  readonly naive: Naive = { samples: [], features: [], runStates: [], alerts: [], gaps: [], configs: [], sessions: [] }
  readonly #next: () => number
  writer: WriterMethods
  nowUs = startUs
  #number = 0

  constructor(seed: number) {
    made.push(this.where)
    this.#next = random(seed)
    this.writer = this.#open()
  }

  #open(): WriterMethods {
    const writer = writerMethods()
    const { file, key } = this.where
    writer.open({
      file,
      key,
      createIfMissing: true,
      maxPages: null,
      featureNames: null,
      compaction: { ticks: 7, chunkSamples: 24, fanOut: 3, segmentRuns: 3, sliceMs: 0 },
      featureCompaction: { rows: 9, chunkRows: 20, fanOut: 3, sliceMs: 0 },
    })
    writer.points(['a', 'b', 'c'].map((id) => ({ id, assetId: 'fan', kind: 'scalar' })))
    writer.points([{ id: 'w', assetId: 'pump', kind: 'waveform' }])
    this.#configure(writer, 'hash-1')
    const software = `millwright ${this.naive.sessions.length}`
    const { gap: missed } = writer.sessionStart(this.nowUs, software)
    this.naive.sessions.push({ startedUs: this.nowUs, software })
    if (missed) {
      this.naive.gaps = this.naive.gaps.map((each) => ({
        ...each,
        endUs: each.endUs ?? Math.max(each.startUs, missed.startUs),
      }))
      this.naive.gaps.push(missed)
      for (const assetId of assets) this.#note(assetId, missed.startUs, 'unknown')
    }
    this.#number = 0
    return writer
  }

  #configure(writer: WriterMethods, hash: string): void {
    writer.commitConfig({ hash, text: `{ "${hash}": 1 }`, author: 'Ada', reason: 'test', atUs: this.nowUs })
    this.naive.configs.push({ hash, atUs: this.nowUs })
  }

  #note(assetId: string, atUs: number, state: RunState): void {
    const last = this.naive.runStates.findLast((change) => change.assetId === assetId)
    if (last?.state !== state && (last || state !== 'unknown')) this.naive.runStates.push({ assetId, atUs, state })
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#next() * list.length)] as T
  }

  #samples(): ScalarRow[] {
    return Array.from({ length: Math.floor(this.#next() * 5) }, () => {
      const late = this.#next() < 0.15 ? Math.floor(this.#next() * 30e6) : 0
      const none = this.#next() < 0.1
      return {
        pointKey: this.#pick(scalarKeys),
        sourceUs: none ? Number.NaN : this.nowUs - late,
        serverUs: Number.NaN,
        receiveUs: this.nowUs + 3,
        value: Math.round(this.#next() * 1000) / 10,
        sourceTick: Math.floor(this.#next() * 3),
        status: this.#next() < 0.2 ? 0x80050000 : 0,
      }
    })
  }

  step(): void {
    this.nowUs += 1 + Math.floor(this.#next() * 2e6)
    const dice = this.#next()
    if (dice < 0.02) this.#restart()
    else if (dice < 0.05) this.#configure(this.writer, this.#pick(['hash-1', 'hash-2', 'hash-3']))
    else if (dice < 0.25) this.#alert()
    else this.#commit()
    for (let i = Math.floor(this.#next() * 6); i > 0 && this.writer.compactStep(); i--);
  }

  #restart(): void {
    if (this.#next() < 0.5) this.writer.sessionStop(this.nowUs)
    this.writer.close()
    this.nowUs += Math.floor(this.#next() * 60e6)
    this.writer = this.#open()
  }

  #commit(): void {
    const rows = this.#samples()
    const gaps: Gap[] = []
    if (this.#next() < 0.15) gaps.push(gap({ startUs: this.nowUs, pointKey: this.#pick(scalarKeys), cause: 'missing' }))
    const open = this.naive.gaps.find(({ endUs }) => endUs === null)
    if (open && this.#next() < 0.3) gaps.push({ ...open, endUs: this.nowUs })
    const late = this.#next() < 0.2 ? 5e6 : 0
    const features = this.#next() < 0.5 ? [feature(waveKey, this.nowUs - late, this.nowUs - startUs)] : []
    const changes =
      this.#next() < 0.2
        ? [{ assetId: this.#pick(assets), atUs: this.nowUs, state: this.#pick(runStates), rpm: 7 }]
        : []
    const given = tick(++this.#number, rows, { atUs: this.nowUs, gaps, features, runStates: changes })
    this.writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    for (const row of rows) {
      const tUs = Number.isNaN(row.sourceUs) ? (row.receiveUs ?? 0) : row.sourceUs
      this.naive.samples.push({ ...row, tUs, arrival: this.naive.samples.length })
    }
    this.naive.features.push(...features)
    for (const { assetId, atUs, state } of changes) {
      const last = this.naive.runStates.findLast((change) => change.assetId === assetId)
      if (last?.state !== state) this.naive.runStates.push({ assetId, atUs, state })
    }
    for (const each of gaps) {
      const same = this.naive.gaps.findIndex(
        ({ startUs: s, cause, pointKey }) => s === each.startUs && cause === each.cause && pointKey === each.pointKey,
      )
      if (same >= 0) this.naive.gaps[same] = each
      else this.naive.gaps.push(each)
    }
  }

  /** Raised, then in any order repeated, escalated, acknowledged and returned, in the end labelled. */
  #alert(): void {
    const running = this.naive.alerts.filter(({ transitions }) => transitions.at(-1)?.state !== 'normal')
    const alert = running.length > 0 && this.#next() < 0.8 ? this.#pick(running) : null
    const id = alert?.id ?? `o${this.naive.alerts.length}`
    const assetId = alert?.assetId ?? this.#pick(assets)
    const before = alert?.transitions ?? []
    const was = before.at(-1)?.state ?? 'normal'
    const acknowledged = before.some(({ kind }) => kind === 'acknowledged')
    const returned = was === 'returned-unacknowledged'
    const kind =
      before.length === 0
        ? 'raised'
        : this.#pick(
            returned
              ? (['acknowledged', 'repeated'] as const)
              : acknowledged
                ? (['escalated', 'returned'] as const)
                : (['escalated', 'returned', 'acknowledged'] as const),
          )
    const state: AlarmState =
      kind === 'acknowledged'
        ? returned
          ? 'normal'
          : 'acknowledged'
        : kind === 'returned'
          ? acknowledged
            ? 'normal'
            : 'returned-unacknowledged'
          : acknowledged
            ? 'acknowledged'
            : 'unacknowledged'
    const level: AlertLevel = kind === 'returned' ? 'normal' : this.#pick(['warning', 'alarm'] as const)
    const value = Math.round(this.#next() * 100)
    const one = transition(id, {
      assetId,
      kind,
      state,
      level,
      value,
      atUs: this.nowUs,
      by: kind === 'acknowledged' ? 'Ada' : 'rule',
    })
    const all = [...before, one]
    const at = (wanted: AlertTransition['kind']): number | null =>
      all.findLast((each) => each.kind === wanted)?.atUs ?? null
    const row = occurrence(id, {
      assetId,
      state,
      level,
      raisedUs: all[0]?.atUs ?? 0,
      changedUs: all.findLast((each) => each.kind !== 'acknowledged')?.atUs ?? 0,
      acknowledgedUs: at('acknowledged'),
      returnedUs: at('returned'),
    })
    this.writer.commitAlerts({ states: [], occurrences: [row], transitions: [one] })
    if (alert) alert.transitions.push(one)
    else this.naive.alerts.push({ id, assetId, transitions: [one] })
  }
}

function naiveMoment(naive: Naive, atUs: number) {
  const last = <T>(list: readonly T[], behind: (a: T, b: T) => number): T | undefined =>
    list.reduce<T | undefined>((best, each) => (best === undefined || behind(each, best) >= 0 ? each : best), undefined)
  return {
    heads: scalarKeys.flatMap((pointKey) => {
      const own = naive.samples.filter((sample) => sample.pointKey === pointKey && sample.tUs <= atUs)
      const found = last(
        own,
        (a, b) => a.tUs - b.tUs || (a.sourceTick ?? 0) - (b.sourceTick ?? 0) || a.arrival - b.arrival,
      )
      return found ? [{ pointKey, tUs: found.tUs, value: found.value, status: found.status }] : []
    }),
    features: [
      last(
        naive.features.filter(({ tUs }) => tUs <= atUs),
        (a, b) => a.tUs - b.tUs,
      )?.values[1],
    ],
    runStates: assets.flatMap((assetId) => {
      const own = naive.runStates.filter((change) => change.assetId === assetId && change.atUs <= atUs)
      const found = last(own, (a, b) => a.atUs - b.atUs)
      return found ? [[found.assetId, found.state, found.atUs]] : []
    }),
    occurrences: naive.alerts.flatMap(({ id, transitions }) => {
      const before = transitions.filter((each) => each.atUs <= atUs)
      const now = before.at(-1)
      if (!now || now.state === 'normal') return []
      const peak = Math.max(...before.filter(({ kind }) => kind !== 'acknowledged').map(({ value }) => value))
      return [[id, now.state, now.level, peak, before.findLast(({ kind }) => kind === 'acknowledged')?.atUs ?? null]]
    }),
    gaps: naive.gaps
      .filter(({ startUs: s, endUs }) => s <= atUs && (endUs === null || endUs > atUs))
      .map(({ startUs: s }) => s)
      .toSorted((a, b) => a - b),
    config: last(
      naive.configs.filter((config) => config.atUs <= atUs),
      (a, b) => a.atUs - b.atUs,
    )?.hash,
    software: last(
      naive.sessions.filter((session) => session.startedUs <= atUs),
      (a, b) => a.startedUs - b.startedUs,
    )?.software,
  }
}

function storedMoment(history: History, atUs: number | null): object {
  const query = { atUs, assetIds: null, scalarKeys, waveformKeys: [waveKey] }
  const moment = readMoment(history.writer.connection(), query)
  return {
    heads: moment.heads,
    features: [moment.features[0]?.values[1]],
    runStates: moment.runStates.map(({ assetId, state, atUs: since }) => [assetId, state, since]),
    occurrences: moment.occurrences.map((o) => [o.id, o.state, o.level, o.peakValue, o.acknowledgedUs]),
    gaps: moment.gaps.map(({ startUs: s }) => s).toSorted((a, b) => a - b),
    config: moment.config?.hash,
    software: moment.session?.software ?? undefined,
  }
}

describe('the state at any moment', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is that of a naive model of the same history (seed %i)',
    async (seed) => {
      const history = new History(seed)
      const next = random(seed + 100)
      for (let i = 0; i < 260; i++) {
        history.step()
        if (i % 20 !== 19) continue
        const span = history.nowUs - startUs
        const times = Array.from({ length: 8 }, () => startUs - 2e6 + Math.floor(next() * (span + 4e6)))
        const known = history.naive.samples.slice(-3).map(({ tUs }) => tUs)
        for (const atUs of [
          ...times,
          ...known,
          ...history.naive.alerts.slice(-2).flatMap((a) => a.transitions.map((t) => t.atUs)),
        ]) {
          expect(storedMoment(history, atUs), `at ${atUs} after step ${i}`).toEqual(naiveMoment(history.naive, atUs))
        }
      }
      const chunks = Number(history.writer.connection().prepare('SELECT count(*) FROM chunk').pluck().get())
      expect(chunks).toBeGreaterThan(0)
      history.writer.close()
      const twin = openTwinForReading(history.where)
      expect(await twin.verify()).toEqual([])
      await twin.close()
    },
    60_000,
  )

  it('is found by ranges of indexes, whatever came before', () => {
    const history = new History(7)
    const db = history.writer.connection()
    const plan = (sql: string): string => JSON.stringify(db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
    expect(plan(`SELECT id FROM occurrence WHERE ${occurrenceClass} = 3 AND raised_us BETWEEN 1 AND 2`)).toContain(
      'SEARCH occurrence USING INDEX occurrence_by_span (<expr>=? AND raised_us>? AND raised_us<?)',
    )
    expect(gapsAt(db, startUs)).toEqual([])
    history.writer.close()
  })

  it('says what was delivered then, to five minutes, and now to the row', async () => {
    const history = new History(8)
    const { writer, where } = history
    const commit = (number: number, atUs: number): void => {
      const given = tick(number, [], { atUs, features: [feature(waveKey, atUs, number)] })
      writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    }
    commit(1, startUs + 1e6)
    commit(2, startUs + 2e6)
    writer.advance({ destinationId: 'd', stream: 'features', seq: 2, confirmedUs: startUs + 3e6 })
    commit(3, startUs + 400e6)
    commit(4, startUs + 401e6)
    writer.close()
    const twin = openTwinForReading(where)
    const at = async (atUs: number | null): Promise<unknown> => {
      const { deliveries } = await twin.moment({ atUs, assetIds: [], scalarKeys: [], waveformKeys: [] })
      return deliveries && [deliveries.asOfUs, deliveries.heads.features, deliveries.cursors.map(({ seq }) => seq)]
    }
    expect(await at(startUs)).toBe(null)
    expect(await at(startUs + 300e6)).toEqual([startUs + 1e6, 1, []])
    expect(await at(startUs + 500e6)).toEqual([startUs + 400e6, 3, [2]])
    expect(await at(null)).toEqual([startUs + 401e6, 4, [2]])
    await twin.close()
  })
})
