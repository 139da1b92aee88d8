import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BlockFaultKind } from '../../shared/domain/point-state.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { checkBlock } from '../ingest/index.ts'
import { machines } from '../plant/machines.ts'
import { scenarioNames, speedOf, vibrationModel } from '../plant/scenarios.ts'
import { vibrationBlock, type VibrationFault } from '../plant/signal/vibration.ts'

const running = { range: [-50, 50] as const, turns: null, standsStill: false }
const blocks = 12

/** What is found in the first blocks of every waveform point of the simulated plant. */
function found(faults: readonly VibrationFault[]): (BlockFaultKind | null)[] {
  return machines.flatMap((machine) =>
    machine.waveforms.flatMap((point) => {
      const model = vibrationModel(machine, point, speedOf('healthy', machine, 7), 7)
      const turns = (model.blockSize / model.sampleRateHz) * (machine.ratedRpm / 60)
      // The stand-by pump of the healthy story stands still.
      const standsStill = model.speed.rpm(1) === 0
      if (standsStill) return []
      return Array.from({ length: blocks }, (_, k) => {
        const block = vibrationBlock(model, k, faults)
        return checkBlock(block, { ...running, turns, standsStill })?.kind ?? null
      })
    }),
  )
}

const share = (kinds: readonly (BlockFaultKind | null)[], kind: BlockFaultKind): number =>
  kinds.filter((each) => each === kind).length / kinds.length

describe('waveform blocks as the sensor delivered them', () => {
  it.each(['outer-race', 'inner-race', 'rolling-element', 'unbalance', 'misalignment', 'looseness'] as const)(
    'finds nothing in a machine that is healthy or has a fault of its own: %s',
    (kind) => {
      for (const severity of [0, 0.1, 0.3, 0.6, 1])
        expect(new Set(found([{ kind, severity }]))).toEqual(new Set([null]))
    },
  )

  it('tells each fault of sensor and cable from the others', () => {
    expect(scenarioNames).toContain('sensor-fault')
    expect(share(found([{ kind: 'stuck', severity: 1 }]), 'stuck')).toBe(1)
    expect(share(found([{ kind: 'clipped', severity: 1 }]), 'clipped')).toBe(1)
    // Contact is lost at random: by far not every block holds a loss that is long enough to be no pause between impacts.
    const loose = found([{ kind: 'cable-loose', severity: 0.6 }])
    expect(share(loose, 'dropouts')).toBeGreaterThan(0.05)
    expect(new Set(loose)).toEqual(new Set([null, 'dropouts']))
  })

  it('tells a lost bias and an open input', () => {
    const noise = gaussian(3)
    const at = (mean: number, rms: number): Float32Array =>
      Float32Array.from({ length: 4096 }, () => mean + rms * noise())
    expect(checkBlock(at(49, 0.01), running)?.kind).toBe('at-rail')
    expect(checkBlock(at(-49, 0.01), running)?.kind).toBe('at-rail')
    // A direct-current accelerometer that feels gravity, and a proximity probe near its zero.
    expect(checkBlock(at(1, 0.2), running)).toBeNull()
    expect(checkBlock(at(2, 0.2), { ...running, range: [0, 500] })).toBeNull()
    expect(checkBlock(new Float32Array(4096), running)?.kind).toBe('open-input')
    expect(checkBlock(new Float32Array(4096).fill(0.7), running)?.kind).toBe('stuck')
  })

  it('takes the last bits of a standing machine for what they are', () => {
    const noise = gaussian(5)
    const bits = Float32Array.from({ length: 4096 }, () => Math.round(noise()) * 0.0012)
    expect(checkBlock(bits, running)).toBeNull()
    expect(checkBlock(new Float32Array(4096), { ...running, standsStill: true })).toBeNull()
  })

  it('tells a drift from vibration only where the speed is known and the block holds turns enough', () => {
    const noise = gaussian(9)
    const block = Float32Array.from({ length: 4096 }, (_, i) => 0.004 * i + noise())
    expect(checkBlock(block, { ...running, turns: 8 })?.kind).toBe('drifting')
    expect(checkBlock(block, { ...running, turns: 2 })).toBeNull()
    expect(checkBlock(block, running)).toBeNull()
  })

  it('calls no sine of five turns or more a drift, whatever its phase and the noise on it', () => {
    const any = fc.record({
      turns: fc.double({ min: 5, max: 200, noNaN: true }),
      phase: fc.double({ min: 0, max: 6.3, noNaN: true }),
      share: fc.double({ min: 0.001, max: 1, noNaN: true }),
      seed: fc.nat(1000),
    })
    fc.assert(
      fc.property(any, ({ turns, phase, share: noisy, seed }) => {
        const noise = gaussian(seed)
        const block = Float32Array.from(
          { length: 2048 },
          (_, i) => Math.sin((2 * Math.PI * turns * i) / 2048 + phase) + noisy * noise(),
        )
        expect(checkBlock(block, { ...running, turns })).toBeNull()
      }),
      { numRuns: 60 },
    )
  })
})

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

describe.skipIf(!fs.existsSync(data))('real recordings (skipped where ../shared/data is absent)', () => {
  it('hold no block that would be taken for a fault of sensor or cable', () => {
    const read = (file: string): Float32Array => {
      const bytes = fs.readFileSync(file)
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    }
    const index = JSON.parse(fs.readFileSync(`${data}index.json`, 'utf8')) as {
      records: { id: string; file: string; fs_hz: number; rpm: number }[]
    }
    const wrong: string[] = []
    let looked = 0
    for (const { id, file, fs_hz: rateHz, rpm } of index.records) {
      const samples = read(data + file)
      for (let i = 0; i + 4096 <= samples.length; i += 4096) {
        const turns = (4096 / rateHz) * (rpm / 60)
        const fault = checkBlock(samples.subarray(i, i + 4096), { ...running, turns })
        looked += 1
        if (fault) wrong.push(`${id} ${i}: ${fault.detail}`)
      }
    }
    expect(looked).toBeGreaterThan(100)
    expect(wrong).toEqual([])
  })
})
