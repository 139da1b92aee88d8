import fs from 'node:fs'
import path from 'node:path'
import type { Actor } from '../../shared/domain/access.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import type { Recovery } from '../../shared/domain/recovery.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { BackupsView } from '../../shared/protocol/methods.ts'
import {
  backupName,
  askRepair,
  isMadeBy,
  listBackups,
  orderJoin,
  orderSwap,
  pendingSalvage,
  removeParts,
  rotateBackups,
  runJob,
  TwinError,
  twinFileName,
  type BackupEntry,
  type JobProgress,
} from '../store/api.ts'
import { backupFailed, backupOverdue, recovered, salvageFailed, twinDamaged } from './backup-texts.ts'
import { workerUrl } from './resources.ts'
import type { ProblemText } from './problem-texts.ts'
import { engineVersion } from './version.ts'

export interface BackupDeskOptions {
  dataDir: string
  key: Uint8Array
  clock: Clock
  installation: string
  startedUs: number
  /** Undefined until a plant file is in force. */
  plant: () => PlantFile | undefined
  raise: (problem: ProblemText) => void
  clear: (problemId: string) => void
  onRestartNeeded: (reason: string) => void
  onChanged: (what: 'status') => void
}

interface Running {
  what: 'backup' | 'restore' | 'salvage'
  progress: () => JobProgress
  cancel: () => Promise<void>
  ended: Promise<void>
}

/**
 * A copy of the twin each day and on demand, one at a time, and the way back. The copy is made by a thread of its own from a
 * connection of its own; acquisition goes on. A restore is prepared and verified beside the running twin too, and takes its
 * place at a restart of seconds.
 */
export class BackupDesk {
  readonly #options: BackupDeskOptions
  #running: Running | null = null
  #failure: string | null = null
  #triedUs = 0
  #stopped = false

  constructor(options: BackupDeskOptions) {
    this.#options = options
    removeParts(this.folder)
    removeAsked(path.join(options.dataDir, 'tmp'))
  }

  get folder(): string {
    return path.resolve(this.#options.dataDir, this.#options.plant()?.backup?.path ?? 'backups')
  }

  get #keep(): number {
    return this.#options.plant()?.backup?.keep ?? limits.backupsKept
  }

  #nowUs(): number {
    return this.#options.clock.nowUs()
  }

  /** At the start: what a recovery has to say, and what is left of one to do. */
  begin([last]: readonly Recovery[]): void {
    const isRecent = last && this.#nowUs() - last.atUs < limits.recoveryShownMs * 1000
    if (isRecent) this.#options.raise(recovered(last.message))
    void this.salvage()
  }

  /** A page that cannot be read spoils one question; one that a commit needs would spoil every commit. */
  damageFound(error: Error, where: 'read' | 'write'): void {
    if (this.#stopped) return
    this.#options.raise(twinDamaged(error.message))
    if (where === 'write') this.repair(error.message)
  }

  view(): BackupsView {
    const { folder } = this
    const entries = listBackups(folder)
    return {
      folder,
      keep: this.#keep,
      running: this.#running && { what: this.#running.what, ...this.#running.progress() },
      failure: this.#failure,
      lastUs: this.#newest(entries)?.facts?.madeUs ?? null,
      nextUs: this.#nextUs(entries),
      backups: entries.map(({ file, bytes, facts }) => ({
        name: path.basename(file),
        bytes,
        facts: facts && {
          kind: facts.kind,
          madeUs: facts.madeUs,
          lastTickUs: facts.lastTickUs,
          ours: facts.installation === this.#options.installation,
          plantId: facts.plantId,
        },
      })),
    }
  }

  /** Once a minute or so: the daily backup when it is due, and a word when the last one is too old. */
  async look(): Promise<void> {
    if (this.#stopped || this.#running) return
    const { raise, clear } = this.#options
    const now = this.#nowUs()
    const entries = listBackups(this.folder)
    if (now >= this.#nextUs(entries)) {
      await this.make('daily').catch(() => undefined)
      return
    }
    const last = this.#newest(entries)?.facts?.madeUs ?? Math.min(this.#options.startedUs, now)
    if (now - last > limits.backupOverdueMs * 1000) raise(backupOverdue(last))
    else clear('backup.overdue')
  }

  /** Rejects with a TwinError in words; a daily one that fails is a problem too. Answers the file. */
  async make(kind: 'daily' | 'asked', out?: string): Promise<BackupEntry> {
    const { dataDir, key, installation, plant, raise, clear } = this.#options
    const { folder } = this
    const madeUs = this.#nowUs()
    const plantId = plant()?.plant.id ?? null
    const file = path.join(dataDir, twinFileName)
    const target = out ?? path.join(folder, backupName(madeUs))
    this.#triedUs = madeUs
    try {
      this.#refuseSecond()
      this.#refuseWithoutRoom(path.dirname(target), file)
      const running = runJob(workerUrl('store-job'), {
        kind: 'backup',
        request: { file, key, out: target, kind, plantId, appVersion: engineVersion, nowUs: madeUs },
      })
      const facts = await this.#track('backup', running)
      if (kind === 'daily') rotateBackups(folder, installation, this.#keep, this.#nowUs())
      clear('backup.failed')
      clear('backup.overdue')
      return { file: target, bytes: fs.statSync(target).size, facts }
    } catch (error) {
      if (!this.#stopped) {
        const message = error instanceof Error ? error.message : String(error)
        this.#failure = message
        if (kind === 'daily') raise(backupFailed(message))
      }
      throw error
    }
  }

  /** Prepares the swap and asks for the restart; rejects with a TwinError, and then nothing was changed. */
  async restore(name: string, allowed: { discardNewer: boolean; replaceOther: boolean; by?: Actor }): Promise<void> {
    const { dataDir, key, onRestartNeeded } = this.#options
    this.#refuseSecond()
    const from = path.join(this.folder, path.basename(name))
    const file = path.join(dataDir, twinFileName)
    const running = runJob(workerUrl('store-job'), {
      kind: 'stage',
      request: { from, file, key, nowUs: this.#nowUs(), ...allowed },
    })
    try {
      const staged = await this.#track('restore', running)
      if (this.#stopped) return
      orderSwap(file, staged)
      onRestartNeeded(`The twin is restored from the backup ${path.basename(name)}.`)
    } catch (error) {
      if (!this.#stopped) this.#failure = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  /** After damage was found at the start: what can be proven is collected beside the running twin and joins it at a restart. */
  async salvage(): Promise<void> {
    const { dataDir, key, raise, onRestartNeeded } = this.#options
    const file = path.join(dataDir, twinFileName)
    const pending = pendingSalvage(file, key, this.folder)
    if (!pending) return
    try {
      const salvaged = await this.#track(
        'salvage',
        runJob(workerUrl('store-job'), { kind: 'salvage', request: pending }),
      )
      if (this.#stopped) return
      orderJoin(file, salvaged)
      onRestartNeeded('What was salvaged of the damaged twin joins it.')
    } catch (error) {
      if (!this.#stopped) raise(salvageFailed(error instanceof Error ? error.message : String(error)))
    }
  }

  /** At the next start the twin is treated as damaged: put aside, gone on from, salvaged. */
  repair(why: string): void {
    askRepair(path.join(this.#options.dataDir, twinFileName), why)
    this.#options.onRestartNeeded('The twin is repaired.')
  }

  async cancel(): Promise<void> {
    await this.#running?.cancel()
    await this.#running?.ended
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.cancel()
  }

  async #track<T>(
    what: Running['what'],
    running: { done: Promise<T>; progress: () => JobProgress; cancel: () => Promise<void> },
  ): Promise<T> {
    const ended = running.done.then(
      () => undefined,
      () => undefined,
    )
    this.#running = { what, progress: running.progress, cancel: running.cancel, ended }
    this.#failure = null
    this.#options.onChanged('status')
    try {
      return await running.done
    } finally {
      this.#running = null
      this.#options.onChanged('status')
    }
  }

  #refuseSecond(): void {
    if (!this.#running) return
    const what = {
      backup: 'A backup is being made',
      restore: 'A restore is being prepared',
      salvage: 'The damaged twin is being salvaged',
    }[this.#running.what]
    throw new TwinError('in-use', `${what} already; wait until it is done, or cancel it.`, { retryable: true })
  }

  /** Better said before than found out after minutes of writing, on the disk the twin itself needs. */
  #refuseWithoutRoom(folder: string, file: string): void {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { bavail, bsize } = fs.statfsSync(folder)
    const need = fs.statSync(file).size
    if (bavail * bsize > need * 1.1) return
    const message = `There is no room for a backup in ${folder}: it needs ${megabytes(need)} MB and ${megabytes(bavail * bsize)} MB are free; free space there or name another folder in the plant file (backup, path).`
    throw new TwinError('disk-full', message, { retryable: true })
  }

  #newest(entries: readonly BackupEntry[]): BackupEntry | undefined {
    return entries.find((entry) => isMadeBy(entry, this.#nowUs()))
  }

  #nextUs(entries: readonly BackupEntry[]): number {
    const { startedUs, installation } = this.#options
    const now = this.#nowUs()
    // Times of the future are from before the clock was set back; waiting for them again could take years.
    const settled = (startedUs <= now ? startedUs : 0) + limits.backupSettleMs * 1000
    const last = entries.find(
      (entry) => entry.facts?.kind === 'daily' && entry.facts.installation === installation && isMadeBy(entry, now),
    )
    const due = last?.facts ? last.facts.madeUs + limits.backupEveryMs * 1000 : settled
    const retry = this.#triedUs > 0 && this.#triedUs <= now ? this.#triedUs + limits.backupRetryMs * 1000 : 0
    return Math.max(due, settled, this.#failure === null ? 0 : retry)
  }
}

/** Made for a caller that did not come to fetch them. */
function removeAsked(folder: string): void {
  removeParts(folder)
  for (const { file } of listBackups(folder)) fs.rmSync(file, { force: true })
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
