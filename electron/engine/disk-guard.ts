import { randomFillSync } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { limits } from '../../shared/domain/limits.ts'
import { diskLevels, type DiskLevel, type DiskState } from '../../shared/domain/retention.ts'
import type { Clock } from '../../shared/domain/time.ts'

export interface DiskRoom {
  totalBytes: number
  freeBytes: number
}

export interface DiskGuardDependencies {
  dataDir: string
  clock: Clock
  /** The edge of the process; the data folder's own disk when left out. */
  readDisk?: () => Promise<DiskRoom>
  changed(state: DiskState): void
  report(error: unknown): void
}

const reserveName = 'twin.reserve'
const steps = diskLevels.slice(1).map((level) => ({ level, share: limits.disk[level as Exclude<DiskLevel, 'ok'>] }))

/**
 * Watches the room on the data folder's disk. What is given up first costs least: older waveforms, new waveforms, then the keeping
 * of values; alerts, gaps and the marks of delivery go on to the last page, for which a file of random bytes is set aside and
 * removed. Everything goes on by itself when there is room.
 */
export class DiskGuard {
  readonly #deps: DiskGuardDependencies
  readonly #reserve: string
  #state: DiskState
  #refusedUntilMs = -Infinity
  #checking: Promise<void> | null = null
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(deps: DiskGuardDependencies) {
    this.#deps = deps
    this.#reserve = path.join(deps.dataDir, reserveName)
    const reserveBytes = fs.statSync(this.#reserve, { throwIfNoEntry: false })?.size ?? 0
    this.#state = { level: 'ok', sinceUs: deps.clock.nowUs(), totalBytes: null, freeBytes: null, reserveBytes }
  }

  get state(): DiskState {
    return this.#state
  }

  reaches(level: DiskLevel): boolean {
    return diskLevels.indexOf(this.#state.level) >= diskLevels.indexOf(level)
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.check(), limits.disk.checkMs)
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }

  /** Looks at the disk now. Never rejects: a disk that cannot be looked at is reported. */
  check(): Promise<void> {
    this.#checking ??= this.#look()
      .catch((error: unknown) => this.#deps.report(error))
      .finally(() => {
        this.#checking = null
      })
    return this.#checking
  }

  /** The twin found it full, whatever the numbers say: a quota, or another program that was faster. */
  refused(): void {
    this.#refusedUntilMs = this.#deps.clock.monotonicMs() + limits.disk.refusedMs
    this.#release()
    this.#move('values')
  }

  async #look(): Promise<void> {
    const { readDisk = () => roomOf(this.#deps.dataDir), clock } = this.#deps
    const { totalBytes, freeBytes } = await readDisk()
    this.#state = { ...this.#state, totalBytes, freeBytes }
    const level = (): DiskLevel =>
      clock.monotonicMs() < this.#refusedUntilMs ? 'values' : this.#levelOf(freeBytes / totalBytes)
    if (level() === 'ok' && this.#state.reserveBytes === 0) await this.#setAside(totalBytes)
    // Asked again: the twin may have been refused meanwhile.
    if (level() === 'values') this.#release()
    this.#move(level())
  }

  #levelOf(free: number): DiskLevel {
    let level: DiskLevel = 'ok'
    for (const step of steps) {
      const leave = this.reaches(step.level) ? limits.disk.leaveAt : 1
      if (free <= step.share * leave) level = step.level
    }
    return level
  }

  #move(level: DiskLevel): void {
    if (level !== this.#state.level) this.#state = { ...this.#state, level, sinceUs: this.#deps.clock.nowUs() }
    this.#deps.changed(this.#state)
  }

  /** Random, since some file systems store zeros in no room at all. */
  async #setAside(totalBytes: number): Promise<void> {
    const bytes = Math.min(limits.disk.reserveAtMostBytes, Math.floor(totalBytes * limits.disk.reserveShare))
    const piece = randomFillSync(new Uint8Array(Math.min(bytes, 1024 * 1024)))
    // A handle, since Node's permission model refuses fsyncSync.
    const file = await fs.promises.open(this.#reserve, 'w', 0o600)
    try {
      for (let left = bytes; left > 0; left -= piece.length) await file.write(piece, 0, Math.min(left, piece.length))
      await file.sync()
    } finally {
      await file.close()
    }
    this.#state = { ...this.#state, reserveBytes: bytes }
  }

  #release(): void {
    if (this.#state.reserveBytes === 0) return
    fs.rmSync(this.#reserve, { force: true })
    this.#state = { ...this.#state, reserveBytes: 0 }
  }
}

async function roomOf(dataDir: string): Promise<DiskRoom> {
  const { bsize, blocks, bavail } = await fs.promises.statfs(dataDir)
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail }
}
