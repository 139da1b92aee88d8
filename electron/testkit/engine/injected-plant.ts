import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Gap } from '../../../shared/domain/intake.ts'
import type { AlertDefinition, Asset, Contract, PlantFile, Point } from '../../../shared/domain/plant-file.ts'
import type { Clock } from '../../../shared/domain/time.ts'
import type { FeatureRow } from '../../../shared/domain/twin.ts'
import type { IntakeCounters } from '../../../shared/protocol/quality.ts'
import { Engine } from '../../engine/engine.ts'
import { testContract, plainServer } from '../opcua/plant-parts.ts'
import type { Injected, Injection } from '../opcua/injector.ts'
import { systemClock, until } from '../opcua/recording-sink.ts'
import { ServerProcess } from '../opcua/server-process.ts'
import { plantUri } from '../opcua/test-points.ts'

/** Time stands still between two steps, so that a slow machine makes nothing stale. */
class SteppedClock implements Clock {
  #us = systemClock.nowUs()
  #ms = 1_000_000

  nowUs(): number {
    return this.#us
  }

  monotonicMs(): number {
    return this.#ms
  }

  step(ms: number): void {
    this.#ms += ms
    this.#us += ms * 1000
  }
}

export interface InjectedPoint {
  id: string
  kind?: 'scalar' | 'waveform'
  assetId?: string
  contract?: Partial<Contract> | null
  policy?: Partial<Contract['policy']>
}

export interface InjectedPlantOptions {
  points: readonly InjectedPoint[]
  assets?: readonly Asset[]
  alerts?: readonly AlertDefinition[]
}

export interface StoredValue {
  sourceMs: number
  value: number
  status: number
}

export const injectedPolicy: Contract['policy'] = {
  staleAfterMs: 3_000_000,
  missingAfterMs: 3_600_000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'drop',
  outOfOrder: 'reorder',
}

function pointOf({ id, kind = 'scalar', assetId = 'pump', contract = {}, policy }: InjectedPoint): Point {
  const source = { serverId: 'opc-1', nodeId: `nsu=${plantUri};s=${id}` }
  if (contract === null) return { id, assetId, kind, source }
  const { blockSize, ...plain } = testContract({
    expectedRange: [-1e6, 1e6],
    updateCadenceMs: 1000,
    ...contract,
    policy: { ...injectedPolicy, ...policy },
  })
  return { id, assetId, kind, source, contract: kind === 'waveform' ? { ...plain, blockSize } : plain }
}

/** A server in a process of its own that is told what to do to its streams, and the real engine with a real twin behind it. */
export class InjectedPlant {
  readonly engine: Engine
  readonly server: ServerProcess
  /** Of the ticks that the twin has confirmed, of all points. */
  readonly features: readonly FeatureRow[]
  readonly #clock: SteppedClock
  readonly #dir: string
  /** Rows of each key that the twin has confirmed. */
  readonly #committedRows: Map<number, number>
  #log: Injected[] = []

  private constructor(
    engine: Engine,
    server: ServerProcess,
    clock: SteppedClock,
    dir: string,
    committedRows: Map<number, number>,
    features: readonly FeatureRow[],
  ) {
    this.features = features
    this.engine = engine
    this.server = server
    this.#clock = clock
    this.#dir = dir
    this.#committedRows = committedRows
  }

  static async start({ points, assets, alerts = [] }: InjectedPlantOptions): Promise<InjectedPlant> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-injected-'))
    const scalars = points.filter(({ kind }) => kind !== 'waveform').map(({ id }) => id)
    const hasWaves = points.some(({ kind }) => kind === 'waveform')
    const server = await ServerProcess.start({
      counters: 0,
      values: ['beat', ...scalars],
      ...(hasWaves ? { waveforms: 1, blockSize: 64, blockMs: 100 } : {}),
    })
    // Each subscription has one that always speaks: a server's keep-alive comes by its own clock, not by ours.
    const beats: InjectedPoint[] = [{ id: 'beat' }]
    if (hasWaves)
      beats.push({ id: 'w0', kind: 'waveform', contract: { blockSize: 64, sampleRateHz: 640, updateCadenceMs: 100 } })
    const plant: PlantFile = {
      schema: 'millwright/plant@1',
      plant: { id: 'p', name: 'P', timeZone: 'UTC' },
      lines: [{ id: 'line-1', name: 'Line 1' }],
      servers: [plainServer(server.port)],
      assets: [...(assets ?? [{ id: 'pump', lineId: 'line-1', family: 'pump', name: 'Pump' }])],
      points: [...points, ...beats.map((beat) => ({ assetId: assets?.[0]?.id ?? 'pump', ...beat }))].map(pointOf),
      alerts: [...alerts],
      sync: [],
    }
    const plantFile = path.join(dir, 'plant.json')
    fs.writeFileSync(plantFile, JSON.stringify(plant))
    // The present value of every point, so that the first thing that comes is in the injector's log too.
    const first = [...scalars, 'beat'].map((point): Injection => ({ act: 'fresh', point, count: 1 }))
    const log = await server.inject(first)
    const clock = new SteppedClock()
    const rows = new Map<number, number>()
    const features: FeatureRow[] = []
    const engine = await Engine.start({
      dataDir: dir,
      plantFile,
      key: Uint8Array.from(randomBytes(32)),
      clock,
      onLink: () => {},
      onRestartNeeded: () => {},
      onFatal: (error) => {
        throw error
      },
      onChanged: () => {},
      onReceipt: ({ scalars, features: made }) => {
        features.push(...made)
        for (const key of scalars.pointKey.subarray(0, scalars.count)) rows.set(key, (rows.get(key) ?? 0) + 1)
      },
    })
    const injected = new InjectedPlant(engine, server, clock, dir, rows, features)
    injected.#log = log
    await injected.#committed()
    return injected
  }

  /** In one turn of the server; back when all that can be waited for is in the twin. */
  async inject(...acts: Injection[]): Promise<void> {
    this.#log = await this.server.inject([...acts, { act: 'fresh', point: 'beat', count: 1 }])
    await this.#committed()
  }

  /** Lets time go on, in steps shorter than the server's keep-alive, while one other point goes on speaking. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      this.#clock.step(Math.min(1000, left))
      await this.inject()
    }
  }

  logOf(point: string): Injected[] {
    return this.#log.filter((line) => line.point === point)
  }

  key(point: string): number {
    return this.engine.model.byId.get(point)?.key ?? -1
  }

  counters(point: string): IntakeCounters {
    const counters = this.engine.acquisition.intake(point)
    if (!counters) throw new Error(`"${point}" is not acquired`)
    return counters
  }

  state(point: string): string {
    const info = this.engine.model.byId.get(point)
    return info ? this.engine.acquisition.states.view(info).state : 'no-contract'
  }

  /** Rows of a point in the ticks that the twin has confirmed, repeats among them. */
  rowsCommitted(point: string): number {
    return this.rowsOf(this.key(point))
  }

  rowsOf(key: number): number {
    return this.#committedRows.get(key) ?? 0
  }

  /** What the twin has of a point, in order of source time. */
  async stored(point: string): Promise<StoredValue[]> {
    const out: StoredValue[] = []
    let next = null
    do {
      const page = await this.engine.twin.scalars(this.key(point), 0, Number.MAX_SAFE_INTEGER, next, 5000)
      for (let i = 0; i < page.count; i++)
        out.push({
          sourceMs: (page.sourceUs[i] ?? Number.NaN) / 1000,
          value: page.value[i] ?? Number.NaN,
          status: page.status[i] ?? 0,
        })
      next = page.next
    } while (next)
    return out.sort((a, b) => a.sourceMs - b.sourceMs)
  }

  async gaps(point: string, cause: Gap['cause']): Promise<Gap[]> {
    const gaps = await this.engine.twin.gaps({ pointKey: this.key(point), limit: 1000 })
    return gaps
      .filter((gap) => gap.cause === cause && gap.pointKey === this.key(point))
      .sort((a, b) => a.startUs - b.startUs)
  }

  /** Values, or blocks of the contract's size. */
  #sent(point: string, blockSize = 1): number {
    const lines = this.logOf(point).filter(({ act }) => act !== 'pause')
    return lines.reduce((sum, { samples = blockSize }) => sum + samples / blockSize, 0)
  }

  async stop(): Promise<void> {
    await this.engine.stop()
    await this.server.stop()
    fs.rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  /**
   * All points share one subscription, which tells of them in the order they changed: once the last value of the beat is
   * committed, so is what came before it. Blocks are told separately, through their worker.
   */
  async #committed(): Promise<void> {
    const beat = this.logOf('beat').at(-1)
    const states = (): Map<string, number> =>
      new Map(this.engine.acquisition.ingest.states().map(({ id, counters }) => [id, counters.received]))
    await until('what was injected has come', () => {
      const received = states()
      return this.engine.model.points.every(
        ({ id, contract }) => id === 'w0' || received.get(id) === this.#sent(id, contract.blockSize),
      )
    })
    await until('it is committed', () => this.engine.heads.tUs(this.key('beat')) === (beat?.sourceMs ?? 0) * 1000)
  }
}
