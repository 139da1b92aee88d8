import { describe, expect, it } from 'vitest'
import type { ReadView } from '../../../shared/protocol/methods.ts'
import { addRead, type NodeSample, trendOf } from './node-trend.ts'

const read = (number: number | null, sourceUs: number | null, status = 0): ReadView => ({
  nodeId: 'n',
  value: String(number),
  number,
  status,
  sourceUs,
  serverUs: null,
})

describe('the plot of a node', () => {
  it('takes source times, and the time of the read where they stand, lie ahead or are not said', () => {
    let samples: NodeSample[] = []
    samples = addRead(samples, read(1, 100), 1_000)
    samples = addRead(samples, read(1, 100), 2_000)
    samples = addRead(samples, read(2, 9_000), 3_000)
    samples = addRead(samples, read(3, null), 4_000)
    expect(samples).toEqual([
      { tUs: 100, value: 1 },
      { tUs: 2_000, value: 1 },
      { tUs: 3_000, value: 2 },
      { tUs: 4_000, value: 3 },
    ])
  })

  it('breaks where there is no number that counts, and keeps ten minutes', () => {
    expect(addRead([], read(null, 1), 2)[0]?.value).toBeNaN()
    expect(addRead([], read(5, 1, 0x8000_0000), 2)[0]?.value).toBeNaN()
    expect(addRead([], read(5, 1, 0x4000_0000), 2)[0]?.value).toBe(5)
    let samples: NodeSample[] = []
    for (let i = 1; i <= 700; i += 1) samples = addRead(samples, read(i, i), i)
    const trend = trendOf(samples, 'n', 'g', 701)
    expect(trend.tUs).toHaveLength(600)
    expect(trend.mean[0]).toBe(101)
  })
})
