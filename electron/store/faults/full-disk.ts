import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestTwin } from '../twin-fixtures.ts'
import type { Fault } from './sweep.ts'

/** A small file system in memory that can be filled: a real full disk. Mounting one needs root. */
export class SmallDisk implements Fault {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  /** null where this process may not mount. */
  static mount(megabytes: number): SmallDisk | null {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-disk-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'millwright-test', folder], { stdio: 'pipe' })
      return new SmallDisk(folder)
    } catch {
      fs.rmdirSync(folder)
      return null
    }
  }

  unmount(): void {
    execFileSync('umount', [this.folder])
    fs.rmdirSync(this.folder)
  }

  readonly make = (): TestTwin => {
    const dir = fs.mkdtempSync(path.join(this.folder, 'twin-'))
    return { dir, file: path.join(dir, 'twin.db'), key: Uint8Array.from(randomBytes(32)) }
  }

  /** Leaves so many kilobytes. */
  fill(kilobytes: number): void {
    const { bavail, bsize } = fs.statfsSync(this.folder)
    const pages = bavail - Math.ceil((kilobytes * 1024) / bsize)
    if (pages <= 0) return
    try {
      fs.writeFileSync(path.join(this.folder, 'filler'), Buffer.alloc(pages * bsize))
    } catch (error) {
      // Threads of the twin have written meanwhile: it is full all the same.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }

  empty(): void {
    fs.rmSync(path.join(this.folder, 'filler'), { force: true })
  }

  arm(n: number): void {
    this.fill(n)
  }

  disarm(): null {
    this.empty()
    return null
  }
}
