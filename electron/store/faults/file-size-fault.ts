import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import type { Fault } from './sweep.ts'

/**
 * No file of this process may grow beyond n bytes: writes past it fail with EFBIG, or write only a part, on the twin, its log and
 * its shared memory. Needs no rights; `prlimit` (util-linux) changes the limit of a running process.
 */
export class FileSizeFault implements Fault {
  readonly #usual: string

  constructor() {
    this.#usual = softLimit() ?? 'unlimited'
  }

  static available(): boolean {
    if (process.platform !== 'linux' || softLimit() === null) return false
    try {
      execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }

  arm(n: number): void {
    setSoftLimit(String(n))
  }

  disarm(): null {
    setSoftLimit(this.#usual)
    return null
  }
}

function softLimit(): string | null {
  try {
    return /^Max file size\s+(\S+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

function setSoftLimit(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`])
}
