import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { PlantInputError } from './plant-input-error.ts'

/** One stretch of samples in a file, served as one block. */
interface Piece {
  file: string
  offset: number
  samples: number
  /** Seconds from the start of the recording to its first sample. */
  startS: number
}

/** A recording as the server serves it. */
export interface ReplayChannel {
  id: string
  name: string
  sampleRateHz: number
  rpm: number | null
  unit: string
  bearingName: string | null
  /** Samples of the longest block. */
  blockSize: number
  blocks: number
  /** Longest time from one block to the next, seconds: snapshots may be minutes apart. */
  spacingS: number
  /** A record starts again at its end; a history ends. */
  loop: boolean
  /** Seconds from the start of the first block to the start of block `k` (any k when looping). */
  startS(k: number): number
  read(k: number): Float32Array
  close(): void
}

export const replayBlockSamples = 4096
/** Longest block served whole; a longer snapshot is cut. 256 KB stays far below any message limit. */
const longestBlock = 65_536

/**
 * Opens `millwright/history@1` (one channel from its snapshots) or an index of records (`records`, each a file; one
 * channel per id asked for).
 */
export function openReplay(indexFile: string, recordIds: readonly string[], speedUp = 1): ReplayChannel[] {
  const index = readIndex(indexFile)
  if (index['schema'] === 'millwright/history@1') return [historyChannel(indexFile, index, speedUp)]
  const records = index['records']
  if (!Array.isArray(records))
    throw new PlantInputError(
      `${indexFile} is neither a millwright/history@1 index nor an index with "records": give one of the two to --replay`,
    )
  if (recordIds.length === 0)
    throw new PlantInputError(
      `${indexFile} holds ${records.length} records: name those to replay with --record ID,ID (for example ${exampleId(records)})`,
    )
  return recordIds.map((id) => recordChannel(indexFile, records, id))
}

type Json = Record<string, unknown>

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readIndex(indexFile: string): Json {
  let text: string
  try {
    text = readFileSync(indexFile, 'utf8')
  } catch (cause) {
    throw new PlantInputError(`cannot read ${indexFile} (--replay): check the path`, { cause })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new PlantInputError(`${indexFile} (--replay) is not JSON: repair or export the index again`, { cause })
  }
  if (!isJson(parsed)) throw new PlantInputError(`${indexFile} (--replay) is JSON, but not an object`)
  return parsed
}

function exampleId(records: readonly unknown[]): string {
  const first = records.find(isJson)
  return first ? textOf(first['id'], 'ID') : 'ID'
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null
}

function pointId(id: string): string {
  return id.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'recording'
}

function samplesIn(file: string): number {
  try {
    return Math.floor(statSync(file).size / 4)
  } catch (cause) {
    throw new PlantInputError(`recording ${file} named in the index cannot be read: put it there or mend the index`, {
      cause,
    })
  }
}

/** "g (acceleration)" is g; "as recorded", "arbitrary" and the like are no unit: declared as 1, never guessed. */
function unitOf(value: unknown): string {
  return /^(g|m\/s2|mm\/s|in\/s|um)\b/.exec(textOf(value, ''))?.[1] ?? '1'
}

function recordChannel(indexFile: string, records: readonly unknown[], id: string): ReplayChannel {
  const record = records.find((r): r is Json => isJson(r) && r['id'] === id)
  if (!record)
    throw new PlantInputError(`${indexFile} has no record "${id}" (--record): it has ${exampleId(records)} ...`)
  const rate = positive(record['fs_hz']) ?? positive(record['fs_hz_estimate'])
  if (rate === null) throw new PlantInputError(`record "${id}" in ${indexFile} states no fs_hz: add the sample rate`)
  const file = resolve(dirname(indexFile), textOf(record['file'], ''))
  const total = samplesIn(file)
  // A file of recordings laid end to end: no block may reach across a joint.
  const segment = Math.min(positive(record['segment_length']) ?? total, total)
  const blockSize = Math.min(replayBlockSamples, segment)
  const perSegment = Math.floor(segment / blockSize)
  const pieces: Piece[] = []
  for (let start = 0; start + segment <= total; start += segment)
    for (let b = 0; b < perSegment; b++)
      pieces.push({
        file,
        offset: start + b * blockSize,
        samples: blockSize,
        startS: (pieces.length * blockSize) / rate,
      })
  const bearing = record['bearing']
  return channel({
    id: pointId(id),
    name: `Recording ${id}`,
    sampleRateHz: rate,
    rpm: positive(record['rpm']),
    unit: unitOf(record['units']),
    bearingName: isJson(bearing) ? textOf(bearing['model'], '') || null : null,
    loop: true,
    pieces,
  })
}

function historyChannel(indexFile: string, index: Json, speedUp: number): ReplayChannel {
  const snapshots = index['snapshots']
  if (!Array.isArray(snapshots) || snapshots.length === 0)
    throw new PlantInputError(
      `${indexFile} has no snapshots (feature tables cannot be replayed as waveforms): use millwright backtest for it`,
    )
  const rate = positive(index['sampleRateHz'])
  if (rate === null) throw new PlantInputError(`${indexFile} states no sampleRateHz: add it`)
  const pieces: Piece[] = []
  let earliestS = 0
  const firstS = secondsOf(isJson(snapshots[0]) ? snapshots[0]['t'] : 0)
  for (const [i, snapshot] of snapshots.entries()) {
    if (!isJson(snapshot)) throw new PlantInputError(`${indexFile}: snapshots[${i}] is not an object`)
    const file = resolve(dirname(indexFile), textOf(snapshot['file'], ''))
    const offset = positive(snapshot['offset']) ?? 0
    const samples = positive(snapshot['samples']) ?? samplesIn(file) - offset
    // Faster than its own rate a snapshot cannot be: sped-up histories close ranks, block after block.
    const startS = Math.max((secondsOf(snapshot['t']) - firstS) / speedUp, earliestS)
    const size = samples <= longestBlock ? samples : replayBlockSamples
    for (let at = 0; at + size <= samples; at += size)
      pieces.push({ file, offset: offset + at, samples: size, startS: startS + at / rate })
    earliestS = startS + samples / rate
  }
  for (const file of new Set(pieces.map((piece) => piece.file))) samplesIn(file)
  const id = pointId(textOf(index['bearingId'], basename(dirname(resolve(indexFile)))))
  return channel({
    id,
    name: `History ${id}`,
    sampleRateHz: rate,
    rpm: positive(index['rpm']),
    unit: unitOf(index['unit']),
    bearingName: null,
    loop: false,
    pieces,
  })
}

/** `t` is ISO time or seconds from the start. */
function secondsOf(t: unknown): number {
  if (typeof t === 'number' && Number.isFinite(t)) return t
  const parsed = typeof t === 'string' ? Date.parse(t) : Number.NaN
  return Number.isNaN(parsed) ? 0 : parsed / 1000
}

function channel(
  head: Omit<ReplayChannel, 'blocks' | 'blockSize' | 'spacingS' | 'startS' | 'read' | 'close'> & {
    pieces: readonly Piece[]
  },
): ReplayChannel {
  const { pieces, ...rest } = head
  const last = pieces.at(-1)
  if (!last) throw new PlantInputError(`recording "${head.id}" is shorter than one block: nothing to replay`)
  const lengthS = last.startS + last.samples / head.sampleRateHz
  const files = new Map<string, number>()
  const pieceAt = (k: number): Piece => pieces[k % pieces.length] ?? last
  return {
    ...rest,
    blocks: pieces.length,
    spacingS: pieces.reduce((longest, piece, i) => Math.max(longest, piece.startS - (pieces[i - 1]?.startS ?? 0)), 0),
    blockSize: pieces.reduce((longest, piece) => Math.max(longest, piece.samples), 0),
    startS: (k) => Math.floor(k / pieces.length) * lengthS + pieceAt(k).startS,
    read(k) {
      const piece = pieceAt(k)
      let fd = files.get(piece.file)
      if (fd === undefined) {
        // A history may be thousands of files: only the current one stays open.
        closeAll(files)
        fd = openSync(piece.file, 'r')
        files.set(piece.file, fd)
      }
      const block = new Float32Array(piece.samples)
      readSync(fd, new Uint8Array(block.buffer), 0, piece.samples * 4, piece.offset * 4)
      return block
    },
    close: () => closeAll(files),
  }
}

function closeAll(files: Map<string, number>): void {
  for (const fd of files.values()) closeSync(fd)
  files.clear()
}
