import fs from 'node:fs'
import type { Fault } from '../../../shared/domain/fault.ts'
import { restoreRemedy } from './index.ts'

/** Layout of the WAL file and of the WAL index: sqlite.org/walformat.html, sections 1 and 2. Both stay readable under a cipher. */
const walHeaderBytes = 32
const frameHeaderBytes = 24
const indexMaxFrameOffset = 16

/**
 * SQLite reads a WAL up to the first frame whose checksum fails and takes the rest for a transaction that never finished. A
 * flipped bit in the WAL would so silently take back committed ticks. What tells the two apart: behind an honest end there is
 * at most one commit of the same WAL generation (a power cut in the middle of its fsync); more than one were committed.
 */
export function* checkWal(file: string): Iterable<Fault> {
  const lost = commitsBehindEnd(`${file}-wal`, `${file}-shm`)
  if (lost <= 1) return
  const message = `The write-ahead log ${file}-wal is damaged: ${lost} commits behind the damage cannot be read.`
  yield { path: 'wal', code: 'wal-damaged', message, remedy: restoreRemedy }
}

function commitsBehindEnd(walFile: string, indexFile: string): number {
  if (!fs.existsSync(walFile) || !fs.existsSync(indexFile)) return 0
  const wal = fs.openSync(walFile, 'r')
  try {
    const header = Buffer.alloc(walHeaderBytes)
    if (fs.readSync(wal, header, 0, walHeaderBytes, 0) < walHeaderBytes) return 0
    const step = frameHeaderBytes + header.readUInt32BE(8)
    const salts = header.subarray(16, 24)
    const frame = Buffer.alloc(frameHeaderBytes)
    const commits: number[] = []
    for (let number = 1, at = walHeaderBytes; ; number++, at += step) {
      if (fs.readSync(wal, frame, 0, frameHeaderBytes, at) < frameHeaderBytes) break
      // Bytes 4-7: size of the database after a commit, 0 for other frames. Bytes 8-15: the salts.
      if (frame.readUInt32BE(4) !== 0 && frame.subarray(8, 16).equals(salts)) commits.push(number)
    }
    // Read last: a writer that goes on meanwhile only moves the end forward.
    const end = maxFrame(indexFile)
    return commits.filter((number) => number > end).length
  } finally {
    fs.closeSync(wal)
  }
}

/** The last valid frame, in the machine's byte order. */
function maxFrame(indexFile: string): number {
  const index = fs.openSync(indexFile, 'r')
  try {
    const head = Buffer.alloc(indexMaxFrameOffset + 4)
    fs.readSync(index, head, 0, head.byteLength, 0)
    return head.readUInt32LE(indexMaxFrameOffset)
  } finally {
    fs.closeSync(index)
  }
}
