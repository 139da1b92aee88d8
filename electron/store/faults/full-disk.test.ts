import { describe, expect, it, type TestContext } from 'vitest'
import { SmallDisk } from './full-disk.ts'
import { fullDiskRun } from './full-disk-run.ts'
import { every, sweep } from './sweep.ts'

// Without root the same run meets a limit of file sizes instead (nth-write.test.ts), and the twin its own limit (faults.test.ts).
async function onSmallDisk({ skip }: TestContext, body: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const disk = SmallDisk.mount(8)
  if (!disk) return skip('a small disk can be mounted by root only')
  try {
    await body(disk)
  } finally {
    disk.unmount()
  }
}

describe('a real full disk (needs root)', () => {
  it(
    'at whatever point of a run it fills: everything with a receipt is there, and it goes on once there is room',
    (context) =>
      onSmallDisk(context, async (disk) => {
        const report = await sweep(disk, every(92, 0, 1400), disk.make)
        expect(report.faults).toEqual([])
        expect(report.refusals['disk-full']).toBeGreaterThan(3)
      }),
    300_000,
  )

  it(
    'with all threads, filled and emptied again',
    (context) =>
      onSmallDisk(context, async (disk) => {
        const report = await fullDiskRun(disk, 20_261_122, 90)
        expect(report.faults).toEqual([])
        expect(report.refusedTicks).toBeGreaterThan(0)
      }),
    300_000,
  )
})
