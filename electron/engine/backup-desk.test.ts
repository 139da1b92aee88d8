import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../../shared/domain/limits.ts'
import { openTwin, type Twin } from '../store/api.ts'
import { BackupDesk } from './backup-desk.ts'
import type { ProblemText } from './problem-texts.ts'
import { workerUrl } from './resources.ts'

const hourUs = 3_600_000_000
const startUs = Date.UTC(2026, 2, 1, 6) * 1000
const settledUs = startUs + limits.backupSettleMs * 1000
let dataDir = ''
let twin: Twin
let nowUs = startUs
let desk: BackupDesk
const problems = new Map<string, ProblemText>()

/** The real thread that copies, a real twin; only the clock is ours. */
beforeEach(async () => {
  nowUs = startUs
  problems.clear()
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-backups-'))
  const key = Uint8Array.from(randomBytes(32))
  twin = await openTwin({
    file: path.join(dataDir, 'twin.db'),
    key,
    workers: {
      writer: workerUrl('store-writer'),
      reader: workerUrl('store-reader'),
      compactor: workerUrl('store-compactor'),
    },
  })
  desk = new BackupDesk({
    dataDir,
    key,
    clock: { nowUs: () => nowUs, monotonicMs: () => nowUs / 1000 },
    installation: twin.installation,
    startedUs: startUs,
    plant: () => undefined,
    raise: (problem) => problems.set(problem.id, problem),
    clear: (id) => problems.delete(id),
    onRestartNeeded: () => undefined,
    onChanged: () => undefined,
  })
})

afterEach(async () => {
  await desk.stop()
  await twin.close()
  fs.rmSync(dataDir, { recursive: true, force: true })
})

async function lookAt(atUs: number): Promise<number> {
  nowUs = atUs
  await desk.look()
  return desk.view().backups.length
}

test('one backup a day, not before the start has settled, and no more than are kept', async () => {
  expect(await lookAt(settledUs - 1)).toBe(0)
  expect(await lookAt(settledUs)).toBe(1)
  expect(desk.view()).toMatchObject({ lastUs: settledUs, nextUs: settledUs + 24 * hourUs, failure: null })
  expect(await lookAt(settledUs + 23 * hourUs)).toBe(1)
  for (let day = 1; day <= limits.backupsKept + 1; day += 1) await lookAt(settledUs + day * 24 * hourUs)
  const kept = desk.view().backups.map(({ facts }) => facts?.madeUs)
  expect(kept).toEqual([4, 3, 2].map((day) => settledUs + day * 24 * hourUs))
  expect([...problems.keys()]).toEqual([])
})

test('one that fails is said and tried again in an hour; an old one is said too', async () => {
  await lookAt(settledUs)
  // A file where the folder should be: no copy can be made there.
  fs.renameSync(desk.folder, `${desk.folder}-away`)
  fs.writeFileSync(desk.folder, '')
  const due = settledUs + 24 * hourUs
  await lookAt(due)
  expect(problems.get('backup.failed')?.message).toMatch(/^The daily backup was not made: /)
  expect(desk.view().nextUs).toBe(due + hourUs)
  const later = due + 13 * hourUs
  await lookAt(later)
  expect(problems.has('backup.overdue')).toBe(false)

  fs.rmSync(desk.folder)
  fs.renameSync(`${desk.folder}-away`, desk.folder)
  expect(await lookAt(later + hourUs - 1)).toBe(1)
  expect(problems.get('backup.overdue')?.message).toMatch(/^The last backup of the twin is of 2026-03-01T06:10/)
  expect(await lookAt(later + hourUs)).toBe(2)
  expect([...problems.keys()]).toEqual([])
})

test('a clock that was set back neither stops the daily backup nor costs the newest', async () => {
  await lookAt(settledUs + 400 * 24 * hourUs)
  expect(await lookAt(settledUs)).toBe(2)
  expect(desk.view().lastUs).toBe(settledUs)
  for (const day of [1, 2]) await lookAt(settledUs + day * 24 * hourUs)
  const kept = desk.view().backups.map(({ facts }) => facts?.madeUs)
  expect(kept).toEqual([2, 1, 0].map((day) => settledUs + day * 24 * hourUs))
})
