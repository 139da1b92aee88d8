import fs from 'node:fs'
import { pageSize } from './database.ts'

/** Layout of the WAL file and of the WAL index: sqlite.org/walformat.html, sections 1 and 2. Both stay readable under a cipher. */
const walHeaderBytes = 32
const frameHeaderBytes = 24
const indexMaxFrameOffset = 16

/**
 * Commits that a damaged WAL holds and SQLite no longer sees. SQLite reads a WAL up to the first frame whose checksum fails and
 * takes the rest for a transaction that never finished, so a flipped bit silently takes back committed ticks. What tells the two
 * apart: behind an honest end there is at most one commit of the same WAL generation (a power cut in the middle of its fsync);
 * where there are more, they were committed. Call while a connection is open, since the WAL index says where SQLite stopped.
 */
export function lostCommits(file: string): number {
  const behind = commitsBehindEnd(file)
  return behind > 1 ? behind : 0
}

/** The same, a last one included that may never have been whole. */
export function commitsBehindEnd(file: string): number {
  const walFile = `${file}-wal`
  const indexFile = `${file}-shm`
  if (!fs.existsSync(walFile) || !fs.existsSync(indexFile)) return 0
  const wal = fs.openSync(walFile, 'r')
  try {
    const step = frameHeaderBytes + pageSize
    const frames: { isCommit: boolean; salts: string }[] = []
    const frame = Buffer.alloc(frameHeaderBytes)
    for (let at = walHeaderBytes; ; at += step) {
      if (fs.readSync(wal, frame, 0, frameHeaderBytes, at) < frameHeaderBytes) break
      // Bytes 4-7: size of the database after a commit, 0 for other frames. Bytes 8-15: the salts.
      frames.push({ isCommit: frame.readUInt32BE(4) !== 0, salts: frame.subarray(8, 16).toString('hex') })
    }
    const header = Buffer.alloc(walHeaderBytes)
    fs.readSync(wal, header, 0, walHeaderBytes, 0)
    const ours = currentSalts(frames, header.subarray(16, 24).toString('hex'))
    // Read last: a writer that goes on meanwhile only moves the end forward.
    const end = maxFrame(indexFile)
    return frames.filter(({ isCommit, salts }, index) => isCommit && salts === ours && index >= end).length
  } finally {
    fs.closeSync(wal)
  }
}

/** Salts of the present round of the log: the header's, unless it is damaged itself; then those that the first frames share. */
function currentSalts(frames: readonly { salts: string }[], header: string): string {
  const first = frames.slice(0, 3).map(({ salts }) => salts)
  if (first.includes(header)) return header
  return first.find((salts, index) => first.indexOf(salts) !== index) ?? header
}

/** The last frame that SQLite sees, in the machine's byte order. */
export function maxFrame(indexFile: string): number {
  const index = fs.openSync(indexFile, 'r')
  try {
    const head = Buffer.alloc(indexMaxFrameOffset + 4)
    fs.readSync(index, head, 0, head.byteLength, 0)
    return head.readUInt32LE(indexMaxFrameOffset)
  } finally {
    fs.closeSync(index)
  }
}
