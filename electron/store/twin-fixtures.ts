import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { AlertOccurrence, AlertRuleState, AlertTransition } from '../../shared/domain/alert.ts'
import { featureNames } from '../../shared/domain/features.ts'
import type { Gap, ScalarColumns } from '../../shared/domain/intake.ts'
import type { Capture, FeatureRow, Tick } from '../../shared/domain/twin.ts'
import { openTwin, type Twin, type TwinOptions } from './api.ts'

/** Rows for this room's tests. */
export const workers: TwinOptions['workers'] = {
  writer: new URL('./writer.worker.ts', import.meta.url),
  reader: new URL('./reader.worker.ts', import.meta.url),
  compactor: new URL('./compactor.worker.ts', import.meta.url),
}

export const startUs = Date.UTC(2026, 2, 1) * 1000

export interface TestTwin {
  dir: string
  file: string
  key: Uint8Array<ArrayBuffer>
}

export function testTwin(): TestTwin {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-store-'))
  return { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
}

export function open({ file, key }: TestTwin, more: Partial<TwinOptions> = {}): Promise<Twin> {
  return openTwin({ file, key, workers, ...more })
}

export interface ScalarRow {
  pointKey: number
  sourceUs: number
  value: number
  status?: number
  sourceTick?: number
  serverUs?: number
  receiveUs?: number
}

export function columns(rows: readonly ScalarRow[]): ScalarColumns {
  return {
    count: rows.length,
    pointKey: Uint32Array.from(rows, (row) => row.pointKey),
    sourceUs: Float64Array.from(rows, (row) => row.sourceUs),
    sourceTick: Uint8Array.from(rows, (row) => row.sourceTick ?? 0),
    serverUs: Float64Array.from(rows, (row) => row.serverUs ?? Number.NaN),
    receiveUs: Float64Array.from(rows, (row) => row.receiveUs ?? row.sourceUs),
    value: Float64Array.from(rows, (row) => row.value),
    status: Uint32Array.from(rows, (row) => row.status ?? 0),
  }
}

export function tick(number: number, rows: readonly ScalarRow[], more: Partial<Tick> = {}): Tick {
  return { number, atUs: startUs + number * 200_000, scalars: columns(rows), gaps: [], features: [], ...more }
}

export function gap(more: Partial<Gap> = {}): Gap {
  const base = { pointKey: null, serverId: 'opc-1', cause: 'link-lost', startUs, endUs: null, count: null } as const
  return { ...base, detail: 'The link was lost.', ...more }
}

export function feature(pointKey: number, tUs: number, first: number): FeatureRow {
  const values = new Float32Array(featureNames.length).fill(Number.NaN)
  values[1] = first
  return { pointKey, tUs, spanUs: 100_000, values, rpm: Number.NaN, runState: 'running', configHash: 'hash-1' }
}

export function occurrence(id: string, more: Partial<AlertOccurrence> = {}): AlertOccurrence {
  return {
    id,
    ruleId: 'pump.rms-high',
    assetId: 'pump',
    pointId: 'pump.accel',
    feature: 'rms',
    state: 'unacknowledged',
    level: 'warning',
    priority: 'high',
    raisedUs: startUs,
    changedUs: startUs,
    value: 2.5,
    limit: 2,
    peakValue: 2.5,
    repeats: 1,
    respondByUs: startUs + 900_000_000,
    acknowledgedUs: null,
    acknowledgedBy: null,
    acknowledgeComment: null,
    returnedUs: null,
    outcome: null,
    labelledUs: null,
    labelledBy: null,
    labelNote: null,
    configHash: 'hash-1',
    contract: {
      meaning: 'The bearing vibrates.',
      cause: 'Wear.',
      consequence: 'It seizes.',
      action: 'Grease it.',
      recipient: 'maintenance',
      respondWithinMin: 15,
      priority: 'high',
    },
    ...more,
  }
}

export function transition(occurrenceId: string, more: Partial<AlertTransition> = {}): AlertTransition {
  return {
    occurrenceId,
    ruleId: 'pump.rms-high',
    assetId: 'pump',
    pointId: 'pump.accel',
    kind: 'raised',
    atUs: startUs,
    state: 'unacknowledged',
    level: 'warning',
    value: 2.5,
    limit: 2,
    by: 'rule',
    comment: null,
    outcome: null,
    ...more,
  }
}

export function ruleState(occurrenceId: string | null, more: Partial<AlertRuleState> = {}): AlertRuleState {
  return {
    ruleId: 'pump.rms-high',
    state: 'unacknowledged',
    level: 'warning',
    pendingLevel: 'warning',
    pendingSinceUs: startUs,
    occurrenceId,
    lastValue: 2.5,
    lastUs: startUs,
    repeats: 1,
    ...more,
  }
}

export function capture(id: string, pointKey: number, more: Partial<Capture> = {}): Capture {
  const samples = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i / 7))
  const base = { cause: 'schedule', reason: 'every 60 min', occurrenceId: null, sourceUs: startUs } as const
  const kept = { rpm: 1772, runState: 'running', unit: 'g', contractVersion: 1, configHash: 'hash-1' } as const
  return { id, pointKey, ...base, sampleRateHz: 25_600, samples, gaps: [], ...kept, ...more }
}

/** Small repeatable generator (mulberry32): the seed of a failing run is in its test name. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
