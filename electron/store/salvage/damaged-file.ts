import fs from 'node:fs'
import { pageSize } from '../wal-layout.ts'
import { readLog, type LogPages } from './log-chain.ts'
import { openPage, usableBytes } from './page-cipher.ts'

/** Of decrypted pages; interior pages are asked for again and again. */
const pagesKept = 512

/**
 * Reads a twin's file and its write-ahead log page by page, with what is proven by each page's MAC and nothing else. Never
 * writes, needs no -shm. Only while no connection of this process is open to the file: closing any descriptor of a file drops all
 * POSIX locks that the process has on it (fcntl(2)), SQLite's among them.
 */
export class DamagedFile {
  readonly usable: number
  readonly pageCount: number
  readonly log: LogPages
  /** How many pages that were asked for cannot be read. */
  bad = 0
  pagesRead = 0
  readonly #key: Uint8Array | null
  readonly #file: number
  readonly #log: number | null
  readonly #kept = new Map<number, Buffer | null>()

  /** `bytes`: how much of the file is the twin; a backup has more behind it. */
  constructor(file: string, key: Uint8Array | null, bytes = fs.statSync(file).size) {
    this.#key = key
    this.usable = usableBytes(key)
    this.#file = fs.openSync(file, 'r')
    const wal = `${file}-wal`
    this.#log = fs.existsSync(wal) ? fs.openSync(wal, 'r') : null
    this.log = this.#log === null ? { newest: new Map(), pageCount: 0, commits: [] } : readLog(this.#log, key)
    this.pageCount = this.log.pageCount || Math.ceil(bytes / pageSize)
  }

  close(): void {
    fs.closeSync(this.#file)
    if (this.#log !== null) fs.closeSync(this.#log)
  }

  /** The content of a page, or null when it cannot be read. */
  page(number: number): Buffer | null {
    const kept = this.#kept.get(number)
    if (kept !== undefined) return kept
    const found = number >= 1 && number <= this.pageCount ? this.#read(number) : null
    if (found === null) this.bad++
    if (this.#kept.size >= pagesKept) this.#kept.clear()
    this.#kept.set(number, found)
    return found
  }

  #read(number: number): Buffer | null {
    this.pagesRead++
    const at = this.log.newest.get(number)
    if (at === null) return null
    if (at !== undefined && this.#log !== null) return openPage(readAt(this.#log, at, pageSize), number, this.#key)
    return openPage(readAt(this.#file, (number - 1) * pageSize, pageSize), number, this.#key)
  }

  /** The bytes of a page as the log has them, for putting them into the file. */
  logBytes(number: number): Buffer | null {
    const at = this.log.newest.get(number)
    return this.#log === null || at === undefined || at === null ? null : readAt(this.#log, at, pageSize)
  }
}

function readAt(descriptor: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  fs.readSync(descriptor, buffer, 0, bytes, at)
  return buffer
}
