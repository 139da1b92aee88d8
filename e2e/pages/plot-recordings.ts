import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** Public recordings, where somebody has put them; without them ours stand in for them. */
const folder = process.env['MILLWRIGHT_DATA'] ?? '/work/shared/data'

interface Recording {
  samples: Float32Array
  rateHz: number
  unit: string
  quantity: string
  rpm: number
}

const policy = {
  missingAfterMs: 3_600_000,
  late: 'accept',
  lateToleranceMs: 5000,
  duplicate: 'count',
  outOfOrder: 'reorder',
}

const contract = {
  version: 1,
  quantity: 'acceleration',
  unit: 'g',
  detector: 'raw',
  sampleRateHz: 12_000,
  blockSize: 4096,
  timestampSource: 'source',
  expectedRange: [-50, 50],
  updateCadenceMs: 4096 / 12,
  policy,
}

const point = (id: string, name: string, more: object) => ({
  id,
  name,
  assetId: 'pump',
  kind: 'waveform',
  source: { serverId: 'opc-1', nodeId: `nsu=urn:x;s=${id}` },
  contract,
  ...more,
})
const gap = {
  contract: {
    ...contract,
    quantity: 'displacement',
    unit: 'um',
    sampleRateHz: 5120,
    updateCadenceMs: 800,
    expectedRange: [-500, 500],
  },
}

/** A pump with an accelerometer at its bearing, and two probes with a pulse at its shaft. Nobody answers for its server. */
export const plotPlant = JSON.stringify({
  schema: 'millwright/plant@1',
  plant: { id: 'plant-a', name: 'Plant A', timeZone: 'Europe/Berlin' },
  lines: [{ id: 'line-1', name: 'Line 1' }],
  servers: [
    {
      id: 'opc-1',
      endpointUrl: 'opc.tcp://127.0.0.1:1',
      security: { mode: 'None', policy: 'None', reason: 'nobody is there' },
      user: { type: 'anonymous' },
    },
  ],
  assets: [
    {
      id: 'pump',
      lineId: 'line-1',
      family: 'pump',
      name: 'Feed pump 7',
      ratedRpm: 1797,
      components: [{ id: 'de', kind: 'bearing', bearing: '6205' }],
    },
  ],
  points: [
    point('accel', 'Drive end', { componentId: 'de' }),
    point('x', 'Shaft X', { pairPointId: 'y', tachoPointId: 'pulse', ...gap }),
    point('y', 'Shaft Y', gap),
    point('pulse', 'Keyphasor', gap),
  ],
  alerts: [],
  sync: [],
})

const wanted = ['cwru_105_DE', 'cwru_118_DE', 'cwru_146_DE', 'cwru_156_DE', 'cwru_130_DE']
const records = z.object({
  records: z.array(
    z.looseObject({ id: z.string(), file: z.string(), fs_hz: z.number().nullish(), rpm: z.number().nullable() }),
  ),
})
const bpfoOrders = 3.585

/** A damaged outer race at a speed of its own, as far as the public ones are not there. */
function ownRecording(n: number): Recording {
  const rpm = 1797 - 9 * n
  const rateHz = 12_000
  let state = 7 + n
  const samples = Float32Array.from({ length: 60_000 }, (_, i) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    const turns = (rpm * i) / rateHz / 60
    const since = ((turns * bpfoOrders) % 1) / ((bpfoOrders * rpm) / 60)
    const hit = 0.15 * (n + 1) * Math.exp(-1200 * since) * Math.sin(2 * Math.PI * 3300 * since)
    return hit + 0.05 * Math.sin(2 * Math.PI * turns) + 0.05 * (state / 0x40000000 - 1)
  })
  return { samples, rateHz, unit: 'g', quantity: 'acceleration', rpm }
}

/** Some bearings, the last with a damaged outer race; five seconds of each, some stretches of one recording. */
export function recordings(): Recording[] {
  const index = join(folder, 'index.json')
  if (!existsSync(index)) return Array.from({ length: 20 }, (_, n) => ownRecording(n / 4))
  const all = records.parse(JSON.parse(readFileSync(index, 'utf8')))
  return wanted.flatMap((id) => {
    const record = all.records.find((one) => one.id === id)
    if (!record || record.rpm === null) return []
    const { rpm } = record
    const bytes = readFileSync(join(folder, record.file))
    const values = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i))
    const rateHz = record.fs_hz ?? 12_000
    const length = Math.min(5 * rateHz, values.length >> 1)
    return [0, 1, 2, 3].map((n) => ({
      samples: values.slice(
        Math.floor((n * (values.length - length)) / 3),
        Math.floor((n * (values.length - length)) / 3) + length,
      ),
      rateHz,
      unit: 'g',
      quantity: 'acceleration',
      rpm,
    }))
  })
}

/** Two probes at 45 and 135 degrees and a pulse, from 600 to 3,600 rpm through a resonance at 1,900; micrometres. */
export function runUp(): { rateHz: number; x: Float32Array; y: Float32Array; pulse: Float32Array } {
  const rateHz = 5120
  const seconds = 40
  const [from, to, critical] = [10, 60, 1900 / 60]
  const count = { length: rateHz * seconds }
  let state = 99
  const noise = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x40000000 - 1
  }
  const turns = (s: number): number => from * s + ((to - from) * s * s) / (2 * seconds)
  /** Displacement at a probe whose support is stiffer by `stiffer`: one degree of freedom under unbalance. */
  const probe = (s: number, stiffer: number, behindDeg: number): number => {
    const ratio = (from + ((to - from) * s) / seconds) / (critical * stiffer)
    const damping = 0.09
    const size = (14 * ratio ** 2) / Math.hypot(1 - ratio ** 2, 2 * damping * ratio)
    const lag = Math.atan2(2 * damping * ratio, 1 - ratio ** 2) + ((behindDeg + 40) * Math.PI) / 180
    const angle = 2 * Math.PI * turns(s)
    const lift = 60 * (1 - Math.exp(-s / 9))
    return (
      size * Math.cos(angle - lag) +
      2.5 * Math.cos(2 * angle - 0.4) +
      0.6 * noise() -
      900 +
      lift * (behindDeg === 0 ? 0.4 : 1)
    )
  }
  return {
    rateHz,
    x: Float32Array.from(count, (_, n) => probe(n / rateHz, 1, 0)),
    y: Float32Array.from(count, (_, n) => probe(n / rateHz, 1.06, 90)),
    pulse: Float32Array.from(count, (_, n) => (turns(n / rateHz) % 1 < 0.06 ? -2 : -10) + 0.05 * noise()),
  }
}
