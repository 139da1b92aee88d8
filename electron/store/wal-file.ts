import fs from 'node:fs'
import { logFrames, type ReadDb } from './database.ts'
import { frameBytes, frameHeaderBytes, walHeaderBytes } from './wal-layout.ts'

/**
 * Commits that a damaged WAL holds and SQLite no longer sees. SQLite reads a WAL up to the first frame whose checksum fails and
 * takes the rest for a transaction that never finished, so a flipped bit silently takes back committed ticks. What tells the two
 * apart: behind an honest end there is at most one commit of the same WAL generation (a power cut in the middle of its fsync);
 * where there are more, they were committed. `db` says where SQLite stopped; it must not be reading or writing.
 */
export function lostCommits(db: ReadDb, file: string): number {
  const behind = commitsBehindEnd(db, file)
  return behind > 1 ? behind : 0
}

/** The same, a last one included that may never have been whole. */
export function commitsBehindEnd(db: ReadDb, file: string): number {
  const walFile = `${file}-wal`
  if (!fs.existsSync(walFile)) return 0
  const wal = fs.openSync(walFile, 'r')
  try {
    for (;;) {
      const before = logFrames(db).log
      const header = headerSalts(wal)
      const frames = readFrames(wal)
      // Read last: a writer that goes on meanwhile only moves the end forward.
      const end = logFrames(db).log
      if (end < 0) return 0
      // It began the log anew meanwhile: what was read of the round before is not behind the end of this one.
      if (end < before || headerSalts(wal) !== header) continue
      const ours = currentSalts(frames, header)
      return frames.filter(({ isCommit, salts }, index) => isCommit && salts === ours && index >= end).length
    }
  } finally {
    fs.closeSync(wal)
  }
}

interface Frame {
  isCommit: boolean
  salts: string
}

function readFrames(wal: number): Frame[] {
  const frames: Frame[] = []
  const frame = Buffer.alloc(frameHeaderBytes)
  for (let at = walHeaderBytes; ; at += frameBytes) {
    if (fs.readSync(wal, frame, 0, frameHeaderBytes, at) < frameHeaderBytes) return frames
    // Bytes 4-7: size of the database after a commit, 0 for other frames. Bytes 8-15: the salts.
    frames.push({ isCommit: frame.readUInt32BE(4) !== 0, salts: frame.subarray(8, 16).toString('hex') })
  }
}

function headerSalts(wal: number): string {
  const header = Buffer.alloc(walHeaderBytes)
  fs.readSync(wal, header, 0, walHeaderBytes, 0)
  return header.subarray(16, 24).toString('hex')
}

/** Salts of the present round of the log: the header's, unless it is damaged itself; then those that the first frames share. */
function currentSalts(frames: readonly { salts: string }[], header: string): string {
  const first = frames.slice(0, 3).map(({ salts }) => salts)
  if (first.includes(header)) return header
  return first.find((salts, index) => first.indexOf(salts) !== index) ?? header
}
