import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { featureNames } from '../../shared/domain/features.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'
import { machines } from '../plant/machines.ts'
import { speedOf, vibrationModel } from '../plant/scenarios.ts'
import { vibrationBlock } from '../plant/signal/vibration.ts'
import { InjectedPlant } from '../testkit/engine/injected-plant.ts'
import { until } from '../testkit/opcua/recording-sink.ts'
import { machineFrame } from './frames.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-batch-'))
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

const seconds = 60
const rateHz = 12_000
const batchS = 30

/** A minute of a pump of the simulated plant whose outer race is damaged. */
function simulated(): string {
  const machine = machines[0]
  const point = machine?.waveforms[0]
  if (!machine || !point) throw new Error('the simulated plant has no waveform')
  const model = vibrationModel(machine, { ...point, sampleRateHz: rateHz }, speedOf('healthy', machine, 3), 3)
  const file = path.join(dir, 'simulated.f32')
  const blocks = Math.ceil((seconds * rateHz) / model.blockSize)
  const faults = [{ kind: 'outer-race', severity: 0.5 }] as const
  const parts = Array.from({ length: blocks }, (_, k) => Buffer.from(vibrationBlock(model, k, faults).buffer))
  fs.writeFileSync(file, Buffer.concat(parts))
  return file
}

const recording = fileURLToPath(new URL('../../../shared/data/records/cwru_130_DE.f32', import.meta.url))
const sources: [string, () => string][] = [['the simulated plant', simulated]]
if (fs.existsSync(recording)) sources.push(['a real recording (CWRU 130, outer race)', () => recording])

describe.each(sources)('the same point fed second by second and in batches of 30 s, from %s', (_name, fileOf) => {
  it('gives the same features, and says that its latency differs', async () => {
    const contract = {
      quantity: 'acceleration',
      unit: 'g',
      sampleRateHz: rateHz,
      blockSize: rateHz,
      expectedRange: [-50, 50],
      updateCadenceMs: 1000,
    } as const
    const waves = [
      { id: 'wfloats', contract },
      { id: 'wdoubles', contract: { ...contract, batchMs: batchS * 1000 } },
    ]
    const bearing = { id: 'de', kind: 'bearing', bearing: 'SKF 6205-2RS' } as const
    const plant = await InjectedPlant.start({
      assets: [{ id: 'pump', lineId: 'line-1', family: 'pump', name: 'Pump', ratedRpm: 1772, components: [bearing] }],
      points: waves.map(({ id, contract: own }) => ({
        id,
        kind: 'waveform',
        contract: { ...own, expectedRange: [-50, 50] },
      })),
    })
    try {
      const file = fileOf()
      const play = (point: string, s: number) =>
        ({ act: 'recording', point, file, rateHz, samples: s * rateHz }) as const
      // Well within what the server's queue holds of it.
      const atOnce = 15
      for (let s = 0; s < seconds; s += atOnce) {
        const singles = Array.from({ length: atOnce }, () => play('wfloats', 1))
        const isFull = (s + atOnce) % batchS === 0
        await plant.inject(...singles, ...(isFull ? [play('wdoubles', batchS)] : []))
      }
      const rowsOf = (point: string): FeatureRow[] =>
        plant.features.filter(({ pointKey }) => pointKey === plant.key(point))
      await until('both have all their features', () => waves.every(({ id }) => rowsOf(id).length === seconds))
      const [single, batched] = [rowsOf('wfloats'), rowsOf('wdoubles')]
      const firstUs = (rows: readonly FeatureRow[]): number => rows[0]?.tUs ?? Number.NaN
      expect(batched.map(({ tUs }) => tUs - firstUs(batched))).toEqual(single.map(({ tUs }) => tUs - firstUs(single)))
      let compared = 0
      for (const [i, row] of single.entries()) {
        for (const [at, name] of featureNames.entries()) {
          const [a, b] = [row.values[at] ?? Number.NaN, batched[i]?.values[at] ?? Number.NaN]
          expect(Number.isNaN(b), `${name} of second ${i}`).toBe(Number.isNaN(a))
          if (Number.isNaN(a)) continue
          expect(Math.abs(a - b), `${name} of second ${i}: ${a} and ${b}`).toBeLessThanOrEqual(0.01 * Math.abs(a))
          compared += 1
        }
      }
      // Of the bearing's lines too, which rest on a record longer than a block.
      expect(compared).toBeGreaterThan(15 * seconds)
      const frame = machineFrame(plant.engine.frameState(), 'pump')
      const latency = (point: string) => frame?.values.find(({ pointId }) => pointId === point)?.latency
      expect([latency('wfloats'), latency('wdoubles')]).toEqual(['live', 'batch'])
      expect(plant.counters('wdoubles')).toMatchObject({ received: seconds, accepted: seconds, stale: 0, missing: 0 })
      for (const cause of ['sequence-lost', 'missing', 'queue-full'] as const)
        expect(await plant.gaps('wdoubles', cause)).toEqual([])
    } finally {
      await plant.stop()
    }
  }, 240_000)
})
