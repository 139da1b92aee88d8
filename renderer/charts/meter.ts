/**
 * Counters of the drawing itself, read by `bench live`. Bounded: histograms, not lists, because the window draws for
 * months.
 */
const drawBucketMs = 0.25
const drawBuckets = 400
const latencyBucketMs = 5
const latencyBuckets = 400

class Histogram {
  readonly #counts: Uint32Array
  readonly #width: number
  #total = 0

  constructor(width: number, buckets: number) {
    this.#width = width
    this.#counts = new Uint32Array(buckets)
  }

  add(value: number): void {
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(value / this.#width)))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total += 1
  }

  /** Upper edge of the bucket that holds the share `q` of all values; NaN without values. */
  quantile(q: number): number {
    if (this.#total === 0) return Number.NaN
    let seen = 0
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count
      if (seen >= q * this.#total) return (bucket + 1) * this.#width
    }
    return this.#counts.length * this.#width
  }

  get total(): number {
    return this.#total
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }
}

export interface MeterReading {
  /** Animation frames in which at least one live plot was drawn. */
  frames: number
  seconds: number
  framesPerSecond: number
  /** Script time of one frame over all plots, uPlot's own work included. */
  drawMsP50: number
  drawMsP95: number
  drawMsP99: number
  /** Now minus source time of the newest sample drawn, over all channels and frames. */
  latencyMsP50: number
  latencyMsP95: number
  latencySamples: number
  /** Protocol frames of waveforms applied. */
  framesApplied: number
}

const draw = new Histogram(drawBucketMs, drawBuckets)
const latency = new Histogram(latencyBucketMs, latencyBuckets)
let startedMs = performance.now()
let framesApplied = 0

export const meter = {
  drawn(ms: number): void {
    draw.add(ms)
  },
  sampleDrawn(latencyMs: number): void {
    latency.add(latencyMs)
  },
  applied(): void {
    framesApplied += 1
  },
  reset(): void {
    draw.clear()
    latency.clear()
    framesApplied = 0
    startedMs = performance.now()
  },
  read(): MeterReading {
    const seconds = (performance.now() - startedMs) / 1000
    return {
      frames: draw.total,
      seconds,
      framesPerSecond: draw.total / seconds,
      drawMsP50: draw.quantile(0.5),
      drawMsP95: draw.quantile(0.95),
      drawMsP99: draw.quantile(0.99),
      latencyMsP50: latency.quantile(0.5),
      latencyMsP95: latency.quantile(0.95),
      latencySamples: latency.total,
      framesApplied,
    }
  },
}
