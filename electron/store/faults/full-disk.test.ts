import { afterAll, describe, expect, it } from 'vitest'
import { SmallDisk } from './full-disk.ts'
import { fullDiskRun } from './full-disk-run.ts'
import { every, sweep } from './sweep.ts'

const disk = SmallDisk.mount(8)
afterAll(() => disk?.unmount())

// Without root the same run meets a limit of file sizes instead (nth-write.test.ts), and the twin its own limit (faults.test.ts).
describe.skipIf(disk === null)('a real full disk (needs root)', () => {
  it('at whatever point of a run it fills: everything with a receipt is there, and it goes on once there is room', async () => {
    if (!disk) return
    const report = await sweep(disk, every(92, 0, 1400), disk.make)
    expect(report.faults).toEqual([])
    expect(report.refusals['disk-full']).toBeGreaterThan(3)
  }, 300_000)

  it('with all threads, filled and emptied again', async () => {
    if (!disk) return
    const report = await fullDiskRun(disk, 20_261_122, 90)
    expect(report.faults).toEqual([])
    expect(report.refusedTicks).toBeGreaterThan(0)
  }, 300_000)
})
