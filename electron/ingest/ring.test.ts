import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRing } from './index.ts'

const t0 = 1_700_000_000_000_000

describe('pre-trigger ring', () => {
  it('gives back the newest samples as one view with their time', () => {
    const ring = createRing(10, 1)
    expect(ring.latest(1)).toBeNull()
    for (let i = 0; i < 7; i++) ring.push(t0 + i * 300_000, Float32Array.of(3 * i, 3 * i + 1, 3 * i + 2), i > 0)
    expect(ring.held()).toBe(10)
    expect(ring.latest(0.4)).toMatchObject({ sourceUs: t0 + 1_700_000, samples: Float32Array.of(17, 18, 19, 20) })
    expect(ring.latest(99)?.samples).toHaveLength(10)
    expect(ring.window(t0 + 1_500_000, t0 + 1_800_000)).toMatchObject({
      sourceUs: t0 + 1_500_000,
      samples: Float32Array.of(15, 16, 17),
    })
    expect(ring.window(t0, t0 + 1000)).toBeNull()
  })

  it('never joins what a loss parted', () => {
    const ring = createRing(10, 2)
    ring.push(t0, Float32Array.of(1, 2, 3), false)
    ring.push(t0 + 5e6, Float32Array.of(4, 5), false)
    expect([...(ring.latest(9)?.samples ?? [])]).toEqual([4, 5])
    expect([...(ring.window(t0, t0 + 9e6)?.samples ?? [])]).toEqual([1, 2, 3])
    const pieces = ring.pieces(t0 + 100_000, t0 + 9e6).map(({ sourceUs, samples }) => [sourceUs, ...samples])
    expect(pieces).toEqual([
      [t0 + 100_000, 2, 3],
      [t0 + 5e6, 4, 5],
    ])
    expect(ring.endUs()).toBe(t0 + 5.2e6)
  })

  it('keeps the width of its samples, and what it holds when a wider one comes', () => {
    const ring = createRing(10, 1)
    ring.push(t0, Float32Array.of(1, 2, 3), false)
    expect(ring.latest(1)?.samples).toEqual(Float32Array.of(1, 2, 3))
    ring.push(t0 + 300_000, Float64Array.of(Math.PI, 1e300), true)
    expect(ring.latest(1)?.samples).toEqual(Float64Array.of(1, 2, 3, Math.PI, 1e300))
    ring.push(t0 + 500_000, Float32Array.of(6, 7, 8, 9, 10, 11, 12), true)
    expect(ring.latest(1)?.samples).toEqual(Float64Array.of(3, Math.PI, 1e300, 6, 7, 8, 9, 10, 11, 12))
  })

  it('keeps the end of a block longer than itself', () => {
    const ring = createRing(10, 1)
    ring.push(
      t0,
      Float32Array.from({ length: 25 }, (_, i) => i),
      false,
    )
    expect(ring.latest(1)).toMatchObject({
      sourceUs: t0 + 1_500_000,
      samples: Float32Array.from({ length: 10 }, (_, i) => 15 + i),
    })
  })

  it('equals a plain list cut to its length, for any blocks', () => {
    const blocks = fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()), { maxLength: 40 })
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 60 }), (list, capacity) => {
        const ring = createRing(1000, capacity / 1000)
        const all: { tUs: number; value: number; piece: number }[] = []
        let tUs = t0
        let piece = 0
        let value = 0
        for (const [length, continues] of list) {
          if (!continues || all.length === 0) {
            piece++
            tUs += 500_000
          }
          const samples = Float32Array.from({ length }, () => value++)
          ring.push(tUs, samples, continues && all.length > 0)
          samples.forEach((one, i) => all.push({ tUs: tUs + i * 1000, value: one, piece }))
          tUs += length * 1000
        }
        const held = all.slice(-ring.capacity)
        expect(ring.held()).toBe(held.length)
        const last = held.filter((one) => one.piece === held.at(-1)?.piece)
        const view = ring.latest(1e6)
        expect(view ? [...view.samples] : []).toEqual(last.map((one) => one.value))
        if (view) expect(view.sourceUs).toBe(last[0]?.tUs)
        const pieces = ring.pieces(t0, tUs + 1).flatMap(({ samples }) => [...samples])
        expect(pieces).toEqual(held.map((one) => one.value))
      }),
      { numRuns: 300 },
    )
  })
})
