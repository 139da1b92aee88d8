import type { PointColumns } from '../../electron/store/chunk-codec.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'

/** Tags at 1 Hz as plants have them, ten to a machine, ten machines to a line; faults in known places, few as they are. */
export const startUs = Date.UTC(2026, 2, 2) * 1000
/** What one chunk spans. */
export const chunkS = 1200

const kinds = [
  { quantity: 'temperature', unit: 'degC', expectedRange: [0, 120] },
  { quantity: 'pressure', unit: 'bar', expectedRange: [0, 16] },
  { quantity: 'current', unit: 'A', expectedRange: [0, 60] },
  { quantity: 'flow', unit: 'm3/h', expectedRange: [0, 200] },
  { quantity: 'level', unit: 'm', expectedRange: [0, 8] },
] as const

export function plantOf(tags: number): PlantFile {
  const assets = Math.ceil(tags / 10)
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'bench', name: 'Bench', timeZone: 'UTC' },
    lines: Array.from({ length: Math.ceil(assets / 10) }, (_, i) => ({ id: `line-${i}`, name: `Line ${i}` })),
    servers: [
      {
        id: 'opc-1',
        endpointUrl: 'opc.tcp://127.0.0.1:4840',
        security: { mode: 'None', policy: 'None', reason: 'bench' },
        user: { type: 'anonymous' },
      },
    ],
    assets: Array.from({ length: assets }, (_, i) => ({
      id: `pump-${i}`,
      lineId: `line-${Math.floor(i / 10)}`,
      family: 'pump' as const,
      name: `Pump ${i}`,
    })),
    points: Array.from({ length: tags }, (_, i) => {
      const { quantity, unit, expectedRange } = kinds[i % kinds.length] ?? kinds[0]
      return {
        id: `tag-${i}`,
        assetId: `pump-${Math.floor(i / 10)}`,
        kind: 'scalar' as const,
        source: { serverId: 'opc-1', nodeId: `nsu=urn:bench;s=tag-${i}` },
        mapping: { verifiedBy: 'bench', verifiedOn: '2026-01-05', method: 'label' as const },
        contract: {
          version: 1,
          quantity,
          unit,
          detector: 'raw' as const,
          sampleRateHz: 1,
          timestampSource: 'source' as const,
          expectedRange: [expectedRange[0], expectedRange[1]],
          updateCadenceMs: 1000,
          policy: {
            missingAfterMs: 5000,
            late: 'accept' as const,
            lateToleranceMs: 5000,
            duplicate: 'drop' as const,
            outOfOrder: 'reorder' as const,
          },
        },
      }
    }),
    alerts: [],
    sync: [],
  }
}

export class AuditPlant {
  readonly #state: Float64Array
  #seed = 9
  #slot = 0

  constructor(tags: number) {
    this.#state = new Float64Array(tags).fill(0.4)
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
    return this.#seed / 2 ** 32
  }

  /** The next chunk of each tag. */
  next(): PointColumns[] {
    const slot = this.#slot++
    return Array.from(this.#state, (_, tag) => this.#chunk(tag, slot))
  }

  /** One tag in fifty is dead from the second day on; one value in half a million is a spike. */
  #chunk(tag: number, slot: number): PointColumns {
    const [low, high] = (kinds[tag % kinds.length] ?? kinds[0]).expectedRange
    const dead = tag % 50 === 7 && slot * chunkS > 86_400
    const c: PointColumns = {
      count: chunkS,
      sourceUs: new Float64Array(chunkS),
      sourceTick: new Uint8Array(chunkS),
      serverUs: new Float64Array(chunkS),
      receiveUs: new Float64Array(chunkS),
      value: new Float64Array(chunkS),
      status: new Uint32Array(chunkS),
    }
    let state = this.#state[tag] as number
    for (let s = 0; s < chunkS; s++) {
      const atUs = startUs + (slot * chunkS + s) * 1e6
      const [step, noise, spike] = [this.#random() - 0.5, this.#random() - 0.5, this.#random() < 2e-6 ? 0.4 : 0]
      if (!dead) state += step * 0.002 + (0.4 - state) * 1e-4
      // A source's clock ticks in milliseconds and is a little late one time in eight.
      c.sourceUs[s] = atUs + (this.#random() < 0.125 ? 1000 : 0)
      c.serverUs[s] = (c.sourceUs[s] as number) + 3000
      c.receiveUs[s] = atUs + 40_000
      const share = dead ? state : state + 0.01 * noise + spike
      c.value[s] = Math.round((low + (high - low) * share) * 1000) / 1000
    }
    this.#state[tag] = state
    return c
  }
}
