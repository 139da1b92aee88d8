import { afterEach, describe, expect, it } from 'vitest'
import { featureIndex } from '../../shared/domain/features.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { DspResult } from './dsp-messages.ts'
import { DspPool } from './dsp-pool.ts'
import { workerUrl } from './resources.ts'

let pool: DspPool | undefined
afterEach(async () => {
  await pool?.close()
  pool = undefined
})

function sine(count: number, cycles: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin((2 * Math.PI * cycles * i) / count))
}

describe('the DSP pool', () => {
  it('analyses blocks of one point in order and refuses what does not fit', async () => {
    pool = new DspPool(workerUrl('dsp-worker'), 2, (error) => {
      throw error
    })
    await pool.ready()
    pool.configure([
      {
        pointKey: 1,
        sampleRateHz: 25_600,
        blockSize: 4096,
        unitToMps2: 9.80665,
        bearing: null,
        range: [-50, 50],
        keyphasorKey: null,
      },
      {
        pointKey: 2,
        sampleRateHz: 25_600,
        blockSize: 4096,
        unitToMps2: null,
        bearing: null,
        range: [-50, 50],
        keyphasorKey: null,
      },
    ])
    const results: DspResult[] = []
    const total = limits.blockQueue + 40
    let refused = 0
    await new Promise<void>((resolve) => {
      for (let i = 0; i < total; i++) {
        const job = {
          pointKey: 1 + (i % 2),
          samples: sine(4096, 64),
          startUs: i * 160_000,
          rpm: 1500,
          isAfterGap: false,
          wantSpectrum: i === 0,
          wantEnvelope: false,
          standsStill: false,
        }
        const taken = pool?.submit(job, (result) => {
          results.push(result)
          if (results.length === limits.blockQueue) resolve()
        })
        if (!taken) refused += 1
      }
    })
    expect(refused).toBe(40)
    expect(pool.hits).toBe(40)
    const odd = results.filter((r) => r.job % 2 === 1).map((r) => r.job)
    expect(odd).toEqual(odd.toSorted((a, b) => a - b))
    expect(results[0]?.error).toBeNull()
    expect(results[0]?.values?.[featureIndex('rms')]).toBeCloseTo(Math.SQRT1_2, 5)
    const first = results.find((r) => r.job === 1)
    expect(first?.spectrum?.amplitude[64]).toBeCloseTo(1, 4)
  })

  it('goes on with the others when a contract asks for blocks too short to be analysed', async () => {
    pool = new DspPool(workerUrl('dsp-worker'), 1, (error) => {
      throw error
    })
    await pool.ready()
    const contract = {
      sampleRateHz: 25_600,
      unitToMps2: null,
      bearing: null,
      range: [-50, 50],
      keyphasorKey: null,
    } as const
    pool.configure([
      { ...contract, pointKey: 1, blockSize: 32 },
      { ...contract, pointKey: 2, blockSize: 4096 },
    ])
    const job = {
      startUs: 0,
      rpm: null,
      isAfterGap: false,
      wantSpectrum: false,
      wantEnvelope: false,
      standsStill: false,
    }
    const ask = (pointKey: number, samples: Float32Array): Promise<DspResult> =>
      new Promise((resolve) => pool?.submit({ ...job, pointKey, samples }, resolve))
    expect(await ask(1, sine(32, 1))).toMatchObject({ values: null, error: expect.stringContaining('too short') })
    expect((await ask(2, sine(4096, 1))).error).toBeNull()
  })

  it('says what is wrong with a block of the wrong length', async () => {
    pool = new DspPool(workerUrl('dsp-worker'), 1, () => {})
    await pool.ready()
    pool.configure([
      {
        pointKey: 1,
        sampleRateHz: 25_600,
        blockSize: 4096,
        unitToMps2: null,
        bearing: null,
        range: [-50, 50],
        keyphasorKey: null,
      },
    ])
    const job = {
      pointKey: 1,
      samples: sine(100, 1),
      startUs: 0,
      rpm: null,
      isAfterGap: false,
      wantSpectrum: false,
      wantEnvelope: false,
      standsStill: false,
    }
    const result = await new Promise<DspResult>((resolve) => pool?.submit(job, resolve))
    expect(result.values).toBeNull()
    expect(result.error).toMatch(/100 samples came; the contract says 4096/)
  })

  it('times a point by its keyphasor, in one worker, whichever of the two blocks comes first', async () => {
    pool = new DspPool(workerUrl('dsp-worker'), 3, (error) => {
      throw error
    })
    await pool.ready()
    const point = { sampleRateHz: 25_600, blockSize: 4096, unitToMps2: null, bearing: null, range: [-50, 50] as const }
    pool.configure([
      { ...point, pointKey: 7, keyphasorKey: 12 },
      { ...point, pointKey: 8, keyphasorKey: 12 },
      { ...point, pointKey: 12, keyphasorKey: null },
    ])
    const shaftHz = 30
    const lags = new Map<number, number[]>()
    const send = (pointKey: number, block: number, wave: (turns: number) => number): Promise<void> =>
      new Promise((resolve) => {
        const samples = Float32Array.from({ length: 4096 }, (_, i) => wave((shaftHz * (4096 * block + i)) / 25_600))
        pool?.submit(
          {
            pointKey,
            samples,
            startUs: 1.7e15 + block * 160_000,
            rpm: 60 * shaftHz,
            isAfterGap: block === 0,
            wantSpectrum: false,
            wantEnvelope: false,
            standsStill: false,
          },
          ({ values }) => {
            lags.set(
              pointKey,
              [1, 2, 3].map((order) => values?.[featureIndex(`order${order}Phase`)] ?? 0),
            )
            resolve()
          },
        )
      })
    const radians = Math.PI / 180
    for (let block = 0; block < 14; block += 1) {
      await send(7, block, (turns) => Math.cos(2 * Math.PI * turns - 40 * radians))
      await send(12, block, (turns) => (turns % 1 < 0.05 ? 5 : 0))
      await send(8, block, (turns) => Math.cos(4 * Math.PI * turns - 200 * radians))
    }
    expect(lags.get(7)?.[0]).toBeCloseTo(40, 0)
    expect(lags.get(8)?.[1]).toBeCloseTo(200, 0)
    expect(lags.get(12)?.[0]).toBeNaN()
  })

  it('scores the faults of a point with a bearing once a second of it has come', async () => {
    pool = new DspPool(workerUrl('dsp-worker'), 1, (error) => {
      throw error
    })
    await pool.ready()
    const point = {
      sampleRateHz: 25_600,
      blockSize: 4096,
      unitToMps2: null,
      range: [-50, 50],
      keyphasorKey: null,
    } as const
    const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }
    pool.configure([
      { ...point, pointKey: 1, bearing },
      { ...point, pointKey: 2, bearing: null },
    ])
    const faultHz = (bearing.bpfo * 1772) / 60
    const ask = (pointKey: number, block: number): Promise<DspResult> => {
      const samples = Float32Array.from({ length: 4096 }, (_, i) => {
        const phase = (((4096 * block + i) / 25_600) * faultHz) % 1
        return Math.exp(-12 * phase) * Math.sin(250 * phase) + 0.05 * Math.sin(i * i * 0.37)
      })
      return new Promise((resolve) =>
        pool?.submit(
          {
            pointKey,
            samples,
            startUs: block * 160_000,
            rpm: 1772,
            isAfterGap: block === 0,
            wantSpectrum: false,
            wantEnvelope: false,
            standsStill: false,
          },
          resolve,
        ),
      )
    }
    const outer: number[] = []
    for (let block = 0; block < 8; block += 1)
      outer.push((await ask(1, block)).values?.[featureIndex('outerEvidence')] ?? 0)
    expect(outer.slice(0, 6).every(Number.isNaN)).toBe(true)
    expect(outer[6]).toBeGreaterThan(6)
    expect(outer[7]).toBe(outer[6])
    expect((await ask(2, 0)).values?.[featureIndex('outerEvidence')]).toBeNaN()
  })
})
