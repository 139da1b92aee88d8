import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { squaredEnvelope } from '../../electron/dsp/envelope.ts'
import { createBlockAnalyzer } from '../../electron/dsp/block-features.ts'
import { complexForward64, realForward64 } from '../../electron/dsp/fft64.ts'
import { createFft } from '../../electron/dsp/fft.ts'
import { realSpectrum } from '../../electron/dsp/spectrum.ts'
import { bearingOrders } from '../../shared/domain/bearings.ts'

const SAMPLE_RATE_HZ = 25_600
const BLOCK = 4096
const CHANNELS = 32
const RPM = 1772

/** Median time of a call in microseconds, over batches, after a warm-up: the median shrugs off the other core's load. */
function medianUs(call: (i: number) => void, batch: number, batches = 15): number {
  for (let i = 0; i < batch; i += 1) call(i)
  const times: number[] = []
  for (let run = 0; run < batches; run += 1) {
    const start = performance.now()
    for (let i = 0; i < batch; i += 1) call(i)
    times.push(((performance.now() - start) * 1000) / batch)
  }
  return times.sort((a, b) => a - b)[batches >> 1] ?? Number.NaN
}

/** A bearing's impulses exciting a resonance, in noise; a different stretch per block. */
function testBlocks(count: number): Float32Array[] {
  const faultHz = 3.585 * (RPM / 60)
  let seed = 12_345
  const noise = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  return Array.from({ length: count }, (_, block) =>
    Float32Array.from({ length: BLOCK }, (_, i) => {
      const t = (block * BLOCK + i) / SAMPLE_RATE_HZ
      const phase = (t * faultHz) % 1
      const ring = Math.exp((-600 * phase) / faultHz) * Math.sin((2 * Math.PI * 4200 * phase) / faultHz)
      return ring + 0.2 * Math.sin((2 * Math.PI * RPM * t) / 60) + 0.2 * noise()
    }),
  )
}

/**
 * What one core does with 25.6 kHz channels: all features and envelope lines of each block (of 4096 samples, 160 ms), in turn
 * over 32 channels with their own state, so that caches are as cold as they will be.
 */
export async function benchDsp(): Promise<{ metrics: Record<string, number>; ratios: Record<string, number> }> {
  const wasm = fileURLToPath(new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url))
  const fft = await createFft(fs.readFileSync(wasm))
  const blocks = testBlocks(16)
  const bearing = bearingOrders({ rollingElements: 9, elementDiameter: 7.94, pitchDiameter: 39.04, contactAngleDeg: 0 })
  const options = { sampleRateHz: SAMPLE_RATE_HZ, blockSize: BLOCK, unitToMps2: 9.80665, bearing }
  const analyzers = Array.from({ length: CHANNELS }, () => createBlockAnalyzer(fft, options))
  const block = (i: number): Float32Array => blocks[i % blocks.length] ?? new Float32Array(BLOCK)
  const channel = (i: number): (typeof analyzers)[number] =>
    analyzers[i % CHANNELS] ?? createBlockAnalyzer(fft, options)
  // The rolling records must be full, or the envelope lines are not computed at all.
  for (let i = 0; i < CHANNELS * 12; i += 1) channel(i).analyze(block(Math.floor(i / CHANNELS)), RPM)
  const blockUs = medianUs((i) => void channel(i).analyze(block(i), RPM), 640)
  const spectrumUs = medianUs((i) => void channel(i).spectrum(block(i)), 640)

  const pffft = fft.real(BLOCK)
  pffft.input.set(block(0))
  const pffftUs = medianUs(() => pffft.forward(), 2000)
  const wide = Float64Array.from(block(0))
  const plainUs = medianUs(() => void realForward64(wide), 200)
  const re = new Float64Array(BLOCK)
  const im = new Float64Array(BLOCK)
  const plainComplexUs = medianUs(() => {
    re.set(wide)
    im.fill(0)
    complexForward64(re, im)
  }, 200)

  const record = Float64Array.from({ length: 121_265 }, (_, i) => block(Math.floor(i / BLOCK))[i % BLOCK] ?? 0)
  const recordUs = medianUs(() => void realSpectrum(record), 1, 5)
  const spectrum = realSpectrum(record)
  const envelopeUs = medianUs(() => void squaredEnvelope(fft, spectrum, 20_000, 40_000, false, 4000), 5, 9)

  const blockSeconds = BLOCK / SAMPLE_RATE_HZ
  const channelsPerCore = (blockSeconds * 1e6) / blockUs
  return {
    metrics: {
      featuresUsPerBlock: blockUs,
      displaySpectrumUsPerBlock: spectrumUs,
      channelsPerCore,
      channelsPerCoreWithSpectrum: (blockSeconds * 1e6) / (blockUs + spectrumUs),
      pffftReal4096Us: pffftUs,
      plainReal4096Us: plainUs,
      plainComplex4096Us: plainComplexUs,
      recordSpectrum121265Us: recordUs,
      squaredEnvelopeOfOneBandUs: envelopeUs,
    },
    ratios: {
      plainToPffft: plainUs / pffftUs,
      channelsToRequired: channelsPerCore / 300,
      featuresToPffft: blockUs / pffftUs,
    },
  }
}
