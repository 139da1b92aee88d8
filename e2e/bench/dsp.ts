import fs from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import vm from 'node:vm'
import { fileURLToPath } from 'node:url'
import { squaredEnvelope } from '../../electron/dsp/envelope.ts'
import { createBlockAnalyzer } from '../../electron/dsp/block-features.ts'
import { complexForward64, realForward64 } from '../../electron/dsp/fft64.ts'
import { createFft } from '../../electron/dsp/fft.ts'
import { realSpectrum } from '../../electron/dsp/spectrum.ts'
import { BlockDiagnosis } from '../../electron/engine/block-diagnosis.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { bearingOrders, type BearingOrders } from '../../shared/domain/bearings.ts'

const SAMPLE_RATE_HZ = 25_600
const BLOCK = 4096
const CHANNELS = 32
const RPM = 1772
/** What a second of one channel may cost: everything, and the features alone. */
const DIAGNOSIS_BUDGET_US = 2000
const FEATURES_BUDGET_US = 300
/** A block that kept a page of memory would show: 4 KB. Boxed numbers, which the compiler may or may not need, stay far below. */
const ALLOCATION_BUDGET_BYTES = 4096

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
function testBlocks(count: number, length = BLOCK): Float32Array[] {
  const faultHz = 3.585 * (RPM / 60)
  let seed = 12_345
  const noise = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
    return seed / 2 ** 32 - 0.5
  }
  return Array.from({ length: count }, (_, block) =>
    Float32Array.from({ length }, (_, i) => {
      const t = (block * length + i) / SAMPLE_RATE_HZ
      const phase = (t * faultHz) % 1
      const ring = Math.exp((-600 * phase) / faultHz) * Math.sin((2 * Math.PI * 4200 * phase) / faultHz)
      return ring + 0.2 * Math.sin((2 * Math.PI * RPM * t) / 60) + 0.2 * noise()
    }),
  )
}

/**
 * Processor time of a call in microseconds: what one core spends, whatever else runs beside. The system counts it in steps of
 * milliseconds, so that batches have to be long.
 */
function medianCpuUs(call: (i: number) => void, batch: number, batches = 9): number {
  for (let i = 0; i < batch; i += 1) call(i)
  const times: number[] = []
  for (let run = 0; run < batches; run += 1) {
    const start = process.threadCpuUsage()
    for (let i = 0; i < batch; i += 1) call(i)
    const { user, system } = process.threadCpuUsage(start)
    times.push((user + system) / batch)
  }
  return times.sort((a, b) => a - b)[batches >> 1] ?? Number.NaN
}

/** Bytes of garbage per call: growth of the heap over stretches in which nothing is collected, the median of them. */
function bytesPerCall(call: (i: number) => void, stretch: number, calls: number): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = vm.runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('this runtime cannot collect on demand')
  for (let i = 0; i < 1000; i += 1) call(i)
  const readings: number[] = []
  for (let done = 0; done < calls; done += stretch) {
    Reflect.apply(collect, undefined, [])
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < stretch; i += 1) call(done + i)
    readings.push((process.memoryUsage().heapUsed - before) / stretch)
  }
  return readings.sort((a, b) => a - b)[readings.length >> 1] ?? Number.NaN
}

/** One second of one channel, from samples to fault scores, in memory that is kept; speed differs from block to block. */
function benchSecond(fft: Fft, bearing: BearingOrders): Record<string, number> {
  const seconds = testBlocks(8, SAMPLE_RATE_HZ)
  const second = (i: number): Float32Array => seconds[i % seconds.length] ?? new Float32Array(SAMPLE_RATE_HZ)
  const options = { sampleRateHz: SAMPLE_RATE_HZ, blockSize: SAMPLE_RATE_HZ, bearing }
  const diagnosis = new BlockDiagnosis(fft, { ...options, mainsHz: 50 })
  const analyzer = createBlockAnalyzer(fft, { ...options, unitToMps2: 9.80665 })
  const diagnose = (i: number): void => void diagnosis.diagnose(second(i), RPM + (i % 7))
  const features = (i: number): void => void analyzer.analyze(second(i), RPM + (i % 7))
  return {
    fullDiagnosisOfOneSecondUs: medianUs(diagnose, 50, 21),
    fullDiagnosisOfOneSecondCpuUs: medianCpuUs(diagnose, 200),
    featuresOfOneSecondCpuUs: medianCpuUs(features, 600),
    linesOfOneSecondUs: medianUs((i) => diagnosis.lines.analyze(second(i), 700, 480), 50),
    featuresOfOneSecondUs: medianUs(features, 100, 21),
    fullDiagnosisBytesPerBlock: bytesPerCall(diagnose, 500, 10_000),
    featuresBytesPerBlock: bytesPerCall(features, 500, 10_000),
  }
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

  const ofSecond = benchSecond(fft, bearing)
  const blockSeconds = BLOCK / SAMPLE_RATE_HZ
  const channelsPerCore = (blockSeconds * 1e6) / blockUs
  return {
    metrics: {
      featuresUsPerBlock: blockUs,
      displaySpectrumUsPerBlock: spectrumUs,
      channelsPerCore,
      channelsPerCoreWithScores:
        1e6 / (blockUs / blockSeconds + (ofSecond['fullDiagnosisOfOneSecondUs'] ?? Number.NaN)),
      channelsPerCoreWithSpectrum: (blockSeconds * 1e6) / (blockUs + spectrumUs),
      pffftReal4096Us: pffftUs,
      plainReal4096Us: plainUs,
      plainComplex4096Us: plainComplexUs,
      recordSpectrum121265Us: recordUs,
      squaredEnvelopeOfOneBandUs: envelopeUs,
      ...ofSecond,
    },
    ratios: {
      plainToPffft: plainUs / pffftUs,
      channelsToRequired: channelsPerCore / 300,
      featuresToPffft: blockUs / pffftUs,
      fullDiagnosisToBudget: (ofSecond['fullDiagnosisOfOneSecondCpuUs'] ?? Number.NaN) / DIAGNOSIS_BUDGET_US,
      featuresToBudget: (ofSecond['featuresOfOneSecondCpuUs'] ?? Number.NaN) / FEATURES_BUDGET_US,
      fullDiagnosisToPffft: (ofSecond['fullDiagnosisOfOneSecondUs'] ?? Number.NaN) / pffftUs,
      allocationToBudget: (ofSecond['fullDiagnosisBytesPerBlock'] ?? Number.NaN) / ALLOCATION_BUDGET_BYTES,
    },
  }
}
