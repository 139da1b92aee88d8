import type { WaveformBlock } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import { alarmWindow } from '../../shared/domain/plant-captures.ts'
import type { CaptureGap } from '../../shared/domain/twin.ts'
import { createRing, type RingView, type WaveformRing } from '../ingest/index.ts'
import type { SampleRun } from '../live/bins.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'

/** What a ring has of a window: pieces laid end to end, and what lies between and around them. */
export interface WindowCut extends SampleRun {
  gaps: CaptureGap[]
}

/** Time between an alarm's last sample and its cut: a look every quarter of a second, and the commit before. */
const cutSlackS = 1

interface Held {
  ring: WaveformRing
  sampleRateHz: number
  seconds: number
  receiveUs: number
}

/** The pre-trigger rings of all waveform points: the last `limits.ringS` seconds of each, or what an alarm's capture needs. */
export class Rings {
  readonly #rings: ReadonlyMap<number, Held>

  /** `before`: rings of the revision before, taken over where rate and length are the same. */
  constructor(model: PlantModel, before?: Rings) {
    const { beforeS, afterS } = alarmWindow(model.plant.captures)
    // The window begins at the start of a block and is cut when a whole one has come behind its end.
    const seconds = ({ contract }: PointInfo): number =>
      Math.max(limits.ringS, beforeS + afterS + cutSlackS + (3 * (contract.blockSize ?? 0)) / contract.sampleRateHz)
    this.#rings = new Map(
      model.points
        .filter((info) => info.point.kind === 'waveform')
        .map((info) => [info.key, before?.sameAs(info, seconds(info)) ?? held(info, seconds(info))]),
    )
  }

  sameAs({ key, contract }: PointInfo, seconds: number): Held | null {
    const found = this.#rings.get(key)
    return found && found.sampleRateHz === contract.sampleRateHz && found.seconds === seconds ? found : null
  }

  /** Whether every ring of the other is one of these. */
  holdsAllOf(other: Rings): boolean {
    return [...other.#rings].every(([key, ring]) => this.#rings.get(key) === ring)
  }

  /** `continues`: the block follows the last one of its point without a hole. */
  push(block: WaveformBlock, continues: boolean): void {
    const held = this.#rings.get(block.pointKey)
    if (!held) return
    held.receiveUs = block.receiveUs
    held.ring.push(block.sourceUs, block.samples, continues)
  }

  /** Source time just behind the newest sample, and when its block arrived; null before the first. */
  newest(pointKey: number): { endUs: number; receiveUs: number } | null {
    const held = this.#rings.get(pointKey)
    return held && held.ring.held() > 0 ? { endUs: held.ring.endUs(), receiveUs: held.receiveUs } : null
  }

  /** Everything of a point between two source times, copied out of the ring; null when there is nothing. */
  cut(pointKey: number, fromUs: number, toUs: number): WindowCut | null {
    const pieces = this.#rings.get(pointKey)?.ring.pieces(fromUs, toUs) ?? []
    return pieces.length > 0 ? joined(pieces, fromUs, toUs) : null
  }

  /** The longest unbroken piece without a copy: valid until the next push. */
  view(pointKey: number, fromUs: number, toUs: number): SampleRun | null {
    const view = this.#rings.get(pointKey)?.ring.window(fromUs, toUs)
    return view ? { startUs: view.sourceUs, sampleRateHz: view.sampleRateHz, samples: view.samples } : null
  }
}

function joined(pieces: readonly RingView[], fromUs: number, toUs: number): WindowCut | null {
  const [first] = pieces
  if (!first) return null
  const { sampleRateHz } = first
  const periodUs = 1e6 / sampleRateHz
  const count = pieces.reduce((sum, piece) => sum + piece.samples.length, 0)
  const isWide = pieces.some((piece) => piece.samples instanceof Float64Array)
  const samples = isWide ? new Float64Array(count) : new Float32Array(count)
  const gaps: CaptureGap[] = []
  let at = 0
  let dueUs = fromUs
  const miss = (untilUs: number): void => {
    // Less than two samples is where the window falls between them.
    if (untilUs - dueUs >= 2 * periodUs)
      gaps.push({ atSample: at, startUs: Math.round(dueUs), endUs: Math.round(untilUs) })
  }
  for (const piece of pieces) {
    miss(piece.sourceUs)
    samples.set(piece.samples, at)
    at += piece.samples.length
    dueUs = piece.sourceUs + piece.samples.length * periodUs
  }
  miss(toUs)
  return { startUs: first.sourceUs, sampleRateHz, samples, gaps }
}

function held({ contract: { sampleRateHz } }: PointInfo, seconds: number): Held {
  return { ring: createRing(sampleRateHz, seconds), sampleRateHz, seconds, receiveUs: Number.NaN }
}
