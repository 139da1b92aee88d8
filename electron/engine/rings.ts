import type { WaveformBlock } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import { createRing, type WaveformRing } from '../ingest/index.ts'
import type { SampleRun } from '../live/bins.ts'
import type { PlantModel } from './plant-model.ts'

/** The pre-trigger rings of all waveform points: the last `limits.ringS` seconds of each. */
export class Rings {
  readonly #rings: ReadonlyMap<number, WaveformRing>

  constructor(model: PlantModel) {
    this.#rings = new Map(
      model.points
        .filter((info) => info.point.kind === 'waveform')
        .map((info) => [info.key, createRing(info.contract.sampleRateHz, limits.ringS)]),
    )
  }

  /** `continues`: the block follows the last one of its point without a hole. */
  push(block: WaveformBlock, continues: boolean): void {
    this.#rings.get(block.pointKey)?.push(block.sourceUs, block.samples, continues)
  }

  /** The longest unbroken piece of a point between two source times; null when there is none. Copied out of the ring. */
  cut(pointKey: number, fromUs: number, toUs: number): SampleRun | null {
    const run = this.view(pointKey, fromUs, toUs)
    return run && { ...run, samples: run.samples.slice() }
  }

  /** The same without a copy: valid until the next push. */
  view(pointKey: number, fromUs: number, toUs: number): SampleRun | null {
    const view = this.#rings.get(pointKey)?.window(fromUs, toUs)
    return view ? { startUs: view.sourceUs, sampleRateHz: view.sampleRateHz, samples: view.samples } : null
  }
}
