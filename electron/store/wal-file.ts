import fs from 'node:fs'

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
  const behind = commitsBehindEnd(`${file}-wal`, `${file}-shm`)
  return behind > 1 ? behind : 0
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
