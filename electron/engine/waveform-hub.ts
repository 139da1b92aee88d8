import type { WaveformBlock } from '../../shared/domain/intake.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TopicParams } from '../../shared/protocol/topics.ts'
import type { WaveformChannel, WaveformFrame } from '../../shared/protocol/views.ts'
import { binRuns } from '../live/bins.ts'
import type { FrameSource } from '../live/paced-subscription.ts'
import type { PlantModel } from './plant-model.ts'
import type { Rings } from './rings.ts'

interface Head {
  endUs: number
  receiveUs: number
  status: number
}

interface Viewer {
  keys: ReadonlySet<number>
  changed(): void
}

/** Live waveforms: binned from the rings for each window at its own width, and only what came since its last frame. */
export class WaveformHub {
  readonly #rings: Rings
  readonly #nowUs: () => number
  readonly #heads = new Map<number, Head>()
  readonly #viewers = new Set<Viewer>()

  constructor(rings: Rings, nowUs: () => number) {
    this.#rings = rings
    this.#nowUs = nowUs
  }

  /** A block is in its ring. */
  arrived(block: WaveformBlock): void {
    this.#heads.set(block.pointKey, {
      endUs: block.sourceUs + (block.samples.length * 1e6) / block.sampleRateHz,
      receiveUs: block.receiveUs,
      status: block.status,
    })
    for (const viewer of this.#viewers) if (viewer.keys.has(block.pointKey)) viewer.changed()
  }

  source(model: PlantModel, params: TopicParams<'waveform'>, changed: () => void): FrameSource {
    const points = params.pointIds.flatMap((id) => model.byId.get(id) ?? [])
    const viewer: Viewer = { keys: new Set(points.map((point) => point.key)), changed }
    this.#viewers.add(viewer)
    // Whole microseconds, so that bin numbers are exact integers on both sides of the protocol.
    const binUs = Math.max(1, Math.round((params.windowMs * 1000) / params.columns))
    const sentToUs = new Map<number, number>()
    const channel = (key: number, pointId: string, sampleRateHz: number, unit: string): WaveformChannel | null => {
      const head = this.#heads.get(key)
      const sent = sentToUs.get(key)
      if (!head || head.endUs === sent) return null
      const fromUs = Math.max(sent ?? Number.NEGATIVE_INFINITY, head.endUs - params.windowMs * 1000)
      const firstBin = Math.floor(fromUs / binUs)
      const lastBin = Math.ceil(head.endUs / binUs)
      sentToUs.set(key, head.endUs)
      const run = this.#rings.view(key, firstBin * binUs, head.endUs)
      const { min, max } = binRuns(run ? [run] : [], binUs, firstBin, lastBin)
      const { endUs, receiveUs, status } = head
      return { pointId, sampleRateHz, unit, binUs, firstBin, min, max, endUs, receiveUs, quality: qualityOf(status) }
    }
    return {
      // 20 ms: blocks of several channels that come together share a frame, and 50 frames/s stay possible.
      intervalMs: 20,
      next: (): WaveformFrame | null => {
        const channels = points.flatMap(
          (info) => channel(info.key, info.id, info.contract.sampleRateHz, info.contract.unit) ?? [],
        )
        return channels.length > 0 ? { atUs: this.#nowUs(), channels } : null
      },
      close: () => void this.#viewers.delete(viewer),
    }
  }
}
