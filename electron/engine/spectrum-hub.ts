import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { WaveformBlock } from '../../shared/domain/intake.ts'
import type { TopicParams } from '../../shared/protocol/topics.ts'
import type { FaultMark, SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../live/paced-subscription.ts'
import type { DspResult } from './dsp-messages.ts'
import type { PointInfo } from './plant-model.ts'

type Kind = 'spectrum' | 'envelope'
const faults = ['bpfo', 'bpfi', 'bsf', 'ftf'] as const

interface Viewer {
  key: number
  kind: Kind
  frame: SpectrumFrame | null
  changed(): void
}

/** Live spectra: workers compute them only for points that somebody looks at. */
export class SpectrumHub {
  readonly #viewers = new Set<Viewer>()
  readonly #nowUs: () => number

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  wants(pointKey: number, kind: Kind): boolean {
    for (const viewer of this.#viewers) if (viewer.key === pointKey && viewer.kind === kind) return true
    return false
  }

  arrived(
    info: PointInfo,
    block: Pick<WaveformBlock, 'sourceUs'>,
    rpm: number | null,
    orders: BearingOrders | null,
    result: DspResult,
  ): void {
    for (const viewer of this.#viewers) {
      if (viewer.key !== info.key) continue
      const shown = viewer.kind === 'spectrum' ? result.spectrum : result.envelope
      if (!shown) continue
      viewer.frame = {
        atUs: this.#nowUs(),
        pointId: info.id,
        kind: viewer.kind,
        tUs: block.sourceUs,
        resolutionHz: shown.resolutionHz,
        amplitude: shown.amplitude,
        unit: info.contract.unit,
        rpm,
        bandHz: viewer.kind === 'envelope' && result.envelope ? [...result.envelope.bandHz] : null,
        marks: rpm === null ? [] : marksOf((shown.amplitude.length - 1) * shown.resolutionHz, rpm / 60, orders),
      }
      viewer.changed()
    }
  }

  source(info: PointInfo, params: TopicParams<'spectrum'>, changed: () => void): FrameSource {
    const viewer: Viewer = { key: info.key, kind: params.kind, frame: null, changed }
    this.#viewers.add(viewer)
    return {
      // Five spectra a second read as alive; more is drawing nobody sees.
      intervalMs: 200,
      next: () => {
        const { frame } = viewer
        viewer.frame = null
        return frame
      },
      close: () => void this.#viewers.delete(viewer),
    }
  }
}

/** Where the shaft's and the bearing's lines are expected, up to the fifth harmonic. */
export function marksOf(topHz: number, shaftHz: number, orders: BearingOrders | null): FaultMark[] {
  const families = [
    { fault: 'shaft', hz: shaftHz },
    ...faults.map((fault) => ({ fault, hz: (orders?.[fault] ?? 0) * shaftHz })),
  ]
  return families.flatMap(({ fault, hz }) =>
    hz <= 0
      ? []
      : [1, 2, 3, 4, 5]
          .filter((harmonic) => harmonic * hz <= topHz)
          .map((harmonic) => ({ fault, harmonic, hz: harmonic * hz })),
  )
}
