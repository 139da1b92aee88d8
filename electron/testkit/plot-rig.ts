import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { bearingOrders, findBearing } from '../../shared/domain/bearings.ts'
import { methodParams, type MethodName, type MethodParams, type MethodResult } from '../../shared/protocol/methods.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { encodeWaveform } from '../files/waveform-file.ts'
import { plainServer } from './opcua/plant-parts.ts'
import { systemClock } from './opcua/recording-sink.ts'
import { Engine } from '../engine/engine.ts'
import { Services } from '../engine/services.ts'

export const rateHz = 25_600
export const rpm = 1770
export const startUs = Date.UTC(2026, 9, 1, 6) * 1000

const policy = {
  missingAfterMs: 3_600_000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'count',
  outOfOrder: 'reorder',
}

const waveform = {
  version: 1,
  quantity: 'acceleration',
  unit: 'm/s2',
  detector: 'raw',
  sampleRateHz: rateHz,
  blockSize: 4096,
  timestampSource: 'source',
  expectedRange: [-500, 500],
  updateCadenceMs: 160,
  policy,
}

const scalar = {
  version: 1,
  quantity: 'rotational-speed',
  unit: 'rpm',
  sampleRateHz: 10,
  detector: 'raw',
  timestampSource: 'source',
  expectedRange: [0, 5000],
  updateCadenceMs: 100,
  policy,
}

const machines = [
  {
    id: 'pump',
    lineId: 'line-1',
    family: 'pump',
    name: 'Pump',
    ratedRpm: rpm,
    components: [{ id: 'de', kind: 'bearing', bearing: '6205' }],
  },
  {
    id: 'rig',
    lineId: 'line-1',
    family: 'motor',
    name: 'Rig',
    components: [{ id: 'de', kind: 'bearing', bearing: 'NICE' }],
  },
]

/** The bearing of MFPT's rig, which no catalogue has. */
const nice = {
  id: 'nice',
  name: 'NICE',
  geometry: { rollingElements: 8, elementDiameter: 5.969, pitchDiameter: 31.623, contactAngleDeg: 0 },
  source: 'MFPT fault data sets',
}

const probes = [
  { id: 'x', pairPointId: 'y', tachoPointId: 'pulse' },
  { id: 'y' },
  { id: 'pulse' },
  { id: 'lone-x', pairPointId: 'lone-y' },
  { id: 'lone-y' },
]

/** A pump with a bearing and two pairs of probes, one with a pulse; a rig with a bearing of its own and a speed tag. */
export function plantText(version = 1): string {
  const from = (id: string) => ({ source: { serverId: 'opc-1', nodeId: `nsu=urn:x;s=${id}` } })
  const atBearing = { componentId: 'de', kind: 'waveform' }
  return JSON.stringify({
    schema: 'millwright/plant@1',
    plant: { id: 'plant-a', name: 'Plant A', timeZone: 'UTC' },
    lines: [{ id: 'line-1', name: 'Line 1' }],
    // Nobody listens there: what these tests look at is stored.
    servers: [plainServer(1)],
    assets: machines,
    bearings: [nice],
    points: [
      {
        id: 'accel',
        name: 'Drive end',
        assetId: 'pump',
        ...atBearing,
        ...from('accel'),
        contract: { ...waveform, version },
      },
      ...probes.map((probe) => ({
        ...probe,
        name: probe.id.toUpperCase(),
        assetId: 'pump',
        kind: 'waveform',
        ...from(probe.id),
        contract: { ...waveform, quantity: 'displacement', unit: 'um' },
      })),
      { id: 'rig-accel', assetId: 'rig', ...atBearing, ...from('rig'), contract: waveform },
      { id: 'rig-speed', assetId: 'rig', kind: 'scalar', ...from('rig-speed'), contract: scalar },
    ],
    alerts: [],
    sync: [],
  })
}

export const settings = { window: 'hann', lines: null, overlap: 0.5, averaging: 'power', bandHz: null } as const
export const asFile = { column: null, sampleRateHz: null, unit: null, startUs: null, rpm: null }

/** An engine on a folder of its own whose servers nobody answers for: what is looked at is stored. */
export class PlotRig {
  readonly engine: Engine
  readonly #dir: string
  readonly #seat: ReturnType<Services['atSeat']>
  readonly #signal = new AbortController().signal

  private constructor(engine: Engine, dir: string) {
    this.engine = engine
    this.#dir = dir
    const facts = { version: 't', protocol: 1, pid: 1, node: '', startedUs: 0 }
    this.#seat = new Services(engine, facts).atSeat('Ada')
  }

  static async start(text: string): Promise<PlotRig> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-plots-'))
    const plantFile = path.join(dir, 'plant.json')
    fs.writeFileSync(plantFile, text)
    const engine = await Engine.start({
      dataDir: dir,
      plantFile,
      key: Uint8Array.from(randomBytes(32)),
      clock: systemClock,
      onLink: () => {},
      onRestartNeeded: () => {},
      onFatal: (error) => {
        throw error
      },
      onChanged: () => {},
    })
    return new PlotRig(engine, dir)
  }

  async stop(): Promise<void> {
    this.#seat.leave()
    await this.engine.stop()
    fs.rmSync(this.#dir, { recursive: true, force: true })
  }

  readonly call = async <M extends MethodName>(method: M, params: MethodParams<M>): Promise<MethodResult<M>> => {
    const parsed: unknown = methodParams[method].parse(params)
    // The method's own result: `call` is typed over all of them.
    return (await this.#seat.call(method, parsed, '', { signal: this.#signal })) as MethodResult<M>
  }

  /** By way of the import, as a person would bring it. */
  readonly store = (
    samples: Float32Array | Float64Array,
    atUs = startUs,
    more: { rateHz?: number; pointId?: string; rpm?: number | null; unit?: string } = {},
  ): Promise<{ captureId: string }> => {
    const { unit = 'm/s2', pointId = 'accel' } = more
    const file = { samples, sampleRateHz: more.rateHz ?? rateHz, unit, quantity: quantityOf(unit) }
    const speed = more.rpm === undefined ? rpm : more.rpm
    const bytes = encodeWaveform({ ...file, title: 'Pump', startUs: atUs, rpm: speed, gaps: [] }, 'uffb')
    return this.call('capture.import', { pointId, name: 'a.uff', bytes, ...asFile, reason: 'for a test' })
  }

  readonly orders = (): NonNullable<ReturnType<typeof bearingOrders>> => {
    const geometry = findBearing(this.engine.catalogue, '6205')?.geometry
    if (!geometry) throw new Error('the catalogue has no geometry of a 6205')
    return bearingOrders(geometry)
  }

  /** Impacts at the outer race's rate that ring at 3.2 kHz, two shaft lines, and noise; m/s2. */
  readonly faulty = (count: number, seed: number, damage = 1): Float32Array => {
    const noise = gaussian(seed)
    const bpfoHz = (this.orders().bpfo * rpm) / 60
    return Float32Array.from({ length: count }, (_, n) => {
      const t = n / rateHz
      const since = (t * bpfoHz - Math.floor(t * bpfoHz)) / bpfoHz
      return (
        2 * Math.sin((2 * Math.PI * rpm * t) / 60) +
        damage * 15 * Math.exp(-900 * since) * Math.sin(2 * Math.PI * 3200 * since) +
        noise()
      )
    })
  }
}

const quantityOf = (unit: string): string => (unit === 'um' ? 'displacement' : 'acceleration')
