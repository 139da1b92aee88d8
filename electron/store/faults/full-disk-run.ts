import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TwinError, type Twin } from '../api.ts'
import { capture, open, random } from '../twin-fixtures.ts'
import type { SmallDisk } from './full-disk.ts'
import { judge, judgeError } from './judge.ts'
import {
  captureOf,
  emptyLedger,
  scenarioCompaction,
  scenarioPoints,
  sessionAtUs,
  tickAtUs,
  tickOf,
} from './scenario.ts'

export interface FullDiskReport {
  seed: number
  ticks: number
  /** How often the disk was filled, and what was refused meanwhile. */
  fills: number
  refusedTicks: number
  refusedCaptures: number
  compactedTicks: number
  faults: string[]
}

/**
 * The twin with all its threads on a disk that is filled at seeded moments and emptied again after some refusals, as an operator
 * would: a refused tick is handed in again, as the engine does, a refused capture is given up, and in the end everything that has
 * its receipt is there once.
 */
export async function fullDiskRun(disk: SmallDisk, seed: number, ticks: number): Promise<FullDiskReport> {
  const where = disk.make()
  const draw = random(seed)
  const ledger = emptyLedger()
  const report: FullDiskReport = {
    seed,
    ticks,
    fills: 0,
    refusedTicks: 0,
    refusedCaptures: 0,
    compactedTicks: 0,
    faults: [],
  }
  const twin = await open(where, scenarioCompaction)
  try {
    await begin(twin)
    ledger.started.add(1)
    let waiting = 0
    for (let number = 1; number <= ticks; number++) {
      if (waiting === 0 && draw() < 0.1) {
        disk.fill(Math.floor(draw() * 60))
        report.fills++
        waiting = 1 + Math.floor(draw() * 4)
      }
      for (;;) {
        const refused = await refusalOf(twin.commitTick(tickOf(1, number)), report.faults)
        if (!refused) break
        report.refusedTicks++
        if (--waiting <= 0) disk.empty()
        await sleep(5)
      }
      ledger.ticks.set(1, number)
      if (number % 3 === 0) {
        const id = captureOf(1, number)
        const refused = await refusalOf(
          twin.putCapture(capture(id, 1, { sourceUs: tickAtUs(1, number) })),
          report.faults,
        )
        if (refused) report.refusedCaptures++
        else ledger.captures.push(id)
      }
      if (report.faults.length > 0) break
    }
    disk.empty()
    report.compactedTicks = (await twin.counts()).compactedTicks
  } finally {
    disk.empty()
    await twin.close()
  }
  report.faults.push(...(await judge(where, ledger)))
  fs.rmSync(where.dir, { recursive: true, force: true })
  return report
}

async function begin(twin: Twin): Promise<void> {
  const kind = 'scalar' as const
  await twin.points(Array.from({ length: scenarioPoints }, (_, i) => ({ id: `p${i}`, assetId: 'a', kind })))
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
  await twin.sessionStart(sessionAtUs(1))
}

async function refusalOf(work: Promise<unknown>, faults: string[]): Promise<boolean> {
  try {
    await work
    return false
  } catch (error) {
    faults.push(...judgeError(error))
    if (error instanceof TwinError && !error.retryable) faults.push(`${error.message} cannot be tried again`)
    return true
  }
}
