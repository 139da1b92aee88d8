import fs from 'node:fs'
import { frameBytes, frameHeaderBytes, walHeaderBytes } from '../wal-layout.ts'
import { openPage } from './page-cipher.ts'

/** The checksums are over pages as they are stored, encrypted. */
type Sum = readonly [number, number]

/** The frames of a log that were committed, also behind damage. */
export interface LogPages {
  /** Offset of the newest committed state of a page; null: it was committed, but cannot be read. */
  newest: Map<number, number | null>
  /** Pages of the file after the last commit; 0 without one. */
  pageCount: number
  /** Frames that end a commit, counted from 1. */
  commits: number[]
}

interface Frame {
  header: Buffer
  data: Buffer
  at: number
}

function sumOver(bytes: Buffer, [a, b]: Sum): Sum {
  let s0 = a
  let s1 = b
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + bytes.readUInt32LE(at) + s1) >>> 0
    s1 = (s1 + bytes.readUInt32LE(at + 4) + s0) >>> 0
  }
  return [s0, s1]
}

function sumOf(frame: Frame, seed: Sum): Sum {
  return sumOver(frame.data, sumOver(frame.header.subarray(0, 8), seed))
}

function storedSum(frame: Frame): Sum {
  return [frame.header.readUInt32BE(16), frame.header.readUInt32BE(20)]
}

function same(a: Sum, b: Sum): boolean {
  return a[0] === b[0] && a[1] === b[1]
}

/**
 * Follows the chain of checksums, each over its frame and the one before, and goes on behind a frame that is damaged when the
 * next one proves by its own checksum that it follows. It ends where nothing does: at the end of what was written, at what a
 * refused commit or an earlier round of the log has left, or at a torn last frame. SQLite stops at the first damage instead.
 */
export function readLog(descriptor: number, key: Uint8Array | null): LogPages {
  const count = Math.floor((fs.fstatSync(descriptor).size - walHeaderBytes) / frameBytes)
  const header = read(descriptor, 0, walHeaderBytes)
  let seeds: Sum[] = [
    [header.readUInt32BE(24), header.readUInt32BE(28)],
    // Its own checksum may be what is damaged.
    sumOver(header.subarray(0, 24), [0, 0]),
  ]
  const frames: { page: number; size: number; at: number | null }[] = []
  for (let index = 0; index < count; index++) {
    const frame = frameAt(descriptor, index)
    const judged = judge(frame, seeds, index + 1 < count ? frameAt(descriptor, index + 1) : null, key)
    if (!judged) break
    seeds = [judged.sum]
    frames.push({ page: judged.page, size: judged.size, at: judged.isRead ? frame.at : null })
  }
  const last = frames.findLastIndex(({ size }) => size > 0)
  const newest = new Map<number, number | null>()
  for (const { page, at } of frames.slice(0, last + 1)) newest.set(page, at)
  const commits = frames.flatMap(({ size }, index) => (size > 0 ? [index + 1] : []))
  return { newest, pageCount: frames[last]?.size ?? 0, commits }
}

interface Judged {
  page: number
  size: number
  isRead: boolean
  sum: Sum
}

function judge(frame: Frame, seeds: readonly Sum[], next: Frame | null, key: Uint8Array | null): Judged | null {
  const stored = storedSum(frame)
  const page = frame.header.readUInt32BE(0)
  const size = frame.header.readUInt32BE(4)
  for (const seed of seeds) if (same(sumOf(frame, seed), stored)) return { page, size, isRead: true, sum: stored }
  const follows = (sum: Sum): boolean => next !== null && same(sumOf(next, sum), storedSum(next))
  for (const seed of seeds) {
    const sum = sumOf(frame, seed)
    // The checksum itself is damaged: the next frame was written with the right one.
    if (follows(sum)) return { page, size, isRead: true, sum }
    const mended = mendedHeader(frame, seed, stored, key)
    if (mended) return { ...mended, isRead: true, sum: stored }
  }
  // The page is damaged, and the next frame knows its checksum. One that can be read and does not follow is of another round.
  const isWhole = key !== null && openPage(frame.data, page, key) !== null
  return !isWhole && follows(stored) ? { page, size, isRead: false, sum: stored } : null
}

/**
 * One flipped bit in the page's number or in the mark of a commit. The checksum alone does not prove it: a flip among the highest
 * bits of a word of the page is often undone by one in the header, since a word's weight counts modulo 2^32. The page has to
 * open under the number that is found.
 */
function mendedHeader(
  frame: Frame,
  seed: Sum,
  stored: Sum,
  key: Uint8Array | null,
): { page: number; size: number } | null {
  if (key === null) return null
  for (let bit = 0; bit < 64; bit++) {
    const header = Buffer.from(frame.header)
    header[bit >> 3] = (header[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    if (same(sumOf({ ...frame, header }, seed), stored)) {
      const page = header.readUInt32BE(0)
      if (openPage(frame.data, page, key) !== null) return { page, size: header.readUInt32BE(4) }
    }
  }
  return null
}

function frameAt(descriptor: number, index: number): Frame {
  const bytes = read(descriptor, walHeaderBytes + index * frameBytes, frameBytes)
  return {
    header: bytes.subarray(0, frameHeaderBytes),
    data: bytes.subarray(frameHeaderBytes),
    at: walHeaderBytes + index * frameBytes + frameHeaderBytes,
  }
}

function read(descriptor: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  fs.readSync(descriptor, buffer, 0, bytes, at)
  return buffer
}
