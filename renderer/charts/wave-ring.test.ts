import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WaveRing } from './wave-ring.ts'

interface Frame {
  firstBin: number
  min: Float32Array
  max: Float32Array
}

/** Frames as an engine makes them: columns of one signal up to a moment, the newest column perhaps incomplete. */
function framesOf(signal: readonly number[], perBin: number, cuts: readonly number[], firstBin: number): Frame[] {
  return cuts.map((cut) => {
    const samples = signal.slice(0, cut)
    const bins = Math.ceil(samples.length / perBin)
    const from = Math.max(0, bins - 7)
    const columns = Array.from({ length: bins - from }, (_, i) =>
      samples.slice((from + i) * perBin, (from + i + 1) * perBin),
    )
    return {
      firstBin: firstBin + from,
      min: Float32Array.from(columns, (column) => Math.min(...column)),
      max: Float32Array.from(columns, (column) => Math.max(...column)),
    }
  })
}

function content(ring: WaveRing, from: number, count: number): { min: number[]; max: number[] } {
  const [min, max] = [new Float32Array(count), new Float32Array(count)]
  ring.read(from, count, min, max)
  return { min: [...min], max: [...max] }
}

const signalArbitrary = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -100, max: 100 }), {
  minLength: 5,
  maxLength: 200,
})

describe('WaveRing', () => {
  it('gives the same columns for any order and repetition of frames', () => {
    fc.assert(
      fc.property(
        signalArbitrary,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 1_700_000_000_000 }),
        fc.array(fc.double({ min: 0.02, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 24 }),
        (signal, perBin, firstBin, shares, picks) => {
          const cuts = shares.map((share) => Math.max(1, Math.round(share * signal.length)))
          const frames = framesOf(signal, perBin, cuts, firstBin)
          const inOrder = new WaveRing(16)
          const sorted = [...frames].sort((a, b) => a.firstBin + a.min.length - (b.firstBin + b.min.length))
          for (const frame of sorted) inOrder.apply(frame.firstBin, frame.min, frame.max)
          const shuffled = new WaveRing(16)
          const extra = picks.map((pick) => frames[pick % frames.length]).filter((frame) => frame !== undefined)
          // Frames are dropped only for being older than the whole ring; a run of eight of those means a clock set back.
          for (const frame of [...frames, ...extra].reverse())
            if (frame.firstBin + frame.min.length > shuffled.endBin - 16)
              shuffled.apply(frame.firstBin, frame.min, frame.max)
          expect(shuffled.endBin).toBe(inOrder.endBin)
          expect(content(shuffled, inOrder.endBin - 16, 16)).toEqual(content(inOrder, inOrder.endBin - 16, 16))
        },
      ),
    )
  })

  it('keeps every spike of the newest columns', () => {
    fc.assert(
      fc.property(signalArbitrary, fc.integer({ min: 1, max: 5 }), (signal, perBin) => {
        const ring = new WaveRing(256)
        for (let cut = 1; cut <= signal.length; cut += 3)
          for (const frame of framesOf(signal, perBin, [cut], 40)) ring.apply(frame.firstBin, frame.min, frame.max)
        for (const frame of framesOf(signal, perBin, [signal.length], 40))
          ring.apply(frame.firstBin, frame.min, frame.max)
        const bins = Math.ceil(signal.length / perBin)
        const { min, max } = content(ring, 40, bins)
        for (const [n, value] of signal.entries()) {
          const bin = Math.floor(n / perBin)
          expect(min[bin]).toBeLessThanOrEqual(value)
          expect(max[bin]).toBeGreaterThanOrEqual(value)
        }
      }),
    )
  })

  it('leaves a hole as a gap and knows nothing before or after what it holds', () => {
    const ring = new WaveRing(8)
    ring.apply(10, Float32Array.of(1, 1), Float32Array.of(2, 2))
    ring.apply(14, Float32Array.of(3, Number.NaN), Float32Array.of(4, Number.NaN))
    expect(content(ring, 9, 8).max).toEqual([NaN, 2, 2, NaN, NaN, 4, NaN, NaN])
  })

  it('follows a clock that was set back after a few frames', () => {
    const ring = new WaveRing(8)
    ring.apply(1000, Float32Array.of(1), Float32Array.of(1))
    for (let n = 0; n < 8; n++) ring.apply(10 + n, Float32Array.of(5), Float32Array.of(5))
    expect(ring.endBin).toBe(18)
    expect(content(ring, 17, 1).max).toEqual([5])
  })
})
