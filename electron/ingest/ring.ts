import type { Samples } from '../../shared/domain/intake.ts'
import type { TimeUs } from '../../shared/domain/time.ts'

/** A contiguous piece of a waveform. `samples` may look into the ring: copy it before the next push. */
export interface RingView {
  /** Source time of the first sample. */
  sourceUs: TimeUs
  sampleRateHz: number
  samples: Samples
}

export interface WaveformRing {
  readonly capacity: number
  /** A block that does not follow the last one begins a new piece. */
  push(sourceUs: TimeUs, samples: Samples, continues: boolean): void
  /** The newest unbroken `seconds` (fewer if there are fewer); null when empty. */
  latest(seconds: number): RingView | null
  /** The longest unbroken piece within [fromUs, toUs); null when there is nothing. */
  window(fromUs: TimeUs, toUs: TimeUs): RingView | null
  /** Every unbroken piece within [fromUs, toUs), oldest first. */
  pieces(fromUs: TimeUs, toUs: TimeUs): RingView[]
  /** Source time just behind the newest sample; NaN when empty. */
  endUs(): TimeUs
  /** Samples held now, over all pieces. */
  held(): number
  clear(): void
}

interface Piece {
  /** Running number of its first sample since the ring was made. */
  first: number
  sourceUs: TimeUs
  count: number
}

/** Pieces are separated by losses; a link that breaks this often within the ring has no waveform worth keeping. */
const mostPieces = 256

/**
 * The last `seconds` of a waveform, in the width its samples come in; 15 s of 25.6 kHz cost 1.5 MB in 32 bits. The memory is
 * taken with the first block. A stretch is read as one view without copying, unless it goes over the end of the buffer.
 */
export function createRing(sampleRateHz: number, seconds: number): WaveformRing {
  const capacity = Math.max(1, Math.ceil(sampleRateHz * seconds))
  let buffer: Samples = new Float32Array(0)
  let written = 0
  let pieces: Piece[] = []

  /** A server that changes to a wider type keeps what is held, which the wider one holds exactly. */
  function makeRoom(samples: Samples): void {
    const isWider = samples instanceof Float64Array && buffer instanceof Float32Array
    if (buffer.length === capacity && !isWider) return
    const wide = samples instanceof Float64Array ? new Float64Array(capacity) : new Float32Array(capacity)
    wide.set(buffer)
    buffer = wide
  }

  function write(samples: Samples): void {
    makeRoom(samples)
    const kept = samples.length > capacity ? samples.subarray(samples.length - capacity) : samples
    let at = (written + samples.length - kept.length) % capacity
    let done = 0
    while (done < kept.length) {
      const part = kept.subarray(done, done + Math.min(kept.length - done, capacity - at))
      buffer.set(part, at)
      done += part.length
      at = (at + part.length) % capacity
    }
    written += samples.length
  }

  function forgetOverwritten(): void {
    const oldest = written - capacity
    pieces = pieces.filter((piece) => piece.first + piece.count > oldest).slice(-mostPieces)
    const [head] = pieces
    if (head && head.first < oldest) {
      const lost = oldest - head.first
      head.first = oldest
      head.count -= lost
      head.sourceUs += Math.round((lost * 1e6) / sampleRateHz)
    }
  }

  function stretch(at: number, count: number): Samples {
    const head = buffer.subarray(at, at + count)
    if (head.length === count) return head
    const whole = buffer instanceof Float64Array ? new Float64Array(count) : new Float32Array(count)
    whole.set(head)
    whole.set(buffer.subarray(0, count - head.length), head.length)
    return whole
  }

  function view(piece: Piece, skip: number, count: number): RingView {
    const at = (piece.first + skip) % capacity
    const sourceUs = piece.sourceUs + Math.round((skip * 1e6) / sampleRateHz)
    return { sourceUs, sampleRateHz, samples: stretch(at, count) }
  }

  function within(fromUs: TimeUs, toUs: TimeUs): RingView[] {
    return pieces.flatMap((piece) => {
      const skip = Math.max(0, Math.ceil(((fromUs - piece.sourceUs) * sampleRateHz) / 1e6 - 1e-6))
      const end = Math.min(piece.count, Math.ceil(((toUs - piece.sourceUs) * sampleRateHz) / 1e6 - 1e-6))
      return end > skip ? [view(piece, skip, end - skip)] : []
    })
  }

  return {
    capacity,
    push(sourceUs, samples, continues) {
      if (samples.length === 0) return
      const last = pieces.at(-1)
      if (last && continues) last.count += samples.length
      else pieces.push({ first: written, sourceUs, count: samples.length })
      write(samples)
      forgetOverwritten()
    },
    latest(seconds) {
      const last = pieces.at(-1)
      if (!last) return null
      const count = Math.min(last.count, Math.max(1, Math.round(seconds * sampleRateHz)))
      return view(last, last.count - count, count)
    },
    window(fromUs, toUs) {
      let best: RingView | null = null
      for (const found of within(fromUs, toUs)) {
        if (found.samples.length > (best?.samples.length ?? 0)) best = found
      }
      return best
    },
    pieces: within,
    endUs() {
      const last = pieces.at(-1)
      return last ? last.sourceUs + (last.count * 1e6) / sampleRateHz : Number.NaN
    },
    held: () => pieces.reduce((sum, piece) => sum + piece.count, 0),
    clear() {
      pieces = []
    },
  }
}
