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

/** Round memory, in the width its samples come in. It is taken with the first block. */
class RoundBuffer {
  readonly #capacity: number
  #samples: Samples = new Float32Array(0)

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** A server that changes to a wider type keeps what is held, which the wider one holds exactly. */
  #makeRoom(given: Samples): void {
    const isWider = given instanceof Float64Array && this.#samples instanceof Float32Array
    if (this.#samples.length === this.#capacity && !isWider) return
    const room = given instanceof Float64Array ? new Float64Array(this.#capacity) : new Float32Array(this.#capacity)
    room.set(this.#samples)
    this.#samples = room
  }

  /** `at`: running number of the first sample. */
  write(at: number, given: Samples): void {
    this.#makeRoom(given)
    const capacity = this.#capacity
    const kept = given.length > capacity ? given.subarray(given.length - capacity) : given
    const start = (at + given.length - kept.length) % capacity
    const head = Math.min(kept.length, capacity - start)
    this.#samples.set(kept.subarray(0, head), start)
    this.#samples.set(kept.subarray(head))
  }

  /** A view where it can be one; over the end of the buffer it is a copy. */
  read(from: number, count: number): Samples {
    const samples = this.#samples
    const at = from % this.#capacity
    const head = samples.subarray(at, at + count)
    if (head.length === count) return head
    const whole = samples instanceof Float64Array ? new Float64Array(count) : new Float32Array(count)
    whole.set(head)
    whole.set(samples.subarray(0, count - head.length), head.length)
    return whole
  }
}

/** The last `seconds` of a waveform; 15 s of 25.6 kHz cost 1.5 MB in 32 bits. */
export function createRing(sampleRateHz: number, seconds: number): WaveformRing {
  const capacity = Math.max(1, Math.ceil(sampleRateHz * seconds))
  const buffer = new RoundBuffer(capacity)
  let written = 0
  let pieces: Piece[] = []

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

  function view(piece: Piece, skip: number, count: number): RingView {
    const sourceUs = piece.sourceUs + Math.round((skip * 1e6) / sampleRateHz)
    return { sourceUs, sampleRateHz, samples: buffer.read(piece.first + skip, count) }
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
      buffer.write(written, samples)
      written += samples.length
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
