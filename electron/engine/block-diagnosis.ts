import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { Samples } from '../../shared/domain/intake.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { BlockScorer } from '../diagnosis/block-scores.ts'
import { BlockLines } from '../dsp/block-lines.ts'

export interface BlockDiagnosisOptions {
  readonly sampleRateHz: number
  /** about a second: fewer than 20 revolutions leave the lines of cage, shaft and races within one another */
  readonly blockSize: number
  readonly bearing: BearingOrders
  /** null where it is not known: the harmonics of 50 and of 60 Hz are then no evidence */
  readonly mainsHz: number | null
  /** room for envelope lines up to this speed; default 3600 rpm */
  readonly highestRpm?: number | undefined
}

/** Lines of a block (dsp) and the fault scores taken from them (diagnosis): the two rooms meet here. Allocates nothing per block. */
export class BlockDiagnosis {
  readonly lines: BlockLines
  readonly scorer: BlockScorer

  constructor(fft: Fft, options: BlockDiagnosisOptions) {
    const { sampleRateHz, blockSize, bearing, mainsHz, highestRpm = 3600 } = options
    const highestLineHz = (Math.max(16, 4.3 * bearing.bpfi) * highestRpm) / 60
    this.lines = new BlockLines(fft, { sampleRateHz, blockSize, highestLineHz })
    const { resolutionHz } = this.lines
    const bins = this.lines.envelopes[0]?.power.length ?? 0
    this.scorer = new BlockScorer({ resolutionHz, bins, bearing, mainsHz })
  }

  diagnose(samples: Samples, rpm: number): BlockScorer['scores'] {
    const shaftHz = rpm / 60
    this.lines.analyze(samples, this.scorer.highestOrder * shaftHz, this.scorer.narrowestOrder * shaftHz)
    return this.scorer.score(this.lines.envelopes, this.lines.envelopeBins, shaftHz)
  }
}
