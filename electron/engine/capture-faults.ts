import type { SignalFault } from '../../shared/domain/analysis.ts'
import type { Capture } from '../../shared/domain/twin.ts'
import { checkSignal } from '../diagnosis/signal-quality.ts'

/**
 * What diagnosis will say against the samples, so that lists can tell before anybody opens one. 15 s at 25.6 kHz
 * take 20 ms of processor time.
 */
export function captureFaults({
  samples,
  sampleRateHz,
  runState,
}: Pick<Capture, 'samples' | 'sampleRateHz' | 'runState'>): readonly SignalFault[] {
  // The last bits of a standing machine's converter are no fault.
  if (runState === 'not-running' || samples.length === 0) return []
  return checkSignal(new Float64Array(samples), 0, sampleRateHz).faults
}
