import { SmallDisk } from '../../electron/store/faults/full-disk.ts'
import { fullDiskRun, type FullDiskReport } from '../../electron/store/faults/full-disk-run.ts'
import { every, sweep } from '../../electron/store/faults/sweep.ts'

/** Every 4 KiB of room that a run may find, and runs with all threads on a disk that is filled and emptied. Needs root. */
export async function fullDisk(seed: number): Promise<{ ok: boolean; report: object }> {
  const disk = SmallDisk.mount(16)
  if (!disk) return { ok: false, report: { left: 'a small disk can be mounted by root only' } }
  try {
    const room = await sweep(disk, every(4, 0, 1600), disk.make)
    const runs: FullDiskReport[] = []
    for (let i = 0; i < 20; i++) runs.push(await fullDiskRun(disk, seed + i, 250))
    const sum = (of: (run: FullDiskReport) => number): number => runs.reduce((total, run) => total + of(run), 0)
    const threads = {
      runs: runs.length,
      ticks: sum(({ ticks }) => ticks),
      fills: sum(({ fills }) => fills),
      refusedTicks: sum(({ refusedTicks }) => refusedTicks),
      refusedCaptures: sum(({ refusedCaptures }) => refusedCaptures),
      faults: runs.flatMap(({ faults }) => faults),
    }
    const ok = room.faults.length === 0 && threads.faults.length === 0 && room.struck > 0 && threads.refusedTicks > 0
    return { ok, report: { room, threads } }
  } finally {
    disk.unmount()
  }
}
