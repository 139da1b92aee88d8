import { describe, expect, it } from 'vitest'
import { FileSizeFault } from './file-size-fault.ts'
import { StatementFault } from './statement-fault.ts'
import { every, sweep } from './sweep.ts'

// All n of them: npm run -s soak -- nth-write
describe('the n-th operation of a run with everything in it fails', () => {
  it('a statement, once', async () => {
    const report = await sweep(new StatementFault(false), every(23, 3))
    expect(report.faults).toEqual([])
    expect(report.struck).toBeGreaterThan(12)
    expect(report.compaction.length).toBeGreaterThan(0)
  }, 300_000)

  it('every statement that writes from the n-th on, as on a full disk', async () => {
    const report = await sweep(new StatementFault(true), every(17, 2))
    expect(report.faults).toEqual([])
    expect(report.refusals['disk-full']).toBeGreaterThan(6)
  }, 300_000)

  it.skipIf(!FileSizeFault.available())(
    'every write beyond a size of file',
    async () => {
      const report = await sweep(new FileSizeFault(), every(49_201, 1, 700_000))
      expect(report.faults).toEqual([])
      expect(report.refusals['disk-error']).toBeGreaterThan(6)
    },
    300_000,
  )
})
